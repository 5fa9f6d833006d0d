"""Trains encoders: one run is one training, in parallel processes or on a cluster, each resumable stage by stage."""

import dataclasses
import functools
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import torch
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from mi_lab.estimation.steps import one_thread
from mi_lab.experiments import Spec
from mi_lab.image_specs import PROBE_SETTINGS
from mi_lab.recipes import recipe
from mi_lab.results import check_writable, digest, round_measured
from mi_lab.schema import FORMAT
from mi_lab.stages import Stages
from mi_lab.sweeps import Run, backend, cache, default_workers


def train_images(
    spec: Spec, device: str, workers: int | None = None, label: str | None = None, cluster: Any = None
) -> list[Run]:
    """Every run of a spec with what was measured, in the order of its grid; finished stages are not repeated.

    The arguments are those of ``train_sweep``. Raises KeyboardInterrupt with a sentence that says what is kept,
    DataError if the data set cannot be had.
    """
    grid = list(spec.runs())
    if workers is None:
        workers = default_workers(device, cluster)
    owner = None if cluster is not None else os.getpid()
    jobs = [joblib.delayed(train_one)(spec, run, device, None if cluster is not None else label, owner) for run in grid]
    try:
        with backend(cluster):
            pool = joblib.Parallel(n_jobs=workers, return_as="generator", pre_dispatch="all")
            return list(tqdm(pool(jobs), total=len(grid), desc=label, unit="run", disable=not label))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"stopped. What the {len(grid)} runs have finished is kept in {cache()}, a training under way up to its "
            "last checkpoint; repeat the same command to go on."
        ) from None


def train_one(
    spec: Spec, run: Mapping[str, Any], device: str, label: str | None = None, owner: int | None = None
) -> Run:
    """Train and measure one run, or take what is kept of it; comes back rounded as stored.

    Only one process works on a run at a time; another that is given the same one waits and takes its result.
    """
    check_writable(cache(), "finished runs")
    own = {*run, *(f"{name}s" for name in run)}  # a grid's list of seeds does not change the run of one seed
    # nor do probes change the encoder they are fitted on: their stages bear their settings in their names
    shared = {k: v for k, v in dataclasses.asdict(spec).items() if k not in own and k not in PROBE_SETTINGS}
    identity = {"settings": digest([shared, dict(run)])[:16], "device": device.split(":")[0], **image_versions()}
    folder = cache() / digest([FORMAT, type(spec).__name__, identity])[:16]
    lock = FileLock(folder.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tqdm.write(f"another process is training {dict(run)}; waiting for its result.", file=sys.stderr)
        lock.acquire()
    try:
        stages = Stages(folder, identity, owner, label)
        with one_thread():
            measured = recipe(spec)(spec, run, torch.device(device), stages)
        return round_measured(dict(run) | dict(measured) | {"wall_seconds": stages.seconds})
    finally:
        lock.release()


@functools.cache
def image_versions() -> dict[str, str]:
    """The versions that a run's values depend on: of this package's own code and of PyTorch."""
    package = Path(__file__).parent
    folders = [package / name for name in ("estimation", "representation", "recipes")]
    sources = [package / "discrete.py", package / "names.py", *(p for f in folders for p in sorted(f.glob("*.py")))]
    code = digest([path.read_text(encoding="utf-8") for path in sources])[:16]
    return {"mi_lab code": code, "PyTorch version": str(torch.__version__)}
