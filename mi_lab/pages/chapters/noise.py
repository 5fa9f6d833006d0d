"""Tables 6 and 7, Fig. 8 and 9: accuracy and estimated information over the proportion of noisy pixels."""

import math

import plotly.graph_objects as go

from mi_lab.experiments.reported import TABLE_6, TABLE_7
from mi_lab.ground.names import LENET_TAPS
from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.pages.tables import sourced_table
from mi_lab.results.store import Result

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


def accuracies(result: Result) -> str:
    """HTML of Table 6: accuracy in per cent by p, ours and the report's."""
    ours = {run["p"]: 100 * run["values"]["accuracy"] for run in result.runs}
    rows = [["stored", *(f"{value:.1f}" for value in ours.values())]]
    rows.append(["report", *(f"{TABLE_6[p]:.2f}" if p in TABLE_6 else "" for p in ours)])
    return sourced_table(["evidence", *(f"p = {p:g}" for p in ours)], rows, "Accuracy in per cent", provenance(result))


def table_7(result: Result) -> str:
    """HTML of Table 7: estimates in nats at p = 0 by estimator and tap, ours and the report's."""
    [run] = [run for run in result.runs if run["p"] == 0][:1]
    rows = [[title, "stored", *map(_cell, run["values"][name].values())] for name, title in ESTIMATORS.items()]
    rows += [[title, "report", *map(_cell, values)] for title, values in TABLE_7.items()]
    head = ["estimator", "evidence", *LENET_TAPS]
    return sourced_table(head, rows, "Estimates in nats at p = 0", provenance(result))


def _cell(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.3f}"
