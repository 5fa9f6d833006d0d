"""The estimate as scikit-learn's tools take it: settings first, then ``fit``, and ``score`` on pairs kept apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mi_lab.estimation.pairs.crossfit import CrossFit
from mi_lab.ground.extras import require

require("sklearn")

from sklearn.base import BaseEstimator  # noqa: E402
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data  # noqa: E402

Array = NDArray[Any]


class MIEstimator(BaseEstimator):
    """The MI of pairs, in nats, as an estimator of scikit-learn. It makes the estimate that ``estimate`` makes.

    Parameters
    ----------
    hidden, learning_rate, batch_size, max_steps, seeds, null, device
        As of 'cross_fitted' in ``estimate``.

    Attributes
    ----------
    mi_, stderr_ : float
        The best estimate and its standard error.
    lower_bound_ : float
        What the MI is at least, in expectation.
    flags_ : tuple of Flag
        Reasons to doubt them.
    estimate_ : Estimate
        All that was found.
    classes_
        The labels, if y is one.

    Raises
    ------
    ValueError
        For pairs or settings that cannot be used; fewer than 50 pairs cannot.

    References
    ----------
    The rule stands in ``mi_lab.estimation.pairs.crossfit``; the interface is that of Buitinck et al. (2013), *API
    design for machine learning software*.

    Examples
    --------
    >>> import numpy as np
    >>> from mi_lab import MIEstimator
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 1000, 1))
    >>> y = (x + noise)[:, 0]
    >>> found = MIEstimator().fit(x[:800], y[:800])
    >>> round(found.mi_, 1), round(found.score(x[800:], y[800:]), 1)
    (0.4, 0.3)
    """

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (64, 64),
        learning_rate: float = 1e-2,
        batch_size: int = 256,
        max_steps: int = 2000,
        seeds: int = 0,
        null: int = 0,
        device: str = "auto",
    ) -> None:
        self.hidden = hidden
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.seeds = seeds
        self.null = null
        self.device = device

    def fit(self, X: Any, y: Any) -> "MIEstimator":  # noqa: N803 - as scikit-learn calls it
        """Estimate from numbers X, (n, d), and y, numbers or a label, which ``estimate`` tells apart."""
        x, target = self._checked(X, y, reset=True)
        fit = CrossFit(x, target, **self.get_params(deep=False))
        fit.run()
        [found] = fit.estimates()
        self.fit_, self.estimate_ = fit, found
        self.mi_, self.stderr_ = found.mi, found.stderr
        self.lower_bound_, self.flags_ = found.lower_bound, found.flags
        if fit.pairs.y.ndim == 1:
            self.classes_ = np.unique(target)
        self._varying = [_varying(x), _varying(target)]
        return self

    def score(self, X: Any, y: Any) -> float:  # noqa: N803
        """The lower bound, in nats, that the fitted critics read on pairs they never saw: higher is better.

        Parameters
        ----------
        X, y : array
            Two pairs or more, in the form that ``fit`` was given.

        Returns
        -------
        float
            NWJ's bound; it holds in expectation, and can be below zero.

        Raises
        ------
        ValueError
            For pairs that cannot be used, among them a label that ``fit`` did not see.
        """
        check_is_fitted(self)
        x, target = self._checked(X, y, reset=False)
        x = x[:, self._varying[0]]
        if hasattr(self, "classes_"):
            strange = set(target.tolist()) - set(self.classes_.tolist())
            if strange:
                raise ValueError(f"y holds the label {min(strange)!r}, which fit did not see.")
            return self.fit_.bound_on(x, np.searchsorted(self.classes_, target))
        columns = _columns(target)
        if columns.shape[1] != len(self._varying[1]):
            raise ValueError(f"y has {columns.shape[1]} columns; fit was given {len(self._varying[1])}.")
        return self.fit_.bound_on(x, columns[:, self._varying[1]])

    def _checked(self, x: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        """Both as arrays of equal length, x of finite numbers; what y has to be is left to ``read_as_pairs``."""
        if y is None:
            raise ValueError("MIEstimator requires y to be passed, but the target y is None.")
        target = np.asarray(y)
        x = validate_data(self, x, dtype=np.float64, reset=reset, ensure_min_samples=2)
        check_consistent_length(x, target)
        return x, target

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = tags.target_tags.multi_output = True
        return tags


def _columns(target: Array) -> Array:
    return target[:, None] if target.ndim == 1 else target


def _varying(target: Array) -> Array:
    """Which columns are not constant, and so are read."""
    return np.array([len(np.unique(column)) > 1 for column in _columns(target).T])
