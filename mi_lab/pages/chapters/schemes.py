"""What a scheme of negatives does to an estimate and to its scatter (App. D.2)."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.results.curves import final, scatter
from mi_lab.results.store import Result


def pull(run: Mapping[str, Any], readout: str) -> float:
    """Nats by which rare batches pull the mean of a run's last epochs below the median; nan if it ended not finite."""
    return final(run, readout, "median") - final(run, readout)


MEASURES: Mapping[str, tuple[Callable[[Mapping[str, Any], str], float], str, str]] = {
    "scatter": (scatter, "5 % to 95 % of batches [nats]", "In nats, from the 5 % to the 95 % quantile of an epoch."),
    "pull": (pull, "median minus mean [nats]", "In nats, the median of the batches minus their mean, last epochs."),
}
"""What is told of batches: its function, its axis and a note."""


def by_scheme(results: Sequence[Result], readout: str, batch_size: int, measure: str) -> go.Figure:
    """A measure of how batches scatter against true MI: a line per result, by its scheme of negatives.

    It is the mean over seeds; a run that stopped being finite has none. Raises ValueError if a result has no such
    batch size.
    """
    read, axis, note = MEASURES[measure]
    rows, told, lines = [], [], []
    for result in results:
        spec, word = _scheme(result)
        if batch_size not in spec.batch_size:
            raise ValueError(f"{result.experiment} has no runs at N = {batch_size}.")
        values = {}
        for mi in spec.true_mi:
            runs = [r for r in result.select(batch_size=batch_size, true_mi=mi) if r["first_nonfinite_epoch"] is None]
            if runs:
                values[mi] = statistics.fmean(read(run, readout) for run in runs)
        rows += [[word, f"{mi:g}", f"{value:.3g}"] for mi, value in values.items()]
        told.append(f"{word}: " + ", ".join(f"{value:.2g} at {mi:g}" for mi, value in values.items()))
        lines.append((word, values))
    figure = theme.figure(
        "true MI [nats]",
        axis,
        f"{axis} at N = {batch_size}, by true MI. " + "; ".join(told) + ".",
        table={"head": ["negatives", "true MI", axis], "rows": rows, "note": note},
        provenance="<br>".join(map(provenance, results)),
    )
    for number, (word, values) in enumerate(lines):
        figure.add_scatter(
            x=list(values),
            y=list(values.values()),
            mode="lines+markers",
            name=word,
            line=theme.line_of(number),
            hovertemplate=f"{word}: %{{y:.2f}} nats at %{{x:g}}<extra></extra>",
        )
    return figure.update_yaxes(type="log").update_layout(legend_title_text="negatives")


def over_batch_size(results: Sequence[Result], readout: str, true_mi: float) -> go.Figure:
    """Final estimate, in nats, against N at one true MI: a line per scheme through the means, a ring per seed.

    It is that of the median batch, since rare ones rule the mean. Dotted are log N and the truth. Raises ValueError if
    a result has no such truth.
    """
    sizes = sorted({n for result in results for n in _scheme(result)[0].batch_size})
    rows, told, lines = [], [], []
    for result in results:
        spec, word = _scheme(result)
        if true_mi not in spec.true_mi:
            raise ValueError(f"{result.experiment} has no runs at {true_mi:g} nats.")
        seeds = {
            n: [final(run, readout, "median") for run in result.select(batch_size=n, true_mi=true_mi)]
            for n in sorted(spec.batch_size)
        }
        means = {n: statistics.fmean(values) for n, values in seeds.items()}
        rows += [[word, str(n), *(f"{v:.2f}" for v in (means[n], min(seeds[n]), max(seeds[n])))] for n in means]
        told.append(f"{word}: " + ", ".join(f"{value:.2f} at {n}" for n, value in means.items()))
        lines.append((word, means, seeds))
    figure = theme.figure(
        "batch size N",
        "final median [nats]",
        f"Final median estimates at {true_mi:g} nats by batch size. " + "; ".join(told) + ".",
        table={"head": ["negatives", "N", "mean over seeds", "lowest", "highest"], "rows": rows},
        provenance="<br>".join(map(provenance, results)),
    )
    for number, (word, means, seeds) in enumerate(lines):
        line, hover = theme.line_of(number), f"{word}, N = %{{x}}: %{{y:.2f}} nats<extra></extra>"
        points = [(n, value) for n, values in seeds.items() for value in values]
        marks = {"symbol": "circle-open", "size": 9, "color": line["color"]}
        x, y = zip(*points, strict=True)
        figure.add_scatter(x=x, y=y, mode="markers", marker=marks, showlegend=False, hoverinfo="skip", name=word)
        figure.add_scatter(x=[*means], y=[*means.values()], mode="lines", name=word, line=line, hovertemplate=hover)
    dotted = {"color": theme.REFERENCE, "dash": "dot", "width": 1.5}
    for name, values in (("log N", [math.log(n) for n in sizes]), ("truth", [true_mi] * len(sizes))):
        figure.add_scatter(x=sizes, y=values, mode="lines", name=name, line=dotted, hoverinfo="skip")
    figure.update_xaxes(type="log", tickvals=sizes, ticktext=[str(n) for n in sizes])
    return figure.update_layout(legend_title_text="negatives")


def _scheme(result: Result) -> tuple[Sweep, str]:
    spec = result.spec_of(Sweep)
    return spec, spec.negatives.replace("_", " ")
