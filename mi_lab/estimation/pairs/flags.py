"""What speaks against an estimate: rules, each a short name and one sentence with advice. Needs no torch."""

import dataclasses
import math
import statistics
from collections.abc import Sequence

from mi_lab.estimation.pairs.columns import Pairs
from mi_lab.estimation.pairs.doubts import doubts_of
from mi_lab.estimation.pairs.estimates import Estimate, Flag
from mi_lab.ground.records import LOWER

_END = 5  # readings that are averaged where the end of a curve is meant, since single ones are noisy
_NOTICEABLE = 0.1  # nats; smaller differences are seldom worth a warning
_SHARE = 0.1  # and so are differences under a tenth of the value itself


def flagged(found: Estimate, pairs: Pairs, max_steps: int, *own: Flag) -> Estimate:
    """The estimate with every flag: its own, those of its training, and what the pairs themselves give."""
    flags = (*flags_of(found, max_steps), *own, *pairs.flags, *doubts_of(pairs.x, pairs.y))
    return dataclasses.replace(found, flags=flags)


def flags_of(seen: Estimate, max_steps: int) -> tuple[Flag, ...]:
    """Every flag that an estimate deserves, the gravest first; its training was allowed ``max_steps``."""
    rules = (_diverged, _above_entropy, _above_log_n, _saturated, _small, _few_batches, _disagree, _fell)
    return tuple(flag for flag in (*(rule(seen) for rule in rules), _increasing(seen, max_steps)) if flag)


def _diverged(seen: Estimate) -> Flag | None:
    lost = [not math.isfinite(value + curve[-1]) for value, curve in zip(seen.per_seed, seen.curves, strict=True)]
    if not any(lost):
        return None
    kept = "their critics from before that are read" if math.isfinite(seen.mi) else "no value is left to report"
    return Flag("diverged", f"{sum(lost)} of {len(lost)} seeds reached values that are not finite; {kept}.")


def _above_entropy(seen: Estimate) -> Flag | None:
    # the entropy of shares is itself too small by about (C - 1) / 2n for C classes
    classes = max(seen.data.dim_x, seen.data.dim_y) + 1
    if seen.entropy is None or not seen.mi > seen.entropy + max(seen.stderr, classes / seen.data.test):
        return None
    return Flag(
        "above the labels' entropy",
        f"{seen.mi:.2f} nats is more than the labels hold, {seen.entropy:.2f} nats: the value is wrong by at least the "
        "difference; use counting for two labels, or another estimator.",
    )


def _above_log_n(seen: Estimate) -> Flag | None:
    # McAllester & Stratos (2020): a bound of B nats needs events of probability e^-B to show in the sample
    log_n = math.log(seen.data.test)
    if seen.estimator == "gaussian" or not seen.mi > log_n:
        return None
    reason = (
        f"no lower bound of this size can be trusted from that many {'test ' * (seen.data.validation > 0)}pairs "
        "(McAllester and Stratos, 2020)."
        if seen.bound == LOWER
        else "so many pairs show no density ratio of that size, and the value rests on what the estimator assumes."
    )
    return Flag("above log n", f"{seen.mi:.2f} nats is more than log {seen.data.test} = {log_n:.2f}; {reason}")


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
    if seen.estimator in ("counting", "ross"):
        return None
    error = data.dim_x * data.dim_y / (2 * data.train)
    # the cross-fitted estimate keeps only those correlations that hold outside
    if error <= (5 if seen.estimator == "cross_fitted" else 1) * _NOTICEABLE:
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
    if seen.estimator == "cross_fitted":  # its folds read different pairs
        return None
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
    if seen.estimator == "cross_fitted":  # it learns what little its copula misses, and is stopped there
        return None
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
    rise = max(rises, default=0.0)
    last = [
        curve.index(max(curve)) == len(curve) - 1 and seen.steps[len(curve) - 1] >= max_steps
        for curve in map(_finite, seen.curves)
        if len(curve) > 1
    ]
    if rise > max(seen.stderr, 0.02):
        what = f"the validation value still rose, by {rise:.2f} nats in {_END} readings"
    elif sum(last) >= max(2, len(last) / 2):
        what = f"{sum(last)} of {len(last)} trainings were at their best at the last reading"
    else:
        return None
    return Flag("still increasing", f"training was cut off at max_steps = {max_steps} while {what}; raise max_steps.")


def _finite(curve: Sequence[float]) -> list[float]:
    return [value for value in curve if math.isfinite(value)]


def _worth_telling(value: float) -> float:
    return max(_NOTICEABLE, _SHARE * abs(value))
