"""The estimate that is made unless another is asked for: a cross-fitted density ratio that starts at a Gaussian copula.

**The rule.** The pairs are split into ``FOLDS`` parts at random. For each part a critic is made of the others, which
never sees it, so that every pair is read once. Columns become normal scores, labels one-hot. The critic is

    T(x, y) = log ratio of a Gaussian copula + a perceptron of x, y and how far out each of them lies.

The perceptron is zero at first, and so learns only what the copula misses. It ascends the JS objective, whose optimum
is the log ratio, and the mean of its weights over the last steps is read. A fifth of its pairs only says when it was
best, and then it has to be better than none by more than two standard errors. Schwarz's criterion says how many
canonical correlations the copula has.

The best estimate is the mean of T over held-out pairs, a plug-in and no bound; what is added to T so that it is level
comes from the fifth that decided when to stop. In few dimensions it is weighed with what neighbours see, since critics
of few pairs have not learnt all there is (``neighbours``). The lower bound is NWJ's of a T + b with a and b from that
fifth, and 0 where that is less: it holds in expectation, whatever T is.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_expit, logsumexp
from torch import Tensor

from mi_lab.estimation.machine import device_named, one_thread
from mi_lab.estimation.pairs.columns import Array, read_as_pairs
from mi_lab.estimation.pairs.estimates import Data, Estimate
from mi_lab.estimation.pairs.flags import flagged
from mi_lab.estimation.pairs.labels import entropy_of
from mi_lab.estimation.pairs.neighbours import Opinion, second_opinion, weighed
from mi_lab.estimation.pairs.permuting import MOST_NULL, p_value
from mi_lab.estimation.pairs.stacked import Critics, Plan, Ready
from mi_lab.ground.bars import Bar
from mi_lab.ground.settings import MOST_SEED, as_type, within

FOLDS = 5
LEAST = 50  # pairs; fewer leave eight to say when to stop
_VALIDATION = 2000  # pairs at most
_READ = 10  # negatives per held-out pair
_MOST_READ = 200_000  # negatives of a fold, one per pair at least
_TESTED = 400  # held-out pairs of a fold that a permutation test looks at


class CrossFit:
    """The training of all folds as one stack. See ``mi_lab.estimate`` for what the arguments mean."""

    estimator = "cross_fitted"

    def __init__(
        self,
        x: Any,
        y: Any,
        *,
        hidden: Sequence[int] = (64, 64),
        learning_rate: float = 1e-2,
        batch_size: int = 256,
        max_steps: int = 2000,
        seeds: int = 0,
        null: int = 0,
        missing: str = "refuse",
        device: str = "auto",
    ) -> None:
        self.max_steps, self.null = as_type(int, "max_steps", max_steps), as_type(int, "null", null)
        rate, size = as_type(float, "learning_rate", learning_rate), as_type(int, "batch_size", batch_size)
        self.seeds = as_type(tuple[int, ...], "seeds", seeds)
        if len(self.seeds) != 1:
            raise ValueError(f"cross_fitted takes one seed, not {len(self.seeds)}; it has a critic per fold.")
        within("seeds", self.seeds, 0, MOST_SEED)
        within("max_steps", (self.max_steps,), 1)
        within("null", (self.null,), 0, MOST_NULL)
        within("batch_size", (size,), 2)
        if rate <= 0:
            raise ValueError(f"learning_rate must be a positive number, not {rate}.")
        self.pairs = read_as_pairs(x, y, missing)
        if len(self.pairs.x) < LEAST:
            raise ValueError(f"{len(self.pairs.x)} pairs are too few for cross_fitted, which needs at least {LEAST}.")
        self.place = device_named(device)
        self.ready = (Ready(self.pairs.x, self.place), Ready(self.pairs.y, self.place))
        self.plan = Plan(hidden, rate, size, self.max_steps, self.seeds[0])
        self.parts = np.array_split(np.random.default_rng(self.seeds[0]).permutation(len(self.pairs.x)), FOLDS)
        shortest = min(map(len, self.parts))
        self.held_out = self._rows([part[:shortest] for part in self.parts])
        others = [self.parts[:fold] + self.parts[fold + 1 :] for fold in range(FOLDS)]
        self.critics = self._critics(others, self.plan, min)  # which differ by one pair at most

    def _rows(self, rows: Sequence[Array]) -> Tensor:
        return torch.as_tensor(np.stack(rows), device=self.place)

    def _critics(
        self, learnt: Sequence[Sequence[Array]], plan: Plan, length: Callable[[Iterable[int]], int]
    ) -> Critics:
        """A critic per entry, which learns from the parts in it, cut or repeated to the common ``length``."""
        draw = np.random.default_rng([plan.seed, len(learnt)])
        mixed = [draw.permutation(np.concatenate(parts)) for parts in learnt]
        held = min(min(map(len, mixed)) // 5, _VALIDATION)
        rows_each = length(map(len, mixed)) - held
        train = [np.resize(rows[held:], rows_each) for rows in mixed]
        return Critics(self.ready, self._rows(train), self._rows([rows[:held] for rows in mixed]), plan)

    @property
    def finished(self) -> bool:
        """Whether every fold has stopped."""
        return self.critics.finished

    @property
    def steps(self) -> list[int]:
        """The steps after which the validation part was read."""
        return self.critics.steps

    def run(self, progress: str | None = None) -> None:
        """Train until every fold has stopped; ``progress`` is the label of a progress bar, None for none."""
        with Bar(total=self.max_steps, desc=progress, disable=progress is None, leave=False) as bar:
            while not self.finished:
                bar.update(self.advance())
            bar.finish()

    def advance(self) -> int:
        """Train up to the next reading of the validation part, and return how many steps that took."""
        return self.critics.advance()

    def latest(self) -> str:
        """The newest validation value in words: what the classifiers have learnt, in nats."""
        return f"JS {sum(self.critics.curves[-1]) / FOLDS:.2f}"

    @one_thread()
    @torch.inference_mode()
    def estimates(self) -> list[Estimate]:
        """The one estimate: every pair, but for four at most, read by the critic that never saw it."""
        critics = self.critics
        decided, read = self._read(critics, self.held_out)
        lower, lower_stderr = _lower_bound(decided, read)
        read[0] = read[0] + np.array([_level(*scores) for scores in zip(*decided, strict=True)])[:, None]
        by_fold = read[0].mean(1)
        mi, stderr = self._weighed(float(by_fold.mean()), read[0])
        dims = [one.side.degrees for one in self.ready]
        runs, shortest = self.held_out.shape
        trained = critics.train.shape[1], critics.validation.shape[1]
        found = Estimate(
            estimator=self.estimator,
            readout="plug_in",
            critic="joint",
            negatives="derangement",
            mi=mi,
            stderr=stderr,
            seeds=self.seeds,
            per_seed=tuple(by_fold.tolist()),
            steps=tuple(critics.steps),
            curves=tuple(tuple(row[fold] for row in critics.curves[:end]) for fold, end in enumerate(critics.ends)),
            stopped_at=tuple(critics.steps[max(0, at)] for at in critics.best.at),
            data=Data(*trained, runs * shortest, shortest, critics.batch_size, *dims),
            flags=(),
            lower_bound=max(0.0, lower),  # no MI is less
            lower_stderr=lower_stderr,
            told=self.pairs.told,
            entropy=entropy_of(self.pairs.x, self.pairs.y),
            p_value=self._p_value() if self.null else None,
        )
        return [flagged(found, self.pairs, self.max_steps)]

    def _weighed(self, mi: float, scores: Array) -> Opinion:
        """The critics' estimate from their held-out scores, weighed with the neighbours' where these have a say."""
        entries = math.prod(one.side.degrees for one in self.ready)
        own = (mi, _stderr(scores, entries))
        other = second_opinion(self.pairs.x, self.pairs.y)
        return own if other is None else weighed(own, other)

    def _read(self, critics: Critics, rows: Tensor) -> tuple[list[Array], list[Array]]:
        """Scores of the pairs that decided when to stop, and of these rows of what ``critics`` read."""
        each = max(1, min(_READ, _MOST_READ // rows.shape[1]))
        with self.critics.best.restored():
            both = self.critics.read(self.critics.validation, _READ), critics.read(rows, each)
        decided, read = ([scores.double().numpy(force=True) for scores in part] for part in both)
        return decided, read

    @one_thread()
    @torch.inference_mode()
    def bound_on(self, x: Array, y: Array) -> float:
        """NWJ's lower bound of the critics on other pairs, two at least, given as ``self.pairs`` holds its own."""
        known = (self.pairs.x, self.pairs.y)
        new_x, new_y = (Ready(new, self.place, among) for new, among in zip((x, y), known, strict=True))
        rows = torch.arange(len(x), device=self.place).expand(FOLDS, -1)
        return _lower_bound(*self._read(self.critics.over((new_x, new_y)), rows))[0]

    def _p_value(self) -> float:
        """Of independence. Every part but the first is judged by a critic of those before it.

        The critics of the estimate would not do: each part would be judged by critics of all others and teach critics
        that judge them, and what independent parts have in common by chance would count twice.
        """
        ahead = [self.parts[:fold] for fold in range(1, FOLDS)]
        critics = self._critics(ahead, replace(self.plan, always=True), max)
        while not critics.finished:
            critics.advance()
        rows = self.held_out[1:, :_TESTED]
        n = rows.shape[1]
        with critics.best.restored():
            every = critics.in_chunks(rows.repeat_interleave(n, 1), rows.repeat(1, n))
        return p_value(every.view(FOLDS - 1, n, n).double().numpy(force=True), self.null, self.seeds[0])


def _stderr(scores: Array, entries: int) -> float:
    """Of the mean of the held-out scores, (folds, n): what the pairs and what the critics of the folds vary by.

    To both comes what a linear fit cannot tell from nothing: the MI that it finds in independent columns is chi-squared
    over 2n, with as many degrees of freedom as there are correlations of a column of x with one of y.
    """
    n = scores.size
    unseen = math.sqrt(2 * entries) / (2 * n)
    return math.sqrt(scores.var(ddof=1) / n + scores.mean(1).var(ddof=1) / len(scores) + unseen**2)


def _level(positive: Array, negative: Array) -> float:
    """What to add to a critic's scores: the best by JS on the pairs that decided when to stop.

    A training that was stopped early has learnt who is likelier than whom before how likely all of them are.
    """

    def loss(b: float) -> float:
        return -float(log_expit(positive + b).mean() + log_expit(-negative - b).mean())

    return float(minimize_scalar(loss, bracket=(-1.0, 1.0)).x)


def _lower_bound(decided: Sequence[Array], read: Sequence[Array]) -> tuple[float, float]:
    """NWJ's bound of a T + b on held-out pairs with its standard error; a and b are best on the pairs that decided.

    No ratio is taken to be larger than the number of negatives that decided, since so many cannot show it: one held-out
    negative would outweigh all others.
    """
    values, variance = [], 0.0
    for positive, negative, held, shifted in zip(*decided, *read, strict=True):

        def log_mean(a: float, scores: Array = negative) -> float:
            return float(logsumexp(a * scores)) - math.log(scores.size)

        def loss(a: float, scores: Array = positive) -> float:
            return log_mean(a) - a * float(scores.mean())

        a = float(minimize_scalar(loss, bounds=(0, 2), method="bounded").x)
        b = -log_mean(a)
        most = math.log(negative.size)
        terms = 1 + np.minimum(a * held + b, most) - np.exp(np.minimum(a * shifted + b, most)).mean(1)
        values.append(float(terms.mean()))
        variance += float(terms.var(ddof=1)) / len(terms) / len(decided[0]) ** 2
    spread = float(np.var(values, ddof=1)) / len(values)
    return float(np.mean(values)), math.sqrt(max(variance, spread))
