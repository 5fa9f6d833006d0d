"""The drift of MINE's constant: its law, what was measured of it, and what the memory does to the final estimate."""

import math
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from IPython.display import HTML

from mi_lab.experiments.gaussians import WEIGHTS
from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.pages import theme
from mi_lab.pages.chapters.shuffle_audit import together
from mi_lab.pages.tables import sourced_table
from mi_lab.results.curves import TAIL, final
from mi_lab.results.store import Result, is_stored, load

LARGEST = math.log(float(np.finfo(np.float32).max))
"""The largest score, in nats, whose exponential float32 can hold."""
TOP = 16.0
"""Where the axis of final estimates ends, in nats."""


def expected_w(r: float, v: float) -> float:
    """E[w] to second order for a critic held fixed: w is a batch's mean of e^T over the moving average that holds it.

    ``r`` is the weight of the newest batch, ``v`` the variance of a batch's mean over its squared mean.
    """
    return 1 - v * r * (1 - r) / (2 - r)


def speed_limit(r: float, v: float) -> float:
    """Nats a step at which a steady drift of the constant takes its own reward away, to second order."""
    return v * r * r / (2 - r)


def far_w(r: float, steps: int = 3000, trainings: int = 500) -> float:
    """E[w] far above log N with the best critic held fixed, by seeded simulation.

    A batch's mean of e^T there is its number of fixed points, to a factor: a Poisson number with mean 1, so v = 1.
    """
    newest = np.random.default_rng(0).poisson(1.0, size=(steps, trainings))
    average, total, begin = np.ones(trainings), 0.0, steps // 3
    for step, counts in enumerate(newest):
        average = (1 - r) * average + r * counts
        total += float((counts / average).mean()) * (step >= begin)
    return total / (steps - begin)


def speeds() -> HTML:
    """By r, at v = 1, the most that the best critic has under a shuffle: push, speed limit, steps to the overflow."""
    head = ["r", "E[w] at rest", "push 1 − E[w]", "fastest drift [nats a step]", "steps to overflow at that speed"]
    rows = []
    for r in (0.001, *(r for r in WEIGHTS if r <= 0.1)):
        push = 1 - expected_w(r, 1)
        rows.append([f"{r:g}", f"{1 - push:.4f}", f"{push:.4f}", f"{speed_limit(r, 1):.2g}", steps_to_overflow(r)])
    source = "<span class='mi-evidence'>exact</span> from the formulas above at v = 1, to second order"
    return HTML(sourced_table(head, rows, "The drift by r", source))


def steps_to_overflow(r: float, v: float = 1.0) -> str:
    """Steps in which a steady drift at its limit takes float32's e^T from 1 to its largest number, to two digits."""
    return f"{float(f'{LARGEST / speed_limit(r, v):.2g}'):,.0f}"


def averages(batch_size: int, critic: str = "1x64") -> list[Result]:
    """The stored sweeps over r at this N, by r; empty if there are none."""
    found = [name for name in EXPERIMENTS if name.startswith("average-") and name.endswith(f"-{critic}-{batch_size}")]
    return sorted((load(name) for name in found if is_stored(name)), key=_weight)


def measured_w(run: Mapping[str, Any]) -> float:
    """E[w] over the last epochs of a run of MINE; nan if it stopped being finite."""
    if run["first_nonfinite_epoch"] is not None:
        return math.nan
    return float(np.mean(np.exp(run["moving_average"]["log_mean_w"][-TAIL:])))


def drift(batch_size: int, truths: Iterable[float] = (2.5, 5.0, 10.0, 30.0)) -> go.Figure:
    """E[w] against r at one N: the second order as lines, stored runs as points (means over seeds), a colour a truth.

    The table holds every truth that was run; a run that stopped being finite is left out.
    """
    limits, results, drawn = load("limits"), averages(batch_size), list(truths)
    v = {
        run["true_mi"]: run["values"]["chi_square"] / batch_size
        for run in limits.select(negatives="shuffle", batch_size=batch_size)
    }
    rows, points = [], dict[float, list[tuple[float, float]]]()
    for result in results:
        for mi in result.spec_of(Sweep).true_mi:
            seeds = [w for run in result.select(true_mi=mi) if not math.isnan(w := measured_w(run))]
            if not seeds:
                continue
            mean = statistics.fmean(seeds)
            points.setdefault(mi, []).append((_weight(result), mean))
            predicted = expected_w(_weight(result), v[mi])
            row = (v[mi], predicted, mean, min(seeds), max(seeds))
            rows.append([f"{_weight(result):g}", f"{mi:g}", *(f"{value:.4f}" for value in row)])
    grid = np.geomspace(min(WEIGHTS), 1, 60)
    for mi in drawn if not results else []:
        rows += [[f"{r:g}", f"{mi:g}", f"{v[mi]:.4f}", f"{expected_w(r, v[mi]):.4f}", *3 * ["–"]] for r in WEIGHTS]
    lowest = {mi: min(expected_w(float(r), v[mi]) for r in grid) for mi in drawn}
    alt = (
        f"E[w] against r at N = {batch_size}: the law starts at 1, falls and comes back to 1 at r = 1. Its lowest is "
        + ", ".join(f"{lowest[mi]:.3f} at {mi:g} nats" for mi in drawn)
        + f". {sum(map(len, points.values()))} settings were measured."
    )
    head = ["r", "true MI", "v", "E[w] predicted", "E[w] measured", "lowest seed", "highest seed"]
    figure = theme.figure(
        "r, the weight of the newest batch",
        "E[w]",
        alt,
        table={"head": head, "rows": rows, "note": f"Measured: the mean of the last {TAIL} epochs."},
        provenance=together([limits, *results]),
    )
    for mi in drawn:
        line, name = theme.line_of_mi(mi), f"{mi:g} nats"
        y = [expected_w(float(r), v[mi]) for r in grid]
        figure.add_scatter(x=list(grid), y=y, mode="lines", name=f"{name}, law", line=line, hoverinfo="skip")
        if mi in points:
            x, y = (list(values) for values in zip(*points[mi], strict=True))
            marks, hover = {"size": 9, "color": line["color"]}, f"{name}, r = %{{x}}: %{{y:.4f}}<extra></extra>"
            figure.add_scatter(x=x, y=y, mode="markers", name=f"{name}, run", marker=marks, hovertemplate=hover)
    far = [r for r in WEIGHTS if 0.01 <= r < 1]
    figure.add_scatter(
        x=far,
        y=[far_w(r) for r in far],
        mode="lines",
        name="far above log N,<br>simulated",
        line={"color": theme.REFERENCE, "dash": "dot", "width": 1.5},
        hovertemplate="Poisson batches, r = %{x}: %{y:.4f}<extra></extra>",
    )
    return _over_r(figure)


def over_memory(batch_size: int) -> go.Figure:
    """Final estimates of MINE against r at one N, in nats: a line per truth through the means, a ring per seed.

    At the left edge, a diamond is the ceiling and a square the destination; a triangle stands for what is off the axis.
    """
    limits, results = load("limits"), averages(batch_size)
    truths = sorted({mi for result in results for mi in result.spec_of(Sweep).true_mi}) or [5.0, 10.0, 30.0]
    rows, told = [], []
    figure = theme.figure("r, the weight of the newest batch", "final estimate [nats]", "", provenance="")
    for mi in truths:
        line = theme.lines(truths, by_size=False)[mi]
        seeds = {
            _weight(result): [end for run in result.select(true_mi=mi) if not math.isnan(end := final(run, "dv"))]
            for result in results
        }
        means = {r: statistics.fmean(values) for r, values in seeds.items() if values}
        [values] = [r["values"] for r in limits.select(negatives="shuffle", batch_size=batch_size, true_mi=mi)]
        for r, mean in means.items():
            own = (mean, min(seeds[r]), max(seeds[r]), values["ceiling"], values["destination"])
            rows.append([f"{r:g}", f"{mi:g}", *(f"{value:.2f}" for value in own)])
        if not means:
            rows.append(["–", f"{mi:g}", *3 * ["–"], *(f"{values[name]:.2f}" for name in ("ceiling", "destination"))])
        told.append(f"{mi:g} nats: " + (", ".join(f"{y:.1f} at r = {r:g}" for r, y in means.items()) or "not run"))
        marks = [
            (min(WEIGHTS) / 1.7, values["ceiling"], "diamond-open"),
            (min(WEIGHTS) / 1.35, values["destination"], ""),
        ]
        marks += [(r, value, "circle-open") for r, found in seeds.items() for value in found]
        inside = [(x, min(max(y, 0), TOP), _symbol(y, symbol or "square-open"), y) for x, y, symbol in marks]
        x, y, symbols, real = (list(column) for column in zip(*inside, strict=True))
        figure.add_scatter(
            x=x,
            y=y,
            customdata=real,
            mode="markers",
            marker={"symbol": symbols, "size": 9, "color": line["color"]},
            name=f"{mi:g} nats",
            showlegend=not means,
            cliponaxis=False,
            hovertemplate=f"{mi:g} nats: %{{customdata:.2f}}<extra></extra>",
        )
        figure.add_scatter(
            x=[*means], y=[*means.values()], mode="lines", name=f"{mi:g} nats", line=line, hoverinfo="skip"
        )
    head = ["r", "true MI", "mean over seeds", "lowest", "highest", "ceiling", "destination"]
    alt = f"Final MINE estimates at N = {batch_size} by r, log N being {math.log(batch_size):.2f}. " + "; ".join(told)
    figure.layout.meta = {
        "alt": f"{alt}.",
        "table": {"head": head, "rows": rows, "note": f"Means of the last {TAIL} epochs, in nats."},
        "provenance": together([limits, *results]),
    }
    figure.add_scatter(
        x=[min(WEIGHTS) / 2, 1],
        y=2 * [math.log(batch_size)],
        mode="lines",
        name="log N",
        line={"color": theme.REFERENCE, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )
    figure.update_yaxes(range=[0, TOP])
    return _over_r(figure).update_layout(legend_title_text="true MI")


def _symbol(value: float, inside: str) -> str:
    return inside if 0 <= value <= TOP else "triangle-up" if value > TOP else "triangle-down"


def _over_r(figure: go.Figure) -> go.Figure:
    said = [f"{r:g}" if r in (0.01, 0.05, 0.1, 0.5, 1.0) else "" for r in WEIGHTS]  # the others have no room
    return figure.update_xaxes(type="log", tickvals=list(WEIGHTS), ticktext=said, tickangle=0)


def _weight(result: Result) -> float:
    return result.spec_of(Sweep).average_weight
