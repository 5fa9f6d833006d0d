"""Live pages for a person with a kernel: what they show is trained while one looks. The built book needs none of it."""

from mi_lab.extras import require

require("ipywidgets", "plotly", "IPython")
