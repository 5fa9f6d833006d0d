"""What is computed from a stored curve: the report's smoothing and the value a run ends at. Needs no torch."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

TAIL = 10
"""A run's final estimate is its mean over this many last epochs."""


def smooth(values: Sequence[float], reach: int = 10) -> np.ndarray:
    """App. C.1's smoothing: epoch e becomes a weighted mean of the epochs e-10 … e+10 (as far as they exist).

    The weight at distance d is (11 - d)/11. Takes and returns shape (epochs,).
    """
    curve = np.asarray(values, dtype=float)
    if not len(curve):  # a run that was not finite from its first epoch on
        return curve
    weights = 1 - np.abs(np.arange(-reach, reach + 1)) / (reach + 1)
    padded = np.convolve(curve, weights)[reach : reach + len(curve)]
    total = np.convolve(np.ones(len(curve)), weights)[reach : reach + len(curve)]
    return padded / total


def final(run: Mapping[str, Any], readout: str, statistic: str = "mean") -> float:
    """The mean of a statistic over the last epochs of a run, in nats; nan if the run stopped being finite."""
    values = run["curves"][readout][statistic]
    if run["first_nonfinite_epoch"] is not None or not values:
        return float("nan")
    return float(np.mean(values[-TAIL:]))


def peak(run: Mapping[str, Any], readout: str) -> tuple[int, float]:
    """Epoch (from 1) and height in nats of the highest point of the smoothed mean curve; 0 and nan if it has none."""
    curve = smooth(run["curves"][readout]["mean"])
    if not len(curve):
        return 0, math.nan
    best = int(np.argmax(curve))
    return best + 1, float(curve[best])


def growth(run: Mapping[str, Any], readout: str) -> float:
    """Mean of a run's last fifth of epochs minus that of the fifth before, in nats; inf if it ended not finite."""
    curve = np.asarray(run["curves"][readout]["mean"])
    if run["first_nonfinite_epoch"] is not None or len(curve) < 2:
        return math.inf
    fifth = max(1, len(curve) // 5)
    return float(curve[-fifth:].mean() - curve[-2 * fifth : -fifth].mean())


def first_above(run: Mapping[str, Any], readout: str, level: float) -> float:
    """Epoch (from 1) in which the smoothed mean first exceeds a level in nats; inf if it never does."""
    above = np.flatnonzero(smooth(run["curves"][readout]["mean"]) > level)
    return float(above[0] + 1) if len(above) else math.inf


def fall(run: Mapping[str, Any], readout: str, epochs: int | None = None) -> float:
    """Nats from the peak of the smoothed mean down to its end, or to an epoch; inf if the run ended not finite."""
    if run["first_nonfinite_epoch"] is not None:
        return math.inf
    curve = smooth(run["curves"][readout]["mean"][:epochs])
    return float(curve.max() - curve[-1])


def distance(one: Mapping[str, Any], other: Mapping[str, Any], readout: str, epochs: int | None = None) -> float:
    """The mean over epochs, or the first so many, of the distance of two mean curves, in nats; inf if one ended."""
    curves = [np.asarray(run["curves"][readout]["mean"][:epochs]) for run in (one, other)]
    if len(curves[0]) != len(curves[1]) or not len(curves[0]):
        return math.inf
    return float(np.abs(curves[0] - curves[1]).mean())


def pull(run: Mapping[str, Any], readout: str) -> float:
    """Nats by which the median of an epoch's batches lies above their mean, averaged over the last; inf if not finite.

    Rare batches far below the others pull the mean down, and no quantile shows them.
    """
    if run["first_nonfinite_epoch"] is not None:
        return math.inf
    return final(run, readout, "median") - final(run, readout)


def scatter(run: Mapping[str, Any], readout: str) -> float:
    """Nats from the 5 % to the 95 % quantile of an epoch's batches, the median over the last; inf if not finite."""
    if run["first_nonfinite_epoch"] is not None:
        return math.inf
    low, high = (np.asarray(run["curves"][readout][quantile][-TAIL:]) for quantile in ("q05", "q95"))
    return float(np.median(high - low))
