"""How runs of a sweep are trained. All that a kept run's values depend on is imported from here."""

import contextlib
from collections.abc import Iterator, Sequence

import torch

from mi_lab.estimation.catalogue import make_task
from mi_lab.estimation.machine import one_thread
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.resuming import Checkpoint
from mi_lab.estimation.training import Training
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.names import OPTIONS
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
        told = label and f"{label}, N={runs[0]['batch_size']}"
        curves = training_of(spec, runs, device).run(spec.epochs, told, position, checkpoint)
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
    option = OPTIONS.get(spec.estimator, "")
    return Training(
        [make_task(spec.task, spec.dim, run["true_mi"]) for run in runs],
        [run["seed"] for run in runs],
        estimator_name=spec.estimator,
        batch_size=runs[0]["batch_size"],
        negatives=spec.negatives,
        critic=spec.critic,
        layers=Layers(spec.hidden, spec.activation, spec.dropout, spec.precision),
        weight_decay=spec.weight_decay,
        learning_rate=spec.learning_rate,
        device=device,
        **({option: getattr(spec, option)} if hasattr(spec, option) else {}),
    )
