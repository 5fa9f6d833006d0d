"""Labels: their entropy, the MI of two of them by counting, and of one and numbers by neighbours. Needs no torch."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import digamma

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
    """log p(x, y) / (p(x) p(y)) of each pair by the shares of classes, less the Miller-Madow bias, (n,) nats.

    The MI of shares is too large by about (K_xy - K_x - K_y + 1) / 2n, where K counts the cells and classes that were
    seen (Miller, 1955).

    Examples
    --------
    >>> import numpy as np
    >>> from mi_lab.estimation.pairs.labels import counting_terms
    >>> fair = np.arange(1000) % 2
    >>> round(float(counting_terms(fair, fair).mean()), 3)  # log 2, and 1 / 2n for the two cells that never were
    0.694
    """
    counts = table_of(x, y)
    n = len(x)
    by_x, by_y = counts.sum(1), counts.sum(0)
    seen = (counts > 0).sum() - (by_x > 0).sum() - (by_y > 0).sum() + 1
    terms: Array = np.log(counts[x, y] * n / (by_x[x] * by_y[y])) - seen / (2 * n)
    return terms


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
