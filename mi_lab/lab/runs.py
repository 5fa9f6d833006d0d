"""The runs of a live page: their settings, as overrides of an experiment, and what has been trained of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from mi_lab.estimation.limits import ceiling
from mi_lab.experiments.registry import EXPERIMENTS, experiment
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.costs import step_flops
from mi_lab.ground.files import ResultError
from mi_lab.pages.figures import NAMES
from mi_lab.results.store import Result
from mi_lab.runner.running import store_runs
from mi_lab.runner.sweep_training import training_of

_STEP_FLOPS = 2e10
"""The largest step, in operations: up to a second on one core, and Stop waits for its end."""
_SCORE_FLOPS = 2000  # what a score costs besides the critic's matrix products, which are faster


class LabRun:
    """One run on a live page.

    ``settings`` are those of a ``Sweep`` with single values: estimator, negatives, true_mi (nats), batch_size, seeds,
    epochs and so on. Raises ValueError, one sentence, for any that cannot be used or is too large for a live page.
    """

    def __init__(self, number: int, settings: Mapping[str, Any]) -> None:
        self.number = number
        self.experiment = home(settings["estimator"], settings["negatives"])
        self.settings = dict(settings)
        self.spec = _spec(self.experiment, self.settings)
        [self.point] = self.spec.runs()
        _check_step(self.spec)
        self.training = training_of(self.spec, [self.point])
        self.ceiling = ceiling(self.training.tasks[0], self.point["batch_size"])._asdict()
        self.refresh()

    def refresh(self) -> None:
        """Take what has been trained into ``record``: the run as it is stored, up to its last whole epoch."""
        [curve] = self.training.curves()
        self.record: dict[str, Any] = self.point | curve.record() | {"ceiling": self.ceiling}

    @property
    def epochs(self) -> int:
        """Whole epochs trained."""
        return len(self.training.epochs)

    def store(self) -> Result:
        """Store the run, as far as it was trained, and return its result.

        Raises ResultError if no epoch is whole, or if the results folder cannot be written.
        """
        if not self.epochs:
            raise ResultError(f"run {self.number} has no whole epoch yet, so there is nothing to store.")
        # as many epochs as it takes to repeat it
        epochs = self.record["first_nonfinite_epoch"] or self.epochs
        return store_runs(self.experiment, [self.record], **self.settings | {"epochs": epochs})


def home(estimator: str, negatives: str) -> str:
    """The experiment that a run belongs to: the explorer's part of that name, or else its shuffle."""
    name = f"explorer-{estimator}-{negatives}"
    return name if name in EXPERIMENTS else f"explorer-{estimator}-shuffle"


def labels(runs: Sequence[LabRun]) -> list[dict[str, str]]:
    """A name per run and readout that says what sets the run apart from the others; alone, it says what matters."""
    words = [_words(run.spec) for run in runs]
    apart = [name for name in words[0] if len({w[name] for w in words}) > 1] or ["true_mi", "batch_size"]
    told = [name for name in apart if name != "estimator"]  # which is always told, with the readout
    return [
        {
            readout: f"{run.number}: " + ", ".join([NAMES[run.spec.estimator, readout], *(w[name] for name in told)])
            for readout in run.spec.readouts
        }
        for run, w in zip(runs, words, strict=True)
    ]


def _words(spec: Sweep) -> dict[str, str]:
    return {
        "estimator": spec.estimator,
        "true_mi": f"{spec.true_mi[0]:.4g} nats",
        "dim": f"d = {spec.dim}",
        "batch_size": f"N = {spec.batch_size[0]}",
        "negatives": spec.negatives,
        "critic": spec.critic,
        "hidden": "hidden " + "+".join(map(str, spec.hidden)),
        "learning_rate": f"rate {spec.learning_rate:g}",
        "average_weight": f"r = {spec.average_weight:g}",
        "epochs": f"{spec.epochs} epochs",
        "seeds": f"seed {spec.seeds[0]}",
    }


def _spec(name: str, settings: Mapping[str, Any]) -> Sweep:
    spec = experiment(name).spec("laptop", **settings)
    assert isinstance(spec, Sweep)
    return spec


def _check_step(spec: Sweep) -> None:
    n = spec.batch_size[0]
    # only a joint critic reads every pair by itself
    flops = step_flops(spec.hidden, n, spec.dim, spec.negatives if spec.critic == "joint" else "shuffle")
    flops += _SCORE_FLOPS * (n**2 if spec.negatives == "all_pairs" else 2 * n)
    if flops > _STEP_FLOPS:
        raise ValueError(
            f"one step of this would take {flops:.0e} operations, and a live page at most {_STEP_FLOPS:.0e}; "
            "choose a smaller N or width, or other negatives."
        )
