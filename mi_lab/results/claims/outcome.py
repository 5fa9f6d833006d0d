"""What predicates share: the words of a verdict, the lines between them, and what is read from several runs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np

from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.results.curves import final, scatter, smooth
from mi_lab.results.store import Result

REPRODUCED, PARTLY, NOT_REPRODUCED, NOT_RUN = VERDICTS = (
    "reproduced",
    "partly",
    "not reproduced",
    "not run at this scale",
)

LONG = 50_000
"""Steps, half of what App. C.1 gives N >= 512. Only after so many does it count that something did not happen."""
BAND = 0.1
"""An estimate is right within a tenth of the truth, and has left it upwards beyond that."""
CLEAR = 0.25
"""In nats. A final estimate averages 1000 batches that scatter by about 1.5 nats, so this is five standard errors."""
NEAR = 0.5
"""In nats, a tenth of the range of log N in Fig. 2b. An estimate so near to log N has saturated there."""
FALL = 1.0
"""In nats, four times a clear difference. A smoothed curve loses so much from its peak only if it really falls."""

Results = Mapping[str, Result]
Run = Mapping[str, Any]


class Outcome(NamedTuple):
    """A verdict, one sentence that says it in numbers, and the numbers, in nats unless their names say otherwise."""

    word: str
    sentence: str
    numbers: Mapping[str, float]


def word_of(parts: Sequence[bool], decided: bool = True) -> str:
    """All parts seen, some, or none. What was not seen in a run that is too short (not ``decided``) may still come."""
    if all(parts) and decided:
        return REPRODUCED
    return PARTLY if any(parts) else NOT_REPRODUCED if decided else NOT_RUN


def spec_of(result: Result) -> Sweep:
    """The result's sweep; predicates on curves are given no others."""
    return result.spec_of(Sweep)


def steps(result: Result, run: Run) -> int:
    """Steps that this run was given."""
    return spec_of(result).epochs * steps_per_epoch(run["batch_size"])


def is_long(result: Result) -> bool:
    """Did every run of the result have enough steps for what it does not show to count?"""
    return all(steps(result, run) >= LONG for run in result.runs)


def long_sizes(result: Result) -> list[int]:
    """The batch sizes at which an epoch has so many batches that the runs were long."""
    return sorted({run["batch_size"] for run in result.runs if steps(result, run) >= LONG})


def log_n(run: Run) -> float:
    """Logarithm of the batch size of a run."""
    return math.log(run["batch_size"])


def mean(values: Iterable[float | None]) -> float:
    """Arithmetic mean, nan if a value is or if one was lost, None."""
    found = [math.nan if value is None else value for value in values]
    return sum(found) / len(found)


def ahead(points: float) -> str:
    """A lead in percentage points in words."""
    return f"{abs(points):.1f} points {'ahead' if points > 0 else 'behind'}"


def extent(values: Iterable[float]) -> float:
    """The largest value minus the smallest."""
    found = list(values)
    return max(found) - min(found)


def ends(result: Result, readout: str, batch_size: int | None = None) -> dict[float, float]:
    """Final estimate, the mean over seeds, by true MI at one batch size (by default the first)."""
    spec = spec_of(result)
    n = batch_size or spec.batch_size[0]
    return {
        mi: mean(final(run, readout) for run in result.select(true_mi=mi, batch_size=n)) for mi in sorted(spec.true_mi)
    }


def increasing(values: Iterable[float]) -> bool:
    """Is every value larger than the one before?"""
    return all(a < b for a, b in pairwise(values))


def diverged(run: Run, readout: str) -> bool:
    """Ended not finite, or left its truth upwards."""
    curve = smooth(run["curves"][readout]["mean"])
    return run["first_nonfinite_epoch"] is not None or float(curve.max()) > (1 + BAND) * run["true_mi"]


def largest_drop(result: Result, readout: str) -> float:
    """Nats that the final estimate loses at most from one truth of 10 nats or more to a larger one, in every seed."""
    truths = sorted(mi for mi in spec_of(result).true_mi if mi >= 10)
    finals = {mi: [final(run, readout) for run in result.select(true_mi=mi)] for mi in truths}
    drops = [
        min(a - b for a, b in zip(finals[low], finals[high], strict=True)) for low, high in combinations(truths, 2)
    ]
    return max([0.0, *drops])


def scatter_ratios(result: Result, other: Result, readout: str) -> list[float]:
    """Scatter over batches in ``result`` divided by that in ``other``, for each run of which the other has its like."""
    keys = ("true_mi", "batch_size", "seed")
    like = {tuple(run[key] for key in keys): run for run in other.runs}
    pairs = [(run, like.get(tuple(run[key] for key in keys))) for run in result.runs]
    return [scatter(run, readout) / scatter(match, readout) for run, match in pairs if match is not None]


def noisier(ratios: Sequence[float], which: str, other: str) -> Outcome:
    """Do batches scatter clearly more widely, by half as much again in the median and more in nine of ten runs?"""
    typical, share = float(np.median(ratios)), mean(ratio > 1 for ratio in ratios)
    says = (
        f"In {sum(ratio > 1 for ratio in ratios)} of {len(ratios)} settings the batches {which} scatter more widely "
        f"than those {other}, in the median {typical:.1f} times as widely."
    )
    return Outcome(word_of((typical >= 1.5, share >= 0.9)), says, {"median ratio of scatter": typical, "share": share})
