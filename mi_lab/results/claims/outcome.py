"""What predicates share: the parts of a claim, the rule that makes a verdict of them, the lines between the words."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.results.curves import final, growth, smooth
from mi_lab.results.store import Result

REPRODUCED, PARTLY, NOT_REPRODUCED, NOT_RUN = VERDICTS = (
    "reproduced",
    "partly",
    "not reproduced",
    "not run at this scale",
)
SEEN, NOT_SEEN, UNDECIDED = STATES = ("seen", "not seen", "undecided")

LONG = 50_000
"""Steps, half of what App. C.1 gives N >= 512. Only after so many does a run count, for a claim as well as against."""
RESTED = 10_000
"""Steps after which a run counts, too, if it has come to rest."""
REST = 0.05
"""In nats. A run rests if its last fifth of epochs averages no more above, or below, the fifth before."""
BAND = 0.1
"""An estimate is right within a tenth of the truth, and has left it upwards beyond that."""
CLEAR = 0.25
"""In nats. A final estimate averages 1000 batches that scatter by about 1.5 nats, so this is five standard errors."""
NEAR = 0.5
"""In nats, a tenth of the range of log N in Fig. 2b. An estimate so near to log N has saturated there."""
FALL = 1.0
"""In nats, four times a clear difference. A smoothed curve loses so much from its peak only if it really falls."""
GROSS = 5
"""A difference between trainings of one seed each counts from so many times what is clear. Final estimates of long runs
that are stored with several seeds spread over them by 0.26 nats at most, so that chance makes no five times 0.25."""

Results = Mapping[str, Result]
Run = Mapping[str, Any]
BySeed = Mapping[int, float]
"""One measured value per seed."""


class Part(NamedTuple):
    """What a claim says in one respect, and whether the stored runs show it: one of ``STATES``."""

    says: str
    state: str


class Outcome(NamedTuple):
    """The parts of a claim, a sentence that tells them in numbers, and the numbers, in nats unless named otherwise."""

    parts: Sequence[Part]
    sentence: str
    numbers: Mapping[str, float]

    @property
    def word(self) -> str:
        """The verdict."""
        return word_of(self.parts)


def word_of(parts: Iterable[Part]) -> str:
    """The verdict. Every part seen: reproduced. Every part not seen: not reproduced. At least one of each: partly. Any
    other case: not run at this scale, since the parts that are undecided could still tip it."""
    states = {part.state for part in parts}
    if {SEEN, NOT_SEEN} <= states:
        return PARTLY
    return {frozenset([SEEN]): REPRODUCED, frozenset([NOT_SEEN]): NOT_REPRODUCED}.get(frozenset(states), NOT_RUN)


def part(says: str, holds: bool, decided: bool = True) -> Part:
    """A part that runs show or do not, if they can decide it."""
    return Part(says, UNDECIDED if not decided else SEEN if holds else NOT_SEEN)


def every(says: str, parts: Iterable[Part]) -> Part:
    """One part of several of which each must be seen: a single one that is not decides it."""
    states = {one.state for one in parts}
    return Part(says, NOT_SEEN if NOT_SEEN in states else SEEN if states == {SEEN} else UNDECIDED)


def exceeds(says: str, high: Sequence[float], low: Sequence[float], clear: float, decided: bool = True) -> Part:
    """Is the mean of ``high`` above that of ``low``, each one value per seed, of trainings that differ in a setting?

    By two standard errors over the seeds. It is not if the mean is lower by as much, or if the two are so near that
    even two standard errors would not make a ``clear`` difference. With one seed only ``GROSS`` differences decide.
    """
    gap, error = gap_of(high, low)
    if math.isnan(error):
        return part(says, gap > 0, decided and abs(gap) >= GROSS * clear)
    return part(says, gap > 2 * error, decided and (abs(gap) > 2 * error or abs(gap) + 2 * error < clear))


def same(says: str, one: Sequence[float], other: Sequence[float], clear: float, decided: bool = True) -> Part:
    """Can trainings of two settings not be told apart? The counterpart of ``exceeds``, in either direction."""
    gap, error = gap_of(one, other)
    if math.isnan(error):
        return part(says, False, decided and abs(gap) >= GROSS * clear)
    return part(says, abs(gap) <= 2 * error, decided and (abs(gap) > 2 * error or abs(gap) + 2 * error < clear))


def gap_of(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The difference of two means over seeds, and its standard error; nan if either has but one seed."""
    gap = mean(one) - mean(other)
    if min(len(one), len(other)) < 2 or not math.isfinite(gap):
        return gap, math.nan
    return gap, math.sqrt(sum(float(np.var(values, ddof=1)) / len(values) for values in (one, other)))


def leads(says: str, high: BySeed, low: BySeed, clear: float, decided: bool = True) -> Part:
    """``exceeds`` for images: the standard error is that of the differences, each of two trainings of one seed.

    How far trainings on images scatter over seeds is not known before there are several. So a single seed shows
    nothing; it can only refute, by a ``GROSS`` difference the wrong way.
    """
    gap, error = gap_by_seed(high, low)
    if math.isnan(error):
        return part(says, False, decided and gap <= -GROSS * clear)
    return part(says, gap > 2 * error, decided and (abs(gap) > 2 * error or abs(gap) + 2 * error < clear))


def under(says: str, values: Iterable[float], line: float, decided: bool = True) -> Part:
    """Is the mean of values, one a seed, under a line by two standard errors? It is not if it lies above by as many.

    One seed decides nothing, but for a value that is not finite, which is under no line.
    """
    middle, error = standard_error(values)
    if not math.isfinite(middle):
        return part(says, False, decided)
    return part(says, middle < line, decided and abs(middle - line) > 2 * error)


def gap_by_seed(high: BySeed, low: BySeed) -> tuple[float, float]:
    """Mean and standard error of the differences at the seeds that both have."""
    return standard_error(high[seed] - low[seed] for seed in sorted(high.keys() & low.keys()))


def standard_error(values: Iterable[float]) -> tuple[float, float]:
    """The mean of values, one a seed, and its standard error, nan for fewer than two."""
    found = list(values)
    if len(found) < 2 or not all(map(math.isfinite, found)):
        return mean(found), math.nan
    return mean(found), float(np.std(found, ddof=1)) / math.sqrt(len(found))


def spec_of(result: Result) -> Sweep:
    """The result's sweep; predicates on curves are given no others."""
    return result.spec_of(Sweep)


def steps(result: Result, run: Run) -> int:
    """Steps that this run was given."""
    return spec_of(result).epochs * steps_per_epoch(run["batch_size"])


def is_long(result: Result) -> bool:
    """Was every run of the result long? What rests may still fall, so that only length counts for falls."""
    return all(steps(result, run) >= LONG for run in result.runs)


def decides(result: Result, run: Run, readout: str) -> bool:
    """Was this run long, or did it come to rest before, or overflow?"""
    taken, stopped = steps(result, run), run["first_nonfinite_epoch"] is not None
    return taken >= LONG or stopped or (taken >= RESTED and rests(run, readout))


def all_decide(result: Result, readout: str) -> bool:
    """Is every run of the result long enough, or at rest?"""
    return all(decides(result, run, readout) for run in result.runs)


def rests(run: Run, readout: str) -> bool:
    """Has its mean curve come to rest?"""
    return abs(growth(run, readout)) <= REST


def unslowed(run: Run, readout: str) -> bool:
    """Does it still grow, and at least half as fast as a fifth of the epochs before? Or is it beyond its truth?"""
    if diverged(run, readout):
        return True
    fifth = max(1, len(run["curves"][readout]["mean"]) // 5)
    before = {**run, "curves": {readout: {"mean": run["curves"][readout]["mean"][:-fifth]}}}
    return growth(run, readout) > max(REST, growth(before, readout) / 2)


def log_n(run: Run) -> float:
    """Logarithm of the batch size of a run."""
    return math.log(run["batch_size"])


def mean(values: Iterable[float | None]) -> float:
    """Arithmetic mean, nan if a value is or if one was lost, None."""
    found = [math.nan if value is None else value for value in values]
    return sum(found) / len(found) if found else math.nan


def ahead(points: float, error: float = math.nan) -> str:
    """A lead in percentage points in words, with its standard error if there is one."""
    told = "" if math.isnan(error) else f" ± {error:.1f}"
    return f"{abs(points):.1f}{told} points {'ahead' if points > 0 else 'behind'}"


def finals(result: Result, readout: str, **where: Any) -> list[float]:
    """Final estimates of the runs with these settings, one a seed."""
    return [final(run, readout) for run in result.select(**where)]


def ends(result: Result, readout: str, batch_size: int | None = None) -> dict[float, list[float]]:
    """Final estimates, one a seed, by true MI at one batch size (by default the first)."""
    spec = spec_of(result)
    n = batch_size or spec.batch_size[0]
    return {mi: finals(result, readout, true_mi=mi, batch_size=n) for mi in sorted(spec.true_mi)}


def increasing(values: Iterable[float]) -> bool:
    """Is every value larger than the one before?"""
    return all(a < b for a, b in pairwise(values))


def diverged(run: Run, readout: str) -> bool:
    """Ended not finite, or left its truth upwards."""
    curve = smooth(run["curves"][readout]["mean"])
    return run["first_nonfinite_epoch"] is not None or float(curve.max()) > (1 + BAND) * run["true_mi"]


def like_runs(result: Result, other: Result) -> list[tuple[Run, Run]]:
    """Every run of ``result`` with the run of ``other`` that has its truth, batch size and seed, if there is one."""
    keys = ("true_mi", "batch_size", "seed")
    like = {tuple(run[key] for key in keys): run for run in other.runs}
    pairs = [(run, like.get(tuple(run[key] for key in keys))) for run in result.runs]
    return [(run, match) for run, match in pairs if match is not None]
