"""How widely batches scatter under one scheme of negatives and another (App. D.2)."""

import statistics
from collections.abc import Sequence

import plotly.graph_objects as go

from mi_lab.curves import scatter
from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.results import Result
from mi_lab.specs import Sweep


def scatter_by_scheme(results: Sequence[Result], readout: str, batch_size: int) -> go.Figure:
    """Scatter over batches, in nats, against true MI: a line per result, by its scheme of negatives.

    It is the width from the 5 % to the 95 % quantile of an epoch's batches, the median of the last epochs and the mean
    over seeds; a run that stopped being finite has none. Raises ValueError if a result has no such batch size.
    """
    rows, told, lines = [], [], []
    for result in results:
        spec = result.spec
        if not isinstance(spec, Sweep) or batch_size not in spec.batch_size:
            raise ValueError(f"{result.experiment} has no runs at N = {batch_size}.")
        word = spec.negatives.replace("_", " ")
        widths = {}
        for mi in spec.true_mi:
            runs = [r for r in result.select(batch_size=batch_size, true_mi=mi) if r["first_nonfinite_epoch"] is None]
            if runs:
                widths[mi] = statistics.fmean(scatter(run, readout) for run in runs)
        rows += [[word, f"{mi:g}", f"{width:.3g}"] for mi, width in widths.items()]
        told.append(f"{word}: " + ", ".join(f"{width:.2g} at {mi:g}" for mi, width in widths.items()))
        lines.append((word, widths))
    note = "In nats; from the 5 % to the 95 % quantile of the batches of an epoch."
    figure = theme.figure(
        "true MI [nats]",
        "scatter of batches [nats]",
        f"Scatter of batches at N = {batch_size} in nats, by true MI. " + "; ".join(told) + ".",
        table={"head": ["negatives", "true MI", "scatter"], "rows": rows, "note": note},
        provenance=" · ".join(f"{result.experiment}: {provenance(result)}" for result in results),
    )
    for number, (word, widths) in enumerate(lines):
        figure.add_scatter(
            x=list(widths),
            y=list(widths.values()),
            mode="lines+markers",
            name=word,
            line=theme.line_of(number),
            hovertemplate=f"{word}: %{{y:.2f}} nats at %{{x:g}}<extra></extra>",
        )
    return figure.update_yaxes(type="log").update_layout(legend_title_text="negatives")
