"""Trains what its recipe makes in stages: one run is one training, in parallel processes or on a cluster, resumable."""

import dataclasses
import math
import os
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

import joblib
import torch

from mi_lab.estimation.machine import one_thread
from mi_lab.experiments.image_specs import PROBE_SETTINGS
from mi_lab.experiments.kinds import Spec
from mi_lab.ground.bars import Bar
from mi_lab.ground.cache import runs_folder
from mi_lab.ground.files import digest
from mi_lab.results.rounding import Run, round_measured
from mi_lab.results.schema import FORMAT
from mi_lab.runner.identity import versions
from mi_lab.runner.recipes.by_kind import recipe
from mi_lab.runner.stages import Stages
from mi_lab.runner.workers import alone_on, backend, default_workers, on_a_terminal


def train_staged(
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
    inner = label if cluster is None and on_a_terminal() else None
    jobs = [joblib.delayed(train_one)(spec, run, device, inner, owner) for run in grid]
    try:
        with backend(cluster):
            pool = joblib.Parallel(n_jobs=workers, return_as="generator", pre_dispatch="all")
            return list(Bar(pool(jobs), total=len(grid), desc=label, unit="run", disable=not label))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"stopped. What the {len(grid)} runs have finished is kept in {runs_folder()}, a training under way up to "
            "its last checkpoint; repeat the same command to go on."
        ) from None


def storable(measured: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured, curves ending before their first value that is not finite; None for other such values."""
    curves = {name: list(takewhile(math.isfinite, curve)) for name, curve in measured["curves"].items()}
    return {**measured, "curves": curves, "values": _finite(measured["values"])}


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    numbers = [one for one in (value if isinstance(value, list) else [value]) if one is not None]
    return value if all(map(math.isfinite, numbers)) else None


def train_one(
    spec: Spec, run: Mapping[str, Any], device: str, label: str | None = None, owner: int | None = None
) -> Run:
    """Train and measure one run, or take what is kept of it; comes back rounded as stored.

    Only one process works on a run at a time; another that is given the same one waits and takes its result.
    """
    own = {*run, *(f"{name}s" for name in run)}  # a grid's list of seeds does not change the run of one seed
    # nor do probes change the encoder they are fitted on: their stages bear their settings in their names
    shared = {k: v for k, v in dataclasses.asdict(spec).items() if k not in own and k not in PROBE_SETTINGS}
    own_recipe = recipe(spec)
    settings = digest([shared, dict(run)])[:16]
    identity = {"settings": settings, "device": device.split(":")[0], **versions(own_recipe.__module__)}
    folder = runs_folder() / digest([FORMAT, type(spec).__name__, identity])[:16]
    with alone_on(folder, str(dict(run))), one_thread():
        stages = Stages(folder, identity, owner, label)
        measured = own_recipe(spec, run, torch.device(device), stages)
        return round_measured(dict(run) | storable(measured) | {"wall_seconds": stages.seconds})
