"""A stack of critics of given pairs, each with rows of its own to learn from and to say when it was best."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from mi_lab.estimation.adam import Adam
from mi_lab.estimation.best import Best
from mi_lab.estimation.bounds import js, js_gradient
from mi_lab.estimation.machine import one_thread
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.pairs.beginning import Beginning
from mi_lab.estimation.pairs.columns import Array
from mi_lab.estimation.pairs.copula import Copula, chosen_copula, no_copula, normal_scores
from mi_lab.estimation.pairs.dataset import Side

EVERY = 50  # steps between two readings of the validation part
PATIENCE = 10  # readings without a new best
_NEGATIVES = 2  # per pair in training
_NEW = 0.02  # the weight of the newest step in the mean of weights that is read
_SHIFTS = 5  # negatives per validation pair
_SURE = 2  # standard errors by which training has to be better than none
_CHUNK = 2**22  # inputs of a run that are scored at once, 16 MB


class Ready:
    """One side as critics take it: normal scores and how far out a row lies, or labels one-hot.

    Pairs that critics did not learn from take their scores ``among`` those that they did.
    """

    def __init__(self, array: Array, place: torch.device, among: Array | None = None) -> None:
        if array.ndim == 1:
            classes = int((array if among is None else among).max()) + 1
            self.side = Side(torch.as_tensor(array, device=place), classes)
            self.scores, self.dim = np.empty((len(array), 0)), self.side.dim
            return
        rows = self.scores = normal_scores(array, among)
        if rows.shape[1] > 1:
            known = None if among is None else _squares(normal_scores(among))
            rows = np.hstack([rows, normal_scores(_squares(rows), known)])
        self.side = Side(torch.as_tensor(rows, dtype=torch.float32, device=place), None)
        self.dim = self.scores.shape[1]


def _squares(rows: Array) -> Array:
    return (rows**2).sum(1, keepdims=True)


@dataclass(frozen=True)
class Plan:
    """How the critics are trained. ``always`` keeps a trained critic even where it was no better than none."""

    hidden: Sequence[int]
    learning_rate: float
    batch_size: int
    max_steps: int
    seed: int
    always: bool = False


class Critics:
    """K critics T(x, y) = log ratio of a Gaussian copula + a perceptron, trained by JS.

    ``train`` and ``validation`` are row numbers, (K, n): run k learns from the first and is stopped by the second.
    """

    @one_thread()
    @torch.inference_mode()
    def __init__(self, ready: tuple[Ready, Ready], train: Tensor, validation: Tensor, plan: Plan) -> None:
        self.ready, self.train, self.validation, self.plan = ready, train, validation, plan
        self.runs, place, self.pairs = len(train), train.device, len(ready[0].scores)
        self.generators = [torch.Generator(device=place).manual_seed(plan.seed + run) for run in range(self.runs)]
        self.batch_size = min(plan.batch_size, train.shape[1])
        least = 1 if plan.always else 0
        self.beginning = Beginning([copula.first(max(least, k)) for copula, k in self._copulas()], place)
        self.inputs = sum(one.side[train[:1, :1]].shape[-1] for one in ready)
        self.net = Layers(plan.hidden, "relu").perceptron(self.inputs, 1, self.generators)
        self.net.weights[-1].zero_()
        self.net.biases[-1].zero_()
        parameters = list(self.net.parameters())
        self.optimiser, self.best = Adam(parameters, plan.learning_rate), Best(parameters, self.runs)
        self.mean = self.net.stacked.clone()
        self.walk, self.position = train, train.shape[1]
        self.steps: list[int] = []
        self.curves: list[list[float]] = []
        self.ends: list[int | None] = [None] * self.runs
        self._watch(0)

    def _copulas(self) -> list[tuple[Copula, int]]:
        x, y = (one.scores for one in self.ready)
        if not x.shape[1] or not y.shape[1]:
            return [(no_copula(x.shape[1], y.shape[1]), 0)] * self.runs
        return [chosen_copula(x[rows], y[rows]) for rows in self.train.numpy(force=True)]

    @property
    def finished(self) -> bool:
        """Whether every critic has stopped."""
        return None not in self.ends

    @one_thread()
    @torch.inference_mode()
    def advance(self) -> int:
        """Train up to the next reading of the validation part, and return how many steps that took."""
        done = min(EVERY, self.plan.max_steps - self.steps[-1])
        for _ in range(done):
            self._step()
        self._watch(self.steps[-1] + done)
        return done

    def _step(self) -> None:
        rows = self._batch()
        size = rows.shape[1]
        shifts = torch.randint(1, size, (_NEGATIVES,), generator=self.generators[0], device=rows.device).tolist()
        t = self._scores(rows.repeat(1, 1 + _NEGATIVES), torch.cat([rows, *[rows.roll(s, 1) for s in shifts]], 1))
        up, down = js_gradient(t[:, :size], t[:, size:, None])
        self.net.backward(torch.cat([up, down[..., 0]], 1)[..., None])
        self.optimiser.step()
        self.mean.lerp_(self.net.stacked, _NEW)

    def _batch(self) -> Tensor:
        n = self.train.shape[1]
        if self.position + self.batch_size > n:
            mixed = [torch.randperm(n, generator=g, device=g.device) for g in self.generators]
            self.walk, self.position = self.train.gather(1, torch.stack(mixed)), 0
        self.position += self.batch_size
        return self.walk[:, self.position - self.batch_size : self.position]

    def _scores(self, i: Tensor, j: Tensor) -> Tensor:
        """T of the rows i of x with the rows j of y, (K, n) each -> (K, n), nats."""
        x, y = (one.side[rows] for one, rows in zip(self.ready, (i, j), strict=True))
        t = self.net(torch.cat([x, y], -1))[..., 0]
        if self.beginning.none:
            return t
        return t + self.beginning.log_ratio(x[..., : self.ready[0].dim], y[..., : self.ready[1].dim])

    def in_chunks(self, i: Tensor, j: Tensor) -> Tensor:
        """The same of many rows, for reading: log of the ratio mixed with 1/n of 1.

        No n pairs can show a ratio below 1/n, and one pair where a Gaussian has none would outweigh all the others.
        """
        chunk = max(256, _CHUNK // (self.runs * self.inputs))
        parts = zip(i.split(chunk, 1), j.split(chunk, 1), strict=True)
        t = torch.cat([self._scores(*part).clone() for part in parts], 1)
        return torch.logaddexp(t + math.log1p(-1 / self.pairs), torch.full_like(t, -math.log(self.pairs)))

    def over(self, ready: tuple[Ready, Ready]) -> "Critics":
        """The same critics, to read other pairs."""
        other = copy.copy(self)
        other.ready = ready
        return other

    def read(self, rows: Tensor, negatives: int) -> tuple[Tensor, Tensor]:
        """Scores of pairs, (K, n), and of their negatives by evenly spread shifts, (K, n, M). No shift keeps a pair."""
        n = rows.shape[1]
        count = min(negatives, n - 1)
        shifts = [1 + at * ((n - 1) // count) for at in range(count)]
        negative = [self.in_chunks(rows, rows.roll(shift, 1)) for shift in shifts]
        return self.in_chunks(rows, rows), torch.stack(negative, -1)

    def _watch(self, step: int) -> None:
        """Read the validation part by the mean weights, and keep those that are a run's best so far."""
        now = self.net.stacked.clone()
        self.net.stacked.copy_(self.mean)
        positive, negative = self.read(self.validation, _SHIFTS)
        values, sure = js(positive, negative).tolist(), self._sure(step, positive, negative)
        ended = [run for run, end in enumerate(self.ends) if end is not None]
        self.best.see([value if kept else -math.inf for value, kept in zip(values, sure, strict=True)], ended)
        self.net.stacked.copy_(now)
        self.steps.append(step)
        # 0 where nothing can be told apart, twice the Jensen-Shannon divergence where all can be
        self.curves.append([value + 2 * math.log(2) for value in values])
        reading = len(self.steps) - 1
        for run, value in enumerate(values):
            waited = reading - max(0, self.best.at[run])
            over = waited >= PATIENCE or step >= self.plan.max_steps or not math.isfinite(value)
            if over and self.ends[run] is None:
                self.ends[run] = reading + 1

    def _sure(self, step: int, positive: Tensor, negative: Tensor) -> list[bool]:
        """Which runs are better than before training for more than chance; some reading is always the best one."""
        terms = logsigmoid(positive) + logsigmoid(-negative).mean(-1)
        if not step:
            self.first = terms
        if self.plan.always or not step:
            return [bool(step) or not self.plan.always] * self.runs
        gain = terms - self.first
        sure: list[bool] = (gain.mean(1) > _SURE * gain.std(1) / math.sqrt(gain.shape[1])).tolist()
        return sure
