"""What is computed from a stored curve: the report's smoothing and the value a run ends at. Needs no torch."""

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
    """Epoch (from 1) and height in nats of the highest point of the smoothed mean curve."""
    curve = smooth(run["curves"][readout]["mean"])
    best = int(np.argmax(curve))
    return best + 1, float(curve[best])
