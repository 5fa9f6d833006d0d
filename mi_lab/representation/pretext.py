"""Trains an encoder to tell a labeling of its images: rotations or random labels (Sec. 4, App. C.2).

One training is one network, so unlike critics these are not stacked; several trainings run as parallel processes. All
images lie in memory as uint8; a batch is normalised when it is drawn.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mi_lab.estimation.resuming import Checkpoint
from mi_lab.ground.names import PRECISIONS, PRETEXTS, known
from mi_lab.representation.datasets import Dataset, Split
from mi_lab.representation.encoders import Encoder
from mi_lab.representation.epochs import Order, Running, check_schedule, products_in, run_to_the_end
from mi_lab.representation.labelings import random_labels, rotations

RANDOM_CLASSES = 10  # as many as CIFAR-10 has objects: "random labels with the same support as Y"
_READ_AT_ONCE = 1000  # images

Normalise = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Schedule:
    """SGD with momentum 0.9; the learning rate falls tenfold at one half and at three quarters of the epochs.

    The report takes 182 epochs, batches of 512 at 0.1 for rotations and of 128 at 0.01 for random labels (App. C.2).
    ``momentum`` None is Adam instead, at a constant rate (App. D.1). ``precision`` is that of the network's products;
    its weights, its loss and what is read of it on the validation split are float32. Raises ValueError for a value out
    of range.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    momentum: float | None = 0.9
    precision: str = "float32"

    def __post_init__(self) -> None:
        known("precision", self.precision, PRECISIONS)
        check_schedule(self)

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        if self.momentum is None:
            return self.learning_rate
        falls = (epoch >= self.epochs // 2) + (epoch >= 3 * self.epochs // 4)
        return float(self.learning_rate * 0.1**falls)

    def optimiser(self, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
        """A new optimiser of these parameters."""
        if self.momentum is None:
            return torch.optim.Adam(parameters, self.learning_rate)
        return torch.optim.SGD(parameters, self.learning_rate, self.momentum)


@dataclass(frozen=True)
class PretextCurve:
    """What training saw, one value per epoch: mean loss in nats, accuracy on the pretext's own labels in [0, 1].

    ``validation`` holds every measure of the encoder by name, ``accuracy`` first. ``best_epoch``, counted from 1, is
    the first of the highest score, the validation accuracy unless the encoder says otherwise; it is left as it was
    then (Kolesnikov et al., 2019). ``first_nonfinite_epoch`` is None, or the epoch whose loss was not finite; training
    ends there. ``wall_seconds`` is the time the training took, in all its parts if it was stopped and went on.
    """

    loss: list[float]
    accuracy: list[float]
    validation: Mapping[str, list[float]]
    best_epoch: int
    first_nonfinite_epoch: int | None
    wall_seconds: float = field(compare=False)

    @property
    def validation_accuracy(self) -> list[float]:
        """Accuracy on the validation split by epoch."""
        return self.validation.get("accuracy", [])


def pretext_task(data: Dataset, pretext: str, seed: int = 0) -> tuple[Split, Split, int]:
    """Training and validation images with the labels of a pretext, and how many there are.

    Both pretexts see the enlarged set, each image in four orientations. Random labels are drawn once per image and
    kept; those of the validation images too, so that accuracy there can only be chance. Raises ValueError for an
    unknown pretext.
    """
    known("pretext", pretext, PRETEXTS)
    train, validation = rotations(data.train)[0], rotations(data.validation)[0]
    if pretext == "rotation":
        return train, validation, 4
    labels = [random_labels(len(s.labels), RANDOM_CLASSES, 2 * seed + i) for i, s in enumerate((train, validation))]
    return Split(train.images, labels[0]), Split(validation.images, labels[1]), RANDOM_CLASSES


def train_encoder(
    encoder: Encoder,
    train: Split,
    validation: Split,
    normalise: Normalise,
    schedule: Schedule,
    *,
    keep_best: bool = True,
    seed: int = 0,
    progress: str | None = None,
    checkpoint: Checkpoint | None = None,
) -> PretextCurve:
    """Train an encoder where it lies, on the CPU or a GPU, and leave it as it was at its best epoch.

    With ``keep_best=False`` it is left as it is at the end: random labels have to be memorised, and their validation
    accuracy is chance. A training with a ``checkpoint`` goes on where that left off, to the same bits on the same
    machine. Raises ValueError for an empty split.
    """
    if not len(train.labels) or not len(validation.labels):
        raise ValueError("the training and the validation split must hold at least one image each.")
    running = _Pretext(encoder, train, validation, normalise, schedule, keep_best, seed)
    count = len(train.labels)
    seconds = run_to_the_end(running, count, schedule.batch_size, schedule.epochs, progress, checkpoint)
    return running.curve(seconds)


def accuracy(encoder: Encoder, split: Split, normalise: Normalise) -> float:
    """Share of a split's labels that an encoder tells right, in evaluation mode; the mode is put back."""
    return measured(encoder, split, normalise)["accuracy"]


def measured(encoder: Encoder, split: Split, normalise: Normalise) -> dict[str, float]:
    """The means over a split of an encoder's ``measures``, in evaluation mode; the mode is put back."""
    place, was = next(encoder.parameters()).device, encoder.training
    encoder.eval()
    totals: dict[str, float] = {}
    with torch.inference_mode():
        parts = zip(split.images.split(_READ_AT_ONCE), split.labels.split(_READ_AT_ONCE), strict=True)
        for images, labels in parts:
            for name, values in encoder.measures(normalise(images.to(place)), labels.to(place)).items():
                totals[name] = totals.get(name, 0.0) + float(values.sum())
    encoder.train(was)
    return {name: total / len(split.labels) for name, total in totals.items()}


class _Pretext(Running):
    """The training of one encoder; ``sums`` are the loss of the epoch's images and how many were told right."""

    def __init__(
        self,
        encoder: Encoder,
        train: Split,
        validation: Split,
        normalise: Normalise,
        schedule: Schedule,
        keep_best: bool,
        seed: int,
    ) -> None:
        self.encoder = encoder.to(memory_format=torch.channels_last).train()
        super().__init__([encoder], [schedule.optimiser(encoder.parameters())], [Order(seed)])
        self.train, self.validation, self.normalise = train, validation, normalise
        self.place = next(encoder.parameters()).device
        self.schedule, self.keep_best = schedule, keep_best
        self.seen = {"loss": [], "accuracy": [], "score": [], "validation": {}, "best": {}}
        self.broken: int | None = None
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self.sums = [0.0, 0]
        for group in self.optimisers[0].param_groups:
            group["lr"] = self.schedule.rate(self.epoch)

    def finished(self) -> bool:
        return self.broken is not None or self.epoch >= self.schedule.epochs

    def learn(self, index: Tensor) -> None:
        [optimiser], [index] = self.optimisers, index
        images, labels = (part[index].to(self.place) for part in self.train)
        optimiser.zero_grad(set_to_none=True)
        floats = self.normalise(images).contiguous(memory_format=torch.channels_last)
        with products_in(self.schedule.precision, self.place):
            loss, logits = self.encoder.loss(floats, labels)
        loss.backward()
        optimiser.step()
        self.sums[0] += float(loss.detach()) * len(labels)
        self.sums[1] += int((logits.detach().argmax(1) == labels).sum())

    def note(self) -> None:
        """Note the epoch's values, and keep the weights if it is the best so far."""
        seen = self.seen
        if self.epoch == len(seen["loss"]):
            return
        loss, right = (total / len(self.train.labels) for total in self.sums)
        if not math.isfinite(loss):
            self.broken = self.epoch
            return
        found = measured(self.encoder, self.validation, self.normalise)
        score = self.encoder.score(found)
        if not seen["score"] or score > max(seen["score"]):
            seen["best"] = {name: value.clone() for name, value in self.encoder.state_dict().items()}
        for name, value in (("loss", loss), ("accuracy", right), ("score", score)):
            seen[name].append(value)
        for name, value in found.items():
            seen["validation"].setdefault(name, []).append(value)
        self._begin_epoch()

    def curve(self, seconds: float) -> PretextCurve:
        """What was seen; leaves the encoder as it is to be."""
        seen = self.seen
        if self.keep_best and seen["best"]:
            self.encoder.load_state_dict(seen["best"])
        best = seen["score"].index(max(seen["score"])) + 1 if seen["score"] else 0
        return PretextCurve(seen["loss"], seen["accuracy"], seen["validation"], best, self.broken, seconds)
