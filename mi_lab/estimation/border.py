"""The truth from which batch DV has no limit, as far as it can be proved: by a bound on its slope, and by halving."""

import math

import torch

from mi_lab.estimation.limits import best_scores
from mi_lab.estimation.negatives import check_batch
from mi_lab.estimation.tasks import CorrelatedGaussians, Task


def sure_slope(task: Task, batch_size: int, negatives: str = "shuffle", samples: int = 200_000, seed: int = 0) -> float:
    """A slope that batch DV has for sure, up to the Monte Carlo: from 0 to 1, and at most ``limits.dv_slope``.

    max over A of P(a true pair lies in A) - P(at least one negative does), where the second is bounded from above: the
    fixed points of a shuffle hit A with 1 - e^-P(A), and every other negative with its own probability, which are
    added up. So nothing is said of how negatives depend on each other. A runs through the pairs with the highest
    density ratios. Raises ValueError as ``ceiling`` does.
    """
    check_batch(batch_size, negatives)
    ratios = best_scores(task, batch_size, "independent", samples, seed).sort(descending=True).values
    inside = torch.arange(1, samples + 1, dtype=torch.float64) / samples  # P(A) under p
    outside = (-ratios).exp().cumsum(0) / samples  # P(A) under p(x)p(y)
    if negatives == "shuffle":  # E[(1 - P(A))^K] of K fixed points is e^-P(A), up to 1/N!
        slope = inside - 1 + (-inside).exp() - (batch_size - 1) * outside
    else:
        slope = inside - outside * (batch_size * (batch_size - 1) if negatives == "all_pairs" else batch_size)
    return max(0.0, float(slope.max()))


def border(
    batch_size: int,
    negatives: str = "shuffle",
    level: float = 1e-4,
    samples: int = 200_000,
    seed: int = 0,
    dim: int = 20,
    step: float = 0.01,
) -> float:
    """The truth, in nats and to within ``step``, from which correlated Gaussians have a ``sure_slope`` above ``level``.

    Under a shuffle the slope is 0 below some truth; under the other schemes it is above 0 at every truth above 0
    (Section 3.3 of the book), and the border is only where it passes ``level``. Raises ValueError as ``ceiling`` does.
    """

    def passes(mi: float) -> bool:
        return sure_slope(CorrelatedGaussians(dim=dim, mi=mi), batch_size, negatives, samples, seed) > level

    low, high = 0.0, math.log(batch_size)
    while not passes(high):
        low, high = high, 2 * high
    while high - low > step:
        middle = (low + high) / 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high
