"""The figures of the consistency tests: an estimator per panel, on the staircase of true MI and on rows of images."""

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from mi_lab.experiments.beyond import consistencies, staircases
from mi_lab.experiments.consistency_specs import READINGS, SETTINGS, Staircase
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.ground.names import READOUTS
from mi_lab.pages import theme
from mi_lab.pages.chapters.beyond_the_report import cell, panels, provenance_of
from mi_lab.pages.figures import NAMES
from mi_lab.results.store import Result, is_stored, load

_DRAWN = {
    "baseline": ("I(X;Y)", 1),
    "data_processing": ("I([X,X];[Y,h(Y)])", 1),
    "additivity": ("half of I([X,X'];[Y,Y'])", 2),
}
"""By setting: what is drawn, and the number it is divided by so that all settings should agree."""
_LOW, _HIGH = -2.0, 16.0  # of the staircase's axis, in nats


def _stored(names: Mapping[str, str], folder: Path | None) -> dict[str, Result]:
    found = {name: load(part, folder=folder) for name, part in names.items() if is_stored(part, folder)}
    if not found:
        family = next(iter(names.values())).split("-", 1)[0]
        raise ValueError(f"no result of {family}-<estimator> is stored; run book/experiments/{family}.ipynb.")
    return found


def staircase(task: str, folder: Path | None = None) -> go.Figure:
    """Estimate against step on a task, an estimator per panel; grey is the truth. ValueError if none is stored."""
    return climbs(_stored(staircases(), folder), task)


def climbs(results: Mapping[str, Result], task: str) -> go.Figure:
    """The same of these results, by estimator; first seeds. The band is that of 90 % of the batches."""
    shown = _shown(results)
    alt, rows = [], []
    figure = panels([title for title, *_ in shown])
    for number, (title, readout, result) in enumerate(shown):
        spec = result.spec_of(Staircase)
        place = {"row": number // 3 + 1, "col": number % 3 + 1}
        run = result.select(task=task)[0]
        low, middle, high = (run["curves"][f"{readout} {name}"] for name in ("q05", "median", "q95"))
        stair = spec.epochs * steps_per_epoch(spec.batch_size)
        edges = [stair * i for i in range(len(spec.true_mi) + 1)]
        truth = [*spec.true_mi, spec.true_mi[-1]]
        _add(figure, truth, "truth", theme.REFERENCE, number == 0, place, x=edges, line_width=1, line_shape="hv")
        # equal steps need no list of x, which would make half of a figure's data
        every = 2 * stair / spec.epochs / READINGS
        reading = {"x0": every, "dx": every}
        _band(figure, _drawn(low), _drawn(high), number == 0, place, reading)
        _add(figure, _drawn(middle), "median of batches", theme.line_of(0)["color"], number == 0, place, **reading)
        ends = [
            (f"{mi:g}", cell(end)) for mi, end in zip_longest(spec.true_mi, run["values"][readout], fillvalue=math.nan)
        ]
        alt.append(f"{title}: " + ", ".join(f"{mi} gives {end}" for mi, end in ends))
        rows += [[title, mi, end] for mi, end in ends]
    note = "In nats, medians over the batches of each stair's last epoch, first seeds."
    table = {"head": ["estimator", "true MI", "at the stair's end"], "rows": rows, "note": note}
    told = f"Estimates on the staircase of true MI in nats on the task {task}. " + "; ".join(alt) + "."
    _finish(figure, told, table, results)
    figure.update_xaxes(title_text="step", row=math.ceil(len(shown) / 3))
    return figure.update_yaxes(range=[_LOW, _HIGH]).update_yaxes(title_text="estimate [nats]", col=1)


def image_rows(folder: Path | None = None) -> go.Figure:
    """Estimate against kept rows, a panel per estimator. Raises ValueError if none is stored."""
    return agreements(_stored(consistencies(), folder))


def agreements(results: Mapping[str, Result]) -> go.Figure:
    """The same of these results, by estimator: three settings that must agree, and in grey the counted truth."""
    shown = _shown(results)
    alt, rows, top = [], [], 1.0
    figure = panels([title for title, *_ in shown])
    for number, (title, readout, result) in enumerate(shown):
        place = {"row": number // 3 + 1, "col": number % 3 + 1}
        truth = _by_rows(result, "baseline", "truth")
        kept, heights = list(truth), list(truth.values())
        _add(figure, heights, "truth", theme.REFERENCE, number == 0, place, x=kept, line_width=1)
        found = {setting: _by_rows(result, setting, readout) for setting in SETTINGS}
        for line, (setting, values) in enumerate(found.items()):
            name, copies = _DRAWN[setting]
            style = theme.line_of(line)
            heights = [value / copies for value in values.values()]
            x = list(values)
            _add(figure, heights, name, style["color"], number == 0, place, x=x, line_dash=style["dash"])
        top = max(top, *truth.values())
        ratios = [
            [str(kept), cell(truth[kept]), cell(value), *(_ratio(found[s].get(kept), value) for s in SETTINGS[1:])]
            for kept, value in found["baseline"].items()
        ]
        rows += [[title, *row] for row in ratios]
        if ratios:
            alt.append(f"{title} at {ratios[-1][0]} rows: {ratios[-1][2]}, ratios {ratios[-1][3]} and {ratios[-1][4]}")
    head = ["estimator", "rows", "true MI", "I(X;Y)", "data processing (1 is right)", "additivity (2 is right)"]
    note = "In nats, medians over the last quarter of the epochs, means over seeds; the last two are ratios to I(X;Y)."
    told = "Estimates of what images share with their top rows, in nats. " + "; ".join(alt) + "."
    _finish(figure, told, {"head": head, "rows": rows, "note": note}, results)
    figure.update_xaxes(title_text="rows kept", row=math.ceil(len(shown) / 3))
    return figure.update_yaxes(range=[-1, 1.4 * top]).update_yaxes(title_text="estimate [nats]", col=1)


def _shown(results: Mapping[str, Result]) -> list[tuple[str, str, Result]]:
    """The panels: their title, readout and result."""
    return [(NAMES[name, readout], readout, one) for name, one in results.items() for readout in READOUTS[name]]


def _by_rows(result: Result, setting: str, name: str) -> dict[int, float]:
    """A value by kept rows, the mean over seeds; nan if one of them stopped being finite."""
    found: dict[int, list[float]] = {}
    for run in result.select(setting=setting):
        value = run["values"][name]
        found.setdefault(run["rows"], []).append(math.nan if value is None else value)
    return {kept: statistics.fmean(values) for kept, values in sorted(found.items())}


def _ratio(value: float | None, baseline: float) -> str:
    # what is next to nothing has no ratio
    return "–" if value is None or not abs(baseline) > 0.1 else cell(value / baseline)


def _add(
    figure: go.Figure, y: Sequence[float], name: str, colour: str, first: bool, place: Mapping[str, int], **more: Any
) -> None:
    hover = f"{name} %{{y:.2f}} nats<extra></extra>"
    style = {"line_color": colour, "line_width": 1.5} | more
    figure.add_scatter(
        y=y, mode="lines", name=name, hovertemplate=hover, legendgroup=name, showlegend=first, **style, **place
    )


def _drawn(readings: Sequence[float]) -> list[float]:
    """Every second reading, as far as the axis shows it."""
    return [round(min(max(value, 2 * _LOW), 2 * _HIGH), 2) for value in readings[1::2]]


def _band(
    figure: go.Figure,
    low: Sequence[float],
    high: Sequence[float],
    first: bool,
    place: Mapping[str, int],
    reading: Mapping[str, float],
) -> None:
    shared = {"mode": "lines", "line_width": 0, "legendgroup": "band", "hoverinfo": "skip", **reading, **place}
    figure.add_scatter(y=low, showlegend=False, **shared)
    name, colour = "5 % to 95 % of batches", "rgba(0, 114, 178, 0.25)"
    figure.add_scatter(y=high, name=name, fill="tonexty", fillcolor=colour, showlegend=first, **shared)


def _finish(figure: go.Figure, alt: str, table: Mapping[str, Any], results: Mapping[str, Result]) -> None:
    made = theme.figure("", "", alt, table=table, provenance=provenance_of(results))
    figure.update_layout(meta=made.layout.meta)
