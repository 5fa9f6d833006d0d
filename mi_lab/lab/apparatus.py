"""What live pages are made of beyond the core, in one place, which asks for it before it is missed.

Its name is the first of the room, so live pages import it before figures, which ask for another extra.
"""

from mi_lab.ground.extras import require

require("ipywidgets", "anywidget", "plotly")

import ipywidgets as widgets  # noqa: E402
import plotly.graph_objects as go  # noqa: E402
from plotly.subplots import make_subplots  # noqa: E402

__all__ = ["go", "make_subplots", "widgets"]
