"""The fair comparison: what every estimator reads on every task, by one protocol, and the rules that follow from it."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mi_lab.experiments.fair import RATES, fresh, given, of_pairs, rates, sizes
from mi_lab.experiments.fair_specs import Fair, Given
from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.ground.names import READOUTS
from mi_lab.ground.records import RECORDS
from mi_lab.pages.provenance import provenance
from mi_lab.pages.tables import sourced_table
from mi_lab.results.store import Result, is_stored, load

CLOSE = 0.1
"""Within this share of the truth an estimate is right."""


@dataclass(frozen=True)
class Reading:
    """What one run of an estimator reads, in nats; nan if it stopped being finite.

    ``size`` is N of fresh pairs for ever, and minus n of n pairs and no more. ``low`` and ``high`` are the 5 % and 95 %
    quantiles of fresh batches, and an estimate less and plus two of its own standard errors. ``curve`` is by epoch, and
    ``milliseconds`` the processor time of an update.
    """

    estimator: str
    readout: str
    task: str
    inputs: str
    size: int
    mi: float
    seed: int
    value: float
    low: float
    high: float
    curve: Sequence[float] = ()
    milliseconds: float = math.nan

    @property
    def right(self) -> bool:
        """Is it within a tenth of the truth?"""
        return abs(self.value - self.mi) <= CLOSE * self.mi

    @property
    def title(self) -> str:
        """The estimator's name in figures, with its readout."""
        return RECORDS[self.estimator].titles[self.readout]


def readings(result: Result) -> list[Reading]:
    """Of a stored result of the comparison, one per run, readout, true MI and seed."""
    return list(_of_stacks(result) if isinstance(result.spec, Fair) else _of_data_sets(result))


def _of_stacks(result: Result) -> Iterator[Reading]:
    for run in result.runs:
        own = run["estimator"], run["task"], run["inputs"], run["batch_size"]
        for name, ends in run["values"].items():
            if name == "milliseconds":
                continue
            readout, mi, seed = name.rsplit(" ", 2)
            estimator, task, inputs, n = own
            median, low, high, _ = ends or [math.nan] * 4
            more = tuple(run["curves"][name]), run["values"]["milliseconds"]
            yield Reading(estimator, readout, task, inputs, n, float(mi), int(seed), median, low, high, *more)


def _of_data_sets(result: Result) -> Iterator[Reading]:
    estimator = result.spec_of(Given).estimator
    for run in result.runs:
        own = run["task"], "normal_scores", -run["pairs"], run["true_mi"], run["seed"]
        for readout in RECORDS[estimator].readouts:
            found, stderr = (run["values"][name] for name in (readout, f"{readout} stderr"))
            value = math.nan if found is None or run["first_nonfinite_epoch"] else found
            error = 2 * (stderr or 0.0)
            curve = tuple(run["curves"].get(readout, ()))
            yield Reading(estimator, readout, *own, value, value - error, value + error, curve)


def stored_parts(folder: Path | None = None) -> dict[str, Result]:
    """All results of the comparison that are there, by experiment; those that tried learning rates are none of it."""
    names = [make(name) for make in (fresh, sizes, given) for name in dict.fromkeys((*READOUTS, *of_pairs()))]
    return {name: load(name, folder=folder) for name in names if name in EXPERIMENTS and is_stored(name, folder)}


def waiting(folder: Path | None = None) -> str:
    """A sentence that says how much of the comparison is stored, as long as something is missing; else nothing."""
    there, rest = len(stored_parts(folder)), len(_parts())
    if there == rest:
        return ""
    return f"Stored so far: {there} of the {rest} experiments of this page. What follows is drawn from those alone."


@lru_cache(maxsize=1)
def _parts() -> tuple[str, ...]:
    names = [make(name) for make in (fresh, sizes, given) for name in dict.fromkeys((*READOUTS, *of_pairs()))]
    return tuple(name for name in names if name in EXPERIMENTS)


def rate_table(folder: Path | None = None) -> str:
    """HTML of a table: by learning rate how far off the estimators are on a task that is none of the comparison's."""
    rows = [[f"{rate:g}", f"{100 * _loss(load(rates(rate), folder=folder)):.0f} %"] for rate in RATES]
    first = load(rates(RATES[0]), folder=folder)
    return sourced_table(["learning rate", "mean error"], rows, "Learning rates tried beforehand", provenance(first))


def best_rate(folder: Path | None = None) -> float:
    """The rate whose mean error is smallest."""
    return min(RATES, key=lambda rate: _loss(load(rates(rate), folder=folder)))


def _loss(result: Result) -> float:
    """The mean over estimators and truths of the error as a share of the truth, at most 1, as of a lost run."""
    apart = [abs(one.value - one.mi) / one.mi for one in readings(result)]
    return statistics.fmean(min(share, 1.0) if math.isfinite(share) else 1.0 for share in apart)


def values_table(result: Result) -> str:
    """HTML of a table of a result of the comparison: by task and truth the median over seeds, and the seeds' range."""
    rows = [
        [one.title, one.task, one.inputs.replace("_", " "), size_of(one.size), f"{one.mi:g}", *_middle(many)]
        for (one, many) in grouped(readings(result))
    ]
    head = ["estimator", "task", "inputs", "pairs", "true MI", "reads", "seeds from", "to"]
    return sourced_table(head, rows, f"What {result.experiment} reads, in nats", provenance(result))


def grouped(found: Sequence[Reading]) -> list[tuple[Reading, list[Reading]]]:
    """Those that differ in their seed alone, under the first of them."""
    groups: dict[tuple[object, ...], list[Reading]] = {}
    for one in found:
        key = one.estimator, one.readout, one.task, one.inputs, one.size, one.mi
        groups.setdefault(key, []).append(one)
    return [(many[0], many) for many in groups.values()]


def middle(many: Sequence[Reading]) -> float:
    """The median over seeds; nan if one of them was lost."""
    values = [one.value for one in many]
    return statistics.median(values) if all(map(math.isfinite, values)) else math.nan


def _middle(many: Sequence[Reading]) -> list[str]:
    value, values = middle(many), [one.value for one in many]
    if not math.isfinite(value):
        return ["not finite", "", ""]
    return [f"{value:.2f}", f"{min(values):.2f}", f"{max(values):.2f}"]


def size_of(size: int) -> str:
    """In words: fresh pairs in batches of N, or n pairs and no more."""
    return f"fresh, N = {size}" if size > 0 else f"{-size:,} pairs"


def right_on(found: Sequence[Reading], task: str, mi: float, size: int, inputs: str) -> dict[str, bool | None]:
    """By title: right with every seed, wrong with every seed, or None where it changes with the seed."""
    chosen = [one for one in found if (one.task, one.mi, one.size, one.inputs) == (task, mi, size, inputs)]
    said: Mapping[str, set[bool]] = {one.title: set() for one in chosen}
    for one in chosen:
        said[one.title].add(one.right)
    return {title: None if len(every) > 1 else every == {True} for title, every in said.items()}
