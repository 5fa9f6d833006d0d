"""What a model fitted on frozen features finds: linear and MLP probes, and estimated mutual information (App. C.2).

The probes of many taps and encoders train as one stack of perceptrons, as critics do. Features are (K, n, F): K sets
of features of the same n images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from mi_lab.estimation.mlp import Generators, StackedMlp
from mi_lab.estimation.steps import Adam
from mi_lab.representation.encoders import Encoder
from mi_lab.representation.pretext import Normalise

_READ_AT_ONCE = 1000  # images


@dataclass(frozen=True)
class Probe:
    """How a probe is fitted: perceptron, Adam, weight decay on the mean loss. The report's are LINEAR and MLP.

    ``weight_decay`` None is Kolesnikov et al.'s (2019) rule for a linear probe, 100 / (features x classes) on the sum
    of losses, so that divided by the number of images on their mean.
    """

    hidden: tuple[int, ...]
    dropout: tuple[float, ...]
    epochs: int
    weight_decay: float | None
    learning_rate: float = 5e-4
    batch_size: int = 512


LINEAR = Probe((), (), 500, None)
"""The linear evaluation protocol of App. C.2."""
MLP = Probe((512, 512, 512), (0.5, 0.3, 0.2), 1000, 2.5e-5)
"""The non-linear one of App. C.2."""


@torch.inference_mode()
def frozen_features(encoder: Encoder, images: Tensor, normalise: Normalise) -> Mapping[str, Tensor]:
    """Features at every tap, (n, F) floats on the CPU, in evaluation mode; nothing of the encoder is changed."""
    place, was = next(encoder.parameters()).device, encoder.training
    encoder.eval()
    parts = [encoder.features(normalise(part.to(place))) for part in images.split(_READ_AT_ONCE)]
    encoder.train(was)
    return {tap: torch.cat([part[tap].cpu() for part in parts]) for tap in encoder.taps}


@torch.inference_mode()
def probe_accuracy(
    probe: Probe, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], seeds: Sequence[int], classes: int
) -> list[float]:
    """Fit one probe per set of features and return their accuracies on the test part, in [0, 1].

    ``train`` and ``test`` are features (K, n, F) and labels (n,); set k is probed under ``seeds[k]``. Raises
    ValueError if the numbers of sets, images or seeds do not fit each other.
    """
    features, labels = train
    _check(features, labels, seeds, classes)
    _check(*test, seeds, classes)
    place = features.device
    generators = [torch.Generator(device=place).manual_seed(seed) for seed in seeds]
    rates = torch.tensor(probe.dropout, device=place).expand(len(seeds), len(probe.hidden))
    model = StackedMlp([features.shape[2], *probe.hidden, classes], "elu", rates, generators)
    optimiser = Adam(list(model.parameters()), probe.learning_rate)
    decay = probe.weight_decay
    if decay is None:
        decay = 100 / (features.shape[2] * classes * len(labels))
    for _ in range(probe.epochs):
        orders = [torch.randperm(len(labels), generator=g, device=place) for g in generators]
        for index in torch.stack(orders).split(probe.batch_size, dim=1):
            _learn(model, optimiser, decay, features, labels, index, generators if any(probe.dropout) else None)
    return [float(right) for right in _accuracies(model, *test)]


def _learn(
    model: StackedMlp,
    optimiser: Adam,
    decay: float,
    features: Tensor,
    labels: Tensor,
    index: Tensor,
    generators: Generators | None,
) -> None:
    """One step of every probe on its own batch, ``index`` (K, batch): Adam ascends minus the mean cross-entropy."""
    # one gather of rows; indexing two dimensions at once takes twice as long
    runs = torch.arange(len(features), device=index.device)[:, None]
    rows = (index + runs * features.shape[1]).flatten()
    batch = features.flatten(0, 1).index_select(0, rows).view(*index.shape, -1)
    logits = model(batch, generators)
    wanted = one_hot(labels[index], logits.shape[2])
    model.backward((wanted - logits.softmax(2)) / index.shape[1])
    assert model.stacked.grad is not None
    model.stacked.grad.add_(model.stacked, alpha=-decay)
    optimiser.step()


def _accuracies(model: StackedMlp, features: Tensor, labels: Tensor) -> Tensor:
    parts = [
        (model(f).argmax(2) == known).sum(1)
        for f, known in zip(features.split(_READ_AT_ONCE, 1), labels.split(_READ_AT_ONCE), strict=True)
    ]
    return torch.stack(parts).sum(0).double() / len(labels)


def _check(features: Tensor, labels: Tensor, seeds: Sequence[int], classes: int) -> None:
    if features.dim() != 3 or features.shape[:2] != (len(seeds), len(labels)):
        raise ValueError(
            f"features must have the shape ({len(seeds)} seeds, {len(labels)} labels, features), "
            f"not {tuple(features.shape)}."
        )
    if int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise ValueError(
            f"labels must lie from 0 to {classes - 1}, not from {int(labels.min())} to {int(labels.max())}."
        )
