"""What the experiments of Section 5 and D.5 may be told: V-InfoMax and the supervised autoencoder. Needs no torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from mi_lab.experiments.image_specs import check_residual, check_training
from mi_lab.ground.names import DATASETS, DECODERS, GRADIENTS, PRETEXTS, known
from mi_lab.ground.settings import within

PIXELS = "pixels"
NO_DECODER = "none"
DECODER_STEPS = {"alternating": 10, "joint": 0}
"""How many batches the decoder learns from before the encoder learns from one, by the kind of gradients."""


@dataclass(frozen=True)
class VInfoMaxDigits:
    """Fig. 5 and 14: perceptrons that learn to give digits back, read by two protocols as they learn (App. C.3, D.5).

    ``decoders`` may hold 'pixels' besides the report's two: no encoder, the protocols read the images themselves, under
    the first seed alone.
    ``gradients`` are 'alternating', ten steps of the decoder and one of the encoder, or 'joint'. ``read_at`` are the
    epochs after which the protocols are fitted, 0 for the end of the decoder's ``warm_up``. The report names neither
    its number of epochs nor SAGA's tolerance. Raises ValueError for any value out of range.
    """

    gradients: str = "alternating"
    data: str = "mnist"
    decoders: tuple[str, ...] = ("linear", "non_linear")
    images: int = 55_000
    hidden: int = 300
    code: int = 100
    epochs: int = 200
    warm_up: int = 150
    batch_size: int = 128
    learning_rate: float = 2.5e-4
    read_at: tuple[int, ...] = (0, 1, 2, 5, 10, 20, 50, 100, 150, 200)
    probe_epochs: int = 50
    tolerance: float = 1e-4
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        known("gradients", self.gradients, GRADIENTS)
        known("data set", self.data, DATASETS)
        for decoder in self.decoders:
            known("decoder", decoder, (*DECODERS, PIXELS))
        check_training(self, ("images", "hidden", "code", "epochs", "batch_size", "probe_epochs"))
        within("warm_up", (self.warm_up,), 0)
        within("read_at", self.read_at, 0, self.epochs)
        if not self.decoders or not self.read_at:
            raise ValueError("decoders and read_at must hold at least one value each.")
        if not 0 < self.tolerance < 1:
            raise ValueError(f"tolerance must lie between 0 and 1, not {self.tolerance}.")

    def runs(self) -> Iterator[dict[str, Any]]:
        """The grid, one mapping of ``decoder`` and ``seed`` per run."""
        for decoder, seed in product(self.decoders, self.seeds):
            if decoder != PIXELS or seed == self.seeds[0]:
                yield {"decoder": decoder, "seed": seed}


@dataclass(frozen=True)
class VInfoMaxImages:
    """Table 2: a ResNet18 or PlainNet18 that learns to give images back, probed at its prelogits (App. C.2, C.3).

    ``decoders`` may hold 'none' besides the report's two: an encoder as it was drawn. ``width`` is that of the first
    group of blocks; everything else is as in ``VInfoMaxDigits`` or ``Probing``. Raises ValueError for any value out
    of range.
    """

    gradients: str = "alternating"
    architecture: str = "resnet18"
    data: str = "cifar10"
    decoders: tuple[str, ...] = (*DECODERS, NO_DECODER)
    images: int = 45_000
    validation_images: int = 5000
    width: int = 64
    epochs: int = 50
    warm_up: int = 200
    batch_size: int = 128
    learning_rate: float = 1e-4
    precision: str = "float32"
    linear_epochs: int = 500
    mlp_epochs: int = 1000
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        known("gradients", self.gradients, GRADIENTS)
        within("warm_up", (self.warm_up,), 0)
        _check_images(self, ())

    def runs(self) -> Iterator[dict[str, Any]]:
        """The grid, one mapping of ``decoder`` and ``seed`` per encoder."""
        for decoder, seed in product(self.decoders, self.seeds):
            yield {"decoder": decoder, "seed": seed}


@dataclass(frozen=True)
class SupervisedAutoencoders:
    """Fig. 7, Tables 3 and 4: a pretext and the reconstruction of the image, weighed against each other (Eq. 16, C.4).

    ``weights`` are the values of λ as text, since 'inf', the reconstruction alone, is no number in a stored result.
    At λ = 0 there is no decoder, so that it is trained once. ``nmi_epochs`` 0 leaves NMI out. The rest is as in
    ``Probing``. Raises ValueError for any value out of range.
    """

    pretext: str = "rotation"
    architecture: str = "resnet18"
    data: str = "cifar10"
    decoders: tuple[str, ...] = DECODERS
    weights: tuple[str, ...] = ("0", "0.25", "1", "inf")
    images: int = 45_000
    validation_images: int = 5000
    width: int = 64
    epochs: int = 182
    batch_size: int = 512
    learning_rate: float = 0.1
    precision: str = "float32"
    linear_epochs: int = 500
    mlp_epochs: int = 1000
    nmi_epochs: int = 0
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        known("pretext", self.pretext, PRETEXTS)
        within("nmi_epochs", (self.nmi_epochs,), 0)
        if not self.weights:
            raise ValueError("weights must hold at least one value.")
        for weight in self.weights:
            check_weight(weight)
        _check_images(self, (NO_DECODER,))

    def runs(self) -> Iterator[dict[str, Any]]:
        """The grid, one mapping of ``decoder``, ``weight`` and ``seed`` per encoder."""
        zero = [weight for weight in self.weights if float(weight) == 0]
        pairs = [(NO_DECODER, weight) for weight in zero[:1]]
        pairs += [pair for pair in product(self.decoders, self.weights) if pair[1] not in zero]
        for (decoder, weight), seed in product(pairs, self.seeds):
            yield {"decoder": decoder, "weight": weight, "seed": seed}


Reconstruction = VInfoMaxDigits | VInfoMaxImages | SupervisedAutoencoders


def check_weight(weight: str) -> float:
    """λ as a number. Raises ValueError if it is negative, or none."""
    try:
        value = float(weight)
    except ValueError:
        value = -1.0
    if not value >= 0:
        raise ValueError(f"weights, the values of λ, must be numbers of at least 0, or inf, not '{weight}'.")
    return value


def _check_images(spec: VInfoMaxImages | SupervisedAutoencoders, forbidden: tuple[str, ...]) -> None:
    check_residual(spec)
    check_training(spec, ("mlp_epochs",))
    if not spec.decoders:
        raise ValueError("decoders must hold at least one value.")
    for decoder in spec.decoders:
        known("decoder", decoder, {*DECODERS, NO_DECODER} - set(forbidden))
