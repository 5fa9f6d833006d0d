"""How runs of a sweep are trained. All that a kept run's values depend on is imported from here."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from mi_lab.estimation.catalogue import make_task
from mi_lab.estimation.machine import one_thread
from mi_lab.estimation.resuming import Checkpoint
from mi_lab.estimation.tasks import Task
from mi_lab.estimation.training import Training, train
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.results.rounding import Run, round_measured


def train_runs(
    spec: Sweep,
    runs: Sequence[Run],
    device: str,
    bar: tuple[str, int] | None = None,
    checkpoint: Checkpoint | None = None,
) -> list[Run]:
    """Train runs of one batch size as one stack on one thread; each comes back with its curves, rounded as stored."""
    label, position = bar or (None, 0)
    with one_thread(), _memory_for(runs):
        curves = train(
            *_tasks_and_seeds(spec, runs),
            **_settings(spec, runs),
            epochs=spec.epochs,
            device=device,
            progress=label and f"{label}, N={runs[0]['batch_size']}",
            position=position,
            checkpoint=checkpoint,
        )
    return [round_measured(run | curve.record()) for run, curve in zip(runs, curves, strict=True)]


@contextlib.contextmanager
def _memory_for(runs: Sequence[Run]) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # as torch.OutOfMemoryError of a GPU is too
        if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
            raise
        raise MemoryError(
            f"{len(runs)} runs at N = {runs[0]['batch_size']} do not fit in memory; choose a smaller batch_size, "
            "smaller hidden layers, or other negatives than all_pairs."
        ) from error


def training_of(spec: Sweep, runs: Sequence[Run], device: str = "cpu") -> Training:
    """The training that ``train_runs`` takes to its end, not yet begun; advance it under ``one_thread``."""
    return Training(*_tasks_and_seeds(spec, runs), **_settings(spec, runs), device=device)


def _tasks_and_seeds(spec: Sweep, runs: Sequence[Run]) -> tuple[list[Task], list[int]]:
    return [make_task(spec.task, spec.dim, run["true_mi"]) for run in runs], [run["seed"] for run in runs]


def _settings(spec: Sweep, runs: Sequence[Run]) -> dict[str, Any]:
    """What a training needs to know of them besides."""
    shared = ("negatives", "critic", "hidden", "activation", "dropout", "weight_decay", "learning_rate", "precision")
    settings = {name: getattr(spec, name) for name in shared}
    if spec.estimator == "mine":
        settings["average_weight"] = spec.average_weight
    return settings | {"estimator_name": spec.estimator, "batch_size": runs[0]["batch_size"]}
