"""Tables 6 and 7, Fig. 8 and 9: accuracy and estimated information over the proportion of noisy pixels."""

import math

import plotly.graph_objects as go

from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.results import Result

LENET_TAPS = ("L0", "L1", "L2")
ESTIMATORS = {"mine": "MINE", "nwj": "NWJ", "js_nwj": "JS read through NWJ", "js_plug_in": "JS plug-in"}


def over_noise(result: Result, estimator: str, test: bool = False) -> go.Figure:
    """Estimates in nats against p, one line per tap; dotted is H(Y). ``test`` takes held-out values, not the best."""
    measure = f"{estimator}_test" if test else estimator
    part = "test split" if test else "best epoch on the validation split"
    rows = [
        [f"{run['p']:g}", f"{100 * run['values']['accuracy']:.2f}", *map(_cell, run["values"][measure].values())]
        for run in result.runs
    ]
    alt = f"{ESTIMATORS[estimator]} estimates over p, {part}. " + "; ".join(
        f"p = {row[0]}: {', '.join(row[2:])}" for row in rows
    )
    figure = theme.figure(
        "proportion p of noisy pixels",
        "estimated I(e(X);Y) [nats]",
        alt,
        table={"head": ["p", "accuracy [%]", *LENET_TAPS], "rows": rows, "note": f"In nats, {part}."},
        provenance=provenance(result),
    )
    for number, tap in enumerate(LENET_TAPS):
        points = [(run["p"], run["values"][measure][tap]) for run in result.runs]
        figure.add_scatter(
            x=[p for p, _ in points],
            y=[value for _, value in points],
            name=tap,
            mode="lines+markers",
            line=theme.line_of(number),
            hovertemplate=f"{tap}, p = %{{x}}: %{{y:.3f}} nats<extra></extra>",
        )
    ends = [min(run["p"] for run in result.runs), max(run["p"] for run in result.runs)]
    line = {"color": theme.REFERENCE, "dash": "dot", "width": 1.5}
    figure.add_scatter(x=ends, y=[math.log(10)] * 2, name="log 10", mode="lines", line=line, hoverinfo="skip")
    return figure


def _cell(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.3f}"
