"""What the border of batch DV may be told: batch sizes, schemes of negatives, and the slope that counts.

A module of its own, because what a kept training depends on is read from the modules that it imports. Needs no torch.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from mi_lab.ground.names import NEGATIVES, known
from mi_lab.ground.settings import MOST_COUNT, MOST_UNITS, within


@dataclass(frozen=True)
class Border:
    """The truth from which batch DV has a slope above ``level``, per scheme of negatives and batch size.

    ``samples`` are the pairs of each Monte Carlo, ``step`` the nats to which the truth is found.
    """

    batch_size: tuple[int, ...]
    negatives: tuple[str, ...] = ("shuffle", "derangement", "all_pairs")
    level: float = 1e-4
    samples: int = 200_000
    seeds: tuple[int, ...] = (0, 1)
    dim: int = 20
    step: float = 0.01

    def __post_init__(self) -> None:
        for name in ("batch_size", "negatives", "seeds"):
            if not getattr(self, name):
                raise ValueError(f"{name} must hold at least one value.")
        for scheme in self.negatives:
            known("negatives", scheme, NEGATIVES)
        within("batch_size", self.batch_size, 2, MOST_COUNT)
        within("samples", (self.samples,), 2)
        within("seeds", self.seeds, 0, 2**63 - 1)
        within("dim", (self.dim,), 1, MOST_UNITS)
        for name, value, most in (("level", self.level, 0.1), ("step", self.step, math.inf)):
            if not 0 < value < most:
                raise ValueError(f"{name} must be a positive number{' under 0.1' * (most < 1)}, not {value}.")

    def runs(self) -> Iterator[dict[str, Any]]:
        """The grid, one mapping of ``negatives``, ``batch_size`` and ``seed`` per entry."""
        for scheme, batch_size, seed in product(self.negatives, self.batch_size, self.seeds):
            yield {"negatives": scheme, "batch_size": batch_size, "seed": seed}
