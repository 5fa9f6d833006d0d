"""Trains a sweep: its grid -> stacks -> trainings in parallel processes or on a cluster, resumable to the step.

Finished stacks, and checkpoints of those under way, are kept at once in a cache folder (``MI_LAB_CACHE``, else
~/.cache/mi_lab). So a command that was stopped goes on where it was, and two figures that share a run train it once.
"""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib

from mi_lab.experiments.stacks import cut_into_stacks
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.bars import Bar
from mi_lab.ground.cache import runs_folder
from mi_lab.ground.files import digest
from mi_lab.ground.sealed import read_sealed, write_sealed
from mi_lab.results.rounding import Run
from mi_lab.results.schema import FORMAT
from mi_lab.runner import sweep_training
from mi_lab.runner.checkpoints import FileCheckpoint
from mi_lab.runner.identity import versions
from mi_lab.runner.sweep_training import train_runs
from mi_lab.runner.workers import alone_on, backend, default_workers, on_a_terminal


def train_sweep(
    spec: Sweep, device: str, workers: int | None = None, label: str | None = None, cluster: Any = None
) -> list[Run]:
    """Every run of a sweep with its curves, in the order of the grid; those that are kept are not trained again.

    ``device`` is 'cpu', 'cuda' or 'cuda:1'. ``workers`` are parallel processes of one thread each (default: one per
    core; one on CUDA). ``cluster`` is a Dask client whose workers do it instead, by default as many as it has now.
    ``label`` names the progress bars, None for none. Raises KeyboardInterrupt with a sentence that says what is kept,
    ResultError if nothing can be kept.
    """
    grid = list(spec.runs())
    done = _finished(spec, device)
    if workers is None:
        workers = default_workers(device, cluster)
    # stacks are cut from the whole grid, so that a repeated command finds the checkpoints of the one before
    cut = cut_into_stacks(spec, grid, device, workers)
    stacks = [stack for stack in cut if any(_key(run) not in done for run in stack)]
    missing = [[run for run in stack if _key(run) not in done] for stack in stacks]
    # on a terminal each worker draws the bar of its stack, with the current estimates, below the bar of the figure
    drawn = label is not None and cluster is None and on_a_terminal()
    bars = [(str(label), i % workers + 1) if drawn else None for i in range(len(stacks))]
    owner = None if cluster is not None else os.getpid()
    delayed = joblib.delayed(train_stack)
    jobs = [delayed(spec, *parts, device, bar, owner) for *parts, bar in zip(stacks, missing, bars, strict=True)]
    bar = Bar(total=len(grid), initial=len(done.keys() & map(_key, grid)), desc=label, unit="run", disable=not label)
    try:
        with bar, backend(cluster):
            pool = joblib.Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch="all")
            for finished in pool(jobs):
                if cluster is not None:
                    _keep(spec, finished, device)  # here too, because a worker on another machine kept it there
                done |= {_key(run): run for run in finished}
                bar.update(len(finished))
                bar.set_postfix_str(_summary(finished[-1]))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"stopped. {len(done.keys() & set(map(_key, grid)))} of {len(grid)} runs are finished and kept in "
            f"{runs_folder()}, those under way up to their last checkpoint; repeat the same command to go on."
        ) from None
    return [done[_key(run)] for run in grid]


def train_stack(
    spec: Sweep,
    stack: Sequence[Run],
    missing: Sequence[Run],
    device: str,
    bar: tuple[str, int] | None = None,
    owner: int | None = None,
) -> list[Run]:
    """Train the ``missing`` runs of a stack together, or go on with the whole stack where it was, and keep them.

    Only one process trains a stack at a time; another that is given the same stack waits and takes its result.
    ``bar`` is a label and a screen line for the progress bar; ``owner`` the process whose worker this may be.
    """
    path = runs_folder() / digest([_shared(spec), device.split(":")[0], list(stack)])[:16]
    with alone_on(path, _described(missing)):
        done = _finished(spec, device)
        if all(_key(run) in done for run in missing):
            return [done[_key(run)] for run in missing]
        # a stack that was begun whole ends whole, though some of its runs may have been trained elsewhere since
        whole, part = (path.with_suffix(f".{kind}checkpoint") for kind in ("", "part."))
        runs = stack if whole.exists() else missing
        place = whole if list(runs) == list(stack) else part
        checkpoint = FileCheckpoint(place, _identity(spec, runs, device), owner)
        finished = train_runs(spec, runs, device, bar, checkpoint)
        _keep(spec, finished, device)
        checkpoint.remove()
        return finished


def _finished(spec: Sweep, device: str) -> dict[tuple[Any, ...], Run]:
    """The runs of these settings that are kept."""
    done: dict[tuple[Any, ...], Run] = {}
    for path in sorted(_folder(spec, device).glob("*.sealed")):
        done |= {_key(run): run for run in read_sealed(path) or []}
    return done


def _keep(spec: Sweep, finished: Sequence[Run], device: str) -> None:
    folder = _folder(spec, device)
    folder.mkdir(parents=True, exist_ok=True)
    name = digest([{k: v for k, v in run.items() if k in OWN} for run in finished])[:16]
    write_sealed(folder / f"{name}.sealed", list(finished))


OWN = ("true_mi", "batch_size", "seed")
"""The settings in which the runs of a sweep differ."""


def _key(run: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(run[name] for name in OWN)


def _shared(spec: Sweep) -> dict[str, Any]:
    return {k: v for k, v in dataclasses.asdict(spec).items() if k not in (*OWN, "seeds")}


def _identity(spec: Sweep, runs: Sequence[Run], device: str) -> dict[str, str]:
    """What a checkpoint must agree in."""
    settings = digest([_shared(spec), list(runs)])[:16]
    return {"settings": settings, "device": device.split(":")[0], **versions(sweep_training.__name__)}


def _folder(spec: Sweep, device: str) -> Path:
    """Where the runs of these settings are kept: its name holds all that decides their values but their own."""
    return runs_folder() / digest([FORMAT, versions(sweep_training.__name__), device.split(":")[0], _shared(spec)])[:16]


def _described(runs: Sequence[Run]) -> str:
    truths = ", ".join(f"{run['true_mi']:g}" for run in runs)
    return f"{len(runs)} runs at N={runs[0]['batch_size']} and {truths} nats"


def _summary(one: Mapping[str, Any]) -> str:
    last = " ".join(f"{readout} {c['mean'][-1]:.2f}" for readout, c in one["curves"].items() if c["mean"])
    return f"{one['true_mi']:g} nats, N={one['batch_size']}, seed {one['seed']}: {last or 'not finite'}"
