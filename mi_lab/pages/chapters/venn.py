"""Fig. 4 to scale: entropies of an image and of two of its labelings as areas, from the counts of a real data set."""

import math

import numpy as np
import plotly.graph_objects as go

from mi_lab.ground import discrete
from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.results.store import Result

LABELINGS = {"rotation": "rotations", "random_labels": "random labels", "animal": "animal or vehicle"}
_MARGIN = 0.06  # between two circles that share nothing, in units of the square root of nats


def venn(result: Result, labeling: str) -> go.Figure:
    """Circles whose areas are H(X), H(Y) and H(Y') in nats, and whose overlaps are what they share.

    X is one of the images, each alike; both labelings follow from it, so their circles lie inside its own.
    """
    run = result.select(labeling=labeling)[0]["values"]
    counts = np.array(list(run["counts"].values()), dtype=float)
    table = counts / counts.sum()
    h_x = math.log(counts.sum())
    h_y, h_other = discrete.entropy(table, 0), discrete.entropy(table, 1)
    shared = discrete.information(table, 0, 1)
    name = LABELINGS[labeling]
    rows = [["H(X)", h_x], ["H(Y), objects", h_y], [f"H(Y'), {name}", h_other], ["I(Y;Y') = I(X;Y;Y')", shared]]
    rows += [["I(Y';X|Y)", h_other - shared], ["expected of independent labels", run["expected"]]]
    told = "; ".join(f"{label} = {value:.4g} nats" for label, value in rows)
    figure = theme.figure(
        "",
        "",
        f"Three circles with areas to scale, for {name}: {told}.",
        table={"head": ["measure", "nats"], "rows": [[label, f"{value:.5f}"] for label, value in rows]},
        provenance=provenance(result),
    )
    radius, other = math.sqrt(h_y / math.pi), math.sqrt(h_other / math.pi)
    apart = _distance(radius, other, shared)
    centre = (apart + other - radius) / 2  # of the two together
    _circle(figure, 0, math.sqrt(h_x / math.pi), f"X: {h_x:.2f}", 0)
    _circle(figure, -centre, radius, f"Y: {h_y:.2f}", 1)
    _circle(figure, apart - centre, other, f"Y': {h_other:.2f}", 2)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure.update_layout(height=360, legend_title_text="entropy [nats]")


def _circle(figure: go.Figure, x: float, radius: float, name: str, number: int) -> None:
    angle = np.linspace(0, 2 * math.pi, 73)
    line = theme.line_of(number)
    figure.add_scatter(
        x=np.round(x + radius * np.cos(angle), 4).tolist(),
        y=np.round(radius * np.sin(angle), 4).tolist(),
        name=name,
        mode="lines",
        fill="toself",
        opacity=0.8,
        line=line,
        hoveron="fills",
        hoverinfo="name",
    )


def _distance(one: float, two: float, shared: float) -> float:
    """Between the centres of two circles of these radii whose overlap has the area ``shared``, by bisection."""
    if shared < 1e-3:
        return one + two + _MARGIN
    low, high = abs(one - two), one + two
    if shared >= math.pi * min(one, two) ** 2 - 1e-9:
        return low
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _overlap(one, two, middle) > shared else (low, middle)
    return (low + high) / 2


def _overlap(one: float, two: float, apart: float) -> float:
    """The area that two circles share."""
    first = one**2 * math.acos((apart**2 + one**2 - two**2) / (2 * apart * one))
    second = two**2 * math.acos((apart**2 + two**2 - one**2) / (2 * apart * two))
    kite = (one + two - apart) * (apart + one - two) * (apart - one + two) * (apart + one + two)
    return first + second - math.sqrt(max(0.0, kite)) / 2
