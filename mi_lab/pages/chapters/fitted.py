"""Is it the fit of a pretext that decides what it teaches? Accuracy on the classes against accuracy on the pretext."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from mi_lab.experiments.image_specs import NO_PRETEXT, Probing
from mi_lab.experiments.learning_specs import Learning
from mi_lab.pages import theme
from mi_lab.pages.chapters.seeds import error_bars, over_seeds, told
from mi_lab.pages.chapters.taps import NAMES, by_seed
from mi_lab.pages.provenance import provenance
from mi_lab.results.claims.outcome import mean
from mi_lab.results.store import Result


class Point(NamedTuple):
    """What is drawn at an epoch: fit of the pretext and accuracy on the classes in per cent, one value a seed."""

    epoch: int
    fit: list[float]
    found: list[float]


def points(result: Result, tap: str) -> list[Point]:
    """The epochs at which a training was probed; of Tables 1 and 8 that is the one whose network was kept."""
    if isinstance(result.spec, Learning):
        shortest = min(len(run["values"]["fit"]) for run in result.runs)
        return [
            Point(
                epoch,
                [100 * run["values"]["fit"][place] for run in result.runs],
                [100 * run["values"]["linear"][tap][place] for run in result.runs],
            )
            for place, epoch in enumerate(result.spec.read_at[:shortest])
        ]
    kept = [_kept(result, run["curves"]) for run in result.runs]
    fits = [100 * run["curves"]["training_accuracy"][epoch - 1] for run, epoch in zip(result.runs, kept, strict=True)]
    return [Point(max(kept), fits, by_seed(result, "linear")[tap])]


def by_fit(results: Sequence[Result], tap: str) -> go.Figure:
    """Linear accuracy at a tap against the accuracy on the pretext's own training images, both pretexts in one figure.

    A line joins the epochs of one training; a single mark is a training that was probed at its end. Dotted is an
    untrained encoder, if there is one among the results.
    """
    trained = [r for r in results if not (isinstance(r.spec, Probing) and r.spec.pretext == NO_PRETEXT)]
    held = {_title(result): points(result, tap) for result in trained}
    rows = [
        [title, str(point.epoch), told(point.fit, 1), told(point.found, 1)]
        for title, found in held.items()
        for point in found
    ]
    spoken = "; ".join(f"{title}, epoch {epoch}: {found} at a fit of {fit}" for title, epoch, fit, found in rows)
    figure = theme.figure(
        "pretext's training labels told right [%]",
        f"linear accuracy at {tap} [%]",
        f"Linear accuracy at {tap} against how well each pretext was fitted, in per cent. {spoken}.",
        table={
            "head": ["pretext", "epoch", "its training labels [%]", f"classes at {tap} [%]"],
            "rows": rows,
            "note": f"Ours: {over_seeds(*results)}.",
        },
        provenance="<br>".join(map(provenance, results)),
    )
    pretexts = list(NAMES)
    for result, (title, found) in zip(trained, held.items(), strict=True):
        line = theme.line_of(pretexts.index(result.spec.pretext))  # type: ignore[union-attr]
        alone = len(found) == 1
        marker: dict[str, Any] = {"color": line["color"], "size": 11 if alone else 8}
        figure.add_scatter(
            x=[mean(point.fit) for point in found],
            y=[mean(point.found) for point in found],
            error_x=error_bars(point.fit for point in found),
            error_y=error_bars(point.found for point in found),
            name=title,
            mode="markers" if alone else "lines+markers+text",
            text=[f"{point.epoch}" for point in found],
            textposition="top center",
            line=line,
            marker=marker | {"symbol": "diamond" if alone else "circle"},
            hovertemplate=f"{title}, epoch %{{text}}<br>fit %{{x:.1f}} %, classes %{{y:.1f}} %<extra></extra>",
        )
    for result in results:
        if result not in trained:
            level = mean(by_seed(result, "linear")[tap])
            line = {"color": theme.REFERENCE, "dash": "dot", "width": 1.5}
            figure.add_scatter(x=[0, 100], y=[level] * 2, name="untrained", mode="lines", line=line, hoverinfo="skip")
    return figure.update_xaxes(range=[0, 104])


def _kept(result: Result, curves: dict[str, list[float]]) -> int:
    """The epoch, from 1, whose network a training of Table 1 or 8 leaves: the best on new images, or the last."""
    told_right = curves["validation_accuracy"]
    if result.spec_of(Probing).pretext == "rotation":
        return told_right.index(max(told_right)) + 1
    return len(told_right)


def _title(result: Result) -> str:
    if isinstance(result.spec, Learning):
        return f"{NAMES[result.spec.pretext]}, as it learns"
    spec = result.spec_of(Probing)
    return f"{NAMES[spec.pretext]}, {spec.images:,} images, {spec.epochs} epochs"
