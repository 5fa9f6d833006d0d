"""A second opinion on pairs in few dimensions: what neighbours see that a critic has not learnt. Needs no torch.

With few pairs a critic finds only a part of what there is, and says nothing of the rest. Neighbours learn nothing: they
see any relation at once, but in few dimensions only. Both read too little rather than too much. So where they disagree
the lower one is trusted less, by the square of their difference, and the two are weighed by their variances.
"""

import math

import numpy as np

from mi_lab.estimation.pairs.columns import Array
from mi_lab.estimation.pairs.copula import normal_scores
from mi_lab.estimation.pairs.labels import ross_terms
from mi_lab.estimation.pairs.yardsticks import NEIGHBOURS, SHARED, ksg_terms

_DIMENSIONS = 10  # of x and y together; beyond them neighbours lie far away
_ROWS = 10_000  # beyond them critics have learnt what there is
_RARE = 0.1  # of the rows, in classes with too few neighbours
Opinion = tuple[float, float]
"""An estimate and its standard error, in nats."""


def second_opinion(x: Array, y: Array) -> Opinion | None:
    """KSG's estimate of pairs as ``columns.read_as_pairs`` gives them, Ross's if one is a label; None if neither fits.

    Examples
    --------
    >>> import numpy as np
    >>> from mi_lab.estimation.pairs.neighbours import second_opinion
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 400, 1))
    >>> round(second_opinion(x, np.cos(3 * x) + 0.3 * noise)[0], 1)
    0.8
    """
    numbers = [side for side in (x, y) if side.ndim == 2]
    if len(x) > _ROWS or not numbers or sum(side.shape[1] for side in numbers) > _DIMENSIONS:
        return None
    if len(numbers) == 2:
        if len(np.unique(np.hstack(numbers), axis=0)) < len(x) / 2:  # equal pairs are neighbours at no distance
            return None
        terms = ksg_terms(normal_scores(x), normal_scores(y))
    else:
        labels = x if x.ndim == 1 else y
        sizes = np.bincount(labels)
        if sizes[sizes <= NEIGHBOURS].sum() > _RARE * len(labels):  # Ross's terms of so small classes are too low
            return None
        terms = ross_terms(normal_scores(numbers[0]), labels, NEIGHBOURS)
    return float(terms.mean()), SHARED * float(terms.std(ddof=1)) / math.sqrt(len(terms))


def weighed(one: Opinion, other: Opinion) -> Opinion:
    """Both by their variances, to that of the lower one added the square of their difference.

    The error is as large as it is if both err alike, since they are read on the same pairs.

    Examples
    --------
    >>> from mi_lab.estimation.pairs.neighbours import weighed
    >>> [round(value, 3) for value in weighed((0.5, 0.1), (0.5, 0.1))]
    [0.5, 0.1]
    >>> [round(value, 3) for value in weighed((0.1, 0.1), (0.5, 0.1))]  # the lower one has a tenth of a say
    [0.478, 0.117]
    """
    gap = other[0] - one[0]
    variances = [one[1] ** 2 + max(0.0, gap) ** 2, other[1] ** 2 + max(0.0, -gap) ** 2]
    if not min(variances):
        return one if not variances[0] else other
    share = variances[0] / sum(variances)  # of the other
    mi = (1 - share) * one[0] + share * other[0]
    return mi, (1 - share) * math.sqrt(variances[0]) + share * math.sqrt(variances[1])
