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
_FAR = 100  # times as far as most values; no column of Gaussian, exponential or uniform values has one out there
_USUAL = 0.75  # of the values, so that of two clusters both are
_FEW = 0.02  # of the values; more are a cluster of their own
_LOOKED_AT = 4000  # rows
_LAGS = 200
_SURE = 5  # standard errors
_INFLATION = 0.2  # of the variance of a correlation between x and y
_EXPONENTS = {1: 0.5, 2: 0.35}  # half-way, and a little more, between noise (0) and a function (1/d)
_MANY = 250  # rows per dimension, for that to be told
_NOTHING = 1e-6  # of a column's deviation: what rounding leaves
_ALONE = 100  # columns at most that are looked at one by one
_COPIED = 0.05  # of the rows


def doubts_of(x: Array, y: Array) -> tuple[Flag, ...]:
    """The flags that pairs deserve as ``columns.read_as_pairs`` gave them."""
    return tuple(flag for flag in (_tails(x, y), _function(x, y), _memory(x, y)) if flag)


def _tails(x: Array, y: Array) -> Flag | None:
    far = []
    for name, side in (("x", x), ("y", y)):
        for at, column in enumerate(side.T if side.ndim == 2 else ()):
            centred = np.abs(column - np.median(column))
            scale = np.quantile(centred[centred > 0], _USUAL) if (centred > 0).any() else 0.0
            outside = int((centred > _FAR * scale).sum())
            if len(np.unique(column)) > len(column) / 2 and 0 < outside <= max(1, _FEW * len(column)):
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
        varied = [at for at, column in enumerate(told.T) if len(np.unique(column)) > len(column) / 3]
        follows = _followers(given, told[:, varied])
        if 1 < given.shape[1] <= _ALONE:
            for column in given.T:
                follows |= _followers(column[:, None], told[:, varied])
        if follows.any():
            return Flag(
                f"{other} follows from {name}",
                f"column {varied[int(follows.argmax())]} of {other} is a function of {name}, as far as {len(x)} pairs "
                "tell; then the MI is infinite, and the value only says how much of it they show: look for a copied or "
                "derived column.",
            )
    return None


def _followers(given: Array, told: Array) -> NDArray[np.bool_]:
    """Which columns of ``told`` are a monotone function of one of ``given``, a linear one of all, or any smooth one.

    One column is held against equal values, too: a part that was copied is enough for an infinite MI.
    """
    ranks = {rankdata(column).tobytes() for column in given.T}
    n, dim = given.shape
    follows = np.array(
        [{r.tobytes(), (n + 1 - r).tobytes()} & ranks != set() for r in map(rankdata, told.T)], dtype=bool
    )
    if n > 2 * dim and told.size:
        standard, centred = (given - given.mean(0)) / given.std(0), told - told.mean(0)
        residual = centred - standard @ np.linalg.lstsq(standard, centred, rcond=None)[0]
        follows |= residual.std(0) < _NOTHING * centred.std(0)
    for column in given.T if told.size and given.shape[1] == 1 else ():
        for at, one in enumerate(told.T):
            follows[at] |= len(np.unique(one[one == column])) > _COPIED * n and len(np.unique(column)) > n / 3
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
    """Whether rows follow from others on both sides, soon or after a period: then n pairs tell less than n."""
    n = len(x)
    lags = min(_LAGS, n // 4)
    if lags < 2:
        return None
    (x_most, one), (y_most, other) = (
        max(((_correlations(series, lags), series) for series in _series(side)), key=_power) for side in (x, y)
    )
    products = x_most * y_most
    # without memory the sum is off by the first, and above 0 by the second if the two series depend on each other
    error, common = 2 * math.sqrt(lags) / n, 2 * lags / n * _correlation(one, other) ** 2
    inflation = 2 * float(products.sum()) - common
    if inflation < max(_INFLATION, _SURE * error):
        return None
    at = int(np.abs(products).argmax())
    rows = "neighbouring rows" if at == 0 else f"rows {at + 1} apart"
    return Flag(
        "rows are not independent",
        f"{rows} are alike in x (autocorrelation {x_most[at]:.2f}) and in y ({y_most[at]:.2f}), so errors "
        "are larger than told, and two series without relation can seem to share information; estimate from one row in "
        "many or from blocks, unless the rows were only sorted.",
    )


def _correlations(series: Array, lags: int) -> Array:
    """Of a series with itself 1, 2, ... rows later; all 0 of a constant one. By Fourier, since n may be a million."""
    centred = series - series.mean()
    size = 2 ** math.ceil(math.log2(2 * len(centred)))
    powers = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2, size)
    found: Array = powers[1 : lags + 1] / powers[0] if powers[0] > 0 else np.zeros(lags)
    return found


def _power(seen: tuple[Array, Array]) -> float:
    return float((seen[0] ** 2).sum())


def _correlation(one: Array, other: Array) -> float:
    scale = float(one.std() * other.std())
    return float(((one - one.mean()) * (other - other.mean())).mean()) / scale if scale else 0.0


def _series(side: Array) -> Iterator[Array]:
    """Columns by their ranks; of a label, whether a row has its commonest classes."""
    if side.ndim == 2:
        yield from (rankdata(column) for column in side.T)
        return
    classes, counts = np.unique(side, return_counts=True)
    for one in classes[counts.argsort()[::-1][:5]]:
        yield (side == one).astype(float)
