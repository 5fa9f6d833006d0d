"""What an experiment may be told, as plain data with every value checked: one class per kind of result. Needs no torch.

Here are the kinds of Section 3; those that train on images are in ``image_specs``.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from mi_lab.ground.gaussian import correlation_from_mi
from mi_lab.ground.names import (
    ACTIVATIONS,
    AVERAGE_WEIGHT,
    NEGATIVES,
    READOUTS,
    check_critic,
    check_negatives,
    check_option,
    check_precision,
    known,
)
from mi_lab.ground.settings import MOST_COUNT, MOST_SEED, MOST_UNITS, within

LATER = {"later": True}
"""Metadata of a setting that came after results were stored; where one does not say, it had its default."""


@dataclass(frozen=True)
class Sweep:
    """A grid of runs: every true MI with every batch size and every seed, all else shared.

    MI is in nats. ``hidden`` are the critic's widths, ``dropout`` one rate per hidden layer (or none),
    ``weight_decay`` Adam's L2 penalty, ``precision`` that of the products in hidden layers, ``average_weight`` that of
    the newest batch in MINE's moving average. Raises ValueError, one sentence, for any value out of range; but for the
    ``task``, whose name and limits ``mi_lab.estimation.catalogue.make_task`` knows.
    """

    estimator: str
    true_mi: tuple[float, ...]
    batch_size: tuple[int, ...]
    hidden: tuple[int, ...]
    epochs: int = 1000
    seeds: tuple[int, ...] = (0,)
    negatives: str = "shuffle"
    activation: str = "elu"
    dropout: tuple[float, ...] = ()
    weight_decay: float = 0.0
    learning_rate: float = 1e-4
    precision: str = "float32"
    critic: str = "joint"
    task: str = "gaussian"
    dim: int = 20
    average_weight: float = field(default=AVERAGE_WEIGHT, metadata=LATER)

    def __post_init__(self) -> None:
        known("estimator", self.estimator, READOUTS)
        if self.average_weight != AVERAGE_WEIGHT:
            check_option(self.estimator, "average_weight")
        check_negatives(self.estimator, self.negatives)
        known("activation", self.activation, ACTIVATIONS)
        check_critic(self.estimator, self.critic)
        check_precision(self.precision, self.critic)
        _check_grid(self, ("true_mi", "batch_size", "hidden", "seeds"))
        within("hidden", self.hidden, 1, MOST_UNITS)
        within("epochs", (self.epochs,), 1, MOST_COUNT)
        within("seeds", self.seeds, 0, MOST_SEED)
        within("weight_decay", (self.weight_decay,), 0)
        if not 0 < self.average_weight <= 1:
            raise ValueError(
                f"average_weight, that of the newest batch, must lie in (0, 1], not {self.average_weight}."
            )
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate must be a positive number, not {self.learning_rate}.")
        if self.dropout and len(self.dropout) != len(self.hidden):
            raise ValueError(
                f"dropout needs one rate for each of the {len(self.hidden)} hidden layers, not {len(self.dropout)}."
            )
        if any(not 0 <= rate < 1 for rate in self.dropout):
            raise ValueError(f"dropout rates must lie in [0, 1), not {list(self.dropout)}.")

    @property
    def readouts(self) -> tuple[str, ...]:
        """The readouts that a training of this estimator yields."""
        return READOUTS[self.estimator]

    def runs(self) -> Iterator[dict[str, Any]]:
        """The grid, one mapping of ``true_mi``, ``batch_size`` and ``seed`` per run."""
        for batch_size, mi, seed in product(self.batch_size, self.true_mi, self.seeds):
            yield {"true_mi": mi, "batch_size": batch_size, "seed": seed}


@dataclass(frozen=True)
class CeilingTable:
    """I_N over a grid of true MI and batch sizes, by Monte Carlo over ``samples`` pairs."""

    true_mi: tuple[float, ...]
    batch_size: tuple[int, ...]
    samples: int = 200_000
    seed: int = 0
    dim: int = 20

    def __post_init__(self) -> None:
        _check_grid(self, ("true_mi", "batch_size"))
        within("samples", (self.samples,), 2)
        within("seed", (self.seed,), 0, MOST_SEED)

    def runs(self) -> Iterator[dict[str, Any]]:
        """The grid, one mapping of ``true_mi`` and ``batch_size`` per entry."""
        for batch_size, mi in product(self.batch_size, self.true_mi):
            yield {"true_mi": mi, "batch_size": batch_size}


@dataclass(frozen=True)
class Limits:
    """What the best critic reaches, per scheme of negatives, batch size and true MI, by Monte Carlo.

    ``batches`` are those of the destination, ``samples`` the pairs of all else.
    """

    true_mi: tuple[float, ...]
    batch_size: tuple[int, ...]
    negatives: tuple[str, ...] = ("shuffle", "derangement")
    batches: int = 1000
    samples: int = 200_000
    seeds: tuple[int, ...] = (0,)
    dim: int = 20

    def __post_init__(self) -> None:
        _check_grid(self, ("true_mi", "batch_size", "negatives", "seeds"))
        for scheme in self.negatives:
            known("negatives", scheme, NEGATIVES)
        within("batches", (self.batches,), 2)
        within("samples", (self.samples,), 2)
        within("seeds", self.seeds, 0, 2**63 - 1)

    def runs(self) -> Iterator[dict[str, Any]]:
        """The grid, one mapping of ``negatives``, ``true_mi``, ``batch_size`` and ``seed`` per entry."""
        for scheme, batch_size, mi, seed in product(self.negatives, self.batch_size, self.true_mi, self.seeds):
            yield {"negatives": scheme, "true_mi": mi, "batch_size": batch_size, "seed": seed}


def _check_grid(spec: Sweep | Limits | CeilingTable, lists: tuple[str, ...]) -> None:
    for name in lists:
        if not getattr(spec, name):
            raise ValueError(f"{name} must hold at least one value.")
    for mi in spec.true_mi:
        correlation_from_mi(mi, spec.dim)
    within("dim", (spec.dim,), 1, MOST_UNITS)
    within("batch_size", spec.batch_size, 2, MOST_COUNT)
