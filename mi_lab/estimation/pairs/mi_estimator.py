"""The estimate as scikit-learn's tools take it: settings first, then ``fit``, and ``score`` on pairs kept apart."""

from collections.abc import Sequence
from typing import Any

from mi_lab.estimation.pairs.crossfit import CrossFit
from mi_lab.ground.extras import require

require("sklearn")

from sklearn.base import BaseEstimator  # noqa: E402
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data  # noqa: E402


class MIEstimator(BaseEstimator):
    """The MI of pairs, in nats, as an estimator of scikit-learn: the estimate of 'cross_fitted' in ``estimate``.

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
        The classes of y in order, if it is a label.

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
        """Estimate from X, (n, d), and y, numbers or a label, which are read as ``estimate`` reads them."""
        self._check(X, y, reset=True)
        fit = CrossFit(X, y, **self.get_params(deep=False))
        fit.run()
        [found] = fit.estimates()
        self.fit_, self.estimate_ = fit, found
        self.mi_, self.stderr_ = found.mi, found.stderr
        self.lower_bound_, self.flags_ = found.lower_bound, found.flags
        label = fit.pairs.forms[1][0] if fit.pairs.y.ndim == 1 else None
        if label is not None:
            self.classes_ = label.classes
        elif hasattr(self, "classes_"):  # of a fit before this one
            del self.classes_
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
        self._check(X, y, reset=False)
        return self.fit_.bound_on(*self.fit_.pairs.like(X, y))

    def _check(self, x: Any, y: Any, reset: bool) -> None:
        """What scikit-learn asks of every estimator; how x and y are read is left to ``columns``."""
        if y is None:
            raise ValueError("MIEstimator requires y to be passed, but the target y is None.")
        validate_data(self, x, dtype=None, ensure_all_finite=False, reset=reset, ensure_min_samples=2)
        check_consistent_length(x, y)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = tags.target_tags.multi_output = True
        tags.input_tags.string = tags.input_tags.categorical = True
        return tags
