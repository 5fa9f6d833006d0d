"""What the experiment on encoders probed as they learn may be told; the report has no such figure. Needs no torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mi_lab.experiments.image_specs import check_residual
from mi_lab.ground.names import PRETEXTS, known
from mi_lab.ground.settings import within


@dataclass(frozen=True)
class Learning:
    """One training per seed on a pretext, stopped at epochs ``read_at`` for linear probes and for its own accuracy.

    Epoch 0 is the encoder as it was drawn. Everything else is as in ``Probing``, and so is the training. Raises
    ValueError for any value out of range.
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
    read_at: tuple[int, ...] = (0, 1, 3, 10, 30, 91, 182)
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        known("pretext", self.pretext, PRETEXTS)
        check_residual(self)
        within("read_at", self.read_at, 0, self.epochs)
        if list(self.read_at) != sorted(set(self.read_at)) or not self.read_at:
            raise ValueError(f"read_at must hold epochs that rise, not {self.read_at}.")

    def runs(self) -> Iterator[dict[str, Any]]:
        """One mapping of ``seed`` per encoder."""
        for seed in self.seeds:
            yield {"seed": seed}
