"""What is known of pairs before any training: normal scores of columns, and the Gaussian copula that fits them.

MI does not change when each column is mapped by a strictly rising function of its own. ``normal_scores`` takes the one
that makes a column Gaussian, so that tails and outliers lose their bite. The pairs' MI under the Gaussian with the
scores' correlations is what a linear fit sees; its log ratio is where a critic may begin. Needs no torch.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Array = NDArray[np.float64]
_SMALL = 1e-6  # of the largest variance; below it a direction is a combination of the others
_LARGEST = 1 - 1e-6  # a correlation of 1 has no density


def normal_scores(columns: Array, among: Array | None = None) -> Array:
    """Each column's ranks as quantiles of a standard Gaussian, (n, d) -> (n, d); equal values share a mean rank.

    Ranks are those ``among`` other rows, (m, d), where they are given; beyond them all is as far out as the outermost.

    Examples
    --------
    >>> import numpy as np
    >>> from mi_lab.estimation.pairs.copula import normal_scores
    >>> normal_scores(np.array([[1.0], [1e9], [3.0]])).round(2).T.tolist()
    [[-0.97, 0.97, 0.0]]
    """
    scores = np.empty(columns.shape)
    for at, column in enumerate(columns.T):  # one by one, since ranking takes several times a column's memory
        if among is None:
            scores[:, at] = ndtri((rankdata(column) - 0.5) / len(column))
        else:
            known = np.sort(among[:, at])
            below = (np.searchsorted(known, column) + np.searchsorted(known, column, "right")) / 2
            scores[:, at] = ndtri(np.clip(below, 0.5, len(known) - 0.5) / len(known))
    return scores


@dataclass(frozen=True)
class Copula:
    """The Gaussian of canonical pairs: u = (x - mean_x) to_u and v alike have correlations ``r``, (k,)."""

    mean_x: Array
    mean_y: Array
    to_u: Array
    to_v: Array
    r: Array

    @property
    def k(self) -> int:
        """How many correlations there are."""
        return len(self.r)

    def first(self, k: int) -> "Copula":
        """That of the ``k`` largest correlations alone."""
        return Copula(self.mean_x, self.mean_y, self.to_u[:, :k], self.to_v[:, :k], self.r[:k])

    def log_ratio(self, x: Array, y: Array) -> Array:
        """log p(x, y) / (p(x) p(y)) in nats, (n, d_x), (n, d_y) -> (n,)."""
        u, v = (x - self.mean_x) @ self.to_u, (y - self.mean_y) @ self.to_v
        return _log_ratio_terms(u, v, self.r).sum(1)


def _log_ratio_terms(u: Array, v: Array, r: Array) -> Array:
    share = r**2
    terms: Array = (r * u * v - share * (u**2 + v**2) / 2) / (1 - share) - np.log1p(-share) / 2
    return terms


def fit_copula(x: Array, y: Array) -> Copula:
    """The Gaussian with the canonical correlations of some rows, (n, d_x), (n, d_y), the largest first."""
    mean_x, mean_y = x.mean(0), y.mean(0)
    centred_x, centred_y = x - mean_x, y - mean_y
    white_x, white_y = _whitening(centred_x), _whitening(centred_y)
    left, r, right = np.linalg.svd(white_x.T @ (centred_x.T @ centred_y / len(x)) @ white_y, full_matrices=False)
    return Copula(mean_x, mean_y, white_x @ left, white_y @ right.T, np.minimum(r, _LARGEST))


def no_copula(dim_x: int, dim_y: int) -> Copula:
    """One without correlations, whose log ratio is 0."""
    return Copula(np.zeros(dim_x), np.zeros(dim_y), np.zeros((dim_x, 0)), np.zeros((dim_y, 0)), np.zeros(0))


def _whitening(centred: Array) -> Array:
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    kept = variances > _SMALL * variances[-1]
    whitening: Array = directions[:, kept] / np.sqrt(variances[kept])
    return whitening


def chosen_copula(x: Array, y: Array) -> tuple[Copula, int]:
    """That of some rows, and how many of its correlations are more than chance, by Schwarz's criterion.

    The k-th canonical correlation adds -log(1 - r^2) n / 2 to the likelihood and d_x + d_y - 2k + 1 numbers to the
    model (Fujikoshi & Veitch, 1979): noise in many dimensions has correlations, but no more than that.

    Examples
    --------
    >>> import numpy as np
    >>> from mi_lab.estimation.pairs.copula import chosen_copula
    >>> x, y = np.random.default_rng(0).normal(size=(2, 500, 4))
    >>> chosen_copula(x, y)[1], chosen_copula(x, np.hstack([x[:, :2] + y[:, :2], y[:, 2:]]))[1]
    (0, 2)
    """
    whole = fit_copula(x, y)
    places = np.arange(1, whole.k + 1)
    numbers = whole.to_u.shape[0] + whole.to_v.shape[0] - 2 * places + 1
    gain = -np.log1p(-(whole.r**2)) * len(x) - math.log(len(x)) * numbers
    total = np.concatenate([[0.0], gain.cumsum()])
    return whole, int(total.argmax())
