"""Which columns tell most of y: an estimate without training for each, and the highest of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mi_lab.estimation.pairs.columns import read_as_pairs
from mi_lab.estimation.pairs.copula import normal_scores
from mi_lab.estimation.pairs.labels import ross_terms
from mi_lab.estimation.pairs.yardsticks import NEIGHBOURS, ksg_terms
from mi_lab.ground.keywords import own_keywords
from mi_lab.ground.settings import as_type, within

Array = NDArray[np.float64]


@own_keywords
def column_scores(x: Any, y: Any) -> Array:
    """The MI of each column of x with y, in nats: KSG's estimate, or Ross's if y is a label.

    Parameters
    ----------
    x : array or frame
        Numbers, (n, d).
    y : array or series
        n rows of numbers, or a label.

    Returns
    -------
    array
        (d,); 0 for a constant column. What columns tell only together is in none of them.

    Raises
    ------
    ValueError
        For what cannot be used.

    References
    ----------
    Kraskov et al. (2004); Ross (2014).

    Examples
    --------
    It is a score function for scikit-learn's ``SelectKBest``.

    >>> import numpy as np
    >>> from mi_lab import column_scores
    >>> x = np.random.default_rng(0).normal(size=(500, 3))
    >>> int(column_scores(x, x[:, 1] > 0).argmax())
    1
    """
    table = np.asarray(x, dtype=float)
    if table.ndim != 2:
        raise ValueError(f"x has shape {table.shape}; it must be (n, d).")
    varying = np.ptp(table, axis=0) > 0
    scores = np.zeros(table.shape[1])
    for at in np.flatnonzero(varying):
        pairs = read_as_pairs(table[:, [at]], y)
        column = normal_scores(pairs.x)
        terms = (
            ross_terms(column, pairs.y, NEIGHBOURS) if pairs.y.ndim == 1 else ksg_terms(column, normal_scores(pairs.y))
        )
        scores[at] = terms.mean()
    return scores


@own_keywords
def select(x: Any, y: Any, k: int) -> NDArray[np.int64]:
    """The k columns of x with the highest ``column_scores``, the highest first.

    Parameters
    ----------
    x, y : array or frame
        As ``column_scores`` takes them.
    k : int
        How many, from 1 to the number of columns.

    Returns
    -------
    array
        Their numbers, (k,), counted from 0.

    Raises
    ------
    ValueError
        For what cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> from mi_lab import select
    >>> x = np.random.default_rng(0).normal(size=(500, 3))
    >>> select(x, x[:, 1] + 0.1 * x[:, 2], 2).tolist()
    [1, 2]
    """
    scores = column_scores(x, y)
    within("k", (as_type(int, "k", k),), 1, len(scores))
    order: NDArray[np.int64] = np.argsort(-scores, kind="stable")[:k]
    return order
