"""Pairs that repeat another to the last digit. Needs no torch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mi_lab.estimation.pairs.estimates import Flag

Array = NDArray[Any]
_LEAST = 30  # different pairs; of fewer, values are a scale's steps
_TIMES = 5  # as many pairs with a copy as chance explains
_SAME = 1e-9  # of a column's range: what rounding leaves


def each_once(x: Array, y: Array) -> tuple[Array, Array, tuple[Flag, ...]]:
    """Each pair once, where chance cannot explain equal pairs: copies would stand on both sides of a split.

    Labels, counts and rounded values are equal by chance. Then as many of the different pairs lie a step apart, or are
    equal on each side alone. Copies of measurements are not like that. A value that many pairs share, such as 0 on both
    sides, is one pair with copies.
    """
    marks = _marks([*_columns(x), *_columns(y)])
    _, first, counts = np.unique(marks, return_index=True, return_counts=True)
    copied = int((counts > 1).sum())
    if len(first) < _LEAST or not copied or copied <= _TIMES * _by_chance(x[first], y[first], len(marks)):
        return x, y, ()
    first.sort()
    flag = Flag(
        "repeated pairs",
        f"{len(marks) - len(first)} of {len(marks)} pairs repeat another to the last digit, more than chance explains; "
        "each was used once, since a copy tells nothing new.",
    )
    return x[first], y[first], (flag,)


def _by_chance(x: Array, y: Array, n: int) -> float:
    """How many of different pairs may have a copy among n by chance: if the sides depend on each other, and if not."""
    sides = [_cells(side) for side in (x, y)]
    together = _sizes([*sides[0], *sides[1]])
    apart = [float((sizes * (sizes - 1)).sum()) / (len(x) * (len(x) - 1)) for sizes in map(_sizes, sides)]
    return 1 + float(together[together > 1].sum()) + len(x) * min(1.0, n * apart[0] * apart[1])


def _cells(side: Array) -> list[Array]:
    """Columns of measurements in cells of two steps, a step being the least difference of two values; labels as is."""
    cells = _columns(side)
    for at, column in enumerate(cells if side.ndim == 2 else []):
        gaps = np.diff(np.unique(column))
        gaps = gaps[gaps > _SAME * gaps.sum()]
        if len(gaps):
            cells[at] = np.floor(column / (2 * gaps.min()))
    return cells


def _sizes(columns: list[Array]) -> Array:
    """How many rows share each of the rows that there are."""
    return np.unique(_marks(columns), return_counts=True)[1]


def _marks(columns: list[Array]) -> Array:
    """A number per row that is the same for equal rows, and else the same by chance only, once in 2^64."""
    mark = np.zeros(len(columns[0]), np.uint64)
    draw = np.random.default_rng(0)
    for column in columns:
        bits = (np.ascontiguousarray(column, dtype=np.float64) + 0.0).view(np.uint64)  # -0.0 becomes 0.0
        mixed = (bits ^ (bits >> np.uint64(29))) * np.uint64(int(draw.integers(2**63)) * 2 + 1)
        mark = (mark ^ (mark >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15) + mixed
    return mark


def _columns(side: Array) -> list[Array]:
    return list(side.T) if side.ndim == 2 else [side]
