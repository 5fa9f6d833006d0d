"""What a model fitted on frozen features finds: linear and MLP probes, and estimated mutual information (App. C.2).

The probes of many taps and encoders train as one stack of perceptrons, as critics do. Features are (K, n, F): K sets
of features of the same n images.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from mi_lab.estimation.adam import Adam
from mi_lab.estimation.mlp import StackedMlp
from mi_lab.ground.extras import require
from mi_lab.representation.encoders import Encoder
from mi_lab.representation.pretext import Normalise

_READ_AT_ONCE = 1000  # images


@dataclass(frozen=True)
class Probe:
    """How a probe is fitted: perceptron, Adam, weight decay on the mean loss. The report's are LINEAR and MLP.

    ``dropout`` is one rate per hidden layer, or none. ``weight_decay`` None is Kolesnikov et al.'s (2019) rule for a
    linear probe, 100 / (features x classes) on the sum of losses, so that divided by the number of images on their
    mean.
    """

    hidden: tuple[int, ...]
    dropout: tuple[float, ...]
    epochs: int
    weight_decay: float | None
    learning_rate: float = 5e-4
    batch_size: int = 512
    activation: str = "elu"


LINEAR = Probe((), (), 500, None)
"""The linear evaluation protocol of App. C.2."""
MLP = Probe((512, 512, 512), (0.5, 0.3, 0.2), 1000, 2.5e-5)
"""The non-linear one of App. C.2."""
MLP_MNIST = Probe((300, 300), (), 50, 1e-5, 1e-4, 128, "relu")
"""The non-linear protocol on MNIST of App. C.3, with activation functions and batches as the encoder's."""


@torch.inference_mode()
def frozen_features(encoder: Encoder, images: Tensor, normalise: Normalise) -> Mapping[str, Tensor]:
    """Features at every tap, (n, F) floats on the CPU, in evaluation mode; nothing of the encoder is changed."""
    place, was = next(encoder.parameters()).device, encoder.training
    encoder.eval()
    parts = [encoder.features(normalise(part.to(place))) for part in images.split(_READ_AT_ONCE)]
    encoder.train(was)
    return {tap: torch.cat([part[tap].cpu() for part in parts]) for tap in encoder.taps}


class Reading(NamedTuple):
    """What a probe reads on a test part: its accuracy in [0, 1], and its mean log loss in nats, which estimates the
    predictive V-entropy of the labels given the features."""

    accuracy: float
    log_loss: float


Part = tuple[Tensor, Tensor]
"""Features and labels of some images."""

Pull = Callable[[Tensor, Tensor], Tensor]
"""Takes outputs (K, batch, outputs) and the batch's places in the data (K, batch); returns the gradient that Adam
ascends, of the outputs' shape."""


def probe_accuracy(probe: Probe, train: Part, test: Part, seeds: Sequence[int], classes: int) -> list[float]:
    """The accuracies of ``probe_readings`` alone."""
    return [reading.accuracy for reading in probe_readings(probe, train, test, seeds, classes)]


def saga_accuracy(train: Part, tests: Sequence[Part], tolerance: float = 1e-4, seed: int = 0) -> list[float]:
    """The report's linear protocol on MNIST (App. C.3): logistic regression by SAGA, its accuracy on each test part.

    The parts are features (n, F) and labels (n,). The settings that the report leaves open are scikit-learn's own, on
    features of mean 0 and deviation 1, which SAGA's step size asks for. It stops once no weight changes by more than
    ``tolerance`` of the largest, or after 100 epochs.
    """
    require("sklearn")
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    features, labels = train
    mean, scale = features.mean(0), features.std(0, correction=0)
    scale[scale == 0] = 1
    model = LogisticRegression(solver="saga", tol=tolerance, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped early on purpose
        model.fit(((features - mean) / scale).numpy(), labels.numpy())
    return [float(model.score(((held_out - mean) / scale).numpy(), known.numpy())) for held_out, known in tests]


def probe_readings(probe: Probe, train: Part, test: Part, seeds: Sequence[int], classes: int) -> list[Reading]:
    """Fit one probe per set of features on the mean cross-entropy and read each on the test part.

    ``train`` and ``test`` are features (K, n, F) and labels (n,); set k is probed under ``seeds[k]``. Raises
    ValueError if the numbers of sets, images or seeds do not fit each other.
    """
    _check(*test, seeds, classes)
    return read_probes(fit_probes(probe, train, seeds, classes), test)


def fit_probes(probe: Probe, train: Part, seeds: Sequence[int], classes: int) -> StackedMlp:
    """The probes that ``probe_readings`` fits, for ``read_probes``."""
    features, labels = train
    _check(features, labels, seeds, classes)

    def pull(logits: Tensor, index: Tensor) -> Tensor:
        return (one_hot(labels[index], classes) - logits.softmax(2)) / index.shape[1]

    return fit_stack(probe, features, classes, pull, seeds)


@torch.inference_mode()
def read_probes(model: StackedMlp, test: Part) -> list[Reading]:
    """What each of a stack of fitted probes reads on a test part, features (K, n, F) and labels (n,)."""
    features, labels = test
    right, loss = torch.zeros(2, len(features), dtype=torch.float64, device=features.device)
    for part, known in zip(features.split(_READ_AT_ONCE, 1), labels.split(_READ_AT_ONCE), strict=True):
        logits = model(part)
        right += (logits.argmax(2) == known).sum(1)
        loss += torch.stack([cross_entropy(one, known, reduction="sum") for one in logits])
    return [Reading(*values) for values in (torch.stack([right, loss], 1) / len(labels)).tolist()]


@torch.inference_mode()
def fit_stack(probe: Probe, features: Tensor, outputs: int, pull: Pull, seeds: Sequence[int]) -> StackedMlp:
    """K perceptrons with that many outputs on K sets of features, (K, n, F), trained as ``probe`` says."""
    sets, count, width = features.shape
    place = features.device
    generators = [torch.Generator(device=place).manual_seed(seed) for seed in seeds]
    rates = torch.tensor(probe.dropout or (0.0,) * len(probe.hidden), device=place).expand(sets, len(probe.hidden))
    model = StackedMlp([width, *probe.hidden, outputs], probe.activation, rates, generators)
    optimiser = Adam(list(model.parameters()), probe.learning_rate)
    decay = 100 / (width * outputs * count) if probe.weight_decay is None else probe.weight_decay
    # one gather of rows; indexing two dimensions at once takes twice as long
    rows, first = features.flatten(0, 1), torch.arange(sets, device=place)[:, None] * count
    dropping = generators if any(probe.dropout) else None
    for _ in range(probe.epochs):
        orders = [torch.randperm(count, generator=g, device=place) for g in generators]
        for index in torch.stack(orders).split(probe.batch_size, dim=1):
            batch = rows.index_select(0, (index + first).flatten()).view(*index.shape, -1)
            model.backward(pull(model(batch, dropping), index))
            ascend(model, optimiser, decay)
    return model


def ascend(model: StackedMlp, optimiser: Adam, decay: float) -> None:
    """One step up the gradient that ``backward`` left, less Adam's L2 penalty."""
    assert model.stacked.grad is not None
    model.stacked.grad.add_(model.stacked, alpha=-decay)
    optimiser.step()


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
