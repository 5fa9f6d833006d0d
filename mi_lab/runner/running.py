"""Runs an experiment and stores its result with its provenance."""

import contextlib
import dataclasses
import functools
import platform
import reprlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import torch

import mi_lab
from mi_lab.estimation.catalogue import make_task
from mi_lab.estimation.machine import device_named
from mi_lab.experiments.consistency_specs import Staircase, Untrained
from mi_lab.experiments.fair_specs import DIMS, MOST, Fair, Given
from mi_lab.experiments.kinds import Experiment, Spec
from mi_lab.experiments.registry import experiment
from mi_lab.experiments.sweep_costs import sweep_steps
from mi_lab.experiments.sweep_specs import CeilingTable, Sweep
from mi_lab.ground.cache import runs_folder
from mi_lab.ground.extras import require
from mi_lab.ground.files import check_writable
from mi_lab.ground.keywords import check_keywords, keywords_of, own_keywords
from mi_lab.ground.names import known
from mi_lab.ground.sentences import in_a_sentence
from mi_lab.ground.settings import as_type, plain_data
from mi_lab.results.rounding import Run, round_measured
from mi_lab.results.store import Result, results_dir, save
from mi_lab.runner.ceiling_tables import ceilings, with_ceilings
from mi_lab.runner.identity import reached, sources, versions
from mi_lab.runner.recipes.by_kind import recipe
from mi_lab.runner.staged import train_staged
from mi_lab.runner.sweep_training import train_runs
from mi_lab.runner.sweeps import train_sweep


def run(
    name: str,
    profile: str = "laptop",
    *,
    device: str = "auto",
    workers: int | None = None,
    scheduler: str | None = None,
    folder: str | Path | None = None,
    progress: bool = True,
    **overrides: Any,
) -> Result:
    """Run an experiment (or the one a panel belongs to), store its result and return it.

    Parameters
    ----------
    name : str
        Of the experiment, such as 'fig-2a'.
    profile : str
        Its size: 'smoke', 'laptop' or 'report'.
    device : str
        'auto', 'cpu' or 'cuda'.
    workers : int, optional
        Parallel processes of one thread each; None for one per core, and one on CUDA.
    scheduler : str, optional
        The address of a Dask scheduler, ``tcp://host:8786``, whose workers then do the training.
    folder : str or Path, optional
        Where the result is stored; None for ``MI_LAB_RESULTS``, else book/results of the checkout, or ./results without
        one.
    progress : bool
        Whether to draw progress bars.
    **overrides
        Single settings in place of the profile's, such as ``true_mi=[10]``; None leaves one alone.

    Returns
    -------
    Result
        As it is stored.

    Raises
    ------
    ValueError
        For a wrong name, value, device or scheduler, before any training.
    TypeError
        For a setting that the experiment does not have.
    mi_lab.ResultError
        For a folder that cannot be written, before any training.

    Examples
    --------
    >>> import math
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mi_lab import run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = run("ceiling", "smoke", folder=Path(folder), progress=False)
    >>> all(one["value"] < math.log(one["batch_size"]) for one in result.runs)
    True
    """
    chosen = experiment(name)
    check_keywords("run", overrides, [*keywords_of(run), *(field.name for field in dataclasses.fields(chosen.report))])
    spec = chosen.spec(profile, **overrides)
    _check_tasks(spec)
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise ValueError(f"workers must be a whole number of at least 1, or None, not {reprlib.repr(workers)}.")
    scheduler = scheduler and as_type(str, "scheduler", scheduler)
    folder = Path(folder or results_dir())
    check_writable(folder)
    check_writable(runs_folder(), "finished runs")
    with _cluster(scheduler) as cluster:
        if cluster is None:
            place = _place(device)
        else:
            _check_workers(cluster, scheduler, spec)
            place = cluster.submit(_place, device, pure=False).result()
        runs = _runs(spec, place.pop("place"), workers, chosen.name if progress else None, cluster)
    return _store(chosen, profile, spec, runs, place, folder)


def store_runs(name: str, runs: Sequence[Run], **overrides: Any) -> Result:
    """Store runs that were trained on this CPU by other hands than ``run``'s, as ``run(name, **overrides)`` would.

    They are the grid of the laptop profile with these overrides, in its order, each with its curves and
    ``wall_seconds``. Raises ValueError for a wrong name or setting, ResultError for a folder that cannot be written.
    """
    chosen = experiment(name)
    spec = chosen.spec("laptop", **overrides)
    if not isinstance(spec, Sweep):
        raise ValueError(f"{chosen.name} holds no runs with curves.")
    place = _place("cpu")
    del place["place"]
    return _store(
        chosen, "laptop", spec, with_ceilings(spec, [round_measured(run) for run in runs]), place, results_dir()
    )


@own_keywords
@in_a_sentence()
def run_parameters(namespace: Mapping[str, Any]) -> Result:
    """Run what a notebook's ``parameters`` cell says.

    Parameters
    ----------
    namespace : mapping
        The notebook's ``globals()``: ``experiment``, and any of ``profile``, ``device``, ``workers``, ``scheduler`` and
        the experiment's own settings. The kernel's own names are left out.

    Returns
    -------
    Result
        As it is stored.

    Raises
    ------
    ValueError
        Before any work, for no experiment or a name that is no parameter; papermill itself only warns of one.

    Examples
    --------
    >>> from mi_lab import run_parameters
    >>> result = run_parameters({"experiment": "ceiling", "profile": "smoke"})
    >>> result.file_name
    'ceiling.smoke.json'
    """
    given = plain_data(namespace)
    if "experiment" not in given:
        raise ValueError("no experiment is given; name one, such as 'fig-2a'.")
    chosen = experiment(given.pop("experiment"))
    names = [field.name for field in dataclasses.fields(chosen.report)]
    for key in given:
        known("parameter", key, (*names, "experiment", "profile", "device", "workers", "scheduler"))
    return run(chosen.name, **given)


def _check_tasks(spec: Spec) -> None:
    """Raise ValueError for an unknown task, or an MI or a dim that it cannot have; a first draw tells."""
    if not isinstance(spec, Sweep | Staircase | Untrained | Fair | Given):
        return
    for name, mi in product([spec.task] if isinstance(spec, Sweep) else spec.tasks, spec.true_mi):
        dim = DIMS.get(name, 20) if isinstance(spec, Fair | Given) else spec.dim
        if not (isinstance(spec, Fair | Given) and mi > MOST.get(name, mi)):
            make_task(name, dim, mi).sample(1, torch.Generator())


def _runs(spec: Spec, device: str, workers: int | None, label: str | None, cluster: Any) -> list[Run]:
    if isinstance(spec, CeilingTable):
        return ceilings(spec)
    if isinstance(spec, Sweep):
        return with_ceilings(spec, train_sweep(spec, device, workers, label, cluster))
    return train_staged(spec, device, workers, label, cluster)


def _store(
    chosen: Experiment, profile: str, spec: Spec, runs: Sequence[Run], place: Mapping[str, Any], folder: Path
) -> Result:
    own, asked = dataclasses.asdict(chosen.spec(profile)), dataclasses.asdict(spec)
    changed = {k: list(v) if isinstance(v, tuple) else v for k, v in asked.items() if v != own[k]}
    provenance = dict(place) | {
        "git_revision": _REVISION,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "threads": 1,
        **{clock: round(sum(r[clock] for r in runs), 1) for clock in _CLOCKS if all(clock in r for r in runs)},
        "steps": sweep_steps(spec) if isinstance(spec, Sweep) else sum(r.get("steps", 0) for r in runs),
    }
    kept = [{k: v for k, v in r.items() if k not in (*_CLOCKS, "steps")} for r in runs]
    result = Result(chosen.name, profile, changed, spec, kept, provenance)
    save(result, folder)
    return result


@contextlib.contextmanager
def _cluster(scheduler: str | None) -> Iterator[Any]:
    """A client of the Dask scheduler at that address; None for no address."""
    if not scheduler:
        yield None
        return
    require("distributed")
    from distributed import Client

    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"no Dask scheduler answers at '{scheduler}'; give an address like tcp://host:8786."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=60)
        except TimeoutError as error:
            raise ValueError(f"the scheduler at {scheduler} has no workers; start some, and repeat.") from error
        yield client


def _check_workers(cluster: Any, scheduler: str | None, spec: Spec) -> None:
    """Raise ValueError unless the workers would train as this process does."""
    trainer = train_runs if isinstance(spec, Sweep | CeilingTable) else recipe(spec)
    ours, theirs = versions(trainer.__module__), cluster.submit(versions, trainer.__module__, pure=False).result()
    others = [name for name, value in ours.items() if theirs.get(name) != value]
    if others:
        raise ValueError(f"the workers of {scheduler} have another {' and '.join(others)}; install what is here.")


def _place(device: str) -> dict[str, Any]:
    """Where the training happens; asked of a cluster's worker if there is one."""
    place = device_named(device)
    name = torch.cuda.get_device_name(place) if place.type == "cuda" else platform.machine()
    return {
        "place": str(place),
        "device": place.type,
        "machine": f"{platform.system()} {name}",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _revision() -> str:
    """The commit of the code that ran, marked if the code differs from it; without a checkout of it the version."""
    here = Path(__file__).parents[1]
    try:
        git = functools.partial(subprocess.run, cwd=here, capture_output=True, text=True, check=True)
        git(["git", "ls-files", "--error-unmatch", __file__])  # a checkout around an installed package is another's
        revision = git(["git", "rev-parse", "--short=12", "HEAD"]).stdout.strip()
        loaded = [name.replace(".", "/") for name in reached(__name__, sources())]
        paths = [f"../{name}{end}" for name in loaded for end in (".py", "/__init__.py")]
        changed = git(["git", "status", "--porcelain", "--", *paths]).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return f"mi_lab {mi_lab.__version__}"
    return f"{revision} with changes" if changed else revision


_CLOCKS = ("wall_seconds", "processor_seconds")  # the second is measured of sweeps
_REVISION = _revision()  # at import, so that it names the code that was loaded and not a later edit
