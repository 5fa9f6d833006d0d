"""How well a pretext is fitted as it is learnt, and what linear probes then find of the object class."""

import dataclasses
import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from mi_lab.estimation.resuming import Checkpoint
from mi_lab.experiments.learning_specs import Learning
from mi_lab.ground.sealed import read_sealed, write_sealed
from mi_lab.representation.datasets import Dataset, Split, load_dataset
from mi_lab.representation.encoders import Encoder, make_encoder
from mi_lab.representation.pretext import Schedule, accuracy, pretext_task, train_encoder
from mi_lab.representation.probes import LINEAR, Part, frozen_features, probe_accuracy
from mi_lab.runner.stages import Stages


def probe_as_it_learns(
    spec: Learning, run: Mapping[str, Any], device: torch.device, stages: Stages
) -> Mapping[str, Any]:
    """One encoder. ``values`` hold lists over the epochs ``read_at``, which end before one that was not finite.

    ``fit`` and ``fit_validation`` are its accuracies on the pretext's own images and on the validation images, both in
    evaluation mode; ``linear`` holds the probes' accuracies on the test split by tap.
    """
    data, seed = load_dataset(spec.data), run["seed"]
    train, validation, classes = pretext_task(data.fewer(spec.images, spec.validation_images), spec.pretext, seed)
    channels = train.images.shape[1]
    encoder = make_encoder(spec.architecture, classes, channels, spec.width, seed).to(device)
    how = Schedule(spec.epochs, spec.batch_size, spec.learning_rate, precision=spec.precision)
    steps = math.ceil(len(train.labels) / spec.batch_size)
    kept = Snapshots(stages.checkpoint("encoder"), stages, spec.read_at, steps)
    curve = train_encoder(
        encoder, train, validation, data.normalised, how, seed=seed, progress=stages.label, checkpoint=kept
    )
    stages.seconds += curve.wall_seconds
    values: dict[str, Any] = {"linear": {tap: [] for tap in encoder.taps}, "fit": [], "fit_validation": []}
    for epoch in spec.read_at[: sum(epoch <= len(curve.loss) for epoch in spec.read_at)]:
        if epoch:
            encoder.load_state_dict(kept.state(epoch))
        else:
            encoder = make_encoder(spec.architecture, classes, channels, spec.width, seed).to(device)
        told = [accuracy(encoder, split, data.normalised) for split in (train, validation)]
        right = stages.keep(f"linear-{spec.linear_epochs}-{epoch}", _reading(spec, data, encoder, seed))
        for name, value in zip(("fit", "fit_validation"), told, strict=True):
            values[name].append(value)
        for tap, value in zip(encoder.taps, right, strict=True):
            values["linear"][tap].append(value)
    curves = {"loss": curve.loss, "training_accuracy": curve.accuracy, "validation_accuracy": curve.validation_accuracy}
    broken = curve.first_nonfinite_epoch
    return {"curves": curves, "values": values, "first_nonfinite_epoch": broken, "steps": len(curve.loss) * steps}


class Snapshots:
    """A checkpoint that also keeps, for good, what a network was at the end of certain epochs."""

    def __init__(self, inner: Checkpoint, stages: Stages, epochs: Sequence[int], steps: int) -> None:
        self.inner, self.stages = inner, stages
        self.steps, self.ends, self.done = steps, {epoch * steps: epoch for epoch in epochs}, 0

    def load(self) -> Mapping[str, Any] | None:
        """The state kept last; None to begin anew."""
        found = self.inner.load()
        if found is not None:
            epoch, step, *_ = found["counted"]
            self.done = epoch * self.steps + step
        return found

    def offer(self, state: Callable[[], Mapping[str, Any]]) -> None:
        """Called after every step. A snapshot is written before any checkpoint from which it would not come again."""
        self.done += 1
        if self.done in self.ends:
            buffer = io.BytesIO()
            torch.save(state()["models"][0], buffer)
            write_sealed(self._path(self.ends[self.done]), buffer.getvalue())
        self.inner.offer(state)

    def state(self, epoch: int) -> Mapping[str, Any]:
        """The network's state at the end of an epoch."""
        found = read_sealed(self._path(epoch), _loaded)
        if found is None:
            raise RuntimeError(
                f"the network after epoch {epoch} is not kept in {self.stages.folder}; delete that folder."
            )
        return dict(found)

    def _path(self, epoch: int) -> Any:
        return self.stages.folder / f"epoch-{epoch}.sealed"


def _loaded(content: bytes) -> Any:
    return torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")


def _reading(spec: Learning, data: Dataset, encoder: Encoder, seed: int) -> Callable[[], list[float]]:
    """Fits and reads linear probes of all taps."""

    def compute() -> list[float]:
        place = next(encoder.parameters()).device
        train, test = (_seen(encoder, split, data, place) for split in (data.train, data.test))
        probe = dataclasses.replace(LINEAR, epochs=spec.linear_epochs)
        return probe_accuracy(probe, train, test, [seed] * len(encoder.taps), data.classes)

    return compute


def _seen(encoder: Encoder, split: Split, data: Dataset, place: torch.device) -> Part:
    features = frozen_features(encoder, split.images, data.normalised)
    return torch.stack([features[tap] for tap in encoder.taps]).to(place), split.labels.to(place)
