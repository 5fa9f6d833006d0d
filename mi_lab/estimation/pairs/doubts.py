"""What speaks against an estimate already in the pairs themselves, whatever estimates them. Needs no torch."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import rankdata

from mi_lab.estimation.pairs.copula import normal_scores
from mi_lab.estimation.pairs.estimates import Flag

Array = NDArray[np.float64]
_FAR = 100  # robust deviations; no column of Gaussian, exponential or uniform values has one out there
_LOOKED_AT = 4000  # rows
_LAGS = 10
_SURE = 5  # standard errors
_INFLATION = 0.2  # of the variance of a correlation between x and y
_EXPONENTS = {1: 0.5, 2: 0.35}  # half-way, and a little more, between noise (0) and a function (1/d)
_MANY = 250  # rows per dimension, for that to be told
_NOTHING = 1e-6  # of a column's deviation: what rounding leaves


def doubts_of(x: Array, y: Array) -> tuple[Flag, ...]:
    """The flags that pairs deserve as ``columns.read_as_pairs`` gave them."""
    return tuple(flag for flag in (_tails(x, y), _function(x, y), _memory(x, y)) if flag)


def _tails(x: Array, y: Array) -> Flag | None:
    far = []
    for name, side in (("x", x), ("y", y)):
        for at, column in enumerate(side.T if side.ndim == 2 else ()):
            centred = np.abs(column - np.median(column))
            scale = np.median(centred[centred > 0]) if (centred > 0).any() else 0.0
            if len(np.unique(column)) > len(column) / 2 and centred.max() > _FAR * scale:
                far.append((float(centred.max() / scale), f"column {at} of {name}"))
    if not far:
        return None
    ratio, which = max(far)
    others = f", and {len(far) - 1} more columns like it" if len(far) > 1 else ""
    return Flag(
        "heavy tails",
        f"{which} holds a value {ratio:.3g} times as far out as its values usually are{others}; trained estimators "
        "and KSG use the ranks of every column, on which such values weigh no more than others.",
    )


def _function(x: Array, y: Array) -> Flag | None:
    """Whether one side's numbers follow from the other's: then the MI has no limit, and a value says how fine n is."""
    if x.ndim == 1 or y.ndim == 1:
        return None
    for name, given, other, told in (("x", x, "y", y), ("y", y, "x", x)):
        varied = [at for at, column in enumerate(told.T) if len(np.unique(column)) > len(column) / 2]
        follows = _followers(given, told[:, varied])
        if follows.any():
            return Flag(
                f"{other} follows from {name}",
                f"column {varied[int(follows.argmax())]} of {other} is a function of {name}, as far as {len(x)} pairs "
                "tell; then the MI is infinite, and the value only says how much of it they show: look for a copied or "
                "derived column.",
            )
    return None


def _followers(given: Array, told: Array) -> NDArray[np.bool_]:
    """Which columns of ``told`` are a monotone function of one of ``given``, a linear one of all, or any smooth one."""
    ranks = {rankdata(column).tobytes() for column in given.T}
    n, dim = given.shape
    follows = np.array(
        [{r.tobytes(), (n + 1 - r).tobytes()} & ranks != set() for r in map(rankdata, told.T)], dtype=bool
    )
    if n > 2 * dim and told.size:
        standard, centred = (given - given.mean(0)) / given.std(0), told - told.mean(0)
        residual = centred - standard @ np.linalg.lstsq(standard, centred, rcond=None)[0]
        follows |= residual.std(0) < _NOTHING * centred.std(0)
    if dim in _EXPONENTS and n >= _MANY * dim and told.size:
        rows = np.random.default_rng(0).permutation(n)[:_LOOKED_AT]
        scores, ends = normal_scores(given[rows]), normal_scores(told[rows])
        near, far = _step(scores, ends), _step(scores[: len(rows) // 4], ends[: len(rows) // 4])
        # from a quarter of the rows to all of them, steps of a function shrink by 4^(1/d), those of noise do not
        follows |= near * 4 ** _EXPONENTS[dim] < far
        follows |= near == 0
    return follows


def _step(given: Array, told: Array) -> Array:
    """How much the columns of ``told`` usually change from a row to the nearest one in ``given``."""
    _, nearest = cKDTree(given).query(given, 2)
    steps: Array = np.median(np.abs(told - told[nearest[:, 1]]), axis=0)
    return steps


def _memory(x: Array, y: Array) -> Flag | None:
    """Whether rows follow from those before them on both sides: then n pairs tell less than n."""
    n = len(x)
    if n < 50:
        return None
    lags = range(1, min(_LAGS, n // 10) + 1)
    by_side = [np.array([_correlations(side, lag) for lag in lags]) for side in (x, y)]  # (lags, columns)
    x_most, y_most = (rows[:, np.abs(rows[0]).argmax()] for rows in by_side)
    inflation = 2 * float((x_most * y_most).sum())
    sure = _SURE / math.sqrt(n)
    if min(abs(x_most[0]), abs(y_most[0])) < sure or inflation < _INFLATION:
        return None
    return Flag(
        "rows are not independent",
        f"neighbouring rows are alike in x (autocorrelation {x_most[0]:.2f}) and in y ({y_most[0]:.2f}), so errors "
        "are larger than told, and two series without relation can seem to share information; estimate from one row in "
        "many or from blocks, unless the rows were only sorted.",
    )


def _correlations(side: Array, lag: int) -> list[float]:
    """Of each series with itself, so many rows later; 0 where one of the two is constant."""
    found = []
    for one in _series(side):
        early, late = one[:-lag] - one[:-lag].mean(), one[lag:] - one[lag:].mean()
        scale = math.sqrt(float((early**2).sum() * (late**2).sum()))
        found.append(float(early @ late) / scale if scale else 0.0)
    return found


def _series(side: Array) -> Iterator[Array]:
    """Columns by their ranks; of a label, whether a row has its commonest classes."""
    if side.ndim == 2:
        yield from (rankdata(column) for column in side.T)
        return
    classes, counts = np.unique(side, return_counts=True)
    for one in classes[counts.argsort()[::-1][:5]]:
        yield (side == one).astype(float)
