"""What the experiments of Section 5 and D.5 may be told: V-InfoMax and the supervised autoencoder. Needs no torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from mi_lab.image_specs import check_training
from mi_lab.names import DATASETS, DECODERS, GRADIENTS, known
from mi_lab.settings import within

PIXELS = "pixels"


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
