"""What the fair comparison of estimators may be told: fresh pairs for ever, or so many pairs and no more.

Needs no torch.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.ground.names import (
    CONTRASTIVE,
    DATA_ESTIMATORS,
    DENSITIES,
    FLOW,
    INPUTS,
    OF_LABEL_TASKS,
    OF_PAIRS,
    OF_TASKS,
    known,
)
from mi_lab.ground.settings import MOST_COUNT, within

DIMS: Mapping[str, int] = {"sparse": 25, "label_channel": 10, "digits": 10}
"""Components of x and of y before any map, or classes; 20 where none is said."""
MOST: Mapping[str, float] = {"sparse": 5.0, "label_channel": math.log(10), "digits": math.log(10)}
"""The largest true MI that a task is asked for, in nats."""
SCORED = ("student",)
"""Tasks tried as normal scores, too. Those of a map of each component are the Gaussian's own pairs."""
THIN = ("swiss_roll", "blobs")
"""Tasks whose y lies on a surface of fewer dimensions, and so has no density."""
DENSE = ("gaussian", "cubic", "normal_cdf", "asinh", "student", "sparse")
"""Tasks whose p(y) is known."""


def usable(estimator: str, task: str, inputs: str = "standardised") -> bool:
    """Can an estimator be asked of a task? Some model a density of y that it must have, or must be known."""
    if estimator in OF_TASKS:
        return task in DENSE and inputs == "standardised"
    if DENSITIES.get(estimator) == FLOW:
        return task not in (*OF_LABEL_TASKS, *THIN)
    return estimator not in DENSITIES or task not in OF_LABEL_TASKS


def scheme(estimator: str) -> dict[str, Any]:
    """The negatives and the critic of an estimator: separable where it is one of pairs, as all pairs need."""
    return {
        "negatives": "all_pairs" if estimator in CONTRASTIVE else "derangement",
        "critic": DENSITIES.get(estimator, "separable"),
    }


@dataclass(frozen=True)
class Fair:
    """Every estimator on every task with fresh pairs and equally many critic updates.

    An entry of the grid is a stack: all true MI that the task can have, in nats, with all seeds. ``inputs`` say how
    numbers reach a critic: 'normal_scores' are tried where they make another task. ``steps`` are cut
    to whole epochs. Raises ValueError for any value out of range.
    """

    estimators: tuple[str, ...]
    tasks: tuple[str, ...]
    true_mi: tuple[float, ...] = (1.0, 2.0, 5.0, 20.0)
    inputs: tuple[str, ...] = ("standardised", "normal_scores")
    batch_size: tuple[int, ...] = (64,)
    hidden: tuple[int, ...] = (64, 64)
    steps: int = 20_000
    seeds: tuple[int, ...] = (0, 1, 2)
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        _check_lists(self, ("estimators", "tasks", "inputs", "batch_size"))
        for how in self.inputs:
            known("inputs", how, INPUTS)
        within("batch_size", self.batch_size, 2, MOST_COUNT)
        within("steps", (self.steps,), max(map(steps_per_epoch, self.batch_size)), MOST_COUNT)
        for estimator in self.estimators:
            self.sweep(estimator, "gaussian", self.batch_size[0])
        _check_some(self)

    def sweep(self, estimator: str, task: str, batch_size: int) -> Sweep:
        """The sweep that a stack is."""
        return Sweep(
            estimator,
            tuple(mi for mi in self.true_mi if mi <= MOST.get(task, math.inf)),
            (batch_size,),
            self.hidden,
            epochs=self.steps // steps_per_epoch(batch_size),
            seeds=self.seeds,
            learning_rate=self.learning_rate,
            task=task,
            dim=DIMS.get(task, 20),
            **scheme(estimator),
        )

    def runs(self) -> Iterator[dict[str, Any]]:
        """One mapping of ``estimator``, ``task``, ``inputs`` and ``batch_size`` per stack."""
        for estimator, task, how, n in product(self.estimators, self.tasks, self.inputs, self.batch_size):
            asked = min(self.true_mi) <= MOST.get(task, math.inf) and (how != "normal_scores" or task in SCORED)
            if asked and usable(estimator, task, how):
                yield {"estimator": estimator, "task": task, "inputs": how, "batch_size": n}


@dataclass(frozen=True)
class Given:
    """So many pairs and no more, given to an estimator as ``mi_lab.estimate`` takes them, with all that it does.

    A part trains, a part says when to stop, a part is read; columns become normal scores; a batch grows with the pairs.
    Raises ValueError for any value out of range.
    """

    estimator: str
    tasks: tuple[str, ...]
    true_mi: tuple[float, ...] = (2.0, 10.0)
    pairs: tuple[int, ...] = (500, 2_000, 10_000)
    hidden: tuple[int, ...] = (64, 64)
    steps: int = 3_000
    seeds: tuple[int, ...] = (0, 1, 2)
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        known("estimator", self.estimator, OF_PAIRS)
        _check_lists(self, ("tasks", "pairs"))
        within("pairs", self.pairs, 100, MOST_COUNT)
        within("steps", (self.steps,), 1, MOST_COUNT)
        plain = "nwj" if self.estimator in (*DATA_ESTIMATORS, "auto") else self.estimator
        shared: dict[str, Any] = {"seeds": self.seeds, "learning_rate": self.learning_rate}
        Sweep(plain, self.true_mi, (64,), self.hidden, **shared, **scheme(plain))
        _check_some(self)

    def runs(self) -> Iterator[dict[str, Any]]:
        """One mapping of ``task``, ``true_mi``, ``pairs`` and ``seed`` per data set."""
        for task, mi, n, seed in product(self.tasks, self.true_mi, self.pairs, self.seeds):
            if mi <= MOST.get(task, math.inf) and usable(self.estimator, task):
                yield {"task": task, "true_mi": mi, "pairs": n, "seed": seed}


def _check_lists(spec: Fair | Given, names: tuple[str, ...]) -> None:
    for name in names:
        if not getattr(spec, name):
            raise ValueError(f"{name} must hold at least one value.")


def _check_some(spec: Fair | Given) -> None:
    if next(spec.runs(), None) is None:
        raise ValueError("none of these tasks can have these true_mi and inputs and be asked of these estimators.")
