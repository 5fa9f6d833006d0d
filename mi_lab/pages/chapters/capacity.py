"""Critics of other sizes (App. C.1's grid, reduced): what a run comes to, by layers and units, as a heat map."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from mi_lab.ground.names import READOUTS
from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.results.claims.outcome import CLEAR, log_n, spec_of
from mi_lab.results.curves import final, first_above
from mi_lab.results.store import Result

Run = Mapping[str, Any]


def passes(run: Run, readout: str) -> float:
    """The epoch in which the smoothed estimate is first clearly above log N; inf if it never is."""
    return first_above(run, readout, log_n(run) + CLEAR)


MEASURES: Mapping[str, tuple[Callable[[Run, str], float], str, str]] = {
    "plateau": (final, "final estimate [nats]", ".2f"),
    "passes": (passes, "first epoch above log N", ".0f"),
}
"""Each with its name and format."""


def by_size(results: Sequence[Result], measure: str) -> go.Figure:
    """A measure of each result's first run by hidden layers (rows) and units per layer (columns).

    A cell is '–' where the run stopped being finite or never came there. Raises ValueError if two results have one
    size, or layers differ in width.
    """
    read, name, form = MEASURES[measure]
    cells: dict[tuple[int, int], float] = {}
    for result in results:
        layers, width = _size(result)
        if (layers, width) in cells:
            raise ValueError(f"two results have a critic of {layers}×{width}.")
        [readout, *_] = READOUTS[spec_of(result).estimator]
        cells[layers, width] = read(result.runs[0], readout)
    depths, widths = sorted({d for d, _ in cells}), sorted({w for _, w in cells})
    grid = [[cells.get((d, w), math.nan) for w in widths] for d in depths]
    text = [[f"{v:{form}}" if math.isfinite(v) else "–" for v in row] for row in grid]
    rows = [[str(depth), *row] for depth, row in zip(depths, text, strict=True)]
    told = "; ".join(f"{row[0]}×{w}: {t}" for row in rows for w, t in zip(widths, row[1:], strict=True))
    figure = theme.figure(
        "units per hidden layer",
        "hidden layers",
        f"{name} by layers × units. {told}.",
        table={"head": ["layers", *map(str, widths)], "rows": rows},
        provenance=f"{results[0].experiment} and {len(results) - 1} more: {provenance(results[0])}",
    )
    figure.add_heatmap(
        x=[str(w) for w in widths],
        y=[str(d) for d in depths],
        z=[[v if math.isfinite(v) else None for v in row] for row in grid],
        text=text,
        texttemplate="%{text}",
        textfont={"size": 15},
        colorscale="Cividis",
        colorbar={"title": {"text": name, "side": "right"}, "thickness": 14},
        hovertemplate=f"%{{y}} layers of %{{x}}: %{{text}}<extra>{name}</extra>",
        xgap=2,
        ygap=2,
    )
    return figure.update_xaxes(type="category").update_yaxes(type="category").update_layout(height=300)


def _size(result: Result) -> tuple[int, int]:
    hidden = spec_of(result).hidden
    if len(set(hidden)) != 1:
        raise ValueError(f"{result.experiment} has layers of different widths.")
    return len(hidden), hidden[0]
