"""What experiments beyond the report may be told: a staircase of true MI, rows of images, data sets without training.

Needs no torch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from mi_lab.experiments.image_specs import check_training
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.names import DATASETS, DENSITIES, known
from mi_lab.ground.settings import MOST_COUNT, within

READINGS = 8
"""Values that are kept of an epoch on the staircase."""
SETTINGS = ("baseline", "data_processing", "additivity")


@dataclass(frozen=True)
class Staircase:
    """One training during which the true MI is raised in steps, after Poole et al. (2019), on each of several tasks.

    The critic is not drawn anew at a step. ``true_mi`` are the stairs in nats, each ``epochs`` long. Raises ValueError
    for any value out of range, and for the critic 'optimal', which knows one truth only.
    """

    estimator: str
    tasks: tuple[str, ...] = ("gaussian", "cubic")
    true_mi: tuple[float, ...] = (2.0, 4.0, 6.0, 8.0, 10.0)
    batch_size: int = 64
    hidden: tuple[int, ...] = (256, 256)
    epochs: int = 5
    seeds: tuple[int, ...] = (0, 1)
    negatives: str = "derangement"
    learning_rate: float = 5e-4
    critic: str = "separable"
    dim: int = 20

    def __post_init__(self) -> None:
        if not self.tasks:
            raise ValueError("tasks must hold at least one name.")
        for task in self.tasks:
            self.sweep(task)
        _check_critic_learns(self.critic)

    def sweep(self, task: str) -> Sweep:
        """The sweep whose runs would be the stairs of a task, each trained alone."""
        shared = ("estimator", "true_mi", "hidden", "epochs", "seeds", "negatives", "learning_rate", "critic", "dim")
        return Sweep(batch_size=(self.batch_size,), task=task, **{name: getattr(self, name) for name in shared})

    def runs(self) -> Iterator[dict[str, Any]]:
        """One mapping of ``task`` and ``seed`` per training."""
        for task, seed in product(self.tasks, self.seeds):
            yield {"task": task, "seed": seed}


@dataclass(frozen=True)
class Consistency:
    """The self-consistency tests of Song & Ermon (2020): what an image and its top ``rows`` rows share, in 3 settings.

    'baseline' is I(X;Y) of an image X and its rows Y; 'data_processing' I([X,X];[Y,h(Y)]), where h takes away three
    more rows, which should be the same; 'additivity' I([X,X'];[Y,Y']) of two images, which should be twice that.
    Estimators of densities cannot take part, since a row that is taken away has none. Raises ValueError for any value
    out of range.
    """

    estimator: str
    settings: tuple[str, ...] = SETTINGS
    rows: tuple[int, ...] = (0, 7, 10, 14, 18, 21, 28)
    data: str = "mnist"
    images: int = 55_000
    batch_size: int = 64
    hidden: tuple[int, ...] = (256, 256)
    epochs: int = 25
    seeds: tuple[int, ...] = (0,)
    negatives: str = "derangement"
    learning_rate: float = 1e-3
    critic: str = "separable"

    def __post_init__(self) -> None:
        known("data set", self.data, DATASETS)
        if not self.settings or not self.rows:
            raise ValueError("settings and rows must each hold at least one value.")
        for setting in self.settings:
            known("setting", setting, SETTINGS)
        within("rows", self.rows, 0, 32 if self.data in ("cifar10", "synthetic_colour") else 28)
        check_training(self, ("images",))
        if self.estimator in DENSITIES:
            raise ValueError(f"{self.estimator} models the density of y, and the rows of images have none.")
        shared = ("estimator", "hidden", "epochs", "seeds", "negatives", "learning_rate", "critic")
        Sweep(true_mi=(1.0,), batch_size=(self.batch_size,), **{name: getattr(self, name) for name in shared})
        _check_critic_learns(self.critic)

    def runs(self) -> Iterator[dict[str, Any]]:
        """One mapping of ``setting``, ``rows`` and ``seed`` per training; of no rows there is the baseline alone."""
        for setting, rows, seed in product(self.settings, self.rows, self.seeds):
            if rows or setting == "baseline":
                yield {"setting": setting, "rows": rows, "seed": seed}


@dataclass(frozen=True)
class Untrained:
    """Data sets of ``pairs`` pairs, one per task, true MI in nats and seed, for the estimators that need no training.

    Raises ValueError for any value out of range.
    """

    tasks: tuple[str, ...] = ("gaussian", "cubic", "student")
    true_mi: tuple[float, ...] = (2.0, 5.0, 10.0, 20.0, 30.0)
    pairs: int = 2000
    dim: int = 20
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        if not self.tasks:
            raise ValueError("tasks must hold at least one name.")
        for task in self.tasks:
            Sweep("nwj", self.true_mi, (2,), (1,), seeds=self.seeds, task=task, dim=self.dim)
        within("pairs", (self.pairs,), max(40, 2 * self.dim + 1), MOST_COUNT)

    def runs(self) -> Iterator[dict[str, Any]]:
        """One mapping of ``task``, ``true_mi`` and ``seed`` per data set."""
        for task, mi, seed in product(self.tasks, self.true_mi, self.seeds):
            yield {"task": task, "true_mi": mi, "seed": seed}


def _check_critic_learns(critic: str) -> None:
    if critic == "optimal":
        raise ValueError("critic must be one that learns, such as 'separable', not 'optimal'.")
