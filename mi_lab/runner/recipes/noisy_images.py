"""Tables 6 and 7, Fig. 8 and 9: LeNet-5 on noisy digits, and what four estimators say of I(e(X);Y) at three taps."""

import dataclasses
import functools
import math
from collections.abc import Mapping
from typing import Any

import torch

from mi_lab.experiments.image_specs import NoisyImages
from mi_lab.ground.names import LENET_TAPS
from mi_lab.representation.datasets import Dataset, Split, load_dataset
from mi_lab.representation.encoders import make_encoder
from mi_lab.representation.information import ON_LENET, Found, estimated_information
from mi_lab.representation.labelings import salt_and_pepper
from mi_lab.representation.pretext import Schedule, accuracy
from mi_lab.representation.probes import frozen_features
from mi_lab.runner.recipes.downstream import learnt
from mi_lab.runner.stages import Stages


def estimate_under_noise(
    spec: NoisyImages, run: Mapping[str, Any], device: torch.device, stages: Stages
) -> Mapping[str, Any]:
    """One encoder at one p. ``values`` hold the test ``accuracy``, and by readout and tap the estimates in nats.

    'mine' is the ``best`` on the validation split, as the report takes it; 'mine_test' the same critic's value on the
    test split. ``picture`` is the first test image, uint8, flat. ``curves`` are the validation estimates by epoch,
    named '<readout> <tap>'.
    """
    data, seed = load_dataset(spec.data), run["seed"]
    data = noisy(data.fewer(spec.images, len(data.validation.labels)), run["p"], seed)
    encoder = make_encoder("lenet5", data.classes, data.train.images.shape[1], seed=seed).to(device)
    how = Schedule(spec.epochs, spec.batch_size, spec.learning_rate, momentum=None)
    curve, steps = learnt(encoder, data.train, data.validation, data, how, stages, seed=seed)
    values: dict[str, Any] = {"accuracy": accuracy(encoder, data.test, data.normalised)}
    values["picture"] = data.test.images[0].flatten().tolist()
    curves = {"loss": curve.loss, "validation_accuracy": curve.validation_accuracy}
    parts = [data.train, data.validation, data.test]
    features = [frozen_features(encoder, part.images, data.normalised) for part in parts]
    for name, probe in ON_LENET.items():
        chosen = dataclasses.replace(probe, hidden=(spec.critic_width,) * len(probe.hidden), epochs=spec.critic_epochs)
        for tap in LENET_TAPS:
            train, validation, test = (
                (f[tap][None].to(device), part.labels.to(device)) for f, part in zip(features, parts, strict=True)
            )
            estimate = functools.partial(estimated_information, chosen, train, validation, test, [seed], data.classes)
            found = stages.keep(f"{name}-{tap}-{spec.critic_width}x{spec.critic_epochs}", estimate)
            for readout, [one] in found.items():
                label = name if len(found) == 1 else f"{name}_{readout}"
                _note(values, curves, label, tap, Found(*one))
    return {"curves": curves, "values": values, "first_nonfinite_epoch": curve.first_nonfinite_epoch, "steps": steps}


def noisy(data: Dataset, p: float, seed: int) -> Dataset:
    """A data set with salt and pepper on all its images, and the statistics that it had without."""
    splits = enumerate((data.train, data.validation, data.test))
    parts = [Split(salt_and_pepper(split.images, p, 3 * seed + i), split.labels) for i, split in splits]
    return dataclasses.replace(data, train=parts[0], validation=parts[1], test=parts[2])


def _note(values: dict[str, Any], curves: dict[str, list[float]], label: str, tap: str, found: Found) -> None:
    """Add one estimate, None where it was never finite; its curve ends before the first value that is not."""
    for name, value in ((label, found.best), (f"{label}_test", found.test)):
        values.setdefault(name, {})[tap] = value if math.isfinite(value) else None
    end = next((epoch for epoch, value in enumerate(found.curve) if not math.isfinite(value)), len(found.curve))
    curves[f"{label} {tap}"] = found.curve[:end]
