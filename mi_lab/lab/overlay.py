"""The live figure of training curves: several runs over one another, drawn like the figures of the book."""

import math
from collections.abc import Sequence
from typing import Any

from mi_lab.lab.apparatus import go
from mi_lab.lab.runs import LabRun, labels
from mi_lab.pages import theme
from mi_lab.pages.figures import add_curve, add_marks, thinned

_LOW = -1.0  # nats; estimates begin near 0, and one that falls further leaves the axes


class Overlay:
    """Estimate against epoch in nats, one colour per run, with its true MI and I_N at the right edge and log N dotted.

    ``widget`` is the live Plotly figure.
    """

    def __init__(self) -> None:
        self.widget = go.FigureWidget(_empty())
        self.widget.layout.uirevision = "kept"  # a reader's zoom survives the next epoch
        self.lines: dict[int, dict[str, Any]] = {}
        self.traces: dict[tuple[int, str], int] = {}

    def show(self, runs: Sequence[LabRun]) -> None:
        """Draw exactly these runs; each keeps its colour as long as it is shown."""
        self.lines = {run.number: self.lines[run.number] for run in runs if run.number in self.lines}
        self.traces = {}
        figure = _empty()
        for run, names in zip(runs, labels(runs) if runs else [], strict=True):
            taken = [line["color"] for line in self.lines.values()]
            line = self.lines.setdefault(run.number, theme.line_apart(run.point["true_mi"], taken))
            for number, readout in enumerate(run.spec.readouts):
                self.traces[run.number, readout] = len(figure.data)
                add_curve(figure, run.record, readout, names[readout], line | ({"dash": "dot"} if number else {}))
        if runs:
            self._add_references(figure, runs)
        with self.widget.batch_update():
            self.widget.data = ()
            self.widget.add_traces(figure.data)
            self.widget.layout.xaxis.range, self.widget.layout.yaxis.range = _ranges(runs)

    def update(self, run: LabRun) -> None:
        """Draw what was added to a run that is shown."""
        with self.widget.batch_update():
            for readout in run.spec.readouts:
                epochs, single, smoothed = thinned(run.record["curves"][readout]["mean"])
                first = self.traces[run.number, readout]
                for trace, values in zip(self.widget.data[first : first + 2], (single, smoothed), strict=True):
                    trace.x, trace.y = epochs, values

    def _add_references(self, figure: go.Figure, runs: Sequence[LabRun]) -> None:
        (_, end), (_, high) = _ranges(runs)
        sizes = sorted({run.point["batch_size"] for run in runs})
        for n in sizes:
            theme.add_log_n(figure, n, end, theme.REFERENCE, "log N" if n == sizes[0] else None)
        truths = [(run.point["true_mi"], run.record, self.lines[run.number]["color"]) for run in runs]
        add_marks(figure, "true MI", "circle-open", end * 0.97, truths, high)
        for shuffled, name, symbol in (
            (True, "ceiling I<sub>N</sub>", "diamond"),
            (False, "I<sub>N</sub> of a shuffle", "diamond-open"),
        ):
            these = [run for run in runs if (run.spec.negatives == "shuffle") == shuffled]
            marks = [(run.ceiling["value"], run.record, self.lines[run.number]["color"]) for run in these]
            add_marks(figure, name, symbol, end * 0.97, marks, high)


def _empty() -> go.Figure:
    return theme.figure("epoch", "estimated MI [nats]", "Live training curves: estimated MI in nats against the epoch.")


def _ranges(runs: Sequence[LabRun]) -> tuple[list[float], list[float]]:
    """Axes that the settings alone decide, so that they stand still while a run is trained."""
    epochs = max((run.spec.epochs for run in runs), default=50)
    tops = [max(run.point["true_mi"] * 1.33, math.log(run.point["batch_size"]) * 1.15) for run in runs]
    return [0, epochs * 1.06], [_LOW, max(tops, default=5.0)]
