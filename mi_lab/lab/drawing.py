"""The figure and the table of several estimates from one data set, each with what speaks against trusting it."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mi_lab.estimation.pairs.estimates import Estimate
from mi_lab.ground.names import DATA_ESTIMATORS
from mi_lab.pages import theme
from mi_lab.pages.figures import NAMES
from mi_lab.pages.tables import table_html

if TYPE_CHECKING:
    import plotly.graph_objects as go

_HEAD = ("estimator", "MI [nats]", "standard error", "lower bound [nats]", "negatives", "critic", "warnings")


def draw_estimates(estimates: Sequence[Estimate]) -> "go.Figure":
    """Estimates in nats with standard errors, single seeds as small marks, and log n of their pairs dotted.

    A value above or below the axis becomes a triangle at its edge; warnings are told on hovering and in the table.
    """
    if not estimates:
        raise ValueError("there are no estimates to draw.")
    low, high = _range(estimates)
    table = {"head": list(_HEAD), "rows": _rows(estimates), "note": " ".join(_notes(estimates))}
    provenance = "<span class='mi-evidence'>live</span> your pairs"
    if trained := _trained(estimates):
        seeds = ", ".join(map(str, trained[0].seeds))
        provenance += f" · seeds {seeds} · batches of {trained[0].data.batch_size}"
    figure = theme.figure("", "estimated MI [nats]", _alt(estimates), table=table, provenance=provenance)
    _add_seeds(figure, estimates, low, high)
    _add_values(figure, [e for e in estimates if not e.flags], "estimate", "circle", low, high)
    _add_values(figure, [e for e in estimates if e.flags], "estimate with warnings", "circle-open", low, high)
    _add_level(figure, estimates, [e.data.test for e in estimates], "log n of the pairs that gave the value", "dot")
    ceilings = [e for e in estimates if e.log_ceiling is not None]
    _add_level(figure, ceilings, [e.data.batch_size for e in ceilings], "log N, the most it can read", "dash")
    names = [_name(e) for e in estimates]
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=names)
    return figure.update_yaxes(range=[low, high])


def estimates_table(estimates: Sequence[Estimate]) -> str:
    """The estimates as an HTML table."""
    return table_html(_HEAD, _rows(estimates), "Estimates")


def _trained(estimates: Sequence[Estimate]) -> list[Estimate]:
    return [e for e in estimates if e.estimator not in DATA_ESTIMATORS]


def _notes(estimates: Sequence[Estimate]) -> list[str]:
    """Which pairs gave the values."""
    notes = []
    if trained := _trained(estimates):
        data = trained[0].data
        notes.append(
            f"{data.train} pairs trained, {data.validation} decided when to stop, and {data.test} gave the values, in "
            f"batches of {data.batch_size}."
        )
    for fitted, how in ((True, "each by a critic that never saw it"), (False, "without any training")):
        others = [e for e in estimates if e.estimator in DATA_ESTIMATORS and (e.data.validation > 0) == fitted]
        if others:
            names = " and ".join(map(_name, others))
            notes.append(f"{names} read all {others[0].data.test} pairs, {how}.")
    notes += [f"Read as: {told}." for told in dict.fromkeys(e.told for e in estimates) if told]
    return notes


def _name(estimate: Estimate) -> str:
    return NAMES[estimate.estimator, estimate.readout]


def _rows(estimates: Sequence[Estimate]) -> list[list[str]]:
    return [
        [_name(e), _number(e.mi), _number(e.stderr), _bound(e), e.negatives.replace("_", " "), e.critic, told or "none"]
        for e in estimates
        for told in [_warnings(e)]
    ]


def _bound(estimate: Estimate) -> str:
    return "none" if estimate.lower_bound is None else _number(estimate.lower_bound)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "not finite"
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.3g}"


def _warnings(estimate: Estimate, between: str = " ") -> str:
    return between.join(f"{flag.name}: {flag.sentence}" for flag in estimate.flags)


def _range(estimates: Sequence[Estimate]) -> tuple[float, float]:
    """An axis on which log n and what comes near it can be told apart, whatever a diverged estimate says."""
    log_n = math.log(max(e.data.test for e in estimates))
    finite = [value for e in estimates for value in (e.mi, *e.per_seed) if math.isfinite(value)]
    low, high = min([0.0, *finite]), max([log_n, *finite])
    return max(low, -2.0) - 0.2, min(high, 2 * log_n) * 1.1


def _add_values(
    figure: "go.Figure", estimates: Sequence[Estimate], name: str, symbol: str, low: float, high: float
) -> None:
    shown = [e for e in estimates if math.isfinite(e.mi)]
    if not shown:
        return
    figure.add_scatter(
        x=[_name(e) for e in shown],
        y=[min(max(e.mi, low), high) for e in shown],
        error_y={"array": [e.stderr for e in shown]},
        mode="markers",
        name=name,
        marker={
            "size": 11,
            "color": theme.bar(0)["color"],
            "symbol": [_symbol(e.mi, symbol, low, high) for e in shown],
        },
        cliponaxis=False,
        text=[
            f"{_name(e)}: {_number(e.mi)} ± {_number(e.stderr)} nats<br>{_warnings(e, '<br>') or 'no warnings'}"
            for e in shown
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _add_seeds(figure: "go.Figure", estimates: Sequence[Estimate], low: float, high: float) -> None:
    points = [
        (_name(e), seed, value)
        for e in estimates
        if e.estimator != "cross_fitted"  # its values are of folds
        for seed, value in zip(e.seeds, e.per_seed, strict=True)
        if math.isfinite(value)
    ]
    figure.add_scatter(
        x=[name for name, _, _ in points],
        y=[min(max(value, low), high) for _, _, value in points],
        mode="markers",
        name="single seeds",
        marker={
            "size": 6,
            "color": theme.REFERENCE,
            "symbol": [_symbol(value, "x-thin-open", low, high) for _, _, value in points],
        },
        text=[f"{name}, seed {seed}: {_number(value)} nats" for name, seed, value in points],
        hovertemplate="%{text}<extra></extra>",
    )


def _symbol(value: float, within: str, low: float, high: float) -> str:
    return "triangle-up" if value > high else "triangle-down" if value < low else within


def _add_level(figure: "go.Figure", estimates: Sequence[Estimate], counts: Sequence[int], name: str, dash: str) -> None:
    """The logarithm of a count for each estimate, as a line where several share it."""
    if not estimates:
        return
    figure.add_scatter(
        x=[_name(e) for e in estimates],
        y=[math.log(n) for n in counts],
        mode="lines" if len(estimates) > 1 else "markers",
        name=name,
        line={"color": theme.REFERENCE, "dash": dash, "width": 1.5},
        marker={"symbol": "line-ew-open", "size": 24, "color": theme.REFERENCE},
        text=[f"log {n} = {math.log(n):.2f}" for n in counts],
        hovertemplate="%{text}<extra></extra>",
    )


def _alt(estimates: Sequence[Estimate]) -> str:
    told = [
        f"{_name(e)} {_number(e.mi)} ± {_number(e.stderr)}"
        + (f" ({', '.join(flag.name for flag in e.flags)})" if e.flags else "")
        for e in estimates
    ]
    counts = sorted({e.data.test for e in estimates})
    where = " and ".join(f"{n} pairs, where log n is {math.log(n):.1f}" for n in counts)
    return f"Estimates of MI in nats from {where}: {'; '.join(told)}."
