"""How a public code's negatives and its average of e^T are told: the words, and a record of each. Needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass

READ_ON = "2026-11-28"
"""The day on which the codes were read, each at the version that stands beside it."""

DIVISORS: Mapping[str, str] = {
    "newest included": "up",
    "newest left out": "down",
    "two batches": "down",
    "shrinking": "up",
    "anchored": "none: it is held",
    "batch itself": "none",
}
"""What divides a batch's e^T in the gradient, and where that drives the critic's constant, to second order."""

SCHEMES: Mapping[str, str] = {
    "shuffle": "1",
    "derangement": "0",
    "all_pairs": "0",
    "index_draw": "N/n",
}
"""Schemes of negatives, and the true pairs that they leave among those of a batch, on average."""


@dataclass(frozen=True)
class Example:
    """A code's own test bed, where it is of correlated Gaussians: N, their dimension and the largest true MI in nats.

    ``points`` is n, the size of the data set that an index draw takes its pairs from.
    """

    batch_size: int
    dim: int
    true_mi: float
    points: int | None = None


@dataclass(frozen=True)
class PublicCode:
    """A code as it was read: repository, version, place, negatives, and the average by which its gradient divides.

    ``version`` is a commit, or the SHA-256 of a wheel; ``place`` a file and, after a colon, what was read in it.
    ``weight`` is r, that of the newest batch; None if there is no average, or if r changes. ``start`` is what the
    average holds before the first batch. ``example`` is None where the code's own is of another kind, or was not read.
    """

    name: str
    version: str
    place: str
    negatives: str
    negatives_said: str
    weight: float | None
    divisor: str
    average_said: str
    start: str
    example: Example | None


def computed_as(code: PublicCode) -> str:
    """The scheme by which a code's limits are computed: to the ceiling, an index draw of n is a shuffle of n."""
    return "shuffle" if code.negatives == "index_draw" else code.negatives
