"""One look for every figure: a colour and a dash mean the same thing on every page.

Every line of a size has its own dash, or one that it shares with a line of clearly other lightness, so that they
are told apart in grey print. Text, grid and background are left to the page, which follows its dark or light theme.
"""

import itertools
import json
import math
import os
from collections.abc import Collection, Mapping
from typing import Any

import plotly.graph_objects as go
from IPython.core.getipython import get_ipython
from IPython.display import publish_display_data

from mi_lab.experiments.gaussians import BATCH_SIZES, TRUE_MI

FIGURE_MIME = "application/vnd.plotly.v1+json"
"""What a figure is published as."""
IN_BOOK = "MI_LAB_IN_BOOK"
"""The variable that is set where a kernel runs a chapter for the book."""

_COLOURS = (
    "#e69f00",
    "#d55e00",
    "#cc79a7",
    "#9467bd",
    "#0072b2",
    "#2a9df4",
    "#009e73",
    "#5b8c2a",
    "#8c6d31",
    "#7f7f7f",
)
_DASHES = (
    "solid",
    "9px,3px",
    "9px,3px,2px,3px",
    "16px,4px",
    "5px,2px",
    "16px,3px,2px,3px",
    "9px,3px,2px,3px,2px,3px",
    "16px,3px,5px,3px",
    "9px,3px,2px,3px",
    "solid",
)

HEIGHT = 450
"""Of a figure, in pixels."""
REFERENCE = "#7f7f7f"
"""log N and other reference lines."""


def line_of_mi(mi: float) -> dict[str, Any]:
    """Colour and dash of a true MI; values between the report's take those of the next larger."""
    return _line(sum(known < mi for known in TRUE_MI))


def line_of_batch_size(n: int) -> dict[str, Any]:
    """Colour and dash of a batch size."""
    return _line(sum(known < n for known in BATCH_SIZES))


def lines(values: Collection[float], by_size: bool) -> dict[float, dict[str, Any]]:
    """Colour and dash of each true MI or batch size of one figure; by rank where two would look the same."""
    ordered = sorted(set(values))
    own = [line_of_batch_size(int(v)) if by_size else line_of_mi(v) for v in ordered]
    distinct = len({line["color"] for line in own}) == len(own)
    return {
        value: line if distinct else _line(rank) for rank, (value, line) in enumerate(zip(ordered, own, strict=True))
    }


def line_apart(mi: float, taken: Collection[str]) -> dict[str, Any]:
    """Colour and dash of a true MI; where its colour is taken, those of the first whose colour is not."""
    lines = [line_of_mi(mi), *map(_line, range(len(_COLOURS)))]
    return next((line for line in lines if line["color"] not in taken), lines[0])


def bar(number: int) -> dict[str, Any]:
    """Colour and pattern of the nth of several groups of bars."""
    colour, shape = _COLOURS[(4, 0, 1, 6, 3, 9)[number % 6]], ("", "/", ".", "x", "-", "|")[number % 6]
    return {"color": colour, "pattern": {"shape": shape}}


def line_of(number: int) -> dict[str, Any]:
    """Colour and dash of the nth of a few lines that stand for names, not sizes."""
    return {"color": _COLOURS[(4, 1, 6, 2, 8, 0)[number % 6]], "dash": _DASHES[number % 4], "width": 2}


def _line(index: int) -> dict[str, Any]:
    index = min(index, len(_COLOURS) - 1)
    return {"color": _COLOURS[index], "dash": _DASHES[index], "width": 2}


def figure(x_title: str, y_title: str, alt: str, **meta: Any) -> go.Figure:
    """An empty figure with the book's axes. ``alt`` says in words what it shows; the book does not build without."""
    axis = {"showline": True, "zeroline": False, "ticks": "outside", "automargin": True}
    layout: Mapping[str, Any] = {
        "template": "none",
        "xaxis": {"title": {"text": x_title}, **axis},
        "yaxis": {"title": {"text": y_title}, **axis},
        "font": {"size": 13},
        "height": HEIGHT,
        "margin": {"l": 60, "r": 10, "t": 36, "b": 50},  # above the plot is the place of the buttons
        "hovermode": "closest",
        "legend": {"tracegroupgap": 2},
        "meta": {"alt": alt, **meta},
    }
    return go.Figure(layout=dict(layout))


def add_log_n(figure: go.Figure, n: int, end: float, colour: str, name: str | None) -> None:
    """A dotted line at log N from 0 to ``end``; it enters the legend if it has a name."""
    figure.add_scatter(
        x=[0, end],
        y=[math.log(n)] * 2,
        mode="lines",
        name=name,
        legendgroup="log N",
        showlegend=name is not None,
        line={"color": colour, "dash": "dot", "width": 1.5},
        hovertemplate=f"log {n} = {math.log(n):.2f}<extra></extra>",
    )


def _publish() -> None:
    """How a kernel publishes figures.

    For the book without all that Plotly loads for it, which costs every chapter a second. Elsewhere as HTML, too, which
    a notebook keeps for who exports it; the first figure brings plotly.js.
    """
    shell = get_ipython()
    if shell is None or shell.display_formatter is None:
        return
    brought = itertools.count()

    def publish(figure: go.Figure) -> None:
        data: dict[str, Any] = {FIGURE_MIME: json.loads(figure.to_json())}
        if not os.environ.get(IN_BOOK):
            data["text/html"] = figure.to_html(full_html=False, include_plotlyjs=not next(brought))
        publish_display_data(data)

    shell.display_formatter.ipython_display_formatter.for_type(go.Figure, publish)


_publish()
