"""The experiments beyond the report as plain data: every estimator on four tasks, up a staircase, and on image rows."""

from typing import Any

from mi_lab.experiments.consistency_specs import Consistency, Staircase, Untrained
from mi_lab.experiments.kinds import Experiment
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.names import CONTRASTIVE, DENSITIES, OF_TASKS, READOUTS

TRUE_MI = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
BATCH_SIZES = (64, 512)
TASKS = ("gaussian", "cubic", "student", "blobs")
_LATER = ("tre", "mienf", "minde")
_SMOKE = {"true_mi": (2.0, 10.0), "batch_size": (64,), "hidden": (8,), "epochs": 1, "seeds": (0,)}
_SMOKE_STAIRS = {"tasks": ("gaussian",), "true_mi": (2.0, 4.0), "hidden": (8,), "epochs": 1, "seeds": (0,)}
_SMOKE_UNTRAINED = {"tasks": ("gaussian",), "true_mi": (2.0,), "pairs": 100}
_SMOKE_ROWS = {"data": "synthetic_grey", "images": 600, "batch_size": 64, "rows": (14,), "hidden": (8,), "epochs": 1}


def parts(task: str) -> dict[str, str]:
    """The estimators that are tried on a task, each with the name of its experiment there."""
    # those that came later are in the fair comparison; the density of blobs is not known
    names = [name for name in READOUTS if name not in _LATER and (name not in OF_TASKS or task != "blobs")]
    return {name: f"beyond-{name.replace('_', '-')}-{task}" for name in names}


def _meant_for(estimator: str) -> dict[str, Any]:
    """The scheme of negatives and the critic an estimator is meant for; one of ratios is separable, for all pairs."""
    return {
        "negatives": "all_pairs" if estimator in CONTRASTIVE else "derangement",
        "critic": DENSITIES.get(estimator, "separable"),
    }


def _part(name: str, estimator: str, task: str) -> Experiment:
    """One estimator on one task, by the scheme of negatives that it is meant for, at a step size of 1e-3.

    Critics of ratios are separable, as all pairs need. On a laptop a part takes one to six minutes of a core: all pairs
    have half the epochs of a derangement, I_alpha and pixels a quarter, since one step costs that much more.
    """
    whole = estimator in CONTRASTIVE
    grid = Sweep(
        estimator,
        TRUE_MI,
        BATCH_SIZES,
        (128,),
        epochs=100,
        seeds=(0, 1),
        learning_rate=1e-3,
        task=task,
        **_meant_for(estimator),
    )
    readouts = READOUTS[estimator]
    panels = {name if len(readouts) == 1 else f"{name}-{readout}": readout for readout in readouts}
    laptop: dict[str, Any] = {"epochs": 5 if task == "blobs" or estimator == "interpolated" else 10 if whole else 20}
    return Experiment(name, "beyond", panels, grid, laptop, _SMOKE)


def staircases() -> dict[str, str]:
    """The estimators that climb the staircase, each with the name of its experiment there."""
    return {name: f"staircase-{name.replace('_', '-')}" for name in READOUTS if name not in _LATER}


def consistencies() -> dict[str, str]:
    """The estimators that are tested on the rows of images, each with the name of its experiment there."""
    return {name: f"consistency-{name.replace('_', '-')}" for name in READOUTS if name not in (*DENSITIES, *_LATER)}


def _staircase(name: str, estimator: str) -> Experiment:
    """One estimator on Poole's staircase, of 4000 steps a stair, with one seed on a laptop."""
    spec = Staircase(estimator, **_meant_for(estimator))
    return Experiment(name, "staircase", {}, spec, {"seeds": (0,)}, _SMOKE_STAIRS)


def _consistency(name: str, estimator: str) -> Experiment:
    """One estimator on the rows of images; on a laptop of five, with a smaller critic and less training."""
    spec = Consistency(estimator, **_meant_for(estimator))
    laptop = {"rows": (0, 7, 14, 21, 28), "hidden": (128,), "epochs": 4}
    return Experiment(name, "consistency", {}, spec, laptop, _SMOKE_ROWS)


BEYOND = (
    *(_part(name, estimator, task) for task in TASKS for estimator, name in parts(task).items()),
    *(_staircase(name, estimator) for estimator, name in staircases().items()),
    *(_consistency(name, estimator) for estimator, name in consistencies().items()),
    Experiment("untrained", "untrained", {}, Untrained(), {}, _SMOKE_UNTRAINED),
)
"""A part per estimator and task, of which each is a sweep over true MI and batch sizes; the tests of consistency;
and what the estimators without training say."""
