"""The stored result: one JSON file per experiment and profile, written atomically, checked when read. Needs no torch.

``book/results/<experiment>.<profile>.json`` holds what a profile asks for. A run with other parameters goes to
``<experiment>.<profile>+<8 hex digits of its spec>.json`` and so never overwrites a profile's result.
"""

import dataclasses
import functools
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mi_lab.experiments.kinds import PROFILES, Experiment, Spec, kind_of, spec_from_dict
from mi_lab.experiments.registry import EXPERIMENTS, experiment
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.files import ResultError, check_writable, digest, write_atomically
from mi_lab.ground.keywords import own_keywords
from mi_lab.ground.names import known
from mi_lab.results.rounding import round_measured
from mi_lab.results.schema import FORMAT, RESTORE, SCHEMA, SEALED, read_document, unreadable

S = TypeVar("S", bound=Spec)
_BOOK = Path(__file__).parents[2] / "book"
SHOWN_PROFILES = ("report", "laptop")  # the book shows the first of these that is stored


@own_keywords
@dataclass(frozen=True)
class Result:
    """What one experiment measured, with the spec it followed and where it came from.

    ``runs`` is a list of mappings. Of a sweep: ``true_mi``, ``batch_size``, ``seed``, ``ceiling`` (I_N of a
    shuffle, as ``value`` and ``stderr``), ``first_nonfinite_epoch`` and ``curves`` (readout -> statistic -> one
    value per epoch), and of MINE ``moving_average`` (``log_mean_w`` and ``log_average``, alike). Of a ceiling table:
    ``true_mi``, ``batch_size``, ``value``, ``stderr``. All in nats. Of encoders of images: ``p`` if it has one,
    ``seed``, ``first_nonfinite_epoch``, ``curves`` (name -> one value per epoch) and ``values`` (name -> number, or
    -> tap -> number; None where it diverged).

    Examples
    --------
    >>> import math
    >>> from mi_lab import load
    >>> [run] = load("fig-2a").select(true_mi=30.0)  # in a checkout, which holds the book's results
    >>> sum(run["curves"]["nwj"]["mean"][-100:]) / 100 < math.log(run["batch_size"])
    True
    """

    experiment: str
    profile: str
    overrides: Mapping[str, Any]
    spec: Spec
    runs: list[dict[str, Any]]
    provenance: Mapping[str, Any]

    @property
    def file_name(self) -> str:
        """The name of the file it is stored in."""
        return file_name(self.experiment, self.profile, self.spec if self.overrides else None)

    def spec_of(self, kind: type[S]) -> S:
        """The spec, which is known to be of that kind."""
        assert isinstance(self.spec, kind)
        return self.spec

    def select(self, **settings: Any) -> list[dict[str, Any]]:
        """The runs whose settings are these, in the order of the grid."""
        return [run for run in self.runs if all(run[name] == value for name, value in settings.items())]


def results_dir() -> Path:
    """``MI_LAB_RESULTS`` if it says one, else book/results of the checkout this package lies in, else ./results."""
    default = _BOOK / "results" if _in_checkout() else "results"
    return Path(os.environ.get("MI_LAB_RESULTS") or default)


def lacking() -> list[str]:
    """The files of the book's own results that another folder has not."""
    names = {path.name for path in (_BOOK / "results").glob("*.json")}
    return sorted(names - {path.name for path in results_dir().glob("*.json")})


def _in_checkout() -> bool:
    return (_BOOK / "experiments").is_dir()


def file_name(name: str, profile: str, custom: Spec | None = None) -> str:
    """Where a result lies in the results folder; ``custom`` is a spec that is not the profile's own."""
    suffix = "" if custom is None else f"+{digest(dataclasses.asdict(custom))[:8]}"
    return f"{name}.{profile}{suffix}.json"


def save(result: Result, folder: Path | None = None) -> Path:
    """Store a result and return its path. Raises ResultError if the folder cannot be written."""
    folder = folder or results_dir()
    check_writable(folder)
    document = {"format": FORMAT, "kind": kind_of(result.spec), **dataclasses.asdict(result)}
    document["runs"] = [round_measured(run) for run in result.runs]
    document["sha256"] = digest([document[part] for part in SEALED])
    path = folder / result.file_name
    # one line per run keeps the file small and its diffs readable
    lines = ",\n".join(json.dumps(run, separators=(",", ":"), allow_nan=False) for run in document.pop("runs"))
    head = json.dumps(document, indent=1, allow_nan=False)
    write_atomically(path, f'{head[:-2]},\n "runs": [\n{lines}\n]}}\n')
    return path


@own_keywords
def load(name: str, profile: str | None = None, folder: str | Path | None = None) -> Result:
    """The stored result of an experiment or panel.

    Parameters
    ----------
    name : str
        Of the experiment, such as 'fig-2a'.
    profile : str, optional
        'smoke', 'laptop' or 'report'; None for the largest of the last two that is stored.
    folder : str or Path, optional
        Where it lies; None for ``MI_LAB_RESULTS``, else book/results of the checkout, or ./results without one.

    Returns
    -------
    Result
        Its runs, with the spec they followed and their provenance.

    Raises
    ------
    mi_lab.ResultError
        If there is none, if the file is damaged, or if its spec is not what the experiment now says.

    Examples
    --------
    >>> from mi_lab import load
    >>> result = load("fig-2a")  # in a checkout, which holds the book's results
    >>> result.spec.estimator
    'nwj'
    """
    chosen = experiment(name)
    folder = Path(folder or results_dir())
    profiles = SHOWN_PROFILES if profile is None else (known("profile", profile, PROFILES),)
    found = _first(chosen.name, profiles, folder)
    if found is None:
        wanted = " or ".join(profiles)
        raise ResultError(
            f"no result of {chosen.name} at profile {wanted} in {folder}; {rerun_hint(chosen, profiles[-1])}."
        )
    return read(folder / file_name(chosen.name, found))


def is_stored(name: str, folder: Path | None = None) -> bool:
    """Is there a result of this experiment that the book would show?"""
    return shown_profile(name, folder) is not None


def shown_profile(name: str, folder: Path | None = None) -> str | None:
    """The profile of the result of this experiment that the book would show; None if none is stored."""
    return _first(name, SHOWN_PROFILES, folder or results_dir())


def load_others(folder: Path | None = None) -> list[Result]:
    """Every stored result that is not the one shown in its figure, by file name: other parameters, other profiles."""
    folder = folder or results_dir()
    shown = {file_name(name, profile) for name in EXPERIMENTS if (profile := shown_profile(name, folder))}
    return [read(path) for path in sorted(folder.glob("*.*.json")) if path.name not in shown]


def _first(name: str, profiles: Sequence[str], folder: Path) -> str | None:
    return next((profile for profile in profiles if (folder / file_name(name, profile)).exists()), None)


def read(path: Path) -> Result:
    """Read and check one file, or take what it held when it was read last, if it is the same since.

    Treat what it gives as read-only. Raises ResultError naming the file and what in it is wrong.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise unreadable(path, error, RESTORE) from error
    return _read(path, (stat.st_ino, stat.st_mtime_ns, stat.st_size))


@functools.lru_cache(maxsize=512)  # a chapter asks for some results many times
def _read(path: Path, _state: tuple[int, ...]) -> Result:
    document = read_document(path, SCHEMA, lambda whole: [whole[part] for part in SEALED], RESTORE)
    try:
        spec = spec_from_dict(document["kind"], document["spec"])
        own = experiment(document["experiment"])
        expected = own.spec(document["profile"], **document["overrides"])
    except ValueError as error:
        raise ResultError(f"{path.name}: spec: {error}") from error
    result = Result(
        own.name, document["profile"], document["overrides"], spec, document["runs"], document["provenance"]
    )
    _check(result, path, expected, own)
    return result


def _check(result: Result, path: Path, expected: Spec, own: Experiment) -> None:
    if result.spec != expected:
        theirs, ours = dataclasses.asdict(result.spec), dataclasses.asdict(expected)
        field = next(name for name in ours if theirs.get(name) != ours[name])
        remedy = f"delete it, or {rerun_hint(own, result.profile, result.overrides)}"
        raise ResultError(
            f"{path.name} was made with {field} = {theirs.get(field)}, but {own.name} now says {ours[field]}; {remedy}."
        )
    if path.name != result.file_name:
        raise ResultError(
            f"{path.name} holds {result.experiment} at {result.profile} and should be called {result.file_name}."
        )
    grid = [tuple(run.values()) for run in result.spec.runs()]
    keys = list(next(iter(result.spec.runs())))
    found = [tuple(run.get(key) for key in keys) for run in result.runs]
    if found != grid:
        raise ResultError(
            f"{path.name}: runs: the file holds {len(found)} runs that are not the {len(grid)} of its spec."
        )
    if isinstance(result.spec, Sweep):
        for number, run in enumerate(result.runs):
            _check_curves(path, number, run, result.spec)


def _check_curves(path: Path, number: int, run: Mapping[str, Any], spec: Sweep) -> None:
    where = f"{path.name}: runs.{number}"
    if set(run["curves"]) != set(spec.readouts):
        raise ResultError(f"{where}.curves: holds {sorted(run['curves'])} where {sorted(spec.readouts)} were read.")
    end = run["first_nonfinite_epoch"]
    if end is not None and end > spec.epochs:
        raise ResultError(f"{where}.first_nonfinite_epoch: is {end} where {spec.epochs} epochs were run.")
    length = spec.epochs if end is None else end - 1
    lists = {f"curves.{r}.{name}": values for r, curve in run["curves"].items() for name, values in curve.items()}
    lists |= {f"moving_average.{name}": values for name, values in run.get("moving_average", {}).items()}
    for name, values in lists.items():
        if len(values) != length:
            raise ResultError(f"{where}.{name}: {len(values)} values where {length} epochs were run.")


def rerun_hint(own: Experiment, profile: str, overrides: Mapping[str, Any] | None = None) -> str:
    """How to make a result of this experiment, as the end of a sentence."""
    if _in_checkout():
        return f"run: {papermill_command(own, profile, overrides)}"
    settings = "".join(f", {name}={value!r}" for name, value in (overrides or {}).items())
    return f"run: mi_lab.run({own.name!r}, {profile!r}{settings})"


def papermill_command(own: Experiment, profile: str, overrides: Mapping[str, Any] | None = None) -> str:
    """The command that reruns an experiment from a clone."""
    words = [f"papermill book/experiments/{own.notebook}.ipynb out.ipynb -p experiment {own.name} -p profile {profile}"]
    for name, value in (overrides or {}).items():
        text = (",".join(map(_argument, value)) or "off") if isinstance(value, list | tuple) else str(value)
        words.append(f"-p {name} {text}")
    return " ".join(words)


def _argument(item: str | float) -> str:
    return item if isinstance(item, str) else f"{item:.17g}"
