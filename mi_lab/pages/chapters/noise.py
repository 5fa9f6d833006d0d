"""Tables 6 and 7, Fig. 8 and 9: accuracy and estimated information of digits in noise, over training and over p."""

import math
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from mi_lab.experiments.image_specs import NoisyImages
from mi_lab.experiments.reported import TABLE_6, TABLE_7
from mi_lab.ground.names import LENET_TAPS
from mi_lab.pages import theme
from mi_lab.pages.chapters.beyond_the_report import panels
from mi_lab.pages.chapters.seeds import error_bars, over_seeds, told
from mi_lab.pages.provenance import provenance
from mi_lab.pages.tables import sourced_table
from mi_lab.results.claims.outcome import mean
from mi_lab.results.store import Result

ESTIMATORS = {"mine": "MINE", "nwj": "NWJ", "js_nwj": "JS read through NWJ", "js_plug_in": "JS plug-in"}


def over_training(result: Result, estimator: str) -> go.Figure:
    """Estimates on the validation split by epoch, first seed: a panel per tap, a line per second p; dotted is H(Y).

    The disc is the highest value of a line, its best epoch; the ring what the same critic says on the test split. The
    table under it has every p.
    """
    spec = result.spec_of(NoisyImages)
    figure = panels(LENET_TAPS)
    runs = result.select(seed=spec.seeds[0])
    lines = theme.lines(sorted(run["p"] for run in runs)[::2], by_size=False)
    rows = []
    for column, tap in enumerate(LENET_TAPS, 1):
        for run in runs:
            curve, held = run["curves"][f"{estimator} {tap}"], run["values"][f"{estimator}_test"][tap]
            if curve and run["p"] in lines:
                _add_curve(figure, curve, held, f"p = {run['p']:g}", lines[run["p"]], column)
            best = curve.index(max(curve)) + 1 if curve else None
            rows.append(
                [tap, f"{run['p']:g}", str(best or "–"), told([run["values"][estimator][tap]], 3), told([held], 3)]
            )
        level = {"color": theme.REFERENCE, "dash": "dot", "width": 1.5}
        shared = {"mode": "lines", "line": level, "name": "log 10", "showlegend": column == 1, "hoverinfo": "skip"}
        figure.add_scatter(x=[1, spec.critic_epochs], y=[math.log(10)] * 2, row=1, col=column, **shared)
    ends = "; ".join(f"{tap}, p = {p}: {best} in epoch {epoch}, held out {held}" for tap, p, epoch, best, held in rows)
    made = theme.figure(
        "",
        "",
        f"{ESTIMATORS[estimator]} on validation images over {spec.critic_epochs} epochs. Highest values: {ends}.",
        table={
            "head": ["layer", "p", "best epoch", "highest on validation", "held out"],
            "rows": rows,
            "note": f"In nats, seed {spec.seeds[0]}.",
        },
        provenance=provenance(result),
    )
    figure.update_layout(meta=made.layout.meta, height=430, legend={"orientation": "h", "y": -0.22})
    figure.update_xaxes(title_text="epoch", title_standoff=5)
    return figure.update_yaxes(title_text="estimate [nats]", col=1)


def _add_curve(
    figure: go.Figure, curve: list[float], held: float | None, name: str, line: Mapping[str, Any], column: int
) -> None:
    epochs = list(range(1, len(curve) + 1))
    best = curve.index(max(curve))
    place: dict[str, Any] = {"row": 1, "col": column, "legendgroup": name}
    hover = f"{name}, epoch %{{x}}: %{{y:.3f}} nats<extra></extra>"
    figure.add_scatter(
        x=epochs, y=curve, name=name, mode="lines", line=line, showlegend=column == 1, hovertemplate=hover, **place
    )
    for value, symbol, what in ((curve[best], "circle", "highest"), (held, "circle-open", "held out")):
        figure.add_scatter(
            x=[best + 1],
            y=[value],
            mode="markers",
            marker={"color": line["color"], "symbol": symbol, "size": 7},
            showlegend=False,
            hovertemplate=f"{name}, {what}: %{{y:.3f}} nats<extra></extra>",
            **place,
        )


def over_noise(result: Result, estimator: str, test: bool = False) -> go.Figure:
    """Estimates in nats against p, one line per tap, the mean over seeds with standard errors; dotted is H(Y).

    ``test`` takes held-out values, not the best.
    """
    measure = f"{estimator}_test" if test else estimator
    part = "test split" if test else "best epoch on the validation split"
    held = {tap: by_p(result, measure, tap) for tap in LENET_TAPS}
    right = _accuracies(result)
    rows = [
        [f"{p:g}", told(right[p], 2), *(told(held[tap][p], 3).replace("–", "not finite") for tap in LENET_TAPS)]
        for p in right
    ]
    alt = f"{ESTIMATORS[estimator]} estimates over p, {part}. " + "; ".join(
        f"p = {row[0]}: {', '.join(row[2:])}" for row in rows
    )
    figure = theme.figure(
        "proportion p of noisy pixels",
        "estimated I(e(X);Y) [nats]",
        alt,
        table={
            "head": ["p", "accuracy [%]", *LENET_TAPS],
            "rows": rows,
            "note": f"In nats, {part}; {over_seeds(result)}.",
        },
        provenance=provenance(result),
    )
    for number, tap in enumerate(LENET_TAPS):
        values = [mean(one) for one in held[tap].values()]
        figure.add_scatter(
            x=list(held[tap]),
            y=[None if math.isnan(value) else value for value in values],
            error_y=error_bars(held[tap].values()),
            name=tap,
            mode="lines+markers",
            line=theme.line_of(number),
            hovertemplate=f"{tap}, p = %{{x}}: %{{y:.3f}} nats<extra></extra>",
        )
    ends = [min(right), max(right)]
    line = {"color": theme.REFERENCE, "dash": "dot", "width": 1.5}
    figure.add_scatter(x=ends, y=[math.log(10)] * 2, name="log 10", mode="lines", line=line, hoverinfo="skip")
    return figure


def accuracies(result: Result) -> str:
    """HTML of Table 6: accuracy in per cent by p, ours and the report's."""
    ours = _accuracies(result)
    rows = [["stored", *(told(values, 1) for values in ours.values())]]
    rows.append(["report", *(f"{TABLE_6[p]:.2f}" if p in TABLE_6 else "" for p in ours)])
    caption = f"accuracy [%]; stored: {over_seeds(result)}"
    head = ["evidence", *(f"p = {p:g}" for p in ours)]
    return sourced_table(head, rows, "Accuracy in per cent", provenance(result), caption)


def table_7(result: Result) -> str:
    """HTML of Table 7: estimates in nats at p = 0 by estimator and tap, ours and the report's."""
    rows = [
        [title, "stored", *(told(by_p(result, name, tap)[0], 3).replace("–", "not finite") for tap in LENET_TAPS)]
        for name, title in ESTIMATORS.items()
    ]
    rows += [[title, "report", *(f"{value:.3f}" for value in values)] for title, values in TABLE_7.items()]
    head = ["estimator", "evidence", *LENET_TAPS]
    caption = f"estimates in nats; stored: {over_seeds(result)}"
    return sourced_table(head, rows, "Estimates in nats at p = 0", provenance(result), caption)


def by_p(result: Result, measure: str, tap: str) -> dict[float, list[float | None]]:
    """Values by p, one a seed; None where one was lost."""
    found: dict[float, list[float | None]] = {}
    for run in result.runs:
        found.setdefault(run["p"], []).append(run["values"][measure][tap])
    return found


def _accuracies(result: Result) -> dict[float, list[float]]:
    found: dict[float, list[float]] = {}
    for run in result.runs:
        found.setdefault(run["p"], []).append(100 * run["values"]["accuracy"])
    return found
