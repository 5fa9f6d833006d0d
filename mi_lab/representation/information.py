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
from mi_lab.estimation.best import Best
from mi_lab.estimation.bounds import Estimator
from mi_lab.estimation.catalogue import estimator
from mi_lab.estimation.critics import Critic, make_critic
from mi_lab.estimation.machine import one_thread
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.negatives import check_batch, draw_batch, read
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
    critic = make_critic("joint", walks, generators, Layers(probe.hidden, dropout=probe.dropout))
    decay = torch.full((len(seeds),), probe.weight_decay, device=train[0].device)
    step = make_step(critic, chosen.objective, Adam(list(critic.parameters()), probe.learning_rate), decay, generators)
    best = {name: Best(list(critic.parameters()), len(seeds)) for name in chosen.readouts}
    curves: dict[str, list[list[float]]] = {name: [] for name in best}
    for _ in range(probe.epochs):
        for _ in range(len(train[1]) // probe.batch_size):
            step(draw_batch(walks, probe.batch_size, probe.negatives, generators))
        for name, values in _read(critic, chosen, probe, validation, classes).items():
            best[name].see(values)
            curves[name].append(values)
    found = {}
    for name, own in best.items():
        with own.restored():
            last = _read(critic, chosen, probe, test, classes)[name]
        by_run = zip(own.highest, own.at, last, map(list, zip(*curves[name], strict=True)), strict=True)
        found[name] = [
            Found(high, at + 1, value, curve) if at >= 0 else Found(math.nan, 0, math.nan, curve)
            for high, at, value, curve in by_run
        ]
    return found


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
    drawn = (draw_batch(walks, probe.batch_size, probe.negatives, generators) for _ in batches)
    scores = [read(critic, batch, generators) for batch in drawn]
    positive = torch.cat([s.positive for s in scores], 1).double()
    negative = torch.cat([s.negative for s in scores], 1).double()
    return {name: readout(positive, negative).tolist() for name, readout in chosen.readouts.items()}
