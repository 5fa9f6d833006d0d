"""What runs under several seeds say together, and how much of the report's training they had."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from IPython.display import Markdown

from mi_lab.experiments.image_specs import NO_PRETEXT, NoisyImages, Probing
from mi_lab.experiments.reconstruction_specs import SupervisedAutoencoders, VInfoMaxDigits, VInfoMaxImages
from mi_lab.experiments.registry import experiment
from mi_lab.results.claims.outcome import standard_error
from mi_lab.results.store import Result

Encoders = Probing | NoisyImages | SupervisedAutoencoders | VInfoMaxDigits | VInfoMaxImages
_COUNTED = {1: "one seed", 2: "two seeds", 3: "three seeds"}


def told(values: Iterable[float | None], digits: int, sign: str = "") -> str:
    """Values, one a seed, as '44.4 ± 0.3'; '44.4' of one seed, and a dash where one was lost. ``sign`` may be '+'."""
    middle, error = standard_error(math.nan if value is None else value for value in values)
    if not math.isfinite(middle):
        return "–"
    return f"{middle:{sign}.{digits}f}" + ("" if math.isnan(error) else f" ± {error:.{digits}f}")


def error_bars(points: Iterable[Sequence[float | None]]) -> dict[str, Any] | None:
    """Standard errors at the points of a line, each one value a seed, as Plotly takes them; None if there are none."""
    errors = [standard_error(math.nan if value is None else value for value in values)[1] for values in points]
    array = [None if math.isnan(error) else error for error in errors]
    return {"array": array, "thickness": 1} if any(error is not None for error in array) else None


def over_seeds(*results: Result) -> str:
    """What a caption says of the numbers in it: 'mean ± standard error of three seeds', or 'one seed'."""
    counts = sorted({_count(result) for result in results})
    if counts == [1]:
        return _COUNTED[1]
    several = f"mean ± standard error of {' or '.join(map(_counted, counts[counts[0] == 1 :]))}"
    return several if counts[0] > 1 else f"{several}; where none stands, one seed"


def size_of(results: Sequence[Result], names: Sequence[str]) -> Markdown:
    """How much of the report's training stored results had, each under its name, as a paragraph for under a table."""
    parts = [_parts(result) for result in results]
    shared = [part for part in parts[0] if all(part in others for others in parts)] if len(parts) > 1 else []
    own = [", ".join(part for part in one if part not in shared) for one in parts]
    begin = f"All: {', '.join(shared)}. " if shared else ""
    told_of = "; ".join(f"{name}: {text}" for name, text in zip(names, own, strict=True) if text)
    return Markdown(f"*How long that is.* {begin}{told_of[:1].upper()}{told_of[1:]}.".replace(" .", ""))


def length(result: Result) -> str:
    """'one seed, width 16 of 64, 3 of 182 epochs on 45,000 images: 1.6 % of the report's length'."""
    return ", ".join(_parts(result))


def _parts(result: Result) -> list[str]:
    spec, report = result.spec, experiment(result.experiment).report
    assert isinstance(spec, Encoders) and isinstance(report, Encoders)
    parts = [_counted(_count(result))]
    if not isinstance(spec, NoisyImages | VInfoMaxDigits) and not isinstance(report, NoisyImages | VInfoMaxDigits):
        parts.append(f"width {spec.width} of {report.width}")
    if isinstance(spec, Probing) and spec.pretext == NO_PRETEXT:
        return [*parts, "no training"]
    share = spec.epochs * spec.images / (report.epochs * report.images)
    images = f"{spec.images:,}" + ("" if spec.images == report.images else f" of {report.images:,}")
    whose = "what we take for the report's length" if isinstance(spec, VInfoMaxDigits) else "the report's length"
    percent = f"{100 * share:.2g}".replace("1e+02", "100")
    parts.append(f"{spec.epochs} of {report.epochs} epochs on {images} images, {percent} % of {whose}")
    if isinstance(spec, NoisyImages) and isinstance(report, NoisyImages):
        parts.append(f"critics of {spec.critic_width} of {report.critic_width} units, {spec.critic_epochs} epochs")
    return parts


def _count(result: Result) -> int:
    return len({run["seed"] for run in result.runs})


def _counted(count: int) -> str:
    return _COUNTED.get(count, f"{count} seeds")
