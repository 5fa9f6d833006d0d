"""The live page of critics: the true log ratio of two Gaussian numbers beside the one a critic learns."""

from typing import Any

from torch import Tensor

from mi_lab.estimation.tasks import CorrelatedGaussians, Task
from mi_lab.estimation.training import Training
from mi_lab.ground.names import EXPLORED, NEGATIVES
from mi_lab.lab.apparatus import go, make_subplots, widgets
from mi_lab.lab.console import Console
from mi_lab.lab.controls import Gaussians, batch_sizes, choice, whole_number
from mi_lab.lab.plane import (
    AXIS,
    CELL,
    LARGEST_CORRELATION,
    READINGS,
    learned_log_ratio,
    shuffled_log_ratio,
    squared_error,
    true_log_ratio,
)
from mi_lab.lab.runs import LabRun

EPOCHS, LEARNING_RATE = 50, 1e-3
_REFERENCES = {"true": "true log ratio", "shuffle": "best possible under a shuffle"}


class CriticsSeen(widgets.VBox):
    """The page as a widget: a joint critic with one hidden layer on two Gaussian numbers x and y.

    ``figure`` is the live Plotly figure, ``run`` what it shows, None before the first. Log ratios are in nats,
    ``error`` is the mean squared error under p in nats^2.
    """

    def __init__(self) -> None:
        self.console = Console(self._begin, self._draw, self._end)
        self.gaussians = Gaussians(1, 0.8, LARGEST_CORRELATION)
        self.controls = {
            "estimator": choice("estimator", EXPLORED, "nwj"),
            "negatives": choice("negatives", NEGATIVES, "shuffle"),
            "batch_size": batch_sizes(128),
            "width": whole_number("hidden width", 64),
        }
        self.reference = choice("compare with", [(text, name) for name, text in _REFERENCES.items()], "true")
        self.beside = widgets.HTML()
        self.run: LabRun | None = None
        self.error: float | None = None
        self.figure = go.FigureWidget(_empty())
        for control in (self.gaussians.mi, *self.controls.values()):
            control.observe(lambda _: self._forget(), "value")
        self.reference.observe(lambda _: self._show(), "value")
        super().__init__(self._rows())
        self._show()
        self.console.say("Choose the settings and press Start.")

    def _rows(self) -> list[widgets.Widget]:
        task = [self.gaussians.correlation, self.gaussians.mi, self.controls["batch_size"]]
        critic = [self.controls[name] for name in ("estimator", "negatives", "width")]
        columns = [widgets.VBox(task), widgets.VBox(critic)]
        wrapped = widgets.Layout(flex_flow="row wrap")
        buttons = [self.console.start, self.console.stop, self.console.progress, self.reference]
        return [
            widgets.HBox(columns, layout=wrapped),
            widgets.HBox(buttons, layout=wrapped),
            self.console.status,
            self.figure,
            self.beside,
        ]

    def settings(self) -> dict[str, Any]:
        """What the widgets say, in the words of an experiment's settings."""
        values = {name: control.value for name, control in self.controls.items()}
        own = {"true_mi": self.gaussians.mi.value, "dim": 1, "hidden": [values.pop("width")], "seeds": [0]}
        return values | own | {"epochs": EPOCHS, "learning_rate": LEARNING_RATE}

    def _begin(self) -> tuple[Training, int]:
        self.run = LabRun(1, self.settings())
        self._show()
        self.console.say("The critic is being trained.")
        return self.run.training, EPOCHS

    def _draw(self) -> None:
        assert self.run is not None
        self.run.refresh()
        self._show()

    def _end(self) -> None:
        assert self.run is not None
        self._draw()
        broken = self.run.record["first_nonfinite_epoch"]
        if broken is not None:
            self.console.say(f"The critic stopped being finite in epoch {broken}.")
        elif self.run.epochs == EPOCHS:
            self.console.say("The critic is trained.")
        else:
            self.console.say(f"Stopped after {self.run.epochs} of {EPOCHS} epochs.")

    def _forget(self) -> None:
        """A new setting: the critic of the old one would stand beside another truth."""
        if not self.console.busy:
            self.run = None
            self._show()

    def _show(self) -> None:
        settings = self.run.settings if self.run else self.settings()
        task: Task = CorrelatedGaussians(dim=1, mi=settings["true_mi"])
        reference = true_log_ratio(task)
        if self.reference.value == "shuffle":
            reference = shuffled_log_ratio(task, settings["batch_size"])
        learned = wrong = None
        if self.run is not None:
            how = (settings[name] for name in ("estimator", "negatives", "batch_size"))
            learned = learned_log_ratio(self.run.training.critic, task, *how)
            wrong = squared_error(learned, reference, task)
        self.error = None if wrong is None else CELL * float(wrong.sum())
        self._draw_plane(reference, learned, wrong, settings)
        self.beside.value = self._told(settings)

    def _draw_plane(self, reference: Tensor, learned: Tensor | None, wrong: Tensor | None, settings: Any) -> None:
        top = max(1.0, round(float(reference[AXIS == 3, AXIS == 3])))
        titles = (_REFERENCES[self.reference.value], f"learned: {READINGS[settings['estimator']][0]}")
        with self.figure.batch_update():
            for trace, values in zip(self.figure.data, (reference, learned, wrong), strict=True):
                trace.z = None if values is None else values.float().numpy()
            for trace in self.figure.data[:2]:
                trace.contours = {"start": -top, "end": top, "size": top / 5}
            self.figure.layout.coloraxis.cmin, self.figure.layout.coloraxis.cmax = -top, top
            for annotation, title in zip(self.figure.layout.annotations, titles, strict=False):
                annotation.text = title

    def _told(self, settings: dict[str, Any]) -> str:
        """The estimate, the truth and the error beside the figure, and how the critic is read."""
        lines = [f"true MI {settings['true_mi']:.2f} nats"]
        if self.run is not None and self.error is not None:
            last = [f"{name} {c['mean'][-1]:.2f}" for name, c in self.run.record["curves"].items() if c["mean"]]
            lines = [
                f"epoch {self.run.epochs} of {EPOCHS}: estimate {', '.join(last) or 'not yet'} nats",
                *lines,
                f"I<sub>N</sub> of a shuffle {self.run.ceiling['value']:.2f} nats",
                f"mean squared error of the critic under p: {self.error:.3g} nats²",
            ]
        return f"<p>{' · '.join(lines)}</p><p>{READINGS[settings['estimator']][1]}</p>"


def _empty() -> go.Figure:
    """Three planes: what the critic is compared with, the learned critic, and where it is wrong."""
    figure = make_subplots(1, 3, shared_yaxes=True, subplot_titles=("reference", "learned", "p · squared error"))
    shared = {"x": AXIS.numpy(), "y": AXIS.numpy(), "hovertemplate": "x %{x:.1f}, y %{y:.1f}: %{z:.3g}<extra></extra>"}
    for column in (1, 2):
        figure.add_contour(**shared, coloraxis="coloraxis", autocontour=False, row=1, col=column)
    flat = {"orientation": "h", "y": -0.2, "yanchor": "top", "thickness": 12}
    bar = {"title": {"text": "nats²"}, "x": 0.86, "len": 0.3, "nticks": 4, **flat}
    figure.add_heatmap(**shared, colorscale="Oranges", zmin=0, colorbar=bar, row=1, col=3)
    figure.update_xaxes(title_text="x", range=[-4, 4], constrain="domain")
    figure.update_yaxes(range=[-4, 4], scaleanchor="x", constrain="domain")
    return figure.update_layout(
        template="none",
        width=980,
        height=460,
        margin={"l": 50, "r": 10, "t": 40, "b": 130},
        yaxis_title_text="y",
        coloraxis={"colorscale": "RdBu_r", "colorbar": {"title": {"text": "nats"}, "x": 0.32, "len": 0.64, **flat}},
    )
