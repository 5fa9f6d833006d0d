"""A stack of the fair comparison: one estimator on one task, all truths and seeds together, with fresh pairs."""

import statistics
from collections.abc import Mapping
from typing import Any

import torch

from mi_lab.estimation.catalogue import make_task
from mi_lab.estimation.inputs import prepared
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.training import Training
from mi_lab.experiments.fair_specs import Fair
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.runner.stages import Stages

_NOTED = ("median", "q05", "q95", "mean")


def compare_fairly(spec: Fair, run: Mapping[str, Any], device: torch.device, stages: Stages) -> Mapping[str, Any]:
    """``curves`` are the medians over the batches of every epoch, in nats, as '<readout> <true MI> <seed>'.

    They end before the first epoch that is not finite. ``values`` hold under the same names, for whole runs, what the
    last quarter of the epochs gave: the median of medians, of 5 % and of 95 % quantiles, and the mean of means; None
    for a run that stopped being finite. 'milliseconds' is the processor time of a step of one run.
    """
    sweep = spec.sweep(run["estimator"], run["task"], run["batch_size"])
    training = _training(sweep, run["inputs"], str(device))
    found = training.run(sweep.epochs, stages.label, 0, stages.checkpoint("critics"))
    stages.seconds += sum(curve.wall_seconds for curve in found)
    steps = sweep.epochs * training.steps_per_epoch
    milliseconds = 1000 * statistics.fmean(curve.processor_seconds for curve in found) / steps
    curves: dict[str, list[float]] = {}
    values: dict[str, Any] = {"milliseconds": milliseconds}
    for one, curve in zip(sweep.runs(), found, strict=True):
        for readout, lines in curve.curves.items():
            name = f"{readout} {one['true_mi']:g} {one['seed']}"
            curves[name] = lines["median"]
            lost = curve.first_nonfinite_epoch is not None
            values[name] = None if lost else [_end(lines[kind], kind) for kind in _NOTED]
    lost_at = [curve.first_nonfinite_epoch for curve in found if curve.first_nonfinite_epoch is not None]
    nonfinite = min(lost_at, default=None)
    return {"curves": curves, "values": values, "first_nonfinite_epoch": nonfinite, "steps": steps * len(found)}


def _training(sweep: Sweep, inputs: str, device: str) -> Training:
    runs = list(sweep.runs())
    tasks = {mi: prepared(make_task(sweep.task, sweep.dim, mi), inputs) for mi in sweep.true_mi}
    return Training(
        [tasks[one["true_mi"]] for one in runs],
        [one["seed"] for one in runs],
        estimator_name=sweep.estimator,
        batch_size=sweep.batch_size[0],
        negatives=sweep.negatives,
        critic=sweep.critic,
        layers=Layers(sweep.hidden),
        learning_rate=sweep.learning_rate,
        device=device,
    )


def _end(values: list[float], kind: str) -> float:
    last = values[-max(1, len(values) // 4) :]
    return statistics.fmean(last) if kind == "mean" else statistics.median(last)
