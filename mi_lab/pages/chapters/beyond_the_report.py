"""The chapter beyond the report: every estimator on the same tasks, as small multiples and as tables."""

import math
import statistics
from collections.abc import Mapping, Sequence
from html import escape
from itertools import product
from pathlib import Path
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go
from IPython.display import Markdown
from plotly.subplots import make_subplots

from mi_lab.experiments.beyond import BATCH_SIZES, TRUE_MI, parts
from mi_lab.experiments.consistency_specs import Untrained
from mi_lab.ground.names import READOUTS, YARDSTICKS
from mi_lab.ground.records import DENOISERS, FLOWS, OF_LABELS, RECORDS, UNTRAINED
from mi_lab.pages import theme
from mi_lab.pages.figures import NAMES
from mi_lab.pages.provenance import duration, provenance
from mi_lab.pages.tables import sourced_table, table_html, words_table
from mi_lab.results.store import Result, is_stored, load

STATISTICS = ("median", "q05", "q95", "mean")
_COLUMNS = 3
_WITHOUT = (UNTRAINED, OF_LABELS, FLOWS, DENOISERS)  # families that need no negatives
_END = 4  # an estimate is that of a run's last quarter of epochs
_CLOSE = 0.1  # of the truth
_MIDDLE = 10.0  # nats, above log N of every batch size here
_LOW = -2.0  # of the axis, in nats

Point = dict[str, Any]


def stored(task: str, folder: Path | None = None) -> dict[str, Result]:
    """The results of a task that are there, by estimator."""
    return {name: load(part, folder=folder) for name, part in parts(task).items() if is_stored(part, folder)}


def points(result: Result, readout: str) -> list[Point]:
    """By N and true MI: the median, the 5 % and 95 % quantiles and the mean over batches, in nats.

    All are over the last quarter of the epochs, and means over seeds; nan if a seed stopped being finite. The estimate
    is the median: where e^T scatters, a single batch rules the mean.
    """
    found = []
    for n in result.spec.batch_size:  # type: ignore[union-attr]
        for mi in result.spec.true_mi:  # type: ignore[union-attr]
            runs = result.select(batch_size=n, true_mi=mi)
            ends = {name: statistics.fmean(_end(run, readout, name) for run in runs) for name in STATISTICS}
            found.append({"n": n, "mi": mi, **ends})
    return found


def _end(run: dict[str, Any], readout: str, statistic: str) -> float:
    values = run["curves"][readout][statistic]
    if run["first_nonfinite_epoch"] is not None:
        return math.nan
    last = values[-max(1, len(values) // _END) :]
    return statistics.fmean(last) if statistic == "mean" else statistics.median(last)


def untrained(result: Result) -> str:
    """HTML of a table: what KSG and the Gaussian closed form say of the data sets of a stored result, first seed."""
    spec = result.spec_of(Untrained)
    rows = []
    for name, task in product(YARDSTICKS, spec.tasks):
        runs = result.select(task=task, seed=spec.seeds[0])
        if name not in runs[0]["values"]:
            continue  # it came after the result
        rows.append([NAMES[name, name], task, *(cell(run["values"][name]) for run in runs)])
    head = ["estimator", "task", *(f"true {mi:g} nats" for mi in spec.true_mi)]
    return sourced_table(head, rows, f"Estimates without training, of {spec.pairs} pairs", provenance(result))


def catalogue() -> Markdown:
    """A row per estimator: what its critic is, the negatives it is meant for, a number of its own, and its source."""
    rows = []
    for one in RECORDS.values():
        negatives = "none" if one.family in _WITHOUT else "all pairs" if one.alone else "derangement"
        rows.append([", ".join(one.shown.titles), one.family, negatives, one.option or "none", one.shown.source])
    return words_table(["estimator", "critic", "negatives", "own number", "source"], rows, "Estimators")


def small_multiples(task: str, folder: Path | None = None) -> go.Figure:
    """Estimate against true MI on a task, a panel per estimator and readout and a line per N; grey is the truth.

    Bars run from the 5 % to the 95 % quantile of batches. What lies outside the axis is a triangle at its edge, what
    is not finite a cross. Raises ValueError if nothing of the task is stored.
    """
    results = stored(task, folder)
    if not results:
        raise ValueError(f"no result of beyond-<estimator>-{task} is stored; run book/experiments/beyond.ipynb.")
    shown = [(NAMES[name, readout], points(result, readout)) for name, readout, result in _readouts(results)]
    rows = math.ceil(len(shown) / _COLUMNS)
    figure = panels([title for title, _ in shown])
    high = 1.4 * max(TRUE_MI)
    for number, (_, found) in enumerate(shown):
        place = {"row": number // _COLUMNS + 1, "col": number % _COLUMNS + 1}
        figure.add_scatter(
            x=[0, max(TRUE_MI)],
            y=[0, max(TRUE_MI)],
            mode="lines",
            line={"color": theme.REFERENCE, "width": 1},
            name="truth",
            legendgroup="truth",
            showlegend=number == 0,
            hoverinfo="skip",
            **place,
        )
        for n in BATCH_SIZES:
            _add_line(figure, [point for point in found if point["n"] == n], n, high, number == 0, place)
    made = theme.figure("", "", _alt(task, shown), table=_table(shown), provenance=provenance_of(results))
    figure.update_layout(meta=made.layout.meta)
    figure.update_xaxes(title_text="true MI [nats]", row=rows)
    return figure.update_yaxes(range=[_LOW, high], title_text="estimate [nats]", col=1).update_yaxes(range=[_LOW, high])


def panels(titles: Sequence[str]) -> go.Figure:
    """Empty small multiples with shared axes, three in a row, each under its title."""
    rows = math.ceil(len(titles) / _COLUMNS)
    figure = make_subplots(
        rows,
        _COLUMNS,
        shared_xaxes="all",
        shared_yaxes="all",
        subplot_titles=["<br>".join(wrap(title, 13)) for title in titles],  # three fit side by side on a phone
        vertical_spacing=0.22 / rows,
        horizontal_spacing=0.03,
    )
    figure.update_layout(template="none", font={"size": 13}, height=60 + 210 * rows)
    figure.update_xaxes(zeroline=False).update_yaxes(zeroline=False)
    return figure.update_layout(
        margin={"l": 50, "r": 10, "t": 40, "b": 45}, legend={"orientation": "h", "y": -0.06 * 5 / rows}
    )


def _readouts(results: dict[str, Result]) -> list[tuple[str, str, Result]]:
    return [(name, readout, result) for name, result in results.items() for readout in READOUTS[name]]


def _add_line(
    figure: go.Figure, found: Sequence[Point], n: int, high: float, first: bool, place: dict[str, int]
) -> None:
    bars = [_bar(point, high) for point in found]
    symbols = [_symbol(point["median"], high) for point in found]
    line = theme.line_of_batch_size(n)
    figure.add_scatter(
        x=[point["mi"] for point in found],
        y=[middle for _, middle, _ in bars],
        mode="lines+markers",
        name=f"N = {n}",
        legendgroup=str(n),
        showlegend=first,
        line=line,
        cliponaxis=False,  # a mark may stand on the edge
        marker={
            "size": [6 if symbol == "circle" else 10 for symbol in symbols],
            "color": line["color"],
            "symbol": symbols,
        },
        error_y={
            "array": [top - middle for _, middle, top in bars],
            "arrayminus": [middle - bottom for bottom, middle, _ in bars],
            "thickness": 1,
        },
        text=[
            f"true {p['mi']:g}: {cell(p['median'])}, batches {cell(p['q05'])} to {cell(p['q95'])} nats" for p in found
        ],
        hovertemplate=f"N = {n}, %{{text}}<extra></extra>",
        **place,
    )


def _symbol(median: float, high: float) -> str:
    if not math.isfinite(median):
        return "x"
    return "triangle-up" if median > high else "triangle-down" if median < _LOW else "circle"


def _bar(point: Point, high: float) -> tuple[float, float, float]:
    """The 5 % quantile, the median and the 95 % quantile within the axis; its lower edge for what is not finite."""
    low, middle, top = (point[name] if math.isfinite(point[name]) else _LOW for name in ("q05", "median", "q95"))
    middle = min(max(middle, _LOW), high)
    return min(max(low, _LOW), middle), middle, max(min(top, high), middle)


def _table(panels: Sequence[tuple[str, Sequence[Point]]]) -> dict[str, Any]:
    rows = [
        [title, str(point["n"]), f"{point['mi']:g}", *(cell(point[name]) for name in STATISTICS)]
        for title, found in panels
        for point in found
    ]
    note = "In nats, over the batches of the last quarter of the epochs, then means over seeds."
    return {"head": ["estimator", "N", "true MI", "median", "5 %", "95 %", "mean"], "rows": rows, "note": note}


def cell(value: float) -> str:
    """A number as a table shows it."""
    if not math.isfinite(value):
        return "not finite"
    return f"{value:.2f}" if abs(value) < 1000 else f"{value:.2g}"


def _alt(task: str, panels: Sequence[tuple[str, Sequence[Point]]]) -> str:
    ends = []
    for title, found in panels:
        largest = max(point["n"] for point in found)
        told = [f"{p['mi']:g} gives {cell(p['median'])}" for p in found if p["n"] == largest and p["mi"] in (5.0, 30.0)]
        ends.append(f"{title} at N = {largest}: {', '.join(told)}")
    return f"Estimates against true MI in nats on the task {task}. " + "; ".join(ends) + "."


def provenance_of(results: Mapping[str, Result]) -> str:
    """The line under a figure of several results, by estimator."""
    whole = sum(result.provenance["wall_seconds"] for result in results.values())
    first = provenance(next(iter(results.values())))
    return f"{first}, and likewise for the {len(results)} estimators, {duration(whole)} in all"


def guide(tasks: Sequence[str], folder: Path | None = None) -> str:
    """HTML of a table: by estimator and task the largest true MI that it meets, what it reads at the next, its scatter
    and its cost.

    It *meets* a truth at the largest N stored if its estimate is within a tenth of it, and every smaller one's is too.
    The scatter is that of the largest truth, from the 5 % to the 95 % quantile. The cost is the processor time of an
    estimate, one run of the grid, and of a step in it.
    """
    rows = []
    for task in tasks:
        for name, readout, result in _readouts(stored(task, folder)):
            n = max(result.spec.batch_size)  # type: ignore[union-attr, arg-type]
            met, missed = _met(result, readout)
            last = points(result, readout)[-1]
            seconds = result.provenance["processor_seconds"]
            rows.append(
                [
                    NAMES[name, readout],
                    task,
                    str(n),
                    f"{met:g}" if met else "none",
                    f"{missed['mi']:g} reads {cell(missed['median'])}" if missed else "–",
                    cell(_at_largest(result, readout, _MIDDLE)["median"]),
                    cell(last["q95"] - last["q05"]),
                    f"{seconds / len(result.runs):.0f} s",
                    f"{1000 * seconds / result.provenance['steps']:.1f} ms",
                ]
            )
    head = [
        "estimator",
        "task",
        "N",
        "meets up to [nats]",
        "the next truth",
        f"{_MIDDLE:g} nats read",
        "scatter at the largest [nats]",
        "an estimate",
        "a step",
    ]
    table = table_html(head, rows, "Which estimator meets which truth")
    return f'<details class="mi-table"><summary>All {len(rows)} rows</summary>{table}</details>'


def farthest(tasks: Sequence[str], folder: Path | None = None) -> str:
    """HTML of a list: by task the largest true MI that any estimator meets, those that do, and who is closest to 10."""
    items = []
    for task in tasks:
        shown = {NAMES[name, readout]: (result, readout) for name, readout, result in _readouts(stored(task, folder))}
        met = {name: _met(*one)[0] for name, one in shown.items()}
        middle = {name: _at_largest(*one, _MIDDLE)["median"] for name, one in shown.items()}
        most, closest = max(met.values()), min(middle, key=lambda name: _distance(middle[name]))
        names = ", ".join(name for name, mi in met.items() if mi == most)
        found = f"{most:g} nats, by {escape(names)}" if most else "no estimator meets even the smallest truth"
        nearest = f"closest to {_MIDDLE:g} nats is {escape(closest)}, with {cell(middle[closest])}"
        items.append(f"<li><em>{task}</em>: {found}; {nearest}.</li>")
    return f"<ul>{''.join(items)}</ul>"


def _distance(median: float) -> float:
    return abs(median - _MIDDLE) if math.isfinite(median) else math.inf


def _at_largest(result: Result, readout: str, mi: float) -> Point:
    """The point of a truth at the largest N."""
    return [point for point in points(result, readout) if point["mi"] == mi][-1]


def _met(result: Result, readout: str) -> tuple[float, Point | None]:
    """The largest truth met at the largest N, 0 for none, and the point of the first that is not."""
    met = 0.0
    for point in points(result, readout):
        if point["n"] < max(result.spec.batch_size):  # type: ignore[union-attr, arg-type]
            continue
        if not abs(point["median"] - point["mi"]) <= _CLOSE * point["mi"]:
            return met, point
        met = point["mi"]
    return met, None
