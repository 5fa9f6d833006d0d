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
    for (name, given), (other, told) in ((("x", x), ("y", y)), (("y", y), ("x", x))):
        if given.ndim == 1 or told.ndim == 1:
            continue
        for at, column in enumerate(told.T):
            if len(np.unique(column)) > len(column) / 2 and _follows(given, column):
                return Flag(
                    f"{other} follows from {name}",
                    f"column {at} of {other} is a function of {name}, as far as {len(x)} pairs tell; then the MI is "
                    "infinite, and the value only says how much of it they show: look for a copied or derived column.",
                )
    return None


def _follows(given: Array, column: Array) -> bool:
    ranks = rankdata(column)
    if any(_same_order(rankdata(one), ranks) for one in given.T):
        return True
    centred = given - given.mean(0)
    target = column - column.mean()
    if len(given) > 2 * given.shape[1]:
        standard = centred / centred.std(0)
        residual = target - standard @ np.linalg.lstsq(standard, target, rcond=None)[0]
        if residual.std() < 1e-6 * target.std():
            return True
    if given.shape[1] not in _EXPONENTS or len(given) < 250 * given.shape[1]:
        return False
    draw = np.random.default_rng(0).permutation(len(given))[:_LOOKED_AT]
    scores, ends = normal_scores(given[draw]), normal_scores(column[draw, None])[:, 0]
    near, far = _step(scores, ends), _step(scores[: len(draw) // 4], ends[: len(draw) // 4])
    return near == 0 or math.log(max(far, 1e-300) / near) / math.log(4) > _EXPONENTS[given.shape[1]]


def _same_order(one: Array, other: Array) -> bool:
    return np.array_equal(one, other) or np.array_equal(one, len(one) + 1 - other)


def _step(given: Array, told: Array) -> float:
    """How much ``told`` usually changes from a row to the nearest one in ``given``."""
    _, nearest = cKDTree(given).query(given, 2)
    return float(np.median(np.abs(told - told[nearest[:, 1]])))


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
    return [float(np.corrcoef(one[:-lag], one[lag:])[0, 1]) for one in _series(side)]


def _series(side: Array) -> Iterator[Array]:
    """Columns by their ranks; of a label, whether a row has its commonest classes."""
    if side.ndim == 2:
        yield from (rankdata(column) for column in side.T)
        return
    classes, counts = np.unique(side, return_counts=True)
    for one in classes[counts.argsort()[::-1][:5]]:
        yield (side == one).astype(float)
