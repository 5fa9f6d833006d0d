"""Song and Ermon's self-consistency tests: what an image and its top rows share, in settings that must agree."""

import statistics
from collections.abc import Mapping
from typing import Any

import torch

from mi_lab.estimation.training import train
from mi_lab.experiments.consistency_specs import Consistency
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.representation.datasets import load_dataset, some
from mi_lab.representation.image_rows import ImageRows
from mi_lab.runner.stages import Stages

_FEWER = 3  # rows that h(Y) lacks of Y, as in the paper
_END = 4  # an estimate is that of the last quarter of the epochs


def keep_rows(spec: Consistency, run: Mapping[str, Any], device: torch.device, stages: Stages) -> Mapping[str, Any]:
    """One training in one setting. ``curves`` are '<readout> mean' and 'median' over each epoch's batches, in nats.

    ``values`` are by readout the median over the last quarter of the epochs of that median, since a single batch may
    rule a mean, and None if the run stopped being finite; and 'truth', the MI of these images by counting.
    """
    task = rows_task(spec, run)
    settings: dict[str, Any] = {
        name: getattr(spec, name) for name in ("batch_size", "hidden", "epochs", "negatives", "learning_rate", "critic")
    }
    checkpoint = stages.checkpoint("critic")
    [curve] = train(
        [task],
        [run["seed"]],
        estimator_name=spec.estimator,
        device=str(device),
        progress=stages.label,
        checkpoint=checkpoint,
        **settings,
    )
    stages.seconds += curve.wall_seconds
    whole = curve.first_nonfinite_epoch is None
    ends = {name: _end(found["median"]) if whole else None for name, found in curve.curves.items()}
    return {
        "curves": {f"{name} {s}": found[s] for name, found in curve.curves.items() for s in ("mean", "median")},
        "values": {"truth": task.mi, **ends},
        "first_nonfinite_epoch": curve.first_nonfinite_epoch,
        "steps": spec.epochs * steps_per_epoch(spec.batch_size),
    }


def rows_task(spec: Consistency, run: Mapping[str, Any]) -> ImageRows:
    """The images of a setting."""
    images, kept = some(load_dataset(spec.data).train, spec.images).images, run["rows"]
    match run["setting"]:
        case "baseline":
            return ImageRows(images, [kept])
        case "data_processing":
            return ImageRows(images, [kept, max(0, kept - _FEWER)])
    return ImageRows(images, [kept, kept], independent=True)


def _end(values: list[float]) -> float:
    return statistics.median(values[-max(1, len(values) // _END) :])
