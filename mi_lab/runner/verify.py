"""Recomputes stored results from their own provenance: ``python -m mi_lab verify [NAME ...]``.

Counts and Monte Carlo values are computed again whole. Of a sweep, runs are trained again one by one, each for its
first epochs: an epoch depends on nothing after it, and a run on none of those it was trained with but for rounding.
What would take longer than a minute a result is left out, and the table says so.
"""

import argparse
import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from mi_lab.estimation.machine import device_named, one_thread
from mi_lab.experiments.sweep_specs import CeilingTable, Sweep
from mi_lab.ground.files import ResultError
from mi_lab.ground.names import known
from mi_lab.representation.fetch import DataError
from mi_lab.results.benchmarks import SCHEMAS as BENCHMARKS
from mi_lab.results.benchmarks import load_speed
from mi_lab.results.rounding import round_numbers
from mi_lab.results.store import Result, read, results_dir
from mi_lab.runner.ceiling_tables import ceilings, with_ceilings
from mi_lab.runner.sweep_training import train_runs
from mi_lab.runner.sweeps import OWN
from mi_lab.runner.verify_staged import part_again

SECONDS = 60.0
"""After so long a sweep is given no further run."""
EPOCHS = 3
"""So many epochs of a run are trained again, fewer if they would take longer than ``SECONDS``."""
TOLERANCE = 2e-3
"""The most by which a trained value may differ, as a share of it or of 0.1. That is two units of the last of the four
digits that are stored. Trained alone, not in their stacks, 111 runs of seven stored sweeps gave their first 2 to 10
epochs to the last digit, but for 4 runs with values off by one unit; so did 36 runs of three sweeps on PyTorch's plain
kernels (ATEN_CPU_CAPABILITY=default, MKL_CBWR=COMPATIBLE) instead of the processor's own, but for 4."""

EQUAL, ROUNDED, WRONG, LEFT_OUT = "equal", "equal but for rounding", "WRONG", "not recomputed"


@dataclasses.dataclass(frozen=True)
class Check:
    """What became of one result: its verdict, what was compared and what was not, and the largest ``difference``."""

    verdict: str
    what: str
    largest: float | None = None


def verify(result: Result, seconds: float = SECONDS) -> Check:
    """Recompute a result, or as much of it as takes about so many seconds, and compare."""
    made_on = result.provenance["device"]
    try:
        device = str(device_named(made_on))
    except ValueError:
        return Check(LEFT_OUT, f"anything, as it was made on {made_on} and there is none here")
    if isinstance(result.spec, Sweep):
        return _verify_sweep(result, device, seconds)
    if isinstance(result.spec, CeilingTable):
        again = [{name: run[name] for name in ("value", "stderr")} for run in ceilings(result.spec)]
        return _compared(result, f"all {len(again)} values", again, result.runs)
    try:
        return _verify_staged(result, device)
    except DataError as error:
        return Check(LEFT_OUT, f"anything: {error}")


def difference(again: Any, stored: Any) -> float:
    """The largest difference of two nested values, as a share of the stored one or of 0.1; inf for another shape."""
    if isinstance(again, float | int) and isinstance(stored, float | int):
        apart = abs(again - stored) / max(abs(stored), 0.1)
        return apart if math.isfinite(apart) else math.inf
    if isinstance(again, Mapping) and isinstance(stored, Mapping) and again.keys() == stored.keys():
        return max((difference(again[key], stored[key]) for key in again), default=0.0)
    if isinstance(again, list) and isinstance(stored, list) and len(again) == len(stored):
        return max(map(difference, again, stored), default=0.0)
    return 0.0 if again == stored else math.inf


def _compared(result: Result, what: str, again: Sequence[Any], stored: Sequence[Any], trained: bool = False) -> Check:
    """``again`` holds one nested value per entry of ``stored``, which may hold more names on the first level."""
    rounded = [round_numbers(dict(one)) for one in again]
    kept = [{name: run.get(name) for name in one} for one, run in zip(rounded, stored, strict=True)]
    largest, made = difference(rounded, kept), result.provenance["torch"]
    same_versions = made == torch.__version__
    if largest == 0:
        return Check(EQUAL, what, largest)
    if largest <= TOLERANCE and (trained or not same_versions):
        return Check(ROUNDED, what, largest)
    return Check(WRONG, what if same_versions else f"{what} (torch {made} then, {torch.__version__} now)", largest)


def _verify_sweep(result: Result, device: str, seconds: float) -> Check:
    spec, start = result.spec, time.monotonic()
    assert isinstance(spec, Sweep)
    grid = [{name: run[name] for name in OWN} for run in result.runs]
    check = _compared(result, f"all {len(grid)} ceilings", with_ceilings(spec, grid), result.runs)
    if check.verdict == WRONG:
        return check
    per_epoch = result.provenance["wall_seconds"] / len(grid) / spec.epochs
    epochs = max(1, min(EPOCHS, spec.epochs, int(seconds / per_epoch) if per_epoch else EPOCHS))
    trained: list[dict[str, Any]] = []
    stored: list[dict[str, Any]] = []
    for own, run in sorted(zip(grid, result.runs, strict=True), key=lambda pair: int(pair[0]["batch_size"])):
        if trained and time.monotonic() - start > seconds:
            break
        [again] = train_runs(dataclasses.replace(spec, epochs=epochs), [own], device)
        stored.append(_first(epochs, run))
        trained.append(_named_alike(again, stored[-1]))
    what = f"{check.what}; {epochs} of {spec.epochs} epochs of {len(trained)} of {len(grid)} runs"
    return _compared(result, what, trained, stored, trained=True)


def _first(epochs: int, run: Mapping[str, Any]) -> dict[str, Any]:
    """What a run would have stored if it had ended after so many epochs."""
    broken = run["first_nonfinite_epoch"]
    lists = {name: _begun(run[name], epochs) for name in ("curves", "moving_average") if name in run}
    return lists | {"first_nonfinite_epoch": broken if broken and broken <= epochs else None}


def _begun(lists: Any, epochs: int) -> Any:
    if isinstance(lists, Mapping):
        return {name: _begun(inner, epochs) for name, inner in lists.items()}
    return lists[:epochs]


def _named_alike(found: Any, wanted: Any) -> Any:
    """Of nested mappings what another has too: a run stored before a statistic was added says nothing of it."""
    if isinstance(wanted, Mapping):
        return {name: _named_alike(found[name], inner) for name, inner in wanted.items()}
    return found


def _verify_staged(result: Result, device: str) -> Check:
    with one_thread():
        parts = [part_again(result.spec, run, torch.device(device)) for run in result.runs]
    again, stored = [], []
    for part, run in zip(parts, result.runs, strict=True):
        curves, values = part.get("curves", {}), part.get("values", {})
        again.append({"curves": curves, "values": values})
        begun = {name: run["curves"].get(name, [])[: len(curve)] for name, curve in curves.items()}
        stored.append({"curves": begun, "values": {name: run["values"].get(name) for name in values}})
    done = {name for one in again for kind in one.values() for name in kind}
    left = sorted({name for run in result.runs for kind in ("curves", "values") for name in run[kind]} - done)
    missing = f"{LEFT_OUT}: {', '.join(left)}" if left else ""
    if not done:
        return Check(LEFT_OUT, f"anything, as it is all training: {', '.join(left)}")
    what = f"{', '.join(sorted(done))} of {sum(map(bool, parts))} of {len(parts)} runs"
    trained = any(one["curves"] for one in again)
    return _compared(result, "; ".join(filter(None, [what, missing])), again, stored, trained)


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the named results, or all, and print a table; 1 if one is wrong."""
    parser = argparse.ArgumentParser(prog="python -m mi_lab verify", description="Recompute stored results.")
    parser.add_argument("name", nargs="*", help="an experiment such as fig-2a, or a file's name; none for all")
    given = parser.parse_args(arguments)
    try:
        paths = _chosen(given.name)
    except ValueError as error:
        parser.error(str(error))
    verdicts = []
    print(f"{'result':38} {'verdict':22} {'largest difference':>18}  recomputed", flush=True)
    for path in paths:
        check = _check_file(path)
        largest = "" if check.largest is None else f"{check.largest:.1g}"
        print(f"{path.name:38} {check.verdict:22} {largest:>18}  {check.what}", flush=True)
        verdicts.append(check.verdict)
    wrong, left = verdicts.count(WRONG), verdicts.count(LEFT_OUT)
    print(f"{len(paths)} results: {len(paths) - wrong - left} found again, {left} not recomputed, {wrong} wrong.")
    return 1 if wrong else 0


def _chosen(names: Sequence[str]) -> list[Path]:
    """The files of these results. Raises ValueError for one that is not stored."""
    paths = sorted(results_dir().glob("*.json"))
    if not paths:
        raise ValueError(f"no results in {results_dir()}.")
    by_name: dict[str, list[Path]] = {path.name: [path] for path in paths}
    for path in paths:  # an experiment's name stands for all that is stored of it
        by_name.setdefault(path.stem.rsplit(".", 1)[0], []).append(path)
    return [path for name in names for path in by_name[known("stored result", name, by_name)]] or paths


def _check_file(path: Path) -> Check:
    try:
        if path.stem in BENCHMARKS:
            load_speed(path.parent, path.stem)
            return Check(LEFT_OUT, "times of a machine; make bench measures them again")
        return verify(read(path))
    except ResultError as error:
        return Check(WRONG, str(error))
