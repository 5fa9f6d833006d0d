"""The live page of estimators: choose a task, an estimator and a critic, and watch the estimate while it trains."""

from typing import Any

from mi_lab.estimation.training import Training
from mi_lab.ground.files import ResultError
from mi_lab.ground.names import AVERAGE_WEIGHT, CRITICS, EXPLORED, NEGATIVES
from mi_lab.lab.apparatus import widgets
from mi_lab.lab.console import Console
from mi_lab.lab.controls import LARGEST_CORRELATION, Gaussians, batch_sizes, choice, one_of, whole_number
from mi_lab.lab.overlay import Overlay
from mi_lab.lab.runs import LabRun
from mi_lab.results.curves import TAIL
from mi_lab.results.store import results_dir

_WEIGHTS = (0.006, AVERAGE_WEIGHT, 0.05, 0.1, 0.5, 0.9, 1.0)
_RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)


class EstimatorLab(widgets.VBox):
    """The page as a widget. MI is in nats, ``runs`` are those drawn, ``figure`` is the live Plotly figure."""

    def __init__(self) -> None:
        self.console = Console(self._begin, self._draw, self._end)
        self.gaussians = Gaussians(20, 5.0, LARGEST_CORRELATION)
        self.controls = {
            "batch_size": batch_sizes(128),
            "estimator": choice("estimator", EXPLORED, "nwj"),
            "critic": choice("critic", CRITICS, "joint"),
            "negatives": choice("negatives", NEGATIVES, "shuffle"),
            "width": whole_number("hidden width", 64),
            "layers": whole_number("hidden layers", 1),
            "learning_rate": one_of("learning rate", [(f"{rate:g}", rate) for rate in _RATES], 1e-3),
            "average_weight": one_of("MINE's average, r", [(f"{r:g}", r) for r in _WEIGHTS], AVERAGE_WEIGHT),
            "epochs": whole_number("epochs", 50),
            "seed": whole_number("seed", 0),
        }
        narrow = {"layout": {"width": "100px"}}  # so that all buttons stand in one row
        self.clear = widgets.Button(
            description="Clear", icon="trash", tooltip="Takes all ended runs out of the figure", **narrow
        )
        self.which = widgets.Dropdown(description="run", options=[], layout={"width": "160px"})
        self.store = widgets.Button(description="Store this run", icon="save", layout={"width": "150px"})
        self.clear.on_click(lambda _: self._clear())
        self.store.on_click(lambda _: self._store())
        self.runs: list[LabRun] = []
        self.overlay = Overlay()
        self.figure = self.overlay.widget
        self.started = 0
        super().__init__(self._rows())
        self.console.say("Choose the settings and press Start.")

    def _rows(self) -> list[widgets.Widget]:
        own = self.controls
        task = [self.gaussians.correlation, self.gaussians.mi, self.gaussians.dim, own["batch_size"]]
        left = [*task, own["estimator"], own["negatives"]]
        right = [
            own[name] for name in ("critic", "width", "layers", "learning_rate", "average_weight", "epochs", "seed")
        ]
        buttons = [self.console.start, self.console.stop, self.clear, self.console.progress, self.which, self.store]
        columns = [widgets.VBox(column) for column in (left, right)]
        wrapped = widgets.Layout(flex_flow="row wrap")
        return [
            widgets.HBox(columns, layout=wrapped),
            widgets.HBox(buttons, layout=wrapped),
            self.console.status,
            self.figure,
        ]

    def settings(self) -> dict[str, Any]:
        """What the widgets say, in the words of an experiment's settings."""
        values = {name: control.value for name, control in self.controls.items()}
        width, layers, seed = values.pop("width"), values.pop("layers"), values.pop("seed")
        if values["estimator"] != "mine":
            values["average_weight"] = None  # no other estimator has one
        return values | {
            "true_mi": self.gaussians.mi.value,
            "dim": self.gaussians.dim.value,
            "hidden": [width] * layers,
            "seeds": [seed],
        }

    def _begin(self) -> tuple[Training, int]:
        run = LabRun(self.started + 1, self.settings())
        self.started = run.number
        self._show([*self.runs, run])
        self.console.say(f"Run {run.number} is being trained.")
        return run.training, run.spec.epochs

    def _draw(self) -> None:
        run = self.runs[-1]
        run.refresh()
        self.overlay.update(run)

    def _end(self) -> None:
        self._draw()
        run = self.runs[-1]
        broken = run.record["first_nonfinite_epoch"]
        if broken is not None:
            ended = f"stopped being finite in epoch {broken} and is drawn up to there"
        elif run.epochs == run.spec.epochs:
            ended = "is finished"
        else:
            ended = f"is stopped after {run.epochs} of {run.spec.epochs} epochs"
        self.console.say(f"Run {run.number} {ended}. {_finally(run)}")

    def _clear(self) -> None:
        self._show(self.runs[-1:] if self.console.busy else [])

    def _show(self, runs: list[LabRun]) -> None:
        self.runs = runs
        self.overlay.show(runs)
        self.which.options = [(f"run {run.number}", run.number) for run in runs]
        self.which.value = runs[-1].number if runs else None

    def _store(self) -> None:
        chosen = [run for run in self.runs if run.number == self.which.value]
        if not chosen:
            self.console.say("There is no run to store; train one first.")
            return
        if self.console.busy and chosen[0] is self.runs[-1]:
            self.console.say("This run is still being trained; stop it first, or let it end.")
            return
        try:
            result = chosen[0].store()
        except ResultError as error:
            self.console.say(str(error))
            return
        self.console.say(
            f"Run {chosen[0].number} is stored as {result.file_name} in {results_dir()}; "
            "the next 'make book' shows it on the page Your runs."
        )


def _finally(run: LabRun) -> str:
    """Where a run ends, in words."""
    tails = {readout: values["mean"][-TAIL:] for readout, values in run.record["curves"].items()}
    told = [f"{readout} {sum(tail) / len(tail):.2f}" for readout, tail in tails.items() if tail]
    if not told:
        return "No epoch of it is whole."
    truth = f"true MI {run.point['true_mi']:.2f} nats"
    return f"Its mean over the last epochs, {TAIL} at most: {', '.join(told)} nats; {truth}."
