"""An estimate of MI from a data set: its value, its error, and what it is. Needs no torch."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from mi_lab.ground.keywords import own_keywords
from mi_lab.ground.names import DENSITIES
from mi_lab.ground.records import BOUNDS, LOWER, NO_BOUND


@dataclass(frozen=True)
class Flag:
    """A reason to doubt an estimate: a short name, and one sentence that says why."""

    name: str
    sentence: str


@dataclass(frozen=True)
class Data:
    """What was estimated from: the sizes that decide how far an estimate can be trusted.

    ``train``, ``validation`` and ``test`` are numbers of pairs; ``batches`` is how many batches of ``batch_size`` the
    test part holds; labels with C classes count as C - 1 dimensions.
    """

    train: int
    validation: int
    test: int
    batches: int
    batch_size: int
    dim_x: int
    dim_y: int


@own_keywords
@dataclass(frozen=True)
class Estimate:
    """An estimate of MI in nats from pairs that neither trained the critic nor chose when to stop.

    ``mi`` is the mean of ``per_seed``, which holds the mean over test batches for each of ``seeds``
    (values that are not finite are left out of ``mi``). With v[s, b] the value of seed s on test batch b,

        stderr^2 = Var_b(mean over s of v) / B + Var_s(mean over b of v) / S,

    the first for the pairs that happen to be in the test part, which all seeds share, and the second for the
    training; with one seed there is only the first. ``curves[s]`` are the validation values of seed s at ``steps``;
    ``stopped_at[s]`` is the step whose critic was read on the test part. 'cross_fitted' has folds in place of seeds,
    and its ``mi`` is their mean weighed with what neighbours see (``neighbours.weighed``).

    ``lower_bound`` holds in expectation and has a standard error of its own; it is None where the estimator has none.
    ``told`` says how x and y were read. ``entropy`` is that of the labels, in nats, the smaller one of two, and the
    most that the MI can be; None without labels. ``p_value`` is that of independence, if ``null`` asked for it.
    ``flags`` are reasons to doubt ``mi``.

    Examples
    --------
    >>> import numpy as np
    >>> import mi_lab
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 2000, 1))
    >>> found = mi_lab.estimate(x, x + noise, "gaussian")
    >>> print(found)
    gaussian (gaussian): 0.3... ± 0.0... nats, no bound
      read as: x is 1 column of numbers; y is 1 column of numbers
    >>> round(found.bits / found.mi, 3)
    1.443
    """

    estimator: str
    readout: str
    critic: str
    negatives: str
    mi: float
    stderr: float
    seeds: tuple[int, ...]
    per_seed: tuple[float, ...]
    steps: tuple[int, ...]
    curves: tuple[tuple[float, ...], ...]
    stopped_at: tuple[int, ...]
    data: Data
    flags: tuple[Flag, ...]
    lower_bound: float | None = None
    lower_stderr: float | None = None
    told: str = ""
    entropy: float | None = None
    p_value: float | None = None

    @property
    def bits(self) -> float:
        """The estimate in bits."""
        return self.mi / math.log(2)

    @property
    def share(self) -> float | None:
        """The estimate as a share of the labels' entropy; None without labels."""
        return self.mi / self.entropy if self.entropy else None

    @property
    def bound(self) -> str:
        """Whether the expected value bounds the MI from below or above, in words."""
        return BOUNDS.get(self.readout, NO_BOUND)

    @property
    def log_ceiling(self) -> float | None:
        """The most that a shuffle or InfoNCE lets one read, log N in nats; None where there is no such limit."""
        shuffled = self.negatives == "shuffle" and self.estimator not in DENSITIES
        return math.log(self.data.batch_size) if shuffled or self.estimator == "infonce" else None

    def __str__(self) -> str:
        lines = [f"{self.estimator} ({self.readout}): {self.mi:.3f} ± {self.stderr:.3f} nats, {self.bound}"]
        if self.share is not None:
            lines[0] += f"; {self.share:.0%} of the labels' {self.entropy:.3f} nats"
        if self.lower_bound is not None and self.bound != LOWER:
            bound = f"{self.lower_bound:.3f} ± {self.lower_stderr:.3f} nats"
            lines.append(f"  at least {bound}, a lower bound in expectation")
        if self.p_value is not None:
            lines.append(f"  p = {self.p_value:.3g} of independence, by permutation")
        if self.told:
            lines.append(f"  read as: {self.told}")
        return "\n".join([*lines, *(f"  {flag.name}: {flag.sentence}" for flag in self.flags)])


def mean_and_stderr(values: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The mean of v[s][b] over seeds s and batches b with its standard error, as ``Estimate`` says; finite values only.

    What varies with seed and batch alike is counted in both terms, so the error is rather too large than too small.
    """
    if not values:
        return math.nan, math.nan
    by_batch = [statistics.fmean(column) for column in zip(*values, strict=True)]
    by_seed = [statistics.fmean(row) for row in values]
    variance = statistics.variance(by_batch) / len(by_batch)
    if len(by_seed) > 1:
        variance += statistics.variance(by_seed) / len(by_seed)
    return statistics.fmean(by_seed), math.sqrt(variance)
