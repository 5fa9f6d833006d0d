"""Which columns tell most of y: an estimate without training for each, and the highest of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mi_lab.estimation.pairs.column import Column
from mi_lab.estimation.pairs.columns import joined, settled_columns
from mi_lab.estimation.pairs.copula import normal_scores
from mi_lab.estimation.pairs.labels import counting_terms, ross_terms
from mi_lab.estimation.pairs.repeats import each_once
from mi_lab.estimation.pairs.yardsticks import LEAST, NEIGHBOURS, ksg_terms
from mi_lab.ground.keywords import own_keywords
from mi_lab.ground.settings import as_type, within

Array = NDArray[Any]


@own_keywords
def column_scores(x: Any, y: Any) -> Array:
    """The MI of each column of x with y, in nats: KSG's estimate, Ross's of numbers and a label, a count of two labels.

    Parameters
    ----------
    x : array or frame
        Columns of numbers or labels, (n, d), read as ``estimate`` reads them.
    y : array, frame or series
        n rows of numbers, or a label.

    Returns
    -------
    array
        (d,); 0 for a constant column. What columns tell only together is in none of them.

    Raises
    ------
    ValueError
        For what ``estimate`` refuses, among it missing entries, and for fewer than 24 pairs.

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
    sides, _ = settled_columns(x, y)
    columns = sides["x"]
    if columns[0].name == "x":  # of an array of shape (n,)
        raise ValueError(f"x has shape ({len(columns[0].values)},); it must be (n, d).")
    target = joined("y", sides["y"])[0]
    if len(target) < LEAST:
        raise ValueError(f"{len(target)} pairs are too few to score columns, which needs at least {LEAST}.")
    values, target, _ = each_once(np.stack([one.values for one in columns], 1), target)
    return np.array([_score(one, values[:, at], target) for at, one in enumerate(columns)])


def _score(column: Column, values: Array, target: Array) -> float:
    """The MI of one column with y, nothing for a constant one."""
    if np.ptp(values) == 0:
        return 0.0
    numbers = normal_scores(values[:, None]) if column.classes is None else None
    classes = values.astype(np.int64)
    if numbers is None:
        label = target.ndim == 1
        terms = counting_terms(classes, target) if label else ross_terms(normal_scores(target), classes, NEIGHBOURS)
    elif target.ndim == 1:
        terms = ross_terms(numbers, target, NEIGHBOURS)
    else:
        terms = ksg_terms(numbers, normal_scores(target))
    return float(terms.mean())


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
