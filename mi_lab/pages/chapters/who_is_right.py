"""The fair comparison: what every estimator reads on every task, by one protocol, and the rules that follow from it."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from mi_lab.experiments.fair import MARGINALS, RATES, SHORT, fresh, given, high, of_pairs, rates, sizes
from mi_lab.experiments.fair_specs import Fair, Given
from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.ground.names import READOUTS
from mi_lab.ground.records import RECORDS
from mi_lab.pages.provenance import provenance
from mi_lab.pages.tables import sourced_table
from mi_lab.results.store import Result, is_stored, load

CLOSE = 0.1
"""Within this share of the truth an estimate is right."""
_LOW_TRUTHS, _HIGH_TRUTH = 5.0, 20.0  # nats


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
    return {name: load(name, folder=folder) for name in _parts() if is_stored(name, folder)}


def waiting(folder: Path | None = None) -> str:
    """A sentence that says how much of the comparison is stored, as long as something is missing; else nothing."""
    there, rest = len(stored_parts(folder)), len(_parts())
    if there == rest:
        return ""
    return f"Stored so far: {there} of the {rest} experiments of this page. What follows is drawn from those alone."


@lru_cache(maxsize=1)
def _parts() -> tuple[str, ...]:
    names = [make(name) for make in (fresh, high, sizes, given) for name in dict.fromkeys((*READOUTS, *of_pairs()))]
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


def meets(found: Sequence[Reading]) -> float:
    """The largest truth of one run of an estimator on a task that it and every smaller one is right at; 0 for none."""
    met = 0.0
    for one in sorted(found, key=lambda one: one.mi):
        if not one.right:
            break
        met = one.mi
    return met


def best(found: Sequence[Reading]) -> tuple[float, list[str]]:
    """How far the best estimators of a task come, and who they are, by name: those that are best with every seed.

    A list that is empty says that the best change with the seed. How far is what all of these reach with any seed, or
    the best with the worst.
    """
    reached: dict[int, dict[str, float]] = {}
    for seed in sorted({one.seed for one in found}):
        of_seed = [one for one in found if one.seed == seed]
        titles = dict.fromkeys(one.title for one in of_seed)
        reached[seed] = {title: meets([one for one in of_seed if one.title == title]) for title in titles}
    most = [max(by_title.values()) for by_title in reached.values()]
    always = [
        title
        for title in next(iter(reached.values()))
        if all(by_title.get(title) == top for by_title, top in zip(reached.values(), most, strict=True))
    ]
    return min(most), always


def guide(results: Mapping[str, Result]) -> str:
    """HTML of a table: by task and pairs how far the best estimators come within a tenth, and who they are.

    An estimator that is among the best with one seed and not with another is not named.
    """
    found = [one for result in results.values() for one in readings(result)]
    rows = []
    settings = dict.fromkeys((one.task, one.inputs, one.size) for one in found)
    for task, inputs, size in settings:
        here = [one for one in found if (one.task, one.inputs, one.size) == (task, inputs, size)]
        far, names = best(here)
        who = ", ".join(names) if far and names else "it changes with the seed" if far else "none"
        told = f"{far:g}" if far else f"not even {min(one.mi for one in here):g}"
        rows.append([task.replace("_", " "), inputs.replace("_", " "), size_of(size), told, who])
    head = ["task", "inputs", "pairs", "right up to [nats]", "by"]
    label = "Who is right where, with every seed"
    return sourced_table(head, rows, label, provenance(next(iter(results.values()))))


def views(results: Mapping[str, Result]) -> str:
    """HTML of a table: of the tasks and truths asked with fresh pairs at N = 64, how many each estimator is right at.

    At equal updates, which is after ``SHORT``; at equal processor time, which is that of as many of NWJ's; at rest,
    which is the last quarter. Right means the median over seeds, and an epoch's median over its batches.
    """
    found = [one for result in results.values() for one in readings(result) if one.size == 64 and one.curve]
    usual = [one for one in found if one.inputs == "standardised"]
    cost = {one.task: one.milliseconds for one in usual if one.estimator == "nwj"}
    rows = []
    for title in dict.fromkeys(one.title for one in usual):
        own = grouped([one for one in usual if one.title == title])
        counts = [
            sum(abs(_at_step(many, SHORT) - one.mi) <= CLOSE * one.mi for one, many in own),
            sum(abs(_in_time(many, cost.get(one.task)) - one.mi) <= CLOSE * one.mi for one, many in own),
            sum(abs(middle(many) - one.mi) <= CLOSE * one.mi for one, many in own),
        ]
        step = statistics.fmean(one.milliseconds for one, _ in own)
        rows.append([title, str(len(own)), *map(str, counts), f"{step:.2f} ms"])
    head = ["estimator", "asked", "equal updates", "equal time", "at rest", "an update"]
    return sourced_table(head, rows, "Right at how many", provenance(next(iter(results.values()))))


def low_and_high(results: Mapping[str, Result]) -> str:
    """HTML of a list: by task of the marginals who is right with every seed up to 5 nats, and what is read of 20."""
    found = [one for result in results.values() for one in readings(result) if one.size == 64]
    items = []
    for task in MARGINALS:
        own = [one for one in found if (one.task, one.inputs) == (task, "standardised")]
        titles = dict.fromkeys(one.title for one in own)
        always = [
            title for title in titles if all(one.right for one in own if one.title == title and one.mi <= _LOW_TRUTHS)
        ]
        far = [(one.title, middle(many)) for one, many in grouped(own) if one.mi == _HIGH_TRUTH]
        near = [f"{title} {value:.1f}" for title, value in far if abs(value - _HIGH_TRUTH) <= CLOSE * _HIGH_TRUTH]
        told = f"{len(always)} of {len(titles)} estimators up to {_LOW_TRUTHS:g} nats: {', '.join(always) or 'none'}"
        items.append(f"<li><em>{escape(task)}</em>: {told}; of {_HIGH_TRUTH:g} nats {', '.join(near) or 'none'}.</li>")
    return f"<ul>{''.join(items)}</ul>"


def _at_step(many: Sequence[Reading], step: float) -> float:
    """The median over seeds in the epoch that ends at or before a step; nan before the first, or where one was lost."""
    epoch = int(step // steps_per_epoch(many[0].size))
    if epoch < 1 or any(len(one.curve) < epoch and not math.isfinite(one.value) for one in many):
        return math.nan
    return statistics.median(one.curve[min(epoch, len(one.curve)) - 1] for one in many)


def _in_time(many: Sequence[Reading], milliseconds: float | None) -> float:
    """The same after as much processor time as ``SHORT`` updates take that cost so many milliseconds each."""
    return _at_step(many, SHORT * milliseconds / many[0].milliseconds) if milliseconds else math.nan
