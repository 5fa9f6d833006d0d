"""Poole's staircase: one training whose true MI is raised in steps, and how the estimate follows."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mi_lab.estimation.catalogue import make_task
from mi_lab.estimation.readings import STATISTICS
from mi_lab.estimation.training import Training
from mi_lab.experiments.consistency_specs import READINGS, Staircase
from mi_lab.runner.stages import Stages
from mi_lab.runner.sweep_training import training_of

Curves = dict[str, list[float]]
_NOTED = STATISTICS[:4]  # of a reading


def climb(spec: Staircase, run: Mapping[str, Any], device: torch.device, stages: Stages) -> Mapping[str, Any]:
    """One training on one task. ``curves`` are '<readout> mean', 'median', 'q05' and 'q95', each ``READINGS`` an epoch.

    Each is over the batches of a reading, in nats. ``values`` are by readout the medians over every stair's last epoch,
    since a single batch may rule a mean. All end before the epoch in which a value is not finite.
    """
    return stages.keep("climb", lambda: _climb(spec, run, device))


def _climb(spec: Staircase, run: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    start = {"true_mi": spec.true_mi[0], "batch_size": spec.batch_size, "seed": run["seed"]}
    training = training_of(spec.sweep(run["task"]), [start], str(device))
    names = list(training.readings.readouts)
    curves: Curves = {f"{name} {statistic}": [] for name in names for statistic in _NOTED}
    ends: Curves = {name: [] for name in names}
    nonfinite = None
    for mi in spec.true_mi:
        training.tasks = [make_task(run["task"], spec.dim, mi)]
        for _ in range(spec.epochs):
            values = _epoch(training)
            if not all(bool(one.isfinite().all()) for one in values.values()):
                nonfinite = len(training.epochs)
                break
            for name, one in values.items():
                _note(curves, name, one)
        if nonfinite:
            break
        for name in names:
            ends[name].append(float(training.epochs[-1][name][STATISTICS.index("median"), 0]))
    return {"curves": curves, "values": ends, "first_nonfinite_epoch": nonfinite, "steps": training.steps}


def _epoch(training: Training) -> dict[str, Tensor]:
    """Train one epoch; the estimates of its batches by readout, (steps,) each."""
    for _ in range(training.steps_per_epoch):
        training.advance()
    return {name: values[:, 0] for name, values in training.readings.values.items()}


def _note(curves: Curves, name: str, values: Tensor) -> None:
    for reading in values.tensor_split(READINGS):
        found = [float(reading.mean()), *reading.quantile(reading.new_tensor([0.5, 0.05, 0.95])).tolist()]
        for statistic, value in zip(_NOTED, found, strict=True):
            curves[f"{name} {statistic}"].append(value)
