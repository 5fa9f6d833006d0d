"""Labels: their entropy, the MI of two of them by counting, and of one and numbers by neighbours. Needs no torch."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import digamma, xlogy

from mi_lab.ground.discrete import entropy

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def entropy_of(x: Array, y: Array) -> float | None:
    """The entropy in nats of the label among x and y, by its shares; the smaller one of two, None without any."""
    entropies = [entropy(np.bincount(side) / len(side), 0) for side in (x, y) if side.ndim == 1]
    return min(entropies, default=None)


def table_of(x: Labels, y: Labels) -> NDArray[np.int64]:
    """How often each two classes came together, (C_x, C_y)."""
    counts = np.zeros((int(x.max()) + 1, int(y.max()) + 1), np.int64)
    np.add.at(counts, (x, y), 1)
    return counts


def counting_terms(x: Labels, y: Labels) -> Array:
    """The jackknife's values of the MI of two labels, (n,) nats; their mean is the estimate (Zahl, 1977).

    The MI of shares, I, is too large. With I_i that of all pairs but the i-th, n I - (n - 1) I_i is free of the bias
    that falls as 1/n, and what these values scatter is the error of their mean (Efron and Stein, 1981).

    Examples
    --------
    >>> import numpy as np
    >>> from mi_lab.estimation.pairs.labels import counting_terms
    >>> fair = np.arange(1000) % 2
    >>> round(float(counting_terms(fair, fair).mean()), 3)  # log 2
    0.694
    """
    counts, n = table_of(x, y), len(x)
    by_x, by_y = counts.sum(1), counts.sum(0)

    def size(values: NDArray[np.int64]) -> Array:
        terms: Array = xlogy(values, values)
        return terms

    whole = size(counts).sum() - size(by_x).sum() - size(by_y).sum()
    x_less, y_less = (size(by) - size(np.maximum(by - 1, 0)) for by in (by_x, by_y))
    less = size(counts) - size(np.maximum(counts - 1, 0)) - x_less[:, None] - y_less
    without = (whole - less) / (n - 1) + np.log(n - 1)
    values: Array = (whole + n * np.log(n) - (n - 1) * without)[x, y]
    return values


def ross_terms(numbers: Array, labels: Labels, neighbours: int) -> Array:
    """Ross's estimator pair by pair, (n, d), (n,) -> (n,), whose mean is the MI in nats (Ross, 2014).

    psi(n) + psi(k) - psi(n_class) - psi(m), with m as many rows, itself included, as lie closer than the k-th neighbour
    of the same class, by the largest difference of a component. A class of k rows or fewer has fewer neighbours; a
    class of one row has none, and its row tells nothing.
    """
    rng = np.random.default_rng(0)
    numbers = numbers + 1e-10 * numbers.std() * rng.standard_normal(numbers.shape)  # equal values have no distance
    whole, terms = cKDTree(numbers), np.zeros(len(labels))
    for one in np.unique(labels):
        rows = np.flatnonzero(labels == one)
        if len(rows) == 1:
            continue
        k = min(neighbours, len(rows) - 1)
        own = numbers[rows]
        radius = cKDTree(own).query(own, k + 1, p=np.inf)[0][:, -1]
        near = whole.query_ball_point(own, np.nextafter(radius, 0), p=np.inf, return_length=True)
        terms[rows] = digamma(len(labels)) + digamma(k) - digamma(len(rows)) - digamma(near)
    return terms
