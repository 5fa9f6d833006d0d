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


def ceilings() -> go.Figure:
    """I_N against true MI for a selection of batch sizes."""
    result = load("ceiling")
    shown = (64, 512, 4096, 32768)
    rows = [[f"{r['true_mi']:g}", f"{r['batch_size']}", f"{r['value']:.3f}", f"{r['stderr']:.1g}"] for r in result.runs]
    alt = "The ceiling I_N against true MI for four batch sizes. Each curve follows the diagonal at first, then bends and levels out at log N."
    table = {"head": ["true MI", "N", "I_N [nats]", "standard error"], "rows": rows}
    figure = theme.figure("true MI [nats]", "ceiling I<sub>N</sub> [nats]", alt, table=table, provenance=provenance(result))
    mi = sorted({r["true_mi"] for r in result.runs})
    figure.add_scatter(x=[0, mi[-1]], y=[0, mi[-1]], mode="lines", name="I<sub>N</sub> = MI", line={"color": theme.REFERENCE, "width": 1})
    for n in shown:
        line = theme.line_of_batch_size(n)
        values = [r["value"] for r in result.select(batch_size=n)]
        figure.add_scatter(x=mi, y=values, mode="lines+markers", name=f"N = {n}", line=line)
        figure.add_scatter(
            x=[0, mi[-1]], y=[math.log(n)] * 2, mode="lines", showlegend=False, hovertemplate=f"log {n} = {math.log(n):.2f}<extra></extra>",
            line={"color": line["color"], "dash": "dot", "width": 1},
        )
    figure.update_xaxes(range=[0, 40]).update_yaxes(range=[0, 12])
    return figure.update_layout(legend_title_text="batch size")


def plateaus() -> go.Figure:
    """Where NWJ ends at 30 nats against log N, with the ceiling I_N it cannot pass: measured points on the theory's line."""
    result = load("fig-2b")
    sizes = sorted({r["batch_size"] for r in result.runs})
    log_n = [math.log(n) for n in sizes]
    fields = {statistic: [[final(r, "nwj", statistic) for r in result.select(batch_size=n)] for n in sizes] for statistic in ("mean", "median")}
    ceiling = [result.select(batch_size=n)[0]["ceiling"]["value"] for n in sizes]
    rows = [
        [f"{n}", f"{math.log(n):.2f}", f"{top:.2f}", f"{np.mean(mean):.2f}", f"{np.mean(median):.2f}"]
        for n, top, mean, median in zip(sizes, ceiling, fields["mean"], fields["median"], strict=True)
    ]
    head = ["N", "log N", "I_N", f"mean of the last {TAIL} epochs", "median of batches"]
    alt = "Final NWJ estimates at 30 nats against log N. The ceiling I_N lies on the diagonal; the measured values follow it from below."
    figure = theme.figure("log N [nats]", "final NWJ estimate [nats]", alt, table={"head": head, "rows": rows}, provenance=provenance(result))
    figure.add_scatter(x=log_n, y=ceiling, mode="lines+markers", name="ceiling I<sub>N</sub>", marker={"symbol": "diamond-open", "size": 9}, line={"color": theme.REFERENCE, "dash": "dot"})
    for symbol, (statistic, values) in zip(("circle", "x"), fields.items(), strict=True):
        points = [(x, y) for x, ys in zip(log_n, values, strict=True) for y in ys]
        figure.add_scatter(
            x=[p[0] for p in points], y=[p[1] for p in points], mode="markers", name=f"NWJ, {statistic} over batches",
            marker={"symbol": symbol, "size": 9, "color": theme.line_of_mi(30)["color"] if statistic == "mean" else theme.line_of_mi(5)["color"]},
        )
    return figure


def fixed_points() -> go.Figure:
    """How many indices a uniform shuffle of N leaves in place: exact probabilities for three N, and their Poisson limit."""
    counts = range(6)
    poisson = [math.exp(-1) / math.factorial(k) for k in counts]
    rows = [[f"{k}", *(f"{_exactly(k, n):.4f}" for n in (4, 64, 512)), f"{poisson[k]:.4f}"] for k in counts]
    alt = "Probability of 0 to 5 fixed points in a uniform shuffle. Zero and one fixed point have probability 0.37 each, two 0.18, whatever N."
    table = {"head": ["fixed points", "N = 4", "N = 64", "N = 512", "Poisson(1)"], "rows": rows}
    figure = theme.figure("fixed points of a shuffle", "probability", alt, table=table, provenance="<span class='mi-evidence'>exact</span> counted, not sampled")
    for n in (4, 64, 512):
        figure.add_bar(x=list(counts), y=[_exactly(k, n) for k in counts], name=f"N = {n}", marker_color=theme.line_of_batch_size(n)["color"])
    figure.add_scatter(x=list(counts), y=poisson, mode="markers", name="Poisson(1)", marker={"symbol": "x", "color": theme.REFERENCE, "size": 10})
    return figure


def _exactly(fixed: int, n: int) -> float:
    """Probability that a uniform permutation of n has exactly that many fixed points."""
    return sum((-1) ** j / math.factorial(j) for j in range(n - fixed + 1)) / math.factorial(fixed) if fixed <= n else 0.0


def _add_curve(figure: go.Figure, run: Run, readout: str, by_size: bool) -> None:
    values = smooth(run["curves"][readout]["mean"])
    step = max(1, math.ceil(len(values) / _POINTS))
    epochs = np.arange(1, len(values) + 1)[::step]
    line = theme.line_of_batch_size(run["batch_size"]) if by_size else theme.line_of_mi(run["true_mi"])
    label = f"N = {run['batch_size']}" if by_size else f"{run['true_mi']:g}"
    first = not any(trace.legendgroup == label for trace in figure.data)
    figure.add_scatter(
        x=epochs.tolist(), y=[float(f"{v:.4g}") for v in values[::step]], mode="lines", name=label, legendgroup=label,
        showlegend=first, line=line, opacity=1 if first else 0.55,
        hovertemplate=f"{label}{' nats' if not by_size else ''}, seed {run['seed']}<br>epoch %{{x}}: %{{y:.2f}} nats<extra></extra>",
    )


def _add_targets(figure: go.Figure, result: Result, high: float, by_size: bool) -> None:
    epochs = result.spec.epochs  # type: ignore[union-attr]
    for n in sorted({r["batch_size"] for r in result.runs}):
        colour = theme.line_of_batch_size(n)["color"] if by_size else theme.REFERENCE
        figure.add_scatter(
            x=[0, epochs * 1.06], y=[math.log(n)] * 2, mode="lines", name="log N", legendgroup="log N", showlegend=n == min(result.spec.batch_size),  # type: ignore[union-attr]
            line={"color": colour, "dash": "dot", "width": 1.5}, hovertemplate=f"log {n} = {math.log(n):.2f}<extra></extra>",
        )
    targets = {(r["batch_size"] if by_size else r["true_mi"]): r for r in result.runs}
    edge = epochs * 1.03
    _add_marks(figure, "true MI", "circle-open", edge, [(r["true_mi"], r, by_size) for r in targets.values()], high)
    _add_marks(figure, "ceiling I<sub>N</sub>", "diamond", edge, [(r["ceiling"]["value"], r, by_size) for r in targets.values() if r["ceiling"]], high)


def _add_marks(figure: go.Figure, name: str, symbol: str, x: float, marks: list[tuple[float, Run, bool]], high: float) -> None:
    """Markers at the right edge; one that lies above the axis becomes a triangle at its top."""
    if not marks:
        return
    lines = [theme.line_of_batch_size(r["batch_size"]) if by_size else theme.line_of_mi(r["true_mi"]) for _, r, by_size in marks]
    figure.add_scatter(
        x=[x] * len(marks), y=[min(value, high * 0.985) for value, _, _ in marks], mode="markers", name=name,
        marker={"symbol": ["triangle-up" if value > high else symbol for value, _, _ in marks], "size": 9, "color": [line["color"] for line in lines], "line": {"width": 2}},
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
        rows.append([f"{r['true_mi']:g}", f"{r['batch_size']}", f"{r['seed']}", f"{math.log(r['batch_size']):.2f}", top, *cells])
    return rows


def _around(result: Result, readout: str) -> dict[str, Any]:
    head = ["true MI", "N", "seed", "log N", "I_N", "mean", "median", "5 %", "95 %"]
    note = f"Estimates in nats, averaged over the last {TAIL} epochs; median and quantiles are over the batches of an epoch."
    return {"table": {"head": head, "rows": _final_rows(result, readout), "note": note}, "provenance": provenance(result)}


def _alt(result: Result, readout: str, name: str) -> str:
    ends = {(r["true_mi"], r["batch_size"]): final(r, readout) for r in reversed(result.runs)}
    told = [f"{mi:g} nats with N = {n}: " + ("not finite" if math.isnan(v) else f"{v:.1f}") for (mi, n), v in reversed(ends.items())]
    spec = dataclasses.asdict(result.spec)
    return f"{name} estimates over {spec['epochs']} epochs, {spec['negatives']} negatives. Final estimates by true MI: {'; '.join(told)}."
