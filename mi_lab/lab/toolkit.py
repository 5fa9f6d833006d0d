"""What live pages are made of beyond the core, in one place, which asks for it before it is missed."""

from mi_lab.ground.extras import require

require("ipywidgets", "anywidget", "plotly", "IPython")

import ipywidgets as widgets  # noqa: E402
import plotly.graph_objects as go  # noqa: E402
from IPython.display import HTML, clear_output, display  # noqa: E402
from plotly.subplots import make_subplots  # noqa: E402

__all__ = ["HTML", "clear_output", "display", "go", "make_subplots", "widgets"]
