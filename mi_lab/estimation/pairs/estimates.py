"""An estimate of MI from a data set: its value, and in words what speaks against trusting it. Needs no torch."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from mi_lab.ground.keywords import own_keywords

_END = 5  # readings that are averaged where the end of a curve is meant, since single ones are noisy
_NOTICEABLE = 0.1  # nats; smaller differences are seldom worth a warning
_SHARE = 0.1  # and so are differences under a tenth of the value itself


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
    ``stopped_at[s]`` is the step whose critic was read on the test part. ``flags`` are reasons to doubt ``mi``.

    Examples
    --------
    >>> import numpy as np
    >>> import mi_lab
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 2000, 1))
    >>> found = mi_lab.estimate(x, x + noise, "gaussian")
    >>> print(found)
    gaussian (gaussian): 0.3... ± 0.0... nats
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

    @property
    def log_ceiling(self) -> float | None:
        """The most that a shuffle or InfoNCE lets one read, log N in nats; None where there is no such limit."""
        return math.log(self.data.batch_size) if self.negatives == "shuffle" or self.estimator == "infonce" else None

    def __str__(self) -> str:
        head = f"{self.estimator} ({self.readout}): {self.mi:.3f} ± {self.stderr:.3f} nats"
        return "\n".join([head, *(f"  {flag.name}: {flag.sentence}" for flag in self.flags)])


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


def flags_of(seen: Estimate, max_steps: int) -> tuple[Flag, ...]:
    """Every flag that an estimate deserves, the gravest first; its training was allowed ``max_steps``."""
    rules = (_diverged, _above_log_n, _saturated, _small, _few_batches, _disagree, _fell)
    return tuple(flag for flag in (*(rule(seen) for rule in rules), _increasing(seen, max_steps)) if flag)


def _diverged(seen: Estimate) -> Flag | None:
    lost = [not math.isfinite(value + curve[-1]) for value, curve in zip(seen.per_seed, seen.curves, strict=True)]
    if not any(lost):
        return None
    kept = "their critics from before that are read" if math.isfinite(seen.mi) else "no value is left to report"
    return Flag("diverged", f"{sum(lost)} of {len(lost)} seeds reached values that are not finite; {kept}.")


def _above_log_n(seen: Estimate) -> Flag | None:
    # McAllester & Stratos (2020): a bound of B nats needs events of probability e^-B to show in the sample
    log_n = math.log(seen.data.test)
    if not seen.mi > log_n:
        return None
    return Flag(
        "above log n",
        f"{seen.mi:.2f} nats is more than log {seen.data.test} = {log_n:.2f}; no lower bound of this size can be "
        "trusted from that many test pairs (McAllester and Stratos, 2020).",
    )


def _saturated(seen: Estimate) -> Flag | None:
    # If the pointwise MI were constant, an MI of log N would be read as I_N = log N - log 2 (both for a shuffle and for
    # InfoNCE), and anything larger as something in between: above that line readings no longer tell truths apart.
    if seen.log_ceiling is None or not seen.mi > seen.log_ceiling - math.log(2):
        return None
    other = "use another estimator" if seen.estimator == "infonce" else "use a derangement"
    return Flag(
        "saturated at I_N",
        f"{seen.mi:.2f} nats is within log 2 of log N = {seen.log_ceiling:.2f} (N = {seen.data.batch_size}), the most "
        f"that can be read; the MI may be any larger, so raise batch_size, or {other}.",
    )


def _small(seen: Estimate) -> Flag | None:
    # a linear Gaussian fit, the simplest there is, misses the MI by dim_x dim_y / 2n nats from its correlations alone
    data = seen.data
    error = data.dim_x * data.dim_y / (2 * data.train)
    if error <= _NOTICEABLE:
        return None
    return Flag(
        "n too small for d",
        f"{data.train} training pairs for {data.dim_x} and {data.dim_y} dimensions: even a linear Gaussian fit would "
        f"be off by about {error:.2g} nats; use more pairs or fewer dimensions.",
    )


def _few_batches(seen: Estimate) -> Flag | None:
    # a standard error from B values is itself uncertain by 1 / sqrt(2 (B - 1)) of it: over a third for B under 5
    if seen.data.batches >= 5:
        return None
    return Flag(
        "few test batches",
        f"the standard error rests on {seen.data.batches} batches of test pairs; use more pairs or a smaller "
        "batch_size.",
    )


def _disagree(seen: Estimate) -> Flag | None:
    finite = [value for value in seen.per_seed if math.isfinite(value)]
    # three seeds that differ by less than this on either side of their mean may as well be noise
    if len(finite) < 2 or max(finite) - min(finite) <= 2 * _worth_telling(seen.mi):
        return None
    return Flag(
        "seeds disagree",
        f"seeds gave from {min(finite):.2f} to {max(finite):.2f} nats on the same test pairs; "
        "the value depends on the training.",
    )


def _fell(seen: Estimate) -> Flag | None:
    falls = []
    for curve, step in zip(seen.curves, seen.stopped_at, strict=True):
        best = seen.steps.index(step)
        after = _finite(curve[best + 1 :])[-_END:]
        top, end = curve[best], statistics.fmean(after or [curve[best]])
        if top - end > _worth_telling(top):
            falls.append((top - end, top, end))
    if not falls:
        return None
    _, top, end = max(falls)
    return Flag(
        "fell from its maximum",
        f"the validation value fell from {top:.2f} to {end:.3g} nats as training went on, and the critic is the one "
        "before that: it overfits or is unstable, which more pairs or a smaller critic would help.",
    )


def _increasing(seen: Estimate, max_steps: int) -> Flag | None:
    cut_off = [curve for curve in map(_finite, seen.curves) if seen.steps[len(curve) - 1] >= max_steps]
    rises = [
        statistics.fmean(curve[-_END:]) - statistics.fmean(curve[-2 * _END : -_END])
        for curve in cut_off
        if len(curve) >= 2 * _END
    ]
    # only a rise that shows at the precision reported, or it would never end
    if not rises or max(rises) <= max(seen.stderr, 0.02):
        return None
    return Flag(
        "still increasing",
        f"training was cut off at max_steps = {max_steps} while the validation value still rose, by {max(rises):.2f} "
        f"nats in {_END} readings; raise max_steps.",
    )


def _finite(curve: Sequence[float]) -> list[float]:
    return [value for value in curve if math.isfinite(value)]


def _worth_telling(value: float) -> float:
    return max(_NOTICEABLE, _SHARE * abs(value))
