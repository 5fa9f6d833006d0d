"""``mi_lab.estimate``: which estimator is asked for, or which one fits the pairs if none is."""

from typing import Any

from mi_lab.estimation.pairs.columns import read_as_pairs
from mi_lab.estimation.pairs.crossfit import CrossFit
from mi_lab.estimation.pairs.estimates import Estimate
from mi_lab.estimation.pairs.fit import Fit
from mi_lab.estimation.pairs.yardsticks import Yardstick
from mi_lab.ground.keywords import check_keywords, keywords_of
from mi_lab.ground.names import AUTO, DATA_ESTIMATORS, OF_PAIRS, known
from mi_lab.ground.records import RECORDS

Training = Fit | CrossFit | Yardstick


def estimate(
    x: Any, y: Any, estimator: str = AUTO, *, readout: str | None = None, progress: bool = True, **settings: Any
) -> Estimate:
    """Estimate the MI of pairs in nats, on pairs that took no part in training.

    Parameters
    ----------
    x : array, tensor, frame or series
        n rows, of numbers or labels. Whole numbers of shape (n,), strings, booleans and categories are labels.
    y : array, tensor, frame or series
        As x; its row i belongs to row i of x.
    estimator : str
        'auto' is 'counting' for two labels, and else 'cross_fitted'. Or one of those in ``mi_lab.ground.records``:
        'nwj' and others that train critics; 'ksg', 'gaussian' and 'copula' (numbers), 'ross' (numbers and a label) and
        'counting' (two labels), which train nothing.
    readout : str, optional
        Which of two values is reported: of 'js' 'nwj' (the default) or 'plug_in', which is GAN-DIME; of 'minde' 'minde'
        (the default) or 'likelihood_gain'.
    progress : bool
        Whether to draw a progress bar.
    **settings
        ``missing``: 'refuse' (the default), or 'drop' for pairs that lack an entry. ``null``, the number of
        permutations of a test for independence, none by default: of 'cross_fitted' and of what trains nothing. Of all
        that train ``hidden``, ``learning_rate``, ``batch_size``, ``max_steps``, ``seeds`` and ``device``; of the
        others, such as 'nwj', ``negatives``, ``critic`` and ``dropout``, and the estimator's own number, such as
        ``average_weight`` of MINE.

    Returns
    -------
    Estimate
        ``mi`` and ``stderr`` in nats, a ``lower_bound`` where there is one, and ``flags``, reasons to doubt them.

    Raises
    ------
    ValueError
        For pairs or a setting that cannot be used.
    TypeError
        For a setting that there is none of.

    References
    ----------
    The source of each stands in ``mi_lab.ground.records``.

    Examples
    --------
    >>> import numpy as np
    >>> import mi_lab
    >>> draw = np.random.default_rng(0)
    >>> x = draw.normal(size=(1000, 1))
    >>> y = x + draw.normal(size=(1000, 1))  # they share log(2) / 2 = 0.347 nats
    >>> print(mi_lab.estimate(x, y, progress=False))
    cross_fitted (plug_in): 0.3... ± 0.0... nats, no bound
      at least 0.3... ± 0.0... nats, a lower bound in expectation
      read as: x is 1 column of numbers; y is 1 column of numbers
    """
    every = {own for name in OF_PAIRS if name != AUTO for own in settings_of(name)}
    check_keywords("estimate", settings, [*keywords_of(estimate), *every])
    fit = make_fit(x, y, known("estimator", estimator, OF_PAIRS), **settings)
    readouts = RECORDS[fit.estimator].readouts
    chosen = known("readout", readout or readouts[0], readouts)
    fit.run(fit.estimator if progress else None)
    return next(found for found in fit.estimates() if found.readout == chosen)


def make_fit(x: Any, y: Any, estimator: str, **settings: Any) -> Training:
    """What estimates, ready to be run. Raises ValueError for pairs or settings that the estimator cannot use."""
    estimator = resolved(x, y, estimator, settings.get("missing", "refuse"))
    own = settings_of(estimator)
    for name in settings:
        if name not in own:
            reason = ", since it trains nothing" if _kind(estimator) is Yardstick else ""
            raise ValueError(f"{estimator} has no {name}{reason}; it has {', '.join(sorted(own))}.")
    if estimator == "cross_fitted":
        return CrossFit(x, y, **settings)
    return Yardstick(x, y, estimator, **settings) if estimator in DATA_ESTIMATORS else Fit(x, y, estimator, **settings)


def resolved(x: Any, y: Any, estimator: str, missing: str = "refuse") -> str:
    """The estimator that is meant by a name, which differs from it for 'auto' alone."""
    if estimator != AUTO:
        return estimator
    pairs = read_as_pairs(x, y, missing)
    return "counting" if pairs.x.ndim == pairs.y.ndim == 1 else "cross_fitted"


def settings_of(estimator: str) -> frozenset[str]:
    """The names of the settings that an estimator has."""
    return frozenset(keywords_of(_kind(estimator))) - {"x", "y", "estimator"}


def _kind(estimator: str) -> type[Fit] | type[CrossFit] | type[Yardstick]:
    if estimator == "cross_fitted":
        return CrossFit
    return Yardstick if estimator in DATA_ESTIMATORS else Fit
