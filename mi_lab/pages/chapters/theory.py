"""The figures of Section 3.3: the fixed points of a shuffle, the ceiling I_N, and measured plateaus under it."""

import math

import numpy as np
import plotly.graph_objects as go

from mi_lab.experiments.sweep_specs import CeilingTable
from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.results.curves import TAIL, final
from mi_lab.results.store import Result, load


def ceilings() -> go.Figure:
    """I_N against true MI for a selection of batch sizes."""
    return ceilings_of(load("ceiling"))


def ceilings_of(result: Result) -> go.Figure:
    """I_N against true MI, for every third batch size of a ceiling table."""
    sizes = sorted(set(result.spec_of(CeilingTable).batch_size))[::3][:4]
    lines = theme.lines(sizes, by_size=True)
    rows = [[f"{r['true_mi']:g}", f"{r['batch_size']}", f"{r['value']:.3f}", f"{r['stderr']:.1g}"] for r in result.runs]
    alt = (
        f"The ceiling I_N against true MI for N = {', '.join(map(str, sizes))}. "
        "Each curve follows the diagonal at first, then bends and levels out at log N."
    )
    table = {"head": ["true MI", "N", "I_N [nats]", "standard error"], "rows": rows}
    figure = theme.figure(
        "true MI [nats]", "ceiling I<sub>N</sub> [nats]", alt, table=table, provenance=provenance(result)
    )
    mi = sorted({r["true_mi"] for r in result.runs})
    figure.add_scatter(
        x=[0, mi[-1]],
        y=[0, mi[-1]],
        mode="lines",
        name="I<sub>N</sub> = MI",
        line={"color": theme.REFERENCE, "width": 1},
    )
    for n in sizes:
        line = lines[n]
        values = [r["value"] for r in result.select(batch_size=n)]
        figure.add_scatter(x=mi, y=values, mode="lines+markers", name=f"N = {n}", line=line)
        theme.add_log_n(figure, n, mi[-1], line["color"], None)
    figure.update_xaxes(range=[0, mi[-1]]).update_yaxes(range=[0, min(mi[-1], math.log(sizes[-1]) * 1.15)])
    return figure.update_layout(legend_title_text="batch size")


def plateaus() -> go.Figure:
    """Where NWJ ends at 30 nats against log N, with the ceiling I_N that it cannot pass."""
    result = load("fig-2b")
    sizes = sorted({r["batch_size"] for r in result.runs})
    log_n = [math.log(n) for n in sizes]
    fields = {
        statistic: [[final(r, "nwj", statistic) for r in result.select(batch_size=n)] for n in sizes]
        for statistic in ("mean", "median")
    }
    ceiling = [result.select(batch_size=n)[0]["ceiling"]["value"] for n in sizes]
    rows = [
        [f"{n}", f"{math.log(n):.2f}", f"{top:.2f}", f"{np.mean(mean):.2f}", f"{np.mean(median):.2f}"]
        for n, top, mean, median in zip(sizes, ceiling, fields["mean"], fields["median"], strict=True)
    ]
    head = ["N", "log N", "I_N", f"mean of the last {TAIL} epochs", "median of batches"]
    alt = "Final NWJ estimates at 30 nats against log N, beside the ceiling I_N: " + "; ".join(
        f"N = {row[0]}: {row[3]} under {row[2]}" for row in rows
    )
    figure = theme.figure(
        "log N [nats]",
        "final NWJ estimate [nats]",
        alt,
        table={"head": head, "rows": rows},
        provenance=provenance(result),
    )
    figure.add_scatter(
        x=log_n,
        y=ceiling,
        mode="lines+markers",
        name="ceiling I<sub>N</sub>",
        marker={"symbol": "diamond-open", "size": 9},
        line={"color": theme.REFERENCE, "dash": "dash"},  # dots are log N
    )
    for symbol, (statistic, values) in zip(("circle", "x"), fields.items(), strict=True):
        points = [(x, y) for x, ys in zip(log_n, values, strict=True) for y in ys]
        figure.add_scatter(
            x=[p[0] for p in points],
            y=[p[1] for p in points],
            mode="markers",
            name=f"NWJ, {statistic} over batches",
            marker={"symbol": symbol, "size": 9, "color": theme.line_of_mi(30)["color"]},
        )
    return figure


def fixed_points() -> go.Figure:
    """How many indices a uniform shuffle of N leaves in place: exact for three N, and their Poisson limit."""
    counts = range(6)
    poisson = [math.exp(-1) / math.factorial(k) for k in counts]
    rows = [[f"{k}", *(f"{_exactly(k, n):.4f}" for n in (4, 64, 512)), f"{poisson[k]:.4f}"] for k in counts]
    alt = (
        "Probability of 0 to 5 fixed points in a uniform shuffle, nearly the same for every N: "
        f"none {poisson[0]:.2f}, one {poisson[1]:.2f}, two {poisson[2]:.2f}, then quickly less."
    )
    table = {"head": ["fixed points", "N = 4", "N = 64", "N = 512", "Poisson(1)"], "rows": rows}
    figure = theme.figure(
        "fixed points of a shuffle",
        "probability",
        alt,
        table=table,
        provenance="<span class='mi-evidence'>exact</span> counted, not sampled",
    )
    for n in (4, 64, 512):
        colour = theme.REFERENCE if n == 4 else theme.line_of_batch_size(n)["color"]
        figure.add_bar(x=list(counts), y=[_exactly(k, n) for k in counts], name=f"N = {n}", marker_color=colour)
    figure.add_scatter(
        x=list(counts),
        y=poisson,
        mode="markers",
        name="Poisson(1)",
        marker={"symbol": "x", "color": theme.line_of_mi(5)["color"], "size": 10},
    )
    return figure


def _exactly(fixed: int, n: int) -> float:
    """Probability that a uniform permutation of n has exactly that many fixed points."""
    return (
        sum((-1) ** j / math.factorial(j) for j in range(n - fixed + 1)) / math.factorial(fixed) if fixed <= n else 0.0
    )
