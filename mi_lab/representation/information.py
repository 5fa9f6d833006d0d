"""I(e(X);Y), estimated: the critics of Section 3 on frozen features and one-hot labels (App. C.2, D.1).

The critics of many taps and encoders train as one stack, with the bounds, negatives and step of ``mi_lab.estimation``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from mi_lab.estimation.adam import Adam
from mi_lab.estimation.bounds import Estimator
from mi_lab.estimation.catalogue import estimator
from mi_lab.estimation.critics import Critic, make_critic
from mi_lab.estimation.machine import one_thread
from mi_lab.estimation.negatives import check_batch, draw_batch, score
from mi_lab.estimation.pairs.dataset import Side, Walk
from mi_lab.estimation.steps import make_step
from mi_lab.ground.names import CRITIC_BATCH

_READING_SEED = 1  # of the negatives on which every epoch is read, the same each time

Part = tuple[Tensor, Tensor]
"""Features (K, n, F), floats, and labels (n,), int64."""


@dataclass(frozen=True)
class InformationProbe:
    """How I(e(X);Y) is estimated: estimator, perceptron, Adam. The report's are ``NMI`` and ``ON_LENET``."""

    estimator: str
    hidden: tuple[int, ...] = (512, 512, 512)
    dropout: tuple[float, ...] = (0.5, 0.3, 0.2)
    weight_decay: float = 2.5e-5
    learning_rate: float = 5e-4
    epochs: int = 1000
    batch_size: int = CRITIC_BATCH
    negatives: str = "shuffle"


NMI = InformationProbe("js")
"""The JS critic of App. C.2, read as a plug-in."""
ON_LENET = {
    "mine": InformationProbe("mine", (512, 512), (), 0.0, 1e-4),
    "nwj": InformationProbe("nwj", (512, 512), (), 0.0, 1e-4),
    "js": InformationProbe("js", learning_rate=1e-4),
}
"""The estimators of App. D.1 on LeNet's features; for the regularised JS critic the text names no other rate."""


class Found(NamedTuple):
    """An estimate in nats: its highest value on the validation part, the epoch of that, the same critic on the test
    part, and the validation curve. The report's policy takes ``best``; ``test`` is what held-out data say of it."""

    best: float
    best_epoch: int
    test: float
    curve: list[float]


@one_thread()
@torch.inference_mode()
def estimated_information(
    probe: InformationProbe, train: Part, validation: Part, test: Part, seeds: Sequence[int], classes: int
) -> dict[str, list[Found]]:
    """Estimate I(features; label) for K sets of features at once, set k under ``seeds[k]``: by readout, one per set.

    Each part is read as a whole, from all its batches together. A run whose values stop being finite keeps the best
    from before; nan if there is none. Raises ValueError for a part that holds less than one batch.
    """
    for name, (features, labels) in {"training": train, "validation": validation, "test": test}.items():
        if features.shape[:2] != (len(seeds), len(labels)) or len(labels) < probe.batch_size:
            raise ValueError(
                f"the {name} part must hold features ({len(seeds)}, n, F) and n labels, at least one batch of "
                f"{probe.batch_size}, not {tuple(features.shape)} and {len(labels)}."
            )
    check_batch(probe.batch_size, probe.negatives)
    chosen = estimator(probe.estimator)
    generators = [torch.Generator(device=train[0].device).manual_seed(seed) for seed in seeds]
    walks = _walks(train, classes, shuffled=True)
    critic = make_critic("joint", walks, generators, probe.hidden, dropout=probe.dropout)
    decay = torch.full((len(seeds),), probe.weight_decay, device=train[0].device)
    step = make_step(critic, chosen.objective, Adam(list(critic.parameters()), probe.learning_rate), decay, generators)
    kept = {name: _Best(critic) for name in chosen.readouts}
    for _ in range(probe.epochs):
        for _ in range(len(train[1]) // probe.batch_size):
            step(draw_batch(walks, probe.batch_size, probe.negatives, generators))
        for name, values in _read(critic, chosen, probe, validation, classes).items():
            kept[name].see(values)
    return {name: best.found(_test_values(best, chosen, name, probe, test, classes)) for name, best in kept.items()}


def _test_values(
    best: "_Best", chosen: Estimator, name: str, probe: InformationProbe, test: Part, classes: int
) -> list[float]:
    best.restore()
    return _read(best.critic, chosen, probe, test, classes)[name]


def _walks(part: Part, classes: int, shuffled: bool) -> list[Walk]:
    features, labels = part
    order = torch.arange(len(labels), device=labels.device)
    return [Walk(Side(rows, None), Side(labels, classes), order, shuffled) for rows in features]


def _read(
    critic: Critic, chosen: Estimator, probe: InformationProbe, part: Part, classes: int
) -> Mapping[str, list[float]]:
    """Every readout on a whole part, (K,) each, from the scores of all its batches."""
    walks = _walks(part, classes, shuffled=False)
    generators = [torch.Generator(device=part[0].device).manual_seed(_READING_SEED) for _ in walks]
    batches = range(len(part[1]) // probe.batch_size)
    scores = [score(critic, draw_batch(walks, probe.batch_size, probe.negatives, generators)) for _ in batches]
    positive = torch.cat([s.positive for s in scores], 1).double()
    negative = torch.cat([s.negative for s in scores], 1).double()
    return {name: readout(positive, negative).tolist() for name, readout in chosen.readouts.items()}


class _Best:
    """The critics of each run as they were at their highest value of one readout."""

    def __init__(self, critic: Critic) -> None:
        self.critic = critic
        self.parameters = list(critic.parameters())
        self.kept = [parameter.clone() for parameter in self.parameters]
        self.curves: list[list[float]] = []

    def see(self, values: Sequence[float]) -> None:
        """Note an epoch's values, and keep the critics of the runs whose highest it is."""
        self.curves = self.curves or [[] for _ in values]
        for run, (value, curve) in enumerate(zip(values, self.curves, strict=True)):
            if math.isfinite(value) and value > max(filter(math.isfinite, curve), default=-math.inf):
                for kept, parameter in zip(self.kept, self.parameters, strict=True):
                    kept[run] = parameter[run]
            curve.append(value)

    def restore(self) -> None:
        for kept, parameter in zip(self.kept, self.parameters, strict=True):
            parameter.copy_(kept)

    def found(self, test: Sequence[float]) -> list[Found]:
        rows = []
        for curve, value in zip(self.curves, test, strict=True):
            best = max(filter(math.isfinite, curve), default=math.nan)
            epoch = curve.index(best) + 1 if best == best else 0
            rows.append(Found(best, epoch, value if epoch else math.nan, curve))
        return rows
