"""What of a run on images is computed again within seconds: all that is counted or drawn, and of LeNet-5 an epoch."""

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mi_lab.experiments.border_specs import Border
from mi_lab.experiments.consistency_specs import Consistency, Staircase, Untrained
from mi_lab.experiments.fair_specs import Fair, Given
from mi_lab.experiments.image_specs import NO_PRETEXT, Labelings, NoisyImages, Probing
from mi_lab.experiments.learning_specs import Learning
from mi_lab.experiments.reconstruction_specs import NO_DECODER, VInfoMaxDigits
from mi_lab.experiments.sweep_specs import Limits
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.representation.datasets import load_dataset, some
from mi_lab.representation.encoders import ResNet18, make_encoder
from mi_lab.representation.pretext import Schedule, train_encoder
from mi_lab.runner.recipes.by_kind import recipe
from mi_lab.runner.recipes.consistency import rows_task
from mi_lab.runner.recipes.downstream import pictures
from mi_lab.runner.recipes.noisy_images import noisy
from mi_lab.runner.stages import Stages

Part = Mapping[str, Mapping[str, Any]]
"""Some of a run's ``values``, and the beginnings of some of its ``curves``."""


def part_again(spec: Any, run: Mapping[str, Any], device: torch.device) -> Part:
    """Some of a run, computed anew; empty where nothing of it is cheap. Raises DataError if the data cannot be had."""
    if isinstance(spec, Limits | Border) and (run["batch_size"] > 512 or run["negatives"] == "all_pairs"):
        return {}
    if isinstance(spec, Border) and run["seed"] != spec.seeds[0]:
        return {}
    if isinstance(spec, Labelings | Untrained | Limits | Border):
        with tempfile.TemporaryDirectory() as folder:
            return {"values": recipe(spec)(spec, run, device, Stages(Path(folder), {}))["values"]}
    if isinstance(spec, Staircase):
        return _first_steps(spec, run, device) if run["seed"] == spec.seeds[0] else {}
    if isinstance(spec, Consistency):
        return {"values": {"truth": rows_task(spec, run).mi}}
    if isinstance(spec, Fair):
        return _first_epoch_of_a_stack(spec, run, device)
    if isinstance(spec, Given):
        if (run["pairs"], run["seed"]) != (spec.pairs[0], spec.seeds[0]):
            return {}
        with tempfile.TemporaryDirectory() as folder:
            return {"values": recipe(spec)(spec, run, device, Stages(Path(folder), {}))["values"]}
    if isinstance(spec, Learning):
        return {}
    if isinstance(spec, Probing):
        return _first_filters(spec, run["seed"]) if spec.pretext == NO_PRETEXT else {}
    if isinstance(spec, NoisyImages):
        return _first_epoch(spec, run, device) if run["p"] == spec.p[0] else {}
    if isinstance(spec, VInfoMaxDigits):
        return _null_loss(spec)
    return {"values": {"pictures": pictures(load_dataset(spec.data))}} if run["decoder"] == NO_DECODER else {}


def _first_steps(spec: Staircase, run: Mapping[str, Any], device: torch.device) -> Part:
    """The first epoch of the first stair."""
    short = dataclasses.replace(spec, true_mi=spec.true_mi[:1], epochs=1)
    with tempfile.TemporaryDirectory() as folder:
        return {"curves": recipe(short)(short, run, device, Stages(Path(folder), {}))["curves"]}


def _first_epoch_of_a_stack(spec: Fair, run: Mapping[str, Any], device: torch.device) -> Part:
    """Of the first task alone, since there are many."""
    if run["task"] != spec.tasks[0]:
        return {}
    short = dataclasses.replace(spec, steps=steps_per_epoch(run["batch_size"]), batch_size=(run["batch_size"],))
    with tempfile.TemporaryDirectory() as folder:
        return {"curves": recipe(short)(short, run, device, Stages(Path(folder), {}))["curves"]}


def _first_filters(spec: Probing, seed: int) -> Part:
    """An encoder that is left as it was drawn."""
    data = load_dataset(spec.data)
    encoder = make_encoder(spec.architecture, data.classes, data.train.images.shape[1], spec.width, seed)
    assert isinstance(encoder, ResNet18)
    return {"values": {"filters": encoder.stem.weight.detach().flatten().tolist()}}


def _first_epoch(spec: NoisyImages, run: Mapping[str, Any], device: torch.device) -> Part:
    """The noise, and LeNet-5's first epoch, which has the learning rate of all."""
    data, seed = load_dataset(spec.data), run["seed"]
    data = noisy(data.fewer(spec.images, len(data.validation.labels)), run["p"], seed)
    encoder = make_encoder("lenet5", data.classes, data.train.images.shape[1], seed=seed).to(device)
    schedule = Schedule(1, spec.batch_size, spec.learning_rate, momentum=None)
    seen = train_encoder(encoder, data.train, data.validation, data.normalised, schedule, seed=seed)
    return {
        "values": {"picture": data.test.images[0].flatten().tolist()},
        "curves": {"loss": seen.loss, "validation_accuracy": seen.validation_accuracy},
    }


def _null_loss(spec: VInfoMaxDigits) -> Part:
    """The loss of the mean image, below which an autoencoder's has to fall."""
    data = load_dataset(spec.data)
    splits = (some(data.train, spec.images), data.validation)
    train, validation = (data.normalised(split.images).flatten(1) for split in splits)
    loss = float((validation - train.mean(0)).square().mean())
    return {"values": {"null_l2": loss, "pixels": validation.shape[1]}}
