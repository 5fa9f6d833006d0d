"""Several estimators on the same pairs: a tidy table and one figure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from mi_lab.estimation.pairs.columns import Array
from mi_lab.estimation.pairs.estimates import Estimate
from mi_lab.estimation.pairs.estimating import Training, make_fit, resolved, settings_of
from mi_lab.estimation.pairs.pair_files import read_pairs
from mi_lab.estimation.tasks import CorrelatedGaussians
from mi_lab.ground.keywords import check_keywords, keywords_of, own_keywords
from mi_lab.ground.names import CONTRASTIVE, DENSITIES, OF_PAIRS, OPTIONS, known
from mi_lab.ground.sentences import in_a_sentence
from mi_lab.ground.settings import as_type, plain_data

if TYPE_CHECKING:
    import plotly.graph_objects as go

ESTIMATORS = ("auto", "mine", "nwj", "js", "infonce")


@own_keywords
@dataclass(frozen=True)
class Comparison:
    """Estimates of the MI of the same pairs, in nats; in a notebook it shows itself as a table.

    Examples
    --------
    >>> import numpy as np
    >>> import mi_lab
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 1000, 1))
    >>> compared = mi_lab.compare(x, x + noise, ["gaussian", "ksg"], progress=False)
    >>> compared.table()[0]["negatives"]
    'none'
    >>> print(compared)
    gaussian (gaussian): 0.3... nats, no bound
      read as: x is 1 column of numbers; y is 1 column of numbers
    ksg (ksg): 0.3... nats, no bound
      read as: x is 1 column of numbers; y is 1 column of numbers
    """

    estimates: tuple[Estimate, ...]

    def table(self) -> list[dict[str, Any]]:
        """One row per estimator and readout, as a data frame takes it; ``flags`` are names joined by semicolons."""
        told = ("estimator", "readout", "critic", "negatives", "mi", "stderr", "lower_bound", "bound")
        return [
            {name: getattr(one, name) for name in told} | {"flags": "; ".join(flag.name for flag in one.flags)}
            for one in self.estimates
        ]

    def figure(self) -> "go.Figure":
        """Estimates with their standard errors and flags, beside log n. Needs the extra 'book'."""
        from mi_lab.lab.drawing import draw_estimates

        return draw_estimates(self.estimates)

    def __str__(self) -> str:
        return "\n".join(map(str, self.estimates))

    def _repr_html_(self) -> str | None:
        try:
            from mi_lab.lab.drawing import estimates_table
        except ModuleNotFoundError:  # without the extra a notebook shows the text
            return None
        return estimates_table(self.estimates)


def compare(
    x: Any, y: Any, estimators: str | Sequence[str] = ESTIMATORS, *, progress: bool = True, **settings: Any
) -> Comparison:
    """Estimate the MI of pairs with several estimators, one after the other, and with every readout they have.

    Parameters
    ----------
    x : array or tensor
        Of shape (n, d) or (n,); whole numbers of shape (n,) are labels.
    y : array or tensor
        As x; its row i belongs to row i of x.
    estimators : str or sequence of str
        Names as ``estimate`` takes them.
    progress : bool
        Whether to draw progress bars.
    **settings
        Those of ``estimate``. InfoNCE, I_alpha, FLO and L1Out use all pairs whatever the ``negatives``; a setting that
        an estimator does not have leaves it alone, and of several seeds 'cross_fitted' takes the first.

    Returns
    -------
    Comparison
        The estimates in nats, as a table and as a figure.

    Raises
    ------
    ValueError
        For what one of the estimators refuses, before any is trained.
    TypeError
        For a setting that none of them has.

    Examples
    --------
    >>> import numpy as np
    >>> import mi_lab
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 1000, 1))
    >>> quick = {"hidden": (16,), "learning_rate": 1e-2, "max_steps": 100, "seeds": 0, "progress": False}
    >>> compared = mi_lab.compare(x, x + noise, ["nwj", "ksg"], **quick)
    >>> [row["estimator"] for row in compared.table()]
    ['nwj', 'ksg']
    >>> all(0 < row["mi"] < 0.6 for row in compared.table())
    True
    """
    found: list[Estimate] = []
    for name, fit in fits(x, y, estimators, **settings):
        fit.run(name if progress else None)
        found += fit.estimates()
    return Comparison(tuple(found))


def fits(
    x: Any, y: Any, estimators: str | Sequence[str] = ESTIMATORS, **settings: Any
) -> Iterator[tuple[str, Training]]:
    """The trainings of ``compare``, each begun when it is asked for. Raises ValueError for what one of them refuses."""
    check_keywords("compare", settings, [*keywords_of(compare), *PARAMETERS])
    several = isinstance(estimators, Iterable) and not isinstance(estimators, str)
    names: list[Any] = list(estimators) if several else [estimators]
    if not names:
        raise ValueError(f"estimators is empty; choose some of {', '.join(OF_PAIRS)}.")
    for name in names:
        known("estimator", name, OF_PAIRS)
    names = [resolved(x, y, name, settings.get("missing") or "refuse") for name in names]
    for option in OPTIONS.values():
        if settings.get(option) is not None and option not in map(OPTIONS.get, names):
            raise ValueError(f"none of {', '.join(names)} has {option}.")
    for name in names:  # each once for what it refuses, before any is trained
        make_fit(x, y, name, **_own(name, settings))
    return ((name, make_fit(x, y, name, **_own(name, settings))) for name in names)


def _own(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Of the settings of a comparison those that an estimator has."""
    others = set(OPTIONS.values()) - {OPTIONS.get(name)}
    has = settings_of(name) - others
    own = {key: value for key, value in settings.items() if key in has}
    if name == "cross_fitted" and own.get("seeds") is not None:
        own["seeds"] = as_type(tuple[int, ...], "seeds", own["seeds"])[:1]
    if name in CONTRASTIVE:
        own["negatives"] = None
    if name in DENSITIES:
        own["critic"] = None
    return own


PARAMETERS: Mapping[str, Any] = {
    "estimators": tuple[str, ...],
    "negatives": str,
    "critic": str,
    "batch_size": int,
    "hidden": tuple[int, ...],
    "dropout": tuple[float, ...],
    "learning_rate": float,
    "max_steps": int,
    "seeds": tuple[int, ...],
    "null": int,
    "missing": str,
    "device": str,
    **dict.fromkeys(OPTIONS.values(), float),
}


_WHERE = ("path", "path_y", "x", "y")


@in_a_sentence()
def compare_parameters(namespace: Mapping[str, Any]) -> Comparison:
    """Compare what a notebook's ``parameters`` cell says, from that notebook's ``globals()``.

    ``path``, ``path_y``, ``x`` and ``y`` are those of ``read_pairs``; without a path the pairs are ``synthetic``.
    Raises ValueError, before any work, for a name that is no parameter: papermill itself only warns of one.
    """
    given = plain_data(namespace)
    for name in given:
        known("parameter", name, (*_WHERE, *PARAMETERS))
    where = {name: given.pop(name, None) for name in _WHERE}
    path, path_y = (None if where[name] is None else as_type(str, name, where[name]) for name in ("path", "path_y"))
    settings = {name: as_type(PARAMETERS[name], name, value) for name, value in given.items() if value is not None}
    if path is None and path_y is not None:
        raise ValueError("path_y is the second of two files; give the first, that of x, as path.")
    if path is None:
        print("No path was given: these pairs are synthetic, correlated Gaussians in 2 dimensions of 1 nat.")
    x, y = synthetic() if path is None else read_pairs(path, path_y, x=where["x"], y=where["y"])
    return compare(x, y, **settings)


def synthetic() -> tuple[Array, Array]:
    """4000 pairs of correlated Gaussians in 2 dimensions whose MI is 1 nat: the same at every call."""
    x, y = CorrelatedGaussians(dim=2, mi=1.0).sample(4000, torch.Generator().manual_seed(0))
    return x.numpy(), y.numpy()
