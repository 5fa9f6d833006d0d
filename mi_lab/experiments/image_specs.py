"""What the experiments on images may be told: Section 4, D.1 and D.4. Needs no torch."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from mi_lab.ground.names import ARCHITECTURES, CRITIC_BATCH, DATASETS, LABELINGS, PRECISIONS, PRETEXTS, known
from mi_lab.ground.settings import MOST_COUNT, MOST_UNITS, within

MOST_SEED = 2**32 - 1  # what scikit-learn takes
NO_PRETEXT = "none"
PROBE_SETTINGS = ("linear_epochs", "mlp_epochs", "nmi_epochs", "critic_width", "critic_epochs")
"""Settings of what reads a trained encoder. ``VInfoMaxDigits`` reads as it trains; its own are not among them."""


@dataclass(frozen=True)
class Labelings:
    """Fig. 4: labelings of the enlarged set, each counted against the object classes. Needs no training.

    Raises ValueError for an unknown data set or labeling.
    """

    data: str = "cifar10"
    labelings: tuple[str, ...] = ("rotation", "random_labels", "animal")
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        known("data set", self.data, ("cifar10", "synthetic_colour"))
        if not self.labelings:
            raise ValueError("labelings must hold at least one name.")
        for name in self.labelings:
            known("labeling", name, LABELINGS)
        _check_seeds(self.seeds)

    def runs(self) -> Iterator[dict[str, Any]]:
        """The grid, one mapping of ``labeling`` and ``seed`` per entry."""
        for labeling, seed in product(self.labelings, self.seeds):
            yield {"labeling": labeling, "seed": seed}


@dataclass(frozen=True)
class PretextTraining:
    """Encoders trained on a pretext, one per seed, for linear probes (App. C.2).

    ``images`` are the pretext's, before they are turned four times, equally many of each class; ``validation_images``
    choose its best epoch. The probes take the whole training split. ``width`` is that of the first group of blocks;
    ``precision`` that of the encoder's training, 'float32' or, for processors and GPUs that have units for it,
    'bfloat16'. Raises ValueError for any value out of range.
    """

    pretext: str
    architecture: str = "resnet18"
    data: str = "cifar10"
    images: int = 45_000
    validation_images: int = 5000
    width: int = 64
    epochs: int = 182
    batch_size: int = 512
    learning_rate: float = 0.1
    precision: str = "float32"
    linear_epochs: int = 500
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        check_residual(self)

    def runs(self) -> Iterator[dict[str, Any]]:
        """One mapping of ``seed`` per encoder."""
        for seed in self.seeds:
            yield {"seed": seed}


@dataclass(frozen=True)
class Probing(PretextTraining):
    """A row of Table 1 or 8: the same, probed at every tap once it is trained, also for NMI.

    ``pretext`` 'none' leaves encoders as they were drawn. Raises ValueError for any value out of range.
    """

    nmi_epochs: int = 1000

    def __post_init__(self) -> None:
        known("pretext", self.pretext, (*PRETEXTS, NO_PRETEXT))
        super().__post_init__()
        check_training(self, ("nmi_epochs",))


@dataclass(frozen=True)
class NoisyImages:
    """Table 6, 7, Fig. 8 and 9: LeNet-5 on images of which a proportion ``p`` of the pixels is noise (App. D.1).

    Its features at three taps are given to the critics of MINE, NWJ and JS. ``images`` of the training split are
    used; ``critic_width`` is that of every hidden layer. Raises ValueError for any value out of range.
    """

    data: str = "mnist"
    p: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    images: int = 55_000
    epochs: int = 50
    batch_size: int = 128
    learning_rate: float = 5e-4
    critic_width: int = 512
    critic_epochs: int = 100
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        known("data set", self.data, DATASETS)
        if not self.p:
            raise ValueError("p must hold at least one value.")
        within("p", self.p, 0, 1)
        within("images", (self.images,), CRITIC_BATCH, MOST_COUNT)
        check_training(self, ("images", "epochs", "batch_size", "critic_width", "critic_epochs"))

    def runs(self) -> Iterator[dict[str, Any]]:
        """The grid, one mapping of ``p`` and ``seed`` per encoder."""
        for p, seed in product(self.p, self.seeds):
            yield {"p": p, "seed": seed}


def check_residual(spec: Any) -> None:
    """Raise ValueError unless this can be a ResNet18 or PlainNet18, its data, its training and its linear probe."""
    known("precision", spec.precision, PRECISIONS)
    known("architecture", spec.architecture, set(ARCHITECTURES) - {"lenet5"})
    known("data set", spec.data, DATASETS)
    check_training(spec, ("images", "validation_images", "epochs", "batch_size", "linear_epochs"))
    within("width", (spec.width,), 8, MOST_UNITS)
    if spec.width % 8:
        raise ValueError(f"width must be a multiple of 8, not {spec.width}.")


def check_training(spec: Any, counts: tuple[str, ...]) -> None:
    """Raise ValueError unless these settings are at least 1, the learning rate is positive and the seeds are seeds."""
    for name in counts:
        within(name, (getattr(spec, name),), 1, MOST_COUNT)
    if not 0 < spec.learning_rate < math.inf:
        raise ValueError(f"learning_rate must be a positive number, not {spec.learning_rate}.")
    _check_seeds(spec.seeds)


def _check_seeds(seeds: tuple[int, ...]) -> None:
    if not seeds:
        raise ValueError("seeds must hold at least one value.")
    within("seeds", seeds, 0, MOST_SEED)
