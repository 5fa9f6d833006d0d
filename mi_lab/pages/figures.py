"""One function per kind of figure: a stored result goes in, a Plotly figure comes out.

Each figure carries in ``layout.meta`` what the page shows around it: alternative text, a provenance line and its
values as a table. In a notebook it is an ordinary Plotly figure.
"""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from IPython.display import display

from mi_lab.curves import TAIL, final, smooth
from mi_lab.experiments import Sweep, experiment
from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.results import Result, load

NAMES = {
    ("mine", "dv"): "MINE",
    ("dv", "dv"): "DV",
    ("nwj", "nwj"): "NWJ",
    ("js", "nwj"): "JS read through NWJ",
    ("js", "plug_in"): "JS plug-in",
    ("infonce", "infonce"): "InfoNCE",
}
_POINTS = 200  # a curve is drawn with at most this many points

Run = Mapping[str, Any]


def curves(panel: str, folder: Path | None = None) -> go.Figure:
    """The training curves of a panel such as 'fig-2a', from the largest profile that is stored."""
    return curves_of(load(panel, folder=folder), experiment(panel).panels[panel])


def curves_of(result: Result, readout: str) -> go.Figure:
    """Estimate against epoch, one line per run, smoothed as in the report's App. C.1.

    At the right edge every colour has its true MI (circle) and its ceiling I_N (diamond); grey dots are log N.
    """
    spec = result.spec
    assert isinstance(spec, Sweep)
    name = NAMES[spec.estimator, readout]
    by_size = len(spec.batch_size) > 1
    figure = theme.figure("epoch", "estimated MI [nats]", _alt(result, readout, name), **_around(result, readout))
    low, high = _range(result, readout)
    for run in result.runs:
        _add_curve(figure, run, readout, by_size)
    _add_targets(figure, result, high, by_size)
    figure.update_xaxes(range=[0, spec.epochs * 1.06])
    figure.update_yaxes(range=[low, high])
    figure.update_layout(legend_title_text="batch size" if by_size else "true MI [nats]")
    return figure


def pair(*panels: str) -> None:
    """Display panels side by side (below each other on a narrow page), each under the name of its negatives."""
    for panel in panels:
        result = load(panel)
        figure = curves_of(result, experiment(panel).panels[panel])
        figure.layout.meta["id"] = f"{panel}-beside"
        figure.update_layout(
            title={"text": str(dataclasses.asdict(result.spec)["negatives"]), "font": {"size": 15}}, margin={"t": 40}
        )
        display(figure)


def _add_curve(figure: go.Figure, run: Run, readout: str, by_size: bool) -> None:
    values = smooth(run["curves"][readout]["mean"])
    step = max(1, math.ceil(len(values) / _POINTS))
    epochs = np.arange(1, len(values) + 1)[::step]
    line = theme.line_of_batch_size(run["batch_size"]) if by_size else theme.line_of_mi(run["true_mi"])
    label = f"N = {run['batch_size']}" if by_size else f"{run['true_mi']:g}"
    first = not any(trace.legendgroup == label for trace in figure.data)
    raw = [float(f"{v:.3g}") for v in run["curves"][readout]["mean"][::step]]
    figure.add_scatter(
        x=epochs.tolist(),
        y=raw,
        mode="lines",
        legendgroup=label,
        showlegend=False,
        hoverinfo="skip",
        line={"color": line["color"], "width": 1},
        opacity=0.3,
    )
    figure.add_scatter(
        x=epochs.tolist(),
        y=[float(f"{v:.4g}") for v in values[::step]],
        mode="lines",
        name=label,
        legendgroup=label,
        showlegend=first,
        line=line,
        opacity=1 if first else 0.55,
        hovertemplate=f"{label}, seed {run['seed']}<br>epoch %{{x}}: %{{y:.2f}} nats<extra></extra>",
    )


def _add_targets(figure: go.Figure, result: Result, high: float, by_size: bool) -> None:
    epochs = result.spec.epochs  # type: ignore[union-attr]
    sizes = sorted({r["batch_size"] for r in result.runs})
    for n in sizes:
        colour = theme.line_of_batch_size(n)["color"] if by_size else theme.REFERENCE
        figure.add_scatter(
            x=[0, epochs * 1.06],
            y=[math.log(n)] * 2,
            mode="lines",
            name="log N",
            legendgroup="log N",
            showlegend=n == min(sizes),
            line={"color": colour, "dash": "dot", "width": 1.5},
            hovertemplate=f"log {n} = {math.log(n):.2f}<extra></extra>",
        )
    targets = {(r["batch_size"] if by_size else r["true_mi"]): r for r in result.runs}
    edge = epochs * 1.03
    _add_marks(figure, "true MI", "circle-open", edge, [(r["true_mi"], r, by_size) for r in targets.values()], high)
    _add_marks(
        figure,
        "ceiling I<sub>N</sub>",
        "diamond",
        edge,
        [(r["ceiling"]["value"], r, by_size) for r in targets.values() if r["ceiling"]],
        high,
    )


def _add_marks(
    figure: go.Figure, name: str, symbol: str, x: float, marks: list[tuple[float, Run, bool]], high: float
) -> None:
    """Markers at the right edge; one that lies above the axis becomes a triangle at its top."""
    if not marks:
        return
    lines = [
        theme.line_of_batch_size(r["batch_size"]) if by_size else theme.line_of_mi(r["true_mi"])
        for _, r, by_size in marks
    ]
    figure.add_scatter(
        x=[x] * len(marks),
        y=[min(value, high * 0.985) for value, _, _ in marks],
        mode="markers",
        name=name,
        marker={
            "symbol": ["triangle-up" if value > high else symbol for value, _, _ in marks],
            "size": 9,
            "color": [line["color"] for line in lines],
            "line": {"width": 2},
        },
        text=[f"{name} {value:.2f} nats (true MI {r['true_mi']:g}, N = {r['batch_size']})" for value, r, _ in marks],
        hovertemplate="%{text}<extra></extra>",
    )


def _range(result: Result, readout: str) -> tuple[float, float]:
    """An axis that shows the curves up to a third above the largest truth or ceiling they come near."""
    tops = [float(np.max(smooth(r["curves"][readout]["mean"]))) for r in result.runs if r["curves"][readout]["mean"]]
    lows = [float(np.min(smooth(r["curves"][readout]["mean"]))) for r in result.runs if r["curves"][readout]["mean"]]
    reference = max([math.log(r["batch_size"]) for r in result.runs])
    truth = max(r["true_mi"] for r in result.runs)
    high = min(max([reference, *tops]) * 1.15, truth * 1.33 + reference)
    return max(min([0.0, *lows]), -2.0) - 0.2, high


def _final_rows(result: Result, readout: str) -> list[list[str]]:
    rows = []
    for r in result.runs:
        numbers = [final(r, readout, statistic) for statistic in ("mean", "median", "q05", "q95")]
        cells = ["not finite" if math.isnan(v) else f"{v:.2f}" for v in numbers]
        top = f"{r['ceiling']['value']:.2f}" if r["ceiling"] else "none"
        rows.append(
            [f"{r['true_mi']:g}", f"{r['batch_size']}", f"{r['seed']}", f"{math.log(r['batch_size']):.2f}", top, *cells]
        )
    return rows


def _around(result: Result, readout: str) -> dict[str, Any]:
    head = ["true MI", "N", "seed", "log N", "I_N", "mean", "median", "5 %", "95 %"]
    note = f"In nats, averaged over the last {TAIL} epochs; median and quantiles are over the batches of an epoch."
    return {
        "table": {"head": head, "rows": _final_rows(result, readout), "note": note},
        "provenance": provenance(result),
    }


def _alt(result: Result, readout: str, name: str) -> str:
    ends = {(r["true_mi"], r["batch_size"]): final(r, readout) for r in reversed(result.runs)}
    told = [
        f"{mi:g} nats with N = {n}: " + ("not finite" if math.isnan(v) else f"{v:.1f}")
        for (mi, n), v in reversed(ends.items())
    ]
    spec = dataclasses.asdict(result.spec)
    setting = f"{name} estimates over {spec['epochs']} epochs with negatives by {spec['negatives']}"
    return f"{setting}. Final estimates by true MI: {'; '.join(told)}."
