"""Pairs that repeat another to the last digit. Needs no torch."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mi_lab.estimation.pairs.estimates import Flag

Array = NDArray[Any]
_FEW = 20  # different pairs; with fewer, values are a scale's steps


def each_once(x: Array, y: Array) -> tuple[Array, Array, tuple[Flag, ...]]:
    """Each pair once, where equal pairs cannot be chance: copies would stand on both sides of a split.

    Chance makes equal pairs of labels and counts, but not of measurements.
    """
    marks = _marks(x, y)
    _, first = np.unique(marks, return_index=True)
    different = len(first)
    if different == len(marks):
        return x, y, ()
    first.sort()
    if not any(_continuous(side[first]) for side in (x, y)):
        return x, y, ()
    flag = Flag(
        "repeated pairs",
        f"{len(marks) - different} of {len(marks)} pairs repeat another to the last digit; each was used once, since a "
        "copy tells nothing new.",
    )
    return x[first], y[first], (flag,)


def _continuous(side: Array) -> bool:
    """Whether most different pairs have another value in some column that has not only whole numbers."""
    if side.ndim == 1 or len(side) < _FEW:
        return False
    return any(len(np.unique(one)) > len(side) / 2 and not np.array_equal(one, np.floor(one)) for one in side.T)


def _marks(x: Array, y: Array) -> Array:
    """A number per pair that is the same for equal pairs, and else the same by chance only, once in 2^64."""
    mark = np.zeros(len(x), np.uint64)
    draw = np.random.default_rng(0)
    for column in (*_as_columns(x), *_as_columns(y)):
        bits = (np.ascontiguousarray(column, dtype=np.float64) + 0.0).view(np.uint64)  # -0.0 becomes 0.0
        mixed = (bits ^ (bits >> np.uint64(29))) * np.uint64(int(draw.integers(2**63)) * 2 + 1)
        mark = (mark ^ (mark >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15) + mixed
    return mark


def _as_columns(side: Array) -> Iterator[Array]:
    return iter(side.T if side.ndim == 2 else [side])
