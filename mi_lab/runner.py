"""Runs an experiment: its grid -> stacks -> training -> stored result, in parallel and resumable by the run.

Every finished run is kept at once in a cache folder (``MI_LAB_CACHE``, else ~/.cache/mi_lab), so a
command that was stopped goes on where it was, and two figures that share a run train it once.
"""

import dataclasses
import functools
import json
import math
import os
import platform
import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import torch
from tqdm.auto import tqdm

from mi_lab.estimation.negatives import ceiling
from mi_lab.estimation.tasks import CorrelatedGaussians, make_task
from mi_lab.estimation.training import device_named, steps_per_epoch, train
from mi_lab.experiments import CeilingTable, Sweep, experiment
from mi_lab.names import known
from mi_lab.results import Result, check_writable, digest, results_dir, round_measured, save, write_atomically
from mi_lab.schema import FORMAT

# activations of one layer in one stack: what sits in a core's cache, and 1 GB on a GPU
_STACK_FLOATS = {"cpu": 2**19, "cuda": 2**28}


def run(
    name: str,
    profile: str = "laptop",
    *,
    device: str = "auto",
    workers: int | None = None,
    folder: Path | None = None,
    progress: bool = True,
    **overrides: Any,
) -> Result:
    """Run an experiment (or the one a panel belongs to), store its result and return it.

    ``overrides`` replace single settings of the profile, such as ``true_mi=[10]``; None leaves one alone.
    ``workers`` are parallel processes of one thread each (default: one per core; one on CUDA). Raises
    ValueError for a wrong name, setting or device, ResultError for a folder that cannot be written, both before
    any training.
    """
    chosen = experiment(name)
    spec = chosen.spec(profile, **overrides)
    own = dataclasses.asdict(chosen.spec(profile))
    asked = dataclasses.asdict(spec)
    changed = {k: list(v) if isinstance(v, tuple) else v for k, v in asked.items() if v != own[k]}
    place = device_named(device)
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise ValueError(f"workers must be a whole number of at least 1, or None, not {workers!r}.")
    folder = folder or results_dir()
    check_writable(folder)
    check_writable(_cache(), "finished runs")
    if isinstance(spec, Sweep):
        runs = _sweep(spec, place, workers, chosen.name if progress else None)
        steps = sum(steps_per_epoch(r["batch_size"]) * spec.epochs for r in runs)
    else:
        runs, steps = _ceilings(spec), 0
    wall = sum(r.pop("wall_seconds") for r in runs)
    result = Result(chosen.name, profile, changed, spec, runs, _provenance(place, wall, steps))
    save(result, folder)
    return result


def run_parameters(namespace: Mapping[str, Any]) -> Result:
    """Run what a notebook's ``parameters`` cell says, from that notebook's ``globals()``.

    Raises ValueError, before any work, for a name that is no parameter: papermill itself only warns of one.
    """
    plain = (str, int, float, list, tuple, dict, type(None))
    # a notebook's namespace also holds the kernel's own names, imports and results; parameters are plain data
    given: dict[str, Any] = {
        k: v for k, v in namespace.items() if isinstance(v, plain) and not k.startswith("_") and k not in ("In", "Out")
    }
    chosen = experiment(given.pop("experiment"))
    names = [field.name for field in dataclasses.fields(chosen.report)]
    for key in given:
        known("parameter", key, (*names, "experiment", "profile", "device", "workers"))
    return run(chosen.name, **given)


def train_runs(
    spec: Sweep, runs: list[dict[str, Any]], device: str, progress: str | None = None, position: int = 0
) -> list[dict[str, Any]]:
    """Train runs of one batch size as one stack on one thread; each comes back with its curves and its wall seconds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    start = time.perf_counter()
    try:
        curves = train(
            [make_task(spec.task, spec.dim, r["true_mi"]) for r in runs],
            [r["seed"] for r in runs],
            estimator_name=spec.estimator,
            batch_size=runs[0]["batch_size"],
            epochs=spec.epochs,
            negatives=spec.negatives,
            critic=spec.critic,
            hidden=spec.hidden,
            activation=spec.activation,
            dropout=spec.dropout,
            weight_decay=spec.weight_decay,
            learning_rate=spec.learning_rate,
            device=device,
            progress=progress and f"{progress}, N={runs[0]['batch_size']}",
            position=position,
        )
    finally:
        torch.set_num_threads(threads)
    wall = (time.perf_counter() - start) / len(runs)
    return [r | dataclasses.asdict(curve) | {"wall_seconds": wall} for r, curve in zip(runs, curves, strict=True)]


def _sweep(spec: Sweep, device: torch.device, workers: int | None, label: str | None) -> list[dict[str, Any]]:
    runs = list(spec.runs())
    paths = [_part(spec, r, device) for r in runs]
    missing = [r for r, path in zip(runs, paths, strict=True) if not path.exists()]
    workers = workers or (1 if device.type == "cuda" else joblib.cpu_count())
    stacks = list(_stacks(spec, missing, device, workers))
    # each worker draws the bar of its stack, with the current estimates, below the bar of the figure
    jobs = [
        joblib.delayed(_train_and_keep)(
            spec, stack, [_part(spec, r, device) for r in stack], device, label, i % workers + 1
        )
        for i, stack in enumerate(stacks)
    ]
    pool = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
    with tqdm(total=len(runs), initial=len(runs) - len(missing), desc=label, unit="run", disable=label is None) as bar:
        for finished in pool(jobs):
            bar.update(len(finished))
            bar.set_postfix_str(_summary(finished[-1]))
    done = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    points = {(r["true_mi"], r["batch_size"]) for r in runs}
    ceilings = {(mi, n): ceiling(make_task(spec.task, spec.dim, mi), n)._asdict() for mi, n in points}
    return [r | {"ceiling": ceilings[r["true_mi"], r["batch_size"]]} for r in done]


def _stacks(
    spec: Sweep, runs: list[dict[str, Any]], device: torch.device, workers: int
) -> Iterator[list[dict[str, Any]]]:
    """Runs of one batch size, as many as train fastest together; the dearest first, so that no worker ends late."""
    for n in sorted({r["batch_size"] for r in runs}, reverse=True):
        same = [r for r in runs if r["batch_size"] == n]
        rows = n * n if spec.negatives == "all_pairs" else 2 * n
        fitting = max(1, _STACK_FLOATS[device.type] // (rows * max(spec.hidden)))
        size = min(fitting, math.ceil(len(same) / workers))
        yield from (same[i : i + size] for i in range(0, len(same), size))


def _train_and_keep(
    spec: Sweep, stack: list[dict[str, Any]], paths: list[Path], device: torch.device, label: str | None, position: int
) -> list[dict[str, Any]]:
    finished = train_runs(spec, stack, str(device), label, position)
    for one, path in zip(finished, paths, strict=True):
        write_atomically(path, json.dumps(round_measured(one)))
    return finished


def _part(spec: Sweep, one: Mapping[str, Any], device: torch.device) -> Path:
    """Where a finished run is kept: its name holds all that decides its values."""
    shared = {k: v for k, v in dataclasses.asdict(spec).items() if k not in ("true_mi", "batch_size", "seeds")}
    own = {k: one[k] for k in ("true_mi", "batch_size", "seed")}
    return _cache() / f"{digest([FORMAT, _code(), torch.__version__, device.type, shared, own])}.json"


@functools.cache
def _code() -> str:
    package = Path(__file__).parent
    sources = [package / "gaussian.py", package / "names.py", *sorted((package / "estimation").glob("*.py"))]
    return digest([path.read_text(encoding="utf-8") for path in sources])


def _cache() -> Path:
    return Path(os.environ.get("MI_LAB_CACHE", Path.home() / ".cache" / "mi_lab")) / "runs"


def _summary(one: Mapping[str, Any]) -> str:
    last = " ".join(f"{readout} {c['mean'][-1]:.2f}" for readout, c in one["curves"].items() if c["mean"])
    return f"{one['true_mi']:g} nats, N={one['batch_size']}, seed {one['seed']}: {last or 'not finite'}"


def _ceilings(spec: CeilingTable) -> list[dict[str, Any]]:
    table = []
    for point in spec.runs():
        start = time.perf_counter()
        measured = ceiling(
            CorrelatedGaussians(dim=spec.dim, mi=point["true_mi"]), point["batch_size"], spec.samples, spec.seed
        )
        table.append(point | measured._asdict() | {"wall_seconds": time.perf_counter() - start})
    return table


def _provenance(device: torch.device, wall_seconds: float, steps: int) -> dict[str, Any]:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "git_revision": _REVISION,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": device.type,
        "machine": f"{platform.system()} {name}",
        "threads": 1,
        "wall_seconds": round(wall_seconds, 1),
        "steps": steps,
    }


def _revision() -> str:
    """The commit of the code that ran, marked if the code differs from it; 'unknown' outside a checkout."""
    here = Path(__file__).parent
    try:
        git = functools.partial(subprocess.run, cwd=here, capture_output=True, text=True, check=True)
        revision = git(["git", "rev-parse", "--short=12", "HEAD"]).stdout.strip()
        changed = git(
            ["git", "status", "--porcelain", "--", "estimation", "gaussian.py", "experiments.py", "runner.py"]
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{revision} with changes" if changed else revision


_REVISION = _revision()  # at import, so that it names the code that was loaded and not a later edit
