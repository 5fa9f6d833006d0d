"""All that turns stored results into pages. Nothing in here trains, and nothing needs torch."""

from mi_lab.ground.extras import require

require("plotly", "IPython")
