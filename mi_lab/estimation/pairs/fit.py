"""MI of a data set of pairs: split, train a stack of seeds, stop on validation, read on test pairs.

**The rule.** Three fifths of the pairs (more if there are many) train, a fifth validates, a fifth tests; the split is
drawn once and is the same for every seed. Columns become normal scores, labels one-hot. Every ``EVERY`` steps, and
before the first, each seed's objective is read on the validation part, with the same batches and negatives each time.
The critic where that is highest is kept. A seed stops after ``PATIENCE`` readings without a new highest, or at
``max_steps``. What is reported is the mean over batches of the *test* part under
that critic, which took part in neither. No maximum is ever taken over reported values.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mi_lab.estimation import bounds
from mi_lab.estimation.adam import Adam
from mi_lab.estimation.best import Best
from mi_lab.estimation.catalogue import critic_for
from mi_lab.estimation.catalogue import estimator as estimator_of
from mi_lab.estimation.machine import device_named, one_thread
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.negatives import check_batch, draw_batch, read
from mi_lab.estimation.pairs.columns import read_as_pairs
from mi_lab.estimation.pairs.dataset import Walk, make_side, split
from mi_lab.estimation.pairs.estimates import Data, Estimate, mean_and_stderr
from mi_lab.estimation.pairs.flags import flagged
from mi_lab.estimation.pairs.heldout import values_of
from mi_lab.estimation.pairs.labels import entropy_of
from mi_lab.estimation.steps import captured, make_step
from mi_lab.ground import names
from mi_lab.ground.bars import Bar
from mi_lab.ground.names import (
    CONDITIONAL,
    CONTRASTIVE,
    DENOISER,
    DENSITIES,
    FLOW,
    OF_TASKS,
    check_critic,
    check_negatives,
    known,
)
from mi_lab.ground.records import BOUNDS, LOWER
from mi_lab.ground.settings import MOST_SEED, as_type, within

EVERY = 50  # steps between two readings of the validation part
PATIENCE = 12  # readings
PASSES = 10  # through the test part, each with negatives of its own: their share of the error shrinks
NEGATIVES = ("derangement", "shuffle", "all_pairs")  # pairs that are given have no independent batch
CRITICS = (*(name for name in names.CRITICS if name != "optimal"), CONDITIONAL, FLOW, DENOISER)
# and not the optimal one, which would know the truth


class Fit:
    """The training behind an estimate, to be advanced a slice at a time.

    ``negatives`` are a derangement by default, which has no ceiling, and all pairs for InfoNCE, I_alpha, FLO and
    L1Out, which know no other; the ``critic`` is joint, but separable with all pairs, where a joint one costs N^2
    evaluations, and their own for estimators that model densities. ``batch_size`` is an eighth of the test part,
    within 8 and 256. ``hidden``, ``dropout``, ``learning_rate``, ``seeds`` and ``device`` are as in ``train``; dropout
    is off in every reading. ``options`` are those of the estimator, such as ``tau`` of SMILE. Raises ValueError for bad
    input.
    """

    @one_thread()
    @torch.inference_mode()
    def __init__(
        self,
        x: Any,
        y: Any,
        estimator: str = "nwj",
        *,
        negatives: str | None = None,
        critic: str | None = None,
        batch_size: int | None = None,
        hidden: Sequence[int] = (128, 128),
        dropout: Sequence[float] = (),
        learning_rate: float = 1e-3,
        max_steps: int = 3000,
        seeds: int | Sequence[int] = (0, 1, 2),
        missing: str = "refuse",
        device: str = "auto",
        **options: float | None,
    ) -> None:
        self.estimator, chosen = estimator, estimator_of(estimator, **options)
        default = "all_pairs" if estimator in CONTRASTIVE else "derangement"
        self.negatives = known("negatives", negatives or default, NEGATIVES)
        cheap = "separable" if self.negatives == "all_pairs" else "joint"
        self.critic_name = known("critic", critic or DENSITIES.get(estimator, cheap), CRITICS)
        self.seeds: tuple[int, ...] = as_type(tuple[int, ...], "seeds", seeds)
        self.max_steps: int = as_type(int, "max_steps", max_steps)
        learning_rate = as_type(float, "learning_rate", learning_rate)
        self._check(learning_rate)
        self.pairs = read_as_pairs(x, y, missing)
        x, y = self.pairs.x, self.pairs.y
        if self.critic_name == FLOW and 1 in (x.ndim, y.ndim):
            raise ValueError(f"{estimator} models the density of both sides, and labels have none.")
        if estimator in DENSITIES and y.ndim == 1:
            why = "takes noise off y" if self.critic_name == DENOISER else "models the density of y"
            raise ValueError(f"{estimator} {why}, and labels have none; pass the labels as x.")
        default_size = min(256, max(8, len(x) // 40))
        self.batch_size = default_size if batch_size is None else as_type(int, "batch_size", batch_size)
        check_batch(self.batch_size, self.negatives)
        place = device_named(device)
        train, self.validation, self.test = split(len(x), self.batch_size, place)
        self.sides = make_side(x, place), make_side(y, place)
        self.walks = [Walk(*self.sides, train, shuffled=True) for _ in self.seeds]
        self.data = self._data(len(train))
        self.generators = self._generators()
        layers = Layers(hidden, dropout=dropout)
        self.critic = critic_for(estimator, self.critic_name, self.walks, self.generators, layers)
        parameters = list(self.critic.parameters())
        optimiser = Adam(parameters, learning_rate) if parameters else None
        step = make_step(self.critic, chosen.objective, optimiser, torch.zeros(len(self.seeds)), self.generators)
        self.step = (
            captured(step, place) if place.type == "cuda" and not (self.critic.drops_out or self.critic.eager) else step
        )
        self.readouts = chosen.readouts
        self.watched = chosen.fit
        self.steps: list[int] = []
        self.curves: dict[str, list[list[float]]] = {name: [] for name in self.readouts}
        runs = len(self.seeds)
        self.best = Best(parameters, runs)
        self.ends: list[int | None] = [None] * runs  # how many readings there were when a seed stopped
        self._watch(0)

    def _check(self, learning_rate: float) -> None:
        end = CONTRASTIVE.get(self.estimator)
        if end and self.negatives != "all_pairs":
            raise ValueError(
                f"{self.estimator} needs negatives='all_pairs'; with one negative per x ('{self.negatives}') {end}."
            )
        if self.estimator in OF_TASKS:
            raise ValueError(f"{self.estimator} needs the density of y, which pairs do not tell; doe fits one.")
        check_critic(self.estimator, self.critic_name)
        check_negatives(self.estimator, self.negatives)
        if not self.seeds:
            raise ValueError("seeds must be one whole number or several, not none.")
        within("seeds", self.seeds, 0, MOST_SEED)
        within("max_steps", (self.max_steps,), 1)
        if learning_rate <= 0:
            raise ValueError(f"learning_rate must be a positive number, not {learning_rate}.")

    def _data(self, train: int) -> Data:
        x, y = self.sides
        test = len(self.test)
        batches = test // self.batch_size
        return Data(train, len(self.validation), test, batches, self.batch_size, x.degrees, y.degrees)

    def _generators(self) -> list[torch.Generator]:
        return [torch.Generator(device=self.test.device).manual_seed(seed) for seed in self.seeds]

    @property
    def finished(self) -> bool:
        """Whether every seed has stopped."""
        return None not in self.ends

    def run(self, progress: str | None = None) -> None:
        """Train until every seed has stopped; ``progress`` is the label of a progress bar, None for none."""
        with Bar(total=self.max_steps, desc=progress, disable=progress is None, leave=False) as bar:
            while not self.finished:
                bar.set_postfix_str(self.latest(), refresh=False)
                bar.update(self.advance())
            bar.finish()

    @one_thread()
    @torch.inference_mode()
    def advance(self) -> int:
        """Train up to the next reading of the validation part, and return how many steps that took."""
        done = min(EVERY, self.max_steps - self.steps[-1])
        for _ in range(done):
            self.step(draw_batch(self.walks, self.batch_size, self.negatives, self.generators))
        self._watch(self.steps[-1] + done)
        return done

    def latest(self) -> str:
        """The newest validation values in words, in nats: one per readout, the mean over seeds."""
        return ", ".join(f"{name} {sum(curve[-1]) / len(self.seeds):.2f}" for name, curve in self.curves.items())

    @one_thread()
    @torch.inference_mode()
    def estimates(self) -> list[Estimate]:
        """One estimate per readout, from the test part and each seed's kept critic; further training is not lost."""
        with self.best.restored():
            values = self._read(self.test, self.readouts, passes=1 if self.negatives == "all_pairs" else PASSES)
        found = [self._estimate(name, values[name]) for name in self.readouts]
        bound = next((one for one in found if one.bound == LOWER), None)
        if bound is None:
            return found
        return [dataclasses.replace(one, lower_bound=bound.mi, lower_stderr=bound.stderr) for one in found]

    def _watch(self, step: int) -> None:
        """Read the validation part and keep, for each seed still in training, the critic that is its best so far."""
        self.steps.append(step)
        means = {
            k: v.mean(0).tolist() for k, v in self._read(self.validation, {"": self.watched, **self.readouts}).items()
        }
        for name, curve in self.curves.items():
            curve.append(means[name])
        reading = len(self.steps) - 1
        self.best.see(means[""], [run for run, end in enumerate(self.ends) if end is not None])
        for run, value in enumerate(means[""]):
            waited = reading - max(0, self.best.at[run])
            over = waited >= PATIENCE or step >= self.max_steps or not math.isfinite(value)
            if over and self.ends[run] is None:
                self.ends[run] = reading + 1

    def _read(self, part: Tensor, functions: Mapping[str, bounds.Bound], passes: int = 1) -> dict[str, Tensor]:
        """Values of the batches of a part, (batches, K) per function. The same batches and negatives at every call."""
        walks = [Walk(*self.sides, part, shuffled=False) for _ in self.seeds]
        generators, batches = self._generators(), len(part) // self.batch_size
        batch = (draw_batch(walks, self.batch_size, self.negatives, generators) for _ in range(passes * batches))
        values = values_of((read(self.critic, drawn, generators) for drawn in batch), functions)
        return {name: row.unflatten(0, (passes, batches)).mean(0) for name, row in values.items()}

    def _estimate(self, readout: str, values: Tensor) -> Estimate:
        rows = values.mT.tolist()
        mi, stderr = mean_and_stderr([row for row in rows if math.isfinite(sum(row))])
        found = Estimate(
            estimator=self.estimator,
            readout=readout,
            critic=self.critic_name,
            negatives=self.negatives,
            mi=mi,
            stderr=stderr,
            seeds=self.seeds,
            per_seed=tuple(values.mean(0).tolist()),
            steps=tuple(self.steps),
            curves=tuple(tuple(row[run] for row in self.curves[readout][:end]) for run, end in enumerate(self.ends)),
            stopped_at=tuple(self.steps[max(0, at)] for at in self.best.at),
            data=self.data,
            flags=(),
            lower_bound=mi if BOUNDS.get(readout) == LOWER else None,
            lower_stderr=stderr if BOUNDS.get(readout) == LOWER else None,
            told=self.pairs.told,
            entropy=entropy_of(self.pairs.x, self.pairs.y),
        )
        return flagged(found, self.pairs, self.max_steps)
