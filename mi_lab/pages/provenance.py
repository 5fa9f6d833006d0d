"""The line under every figure: what kind of evidence it is, at what size it was made, and how to make it again."""

import re
from dataclasses import fields
from html import escape, unescape
from typing import Any

from mi_lab.experiments.kinds import Spec
from mi_lab.experiments.registry import experiment
from mi_lab.experiments.sweep_specs import CeilingTable, Sweep
from mi_lab.results.store import Result, papermill_command

_OWN = "in full"
_BEYOND = (
    "beyond",
    "staircase",
    "consistency",
    "untrained",
    "learning",
    "fair",
    "given",
)  # notebooks of what the report does not hold


def provenance(result: Result) -> str:
    """HTML of the provenance line of a stored result. What is beyond the report is held against its own full size."""
    made = result.provenance
    threads = f"on {made['threads']} thread{'s' if made['threads'] > 1 else ''} each" if made["device"] == "cpu" else ""
    where = f"{made['device'].upper()} ({made['machine']}), {duration(made['wall_seconds'])} {threads}".strip()
    parts = [*_size(result), made["date"], where, f"torch {made['torch']}", f"revision {made['git_revision']}"]
    command = papermill_command(experiment(result.experiment), result.profile, result.overrides)
    return (
        f"<span class='mi-evidence'>stored</span> {escape(' · '.join(parts))} · rerun: <code>{escape(command)}</code>"
    )


def folded(line: str) -> str:
    """A provenance as a page shows it: label, profile, epochs and seeds of the first source; all the rest unfolds.

    ``line`` is what ``provenance`` gives, or several of them with breaks between.
    """
    sources = line.split("<br>")
    if "rerun: " not in sources[0]:
        return f'<p class="mi-provenance">{line}</p>'
    label, _, told = sources[0].partition("</span> ")
    more = [f"and {len(sources) - 1} more"] if len(sources) > 1 else []
    summary = f"{label}</span> {' · '.join([*_short(told), *more])}"
    rest = "".join(f"<p>{source}</p>" for source in sources)
    return f'<details class="mi-provenance"><summary>{summary}</summary>{rest}</details>'


def plain_provenance(result: Result) -> str:
    """The same as text for a widget, which has its own place for the word 'stored': a short line, then the whole."""
    whole = unescape(re.sub(r"<[^>]*>", "", provenance(result))).removeprefix("stored ")
    return " · ".join(_short(whole)) + "\n" + whole


def _short(told: str) -> list[str]:
    return [part for part in told.split(" · ") if re.match(r"(profile|seeds?|\d[\d,]* (epochs|samples)) ?", part)]


def _size(result: Result) -> list[str]:
    """Profile, and every setting in which it differs from the report's."""
    spec, report = result.spec, experiment(result.experiment).report
    if isinstance(spec, CeilingTable):
        return [f"profile {result.profile}", f"{spec.samples} samples", f"seed {spec.seed}"]
    if not (isinstance(spec, Sweep) and isinstance(report, Sweep)):
        return [f"profile {result.profile}", *differences(spec, report, _whole(result))]
    size = [f"profile {result.profile}"]
    whole = _whole(result)
    size.append(f"{spec.epochs} epochs" + ("" if spec.epochs == report.epochs else f" ({whole}: {report.epochs})"))
    size.append(("seeds " if len(spec.seeds) > 1 else "seed ") + ", ".join(map(str, spec.seeds)))
    if spec.true_mi != report.true_mi:
        size.append(f"{len(spec.true_mi)} true MI (our full grid: {len(report.true_mi)})")
    if spec.batch_size != report.batch_size:
        size.append(f"N up to {max(spec.batch_size)} ({whole}: {max(report.batch_size)})")
    told = ["epochs", "seeds", "batch_size"]
    if spec.precision != report.precision:
        size.append(f"precision {spec.precision} ({whole}: {report.precision})")
        told.append("precision")
    size += [f"{name} = {shown(value)}" for name, value in result.overrides.items() if name not in told]
    return size if whole == _OWN else [*size, "curves smoothed as in App. C.1"]


def _whole(result: Result) -> str:
    return _OWN if experiment(result.experiment).notebook in _BEYOND else "report"


def differences(spec: Spec, report: Spec, whole: str = "report") -> list[str]:
    """Every setting in which a spec differs from the whole, as 'width 16 (report: 64)', and its seeds."""
    pairs = [(f.name.replace("_", " "), getattr(spec, f.name), getattr(report, f.name)) for f in fields(spec)]
    changed = [
        f"{n} {shown(ours)} ({whole}: {shown(theirs)})" for n, ours, theirs in pairs if ours != theirs and n != "seeds"
    ]
    return (
        changed
        if isinstance(spec, CeilingTable)
        else [*changed, f"seed{'s' * (len(spec.seeds) > 1)} {shown(spec.seeds)}"]
    )


def shown(value: Any) -> str:
    """A setting as text: tuples as 'a, b'."""
    if isinstance(value, list | tuple):
        return ", ".join(item if isinstance(item, str) else f"{item:g}" for item in value)
    return str(value)


def duration(seconds: float) -> str:
    """'40 s', '12 min', '3.5 h', '12 days'."""
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 3 * length or (unit != "days" and seconds >= length):
            return f"{seconds / length:.{1 if unit == 'h' else 0}f} {unit}"
    return f"{seconds:.0f} s"
