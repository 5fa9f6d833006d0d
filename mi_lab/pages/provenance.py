"""The line under every figure: what kind of evidence it is, at what size it was made, and how to make it again."""

import dataclasses
from html import escape
from typing import Any

from mi_lab.experiments import Sweep, experiment
from mi_lab.results import Result, papermill_command


def provenance(result: Result) -> str:
    """HTML of the provenance line of a stored result."""
    made = result.provenance
    parts = [
        *_size(result),
        made["date"],
        f"{made['device'].upper()}, {_duration(made['wall_seconds'])} on one thread"
        if made["device"] == "cpu"
        else made["machine"],
    ]
    parts += [f"torch {made['torch']}", f"revision {made['git_revision']}"]
    command = papermill_command(experiment(result.experiment), result.profile, result.overrides)
    return (
        f"<span class='mi-evidence'>stored</span> {escape(' · '.join(parts))} · rerun: <code>{escape(command)}</code>"
    )


def _size(result: Result) -> list[str]:
    """Profile, and every setting in which it differs from the report's."""
    spec, report = result.spec, experiment(result.experiment).report
    if not isinstance(spec, Sweep):
        return [f"profile {result.profile}", f"{spec.samples} samples"]
    assert isinstance(report, Sweep)
    size = [f"profile {result.profile}"]
    size.append(f"{spec.epochs} epochs" + ("" if spec.epochs == report.epochs else f" (report: {report.epochs})"))
    size.append(("seeds " if len(spec.seeds) > 1 else "seed ") + ", ".join(map(str, spec.seeds)))
    if set(spec.batch_size) != set(report.batch_size):
        size.append(f"N up to {max(spec.batch_size)} (report: {max(report.batch_size)})")
    size += [
        f"{name} = {shown(value)}"
        for name, value in result.overrides.items()
        if name not in ("epochs", "seeds", "batch_size")
    ]
    return [*size, "curves smoothed as in App. C.1"]


def shown(value: Any) -> str:
    """A setting as text: tuples as 'a, b'."""
    return ", ".join(f"{item:g}" for item in value) if isinstance(value, list | tuple) else str(value)


def _duration(seconds: float) -> str:
    return (
        f"{seconds / 3600:.1f} h"
        if seconds >= 3600
        else f"{seconds / 60:.0f} min"
        if seconds >= 60
        else f"{seconds:.0f} s"
    )


def settings(result: Result) -> dict[str, str]:
    """Every setting of a result's spec as text, for a table."""
    return {name: shown(value) for name, value in dataclasses.asdict(result.spec).items()}
