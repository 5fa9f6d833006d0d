"""One function per kind of figure: a stored result goes in, a Plotly figure comes out.

Each figure carries in ``layout.meta`` what the page shows around it: alternative text, a provenance line and its
values as a table. In a notebook it is an ordinary Plotly figure.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from mi_lab.experiments.registry import experiment
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.records import RECORDS
from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.results.curves import TAIL, final, smooth
from mi_lab.results.destinations import stored_limit
from mi_lab.results.store import Result, load

NAMES = {(one.name, readout): title for one in RECORDS.values() for readout, title in one.titles.items()}
"""What figures and tables call an estimator and readout."""
_POINTS = 100  # a curve is drawn with about so many points
_SMOOTHED = 20  # epochs; over fewer the report's smoothing would draw a steep rise as a flat line
_LONGEST = 12  # letters of such a name, which stands in the margin
_BELOW = 84  # pixels for the axis, and the rest of the legend
_APART = 13  # pixels from one name at the end of a curve to the next, so that they can be read

Run = Mapping[str, Any]


def draw(panel: str, folder: Path | None = None) -> go.Figure:
    """The training curves of a panel such as 'fig-2a', from the largest profile that is stored."""
    return curves_of(load(panel, folder=folder), experiment(panel).panels[panel])


def curves_of(result: Result, readout: str, statistic: str = "mean", height: int = theme.HEIGHT) -> go.Figure:
    """Estimate against epoch, one line per run, smoothed as in the report's App. C.1; single epochs are thin.

    ``statistic`` is the mean or the median of an epoch's batches. Curves are named at their ends where these are far
    enough apart, else in the legend.

    At the right edge every colour has its true MI (circle) and its ceiling I_N (diamond), and where DV's value is read
    also its destination (cross); dotted is log N.
    """
    spec = result.spec
    if not isinstance(spec, Sweep):
        raise ValueError(f"{result.experiment} holds no training curves; draw it with theory.ceilings_of.")
    name = NAMES[spec.estimator, readout]
    # colours stand for what varies: the true MI, or the batch size where there are several
    sizes, several = (
        sorted({run["batch_size"] for run in result.runs}),
        len({run["true_mi"] for run in result.runs}) > 1,
    )
    key = "batch_size" if len(sizes) > 1 else "true_mi"
    lines = theme.lines([run[key] for run in result.runs], by_size=key == "batch_size")
    axis = "estimated MI [nats]" if statistic == "mean" else f"{statistic} batch [nats]"
    figure = theme.figure("epoch", axis, _alt(result, readout, name), **_around(result, readout))
    low, high = _range(result, readout, statistic)
    for run in result.runs:
        label = f"{run['true_mi']:g}" if key == "true_mi" else f"N = {run['batch_size']}"
        if key == "batch_size" and several:
            label += f", {run['true_mi']:g} nats"
        add_curve(figure, run, readout, label, lines[run[key]], statistic)
    for n in sizes:
        colour = lines[n]["color"] if key == "batch_size" else theme.REFERENCE
        theme.add_log_n(figure, n, spec.epochs * 1.08, colour, "log N" if n == sizes[0] else None)
    points = list({(run["true_mi"], run["batch_size"]): run for run in result.runs}.values())
    truths = [(run["true_mi"], run, lines[run[key]]["color"]) for run in points]
    ceilings = [(run["ceiling"]["value"], run, lines[run[key]]["color"]) for run in points]
    add_marks(figure, "true MI", "circle-open", spec.epochs * 1.03, truths, high)
    shuffled = spec.negatives == "shuffle"
    top = "ceiling I<sub>N</sub>" if shuffled else "I<sub>N</sub> of a shuffle"
    add_marks(figure, top, "diamond" if shuffled else "diamond-open", spec.epochs * 1.03, ceilings, high)
    if readout == "dv" and spec.task == "gaussian":
        found = [(stored_limit(run, "destination", spec.negatives), run, lines[run[key]]["color"]) for run in points]
        known = [mark for mark in found if math.isfinite(mark[0])]
        add_marks(figure, "destination", "x-open", spec.epochs * 1.055, known, high)
    figure.update_xaxes(range=[0, spec.epochs * 1.08])
    figure.update_yaxes(range=[low, high])
    figure.update_layout(height=height, legend_title_text="batch size" if key == "batch_size" else "true MI [nats]")
    return _name_ends(figure, "" if key == "batch_size" else " nats")


def add_curve(
    figure: go.Figure, run: Run, readout: str, label: str, line: Mapping[str, Any], statistic: str = "mean"
) -> None:
    """Two traces: the estimate of each epoch, thin, and the smoothed curve. Runs of one label share a legend entry."""
    epochs, single, smoothed = thinned(run["curves"][readout][statistic])
    first = not any(trace.legendgroup == label for trace in figure.data)
    shared = {"x": epochs, "mode": "lines", "legendgroup": label}
    figure.add_scatter(
        **shared, y=single, showlegend=False, hoverinfo="skip", line={"color": line["color"], "width": 1}, opacity=0.3
    )
    figure.add_scatter(
        **shared,
        y=smoothed,
        name=label,
        showlegend=first,
        line=dict(line),
        opacity=1 if first else 0.6,
        hovertemplate=f"{label}, seed {run['seed']}<br>epoch %{{x}}: %{{y:.2f}} nats<extra></extra>",
    )


def _name_ends(figure: go.Figure, unit: str) -> go.Figure:
    """Each curve's name at its end and not in the legend, if all can be read there."""
    ends: dict[str, list[float]] = {}
    for trace in figure.data:
        if trace.legendgroup and trace.name and trace.legendgroup != "log N" and trace.y:
            ends.setdefault(trace.legendgroup, []).append(trace.y[-1])
    low, high = figure.layout.yaxis.range
    tall = figure.layout.height - figure.layout.margin.t - _BELOW
    scale = tall / (high - low)
    places = sorted((sum(values) / len(values), name) for name, values in ends.items())
    steps = [scale * (above - below) for (below, _), (above, _) in pairwise(places)]
    longest = max((len(name + unit) for name in ends), default=0)
    within = all(low <= value <= high for value, _ in places)
    if not (ends and within and longest <= _LONGEST and all(step >= _APART for step in steps)):
        return figure
    for value, name in places:
        figure.add_annotation(
            text=name + unit, x=1, xref="paper", xanchor="left", y=value, showarrow=False, font_size=12
        )
    figure.update_traces(showlegend=False, selector=lambda trace: trace.legendgroup in ends)
    legend = {"title_text": "", "orientation": "h", "x": 0, "y": -58 / tall, "yanchor": "top"}
    return figure.update_layout(legend=legend, margin_r=12 + 7 * longest, margin_b=_BELOW)


def thinned(mean: Sequence[float]) -> tuple[list[int], list[float], list[float]]:
    """What is drawn of a curve in nats: epochs, their estimates, and the smoothed estimates.

    A curve of few epochs is not smoothed. Of a long one, of every hundredth the epoch that lies furthest from the
    smoothed line, and both ends, the lowest and the highest of all: what one can see, and no extreme is lost.
    """
    if not len(mean):
        return [], [], []
    values, step = np.asarray(mean), max(1, math.ceil(len(mean) / _POINTS))
    level = smooth(mean) if len(mean) > _SMOOTHED else values
    far = np.abs(values - level)
    shown = {start + int(far[start : start + step].argmax()) for start in range(0, len(mean), step)}
    shown |= {0, len(mean) - 1, int(values.argmin()), int(values.argmax())}
    epochs = sorted(shown)
    return (
        [e + 1 for e in epochs],
        [float(f"{mean[e]:.3g}") for e in epochs],
        [float(f"{level[e]:.4g}") for e in epochs],
    )


def add_marks(
    figure: go.Figure, name: str, symbol: str, x: float, marks: Sequence[tuple[float, Run, str]], high: float
) -> None:
    """Markers at the right edge; one that lies above the axis becomes a triangle at its top."""
    if not marks:
        return
    figure.add_scatter(
        x=[x] * len(marks),
        y=[min(value, high * 0.985) for value, _, _ in marks],
        mode="markers",
        name=name,
        marker={
            "symbol": ["triangle-up" if value > high else symbol for value, _, _ in marks],
            "size": 9,
            "color": [colour for _, _, colour in marks],
            "line": {"width": 2},
        },
        text=[f"{name} {value:.2f} nats (true MI {r['true_mi']:g}, N = {r['batch_size']})" for value, r, _ in marks],
        hovertemplate="%{text}<extra></extra>",
    )


def _range(result: Result, readout: str, statistic: str) -> tuple[float, float]:
    """An axis that shows the curves whole, as long as they stay within three times what truth and log N call for."""
    curves = [smooth(r["curves"][readout][statistic]) for r in result.runs if r["curves"][readout][statistic]]
    tops, lows = [float(curve.max()) for curve in curves], [float(curve.min()) for curve in curves]
    reference = max([math.log(r["batch_size"]) for r in result.runs])
    truth = max(r["true_mi"] for r in result.runs)
    high = min(max([reference, *tops]) * 1.15, 3 * (truth * 1.33 + reference))
    return max(min([0.0, *lows]), -2.0) - 0.2, high


def _final_rows(result: Result, readout: str) -> list[list[str]]:
    rows = []
    for r in result.runs:
        numbers = [final(r, readout, statistic) for statistic in ("mean", "median", "q05", "q95")]
        cells = ["not finite" if math.isnan(v) else f"{v:.2f}" for v in numbers]
        top = f"{r['ceiling']['value']:.2f}"
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
    ends: dict[tuple[float, int], list[float]] = {}
    for run in result.runs:
        ends.setdefault((run["true_mi"], run["batch_size"]), []).append(final(run, readout))
    told = [
        f"{mi:g} nats with N = {n}: " + ("not finite" if math.isnan(sum(v)) else f"{sum(v) / len(v):.1f}")
        for (mi, n), v in ends.items()
    ]
    spec = dataclasses.asdict(result.spec)
    setting = f"{name} estimates over {spec['epochs']} epochs with negatives by {spec['negatives']}"
    return f"{setting}. Final estimates by true MI, mean over seeds: {'; '.join(told)}."
