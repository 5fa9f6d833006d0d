"""Tables 1 and 8: train an encoder on a pretext, then ask linear probes and a JS critic for the label at each tap."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mi_lab.experiments.image_specs import NO_PRETEXT, Probing
from mi_lab.representation.datasets import Dataset, Split, load_dataset
from mi_lab.representation.encoders import Encoder, ResNet18, make_encoder
from mi_lab.representation.information import NMI, Found
from mi_lab.representation.pretext import Schedule, pretext_task
from mi_lab.representation.probes import LINEAR, frozen_features, probe_accuracy
from mi_lab.runner.recipes.downstream import intact, learnt
from mi_lab.runner.recipes.nmi import plug_in_estimates, shares
from mi_lab.runner.stages import Stages


def probe_pretext(spec: Probing, run: Mapping[str, Any], device: torch.device, stages: Stages) -> Mapping[str, Any]:
    """One encoder. ``values`` hold, per tap, ``linear`` (accuracy on the test split), ``nmi`` and ``nmi_test``.

    ``nmi`` is the highest estimate on the validation split over H(Y), ``nmi_test`` the same critic's on the test split.
    ``filters`` are the stem's weights, flat. All are None of an encoder whose training left it not finite.
    """
    data, seed = load_dataset(spec.data), run["seed"]
    encoder, curves, broken, steps = _trained(spec, data, seed, device, stages)
    if not intact(encoder):
        lost = dict.fromkeys(encoder.taps)
        values = {"linear": lost, "nmi": lost, "nmi_test": lost, "filters": None}
        return {"curves": curves, "values": values, "first_nonfinite_epoch": broken, "steps": steps}
    parts = [data.train, data.validation, data.test]
    features: list[Tensor] = []

    def seen() -> list[tuple[Tensor, Tensor]]:
        """Features (taps, n, F) and labels of each split; read only if a stage is still to be done."""
        if not features:
            features.extend(_stacked(encoder, data, part) for part in parts)
        return [(f, part.labels.to(device)) for f, part in zip(features, parts, strict=True)]

    seeds = [seed] * len(encoder.taps)
    linear = dataclasses.replace(LINEAR, epochs=spec.linear_epochs)
    nmi = dataclasses.replace(NMI, epochs=spec.nmi_epochs)
    right = stages.keep(
        f"linear-{spec.linear_epochs}", lambda: probe_accuracy(linear, seen()[0], seen()[2], seeds, data.classes)
    )
    found = stages.keep(f"nmi-{spec.nmi_epochs}", lambda: plug_in_estimates(nmi, seen(), seeds, data.classes))
    measured = {"linear": right, **shares([Found(*one) for one in found], data.test.labels)}
    by_tap: dict[str, Any] = {name: dict(zip(encoder.taps, v, strict=True)) for name, v in measured.items()}
    assert isinstance(encoder, ResNet18)
    values = by_tap | {"filters": encoder.stem.weight.detach().flatten().tolist()}
    return {"curves": curves, "values": values, "first_nonfinite_epoch": broken, "steps": steps}


def _trained(
    spec: Probing, data: Dataset, seed: int, device: torch.device, stages: Stages
) -> tuple[Encoder, dict[str, list[float]], int | None, int]:
    """The encoder after its pretext, the curves of the training, its non-finite epoch, and its steps."""
    channels = data.train.images.shape[1]
    if spec.pretext == NO_PRETEXT:
        untrained = make_encoder(spec.architecture, data.classes, channels, spec.width, seed)
        return untrained.to(device), {}, None, 0
    subset = data.fewer(spec.images, spec.validation_images)
    train, validation, classes = pretext_task(subset, spec.pretext, seed)
    encoder = make_encoder(spec.architecture, classes, channels, spec.width, seed).to(device)
    how = Schedule(spec.epochs, spec.batch_size, spec.learning_rate, precision=spec.precision)
    curve, steps = learnt(
        encoder, train, validation, data, how, stages, seed=seed, keep_best=spec.pretext == "rotation"
    )
    named = {"loss": curve.loss, "training_accuracy": curve.accuracy, "validation_accuracy": curve.validation_accuracy}
    return encoder, named, curve.first_nonfinite_epoch, steps


def _stacked(encoder: Encoder, data: Dataset, part: Split) -> Tensor:
    features = frozen_features(encoder, part.images, data.normalised)
    return torch.stack([features[tap] for tap in encoder.taps]).to(next(encoder.parameters()).device)
