"""Fig. 5 and 14: one encoder and decoder on digits, and two protocols that read the code as it is learnt."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mi_lab.experiments.reconstruction_specs import DECODER_STEPS, PIXELS, VInfoMaxDigits
from mi_lab.representation.datasets import Dataset, load_dataset, some
from mi_lab.representation.probes import MLP_MNIST, fit_probes, read_probes, saga_accuracy
from mi_lab.representation.v_infomax import Encode, VInfoMax, broken_at, train_v_infomax
from mi_lab.runner.stages import Stages

_READ = ("linear", "linear_test", "mlp", "mlp_test")


def encode_digits(
    spec: VInfoMaxDigits, run: Mapping[str, Any], device: torch.device, stages: Stages
) -> Mapping[str, Any]:
    """One encoder, or the pixels themselves.

    ``curves``: ``l2``, the validation loss per pixel after the warm-up and after every epoch; ``linear`` and ``mlp``,
    the validation accuracies at ``read_at``, and the same with '_test' on the test split. ``values``: the last of
    these accuracies, ``l2`` and the ``null_l2`` of the mean image, whose difference times ``pixels`` is the
    V-information of the code about the image in nats. Of seed 0, and of the pixels, they hold ``pictures``: the first
    test image of each class as the decoder gives it back, grey values from 0 to 255, flat.
    """
    data = load_dataset(spec.data)
    data = dataclasses.replace(data, train=some(data.train, spec.images))
    measure = _read_pixels if run["decoder"] == PIXELS else _trained
    measured = stages.keep("measured", lambda: measure(spec, run, data, device, stages))
    stages.checkpoint("autoencoder").remove()
    stages.seconds = measured["seconds"]
    loss = measured["curves"]["l2"]
    steps = (spec.warm_up + len(loss) - 1) * math.ceil(len(data.train.labels) / spec.batch_size)
    return {
        "curves": measured["curves"],
        "values": measured["values"],
        "first_nonfinite_epoch": broken_at(loss),
        "steps": 0 if run["decoder"] == PIXELS else steps,
    }


def _trained(
    spec: VInfoMaxDigits, run: Mapping[str, Any], data: Dataset, device: torch.device, stages: Stages
) -> dict[str, Any]:
    settings = VInfoMax(
        decoder=(spec.hidden, spec.hidden) if run["decoder"] == "non_linear" else (),
        epochs=spec.epochs,
        warm_up=spec.warm_up,
        decoder_steps=DECODER_STEPS[spec.gradients],
        encoder=(spec.hidden, spec.hidden, spec.code),
        learning_rate=spec.learning_rate,
        batch_size=spec.batch_size,
    )
    train, validation, test = _flat(data, device)
    learnt = train_v_infomax(
        settings,
        train,
        validation,
        [run["seed"]],
        read=lambda encode: _read(spec, data, (train, validation, test), encode, run["seed"]),
        read_at=spec.read_at,
        progress=stages.label,
        checkpoint=stages.checkpoint("autoencoder"),
    )
    readings = [learnt.readings[epoch] for epoch in sorted(learnt.readings)]
    curves: dict[str, list[float]] = {name: [reading[name] for reading in readings] for name in _READ}
    curves["l2"] = learnt.loss[0]
    shown = data.test.images[_first_of_each_class(data)]
    given = learnt.reconstruct(data.normalised(shown).flatten(1).to(device))[0].cpu()
    whole = broken_at(learnt.loss[0]) is None
    pictures = data.std * given + data.mean if run["seed"] == 0 and whole else None
    return _measured(data, validation, curves, pictures, learnt.wall_seconds)


def _read_pixels(
    spec: VInfoMaxDigits, run: Mapping[str, Any], data: Dataset, device: torch.device, stages: Stages
) -> dict[str, Any]:
    parts = _flat(data, device)
    found = stages.keep("pixels", lambda: _read(spec, data, parts, lambda images: images[None], run["seed"]))
    shown = data.test.images[_first_of_each_class(data)].flatten(1) / 255
    curves = {name: [value] for name, value in found.items()} | {"l2": [0.0]}
    return _measured(data, parts[1], curves, shown, stages.seconds)


def _measured(
    data: Dataset, validation: Tensor, curves: Mapping[str, list[float]], pictures: Tensor | None, seconds: float
) -> dict[str, Any]:
    mean = data.normalised(data.train.images).mean(0).flatten().to(validation)
    whole = broken_at(curves["l2"]) is None  # or there is no last value
    values: dict[str, Any] = {name: curve[-1] if whole else None for name, curve in curves.items()}
    values |= {"null_l2": float((validation - mean).square().mean()), "pixels": validation.shape[1]}
    if pictures is not None:
        values["pictures"] = (pictures * 255).round().clamp(0, 255).int().flatten().tolist()
    return {"curves": curves, "values": values, "seconds": seconds}


def _read(spec: VInfoMaxDigits, data: Dataset, parts: Sequence[Tensor], encode: Encode, seed: int) -> dict[str, float]:
    """Both protocols, fitted on codes of the training images and read on those of the other two splits."""
    splits = (data.train, data.validation, data.test)
    train, *held_out = [
        (encode(images)[0], split.labels.to(images.device)) for images, split in zip(parts, splits, strict=True)
    ]
    linear = saga_accuracy(
        (train[0].cpu(), train[1].cpu()), [(z.cpu(), y.cpu()) for z, y in held_out], spec.tolerance, seed
    )
    probe = dataclasses.replace(
        MLP_MNIST, hidden=(spec.hidden, spec.hidden), epochs=spec.probe_epochs, batch_size=spec.batch_size
    )
    model = fit_probes(probe, (train[0][None], train[1]), [seed], data.classes)
    mlp = [read_probes(model, (z[None], y))[0].accuracy for z, y in held_out]
    return dict(zip(_READ, [*linear, *mlp], strict=True))


def _flat(data: Dataset, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """The normalised images of the three splits, (n, D)."""
    train, validation, test = (
        data.normalised(split.images).flatten(1).to(device) for split in (data.train, data.validation, data.test)
    )
    return train, validation, test


def _first_of_each_class(data: Dataset) -> Tensor:
    return torch.stack([(data.test.labels == label).nonzero()[0, 0] for label in range(data.classes)])
