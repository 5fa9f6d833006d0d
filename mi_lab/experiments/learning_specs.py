"""What the experiment on encoders probed as they learn may be told; the report has no such figure. Needs no torch."""

from dataclasses import dataclass

from mi_lab.experiments.image_specs import PretextTraining
from mi_lab.ground.names import PRETEXTS, known
from mi_lab.ground.settings import within


@dataclass(frozen=True)
class Learning(PretextTraining):
    """One training per seed on a pretext, stopped at epochs ``read_at`` for linear probes and for its own accuracy.

    Epoch 0 is the encoder as it was drawn. Raises ValueError for any value out of range.
    """

    read_at: tuple[int, ...] = (0, 1, 3, 10, 30, 91, 182)

    def __post_init__(self) -> None:
        known("pretext", self.pretext, PRETEXTS)
        super().__post_init__()
        within("read_at", self.read_at, 0, self.epochs)
        if list(self.read_at) != sorted(set(self.read_at)) or not self.read_at:
            raise ValueError(f"read_at must hold epochs that rise, not {self.read_at}.")
