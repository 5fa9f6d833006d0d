"""All that turns stored results into pages. Nothing in here trains; ``yardsticks`` alone imports torch."""

from mi_lab.extras import require

require("plotly", "IPython")
