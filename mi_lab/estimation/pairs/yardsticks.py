"""Estimators without training, to hold the trained ones against: by neighbours, by counting, and the Gaussian form.

Each is the mean of one term per pair over all pairs. KSG takes numbers on both sides, Ross's estimator numbers and a
label, counting two labels; the Gaussian form takes numbers and is right for Gaussians only. The rank-Gaussian one is
that form of normal scores (Ince et al., 2017): right wherever a map of each column alone makes the pairs Gaussian.

The standard error is the deviation of the terms over the root of their number. Terms of neighbours share them: over ten
kinds of data and n = 50 to 1000 their mean varied by 0.9 to 1.8 times that, 1.4 on average, and 1.5 times is told.
Neither tells of bias.
"""

import math
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import digamma

from mi_lab.estimation.pairs.columns import read_as_pairs
from mi_lab.estimation.pairs.copula import normal_scores
from mi_lab.estimation.pairs.estimates import Data, Estimate, Flag
from mi_lab.estimation.pairs.flags import flagged
from mi_lab.estimation.pairs.labels import counting_terms, entropy_of, ross_terms, table_of
from mi_lab.estimation.pairs.permuting import MOST_NULL
from mi_lab.ground.names import DATA_ESTIMATORS, known
from mi_lab.ground.settings import as_type, within

Array = NDArray[Any]
Terms = Callable[[Array, Array], Array]
NEIGHBOURS = 3
LEAST = 8 * NEIGHBOURS
"""Pairs that neighbours need."""
SHARED = 1.5
"""The error of estimators by neighbours, over that of as many terms without common neighbours."""
_SURE = 5  # standard errors
_WIDE = 0.5  # deviations of a normal score; a neighbourhood of this width is no longer small
_FEW = 5  # pairs per cell of a table


class Yardstick:
    """A finished estimate with the face of a ``Fit``: of 'ksg', 'ross', 'counting', 'gaussian' or 'copula'.

    Raises ValueError for bad input.
    """

    finished, steps, max_steps = True, (0,), 1

    def __init__(self, x: Any, y: Any, estimator: str, null: int = 0, missing: str = "refuse") -> None:
        self.estimator = known("estimator", estimator, DATA_ESTIMATORS)
        self.null = as_type(int, "null", null)
        within("null", (self.null,), 0, MOST_NULL)
        self.pairs = read_as_pairs(x, y, missing)
        self.x, self.y = self.pairs.x, self.pairs.y
        self._check_kinds()
        dims = sum(side.shape[1] for side in (self.x, self.y) if side.ndim == 2)
        least = {"ksg": LEAST, "ross": LEAST, "gaussian": dims + 1, "copula": dims + 1, "counting": 2}[estimator]
        if len(self.x) < least:
            raise ValueError(f"{len(self.x)} pairs are too few for {estimator}, which needs at least {least} here.")

    def _check_kinds(self) -> None:
        labels = sum(side.ndim == 1 for side in (self.x, self.y))
        needed, what = {"ross": (1, "numbers on one side and a label on the other"), "counting": (2, "two labels")}.get(
            self.estimator, (0, "measurements on both sides, and labels are none")
        )
        if labels != needed:
            fitting = ("ksg", "ross", "counting")[labels]
            raise ValueError(f"{self.estimator} needs {what}; use '{fitting}', or 'cross_fitted', which takes both.")

    def run(self, progress: str | None = None) -> None:
        """Nothing: there is no training."""

    def advance(self) -> int:
        """Nothing, in no steps."""
        return 0

    def latest(self) -> str:
        """No values in words."""
        return "no training"

    def estimates(self) -> list[Estimate]:
        """The one estimate, in nats."""
        x, y, function = self._prepared()
        terms = function(x, y)
        n, mi = len(terms), statistics.fmean(terms.tolist())
        by_neighbours = self.estimator in ("ksg", "ross")
        dims = [side.shape[1] if side.ndim == 2 else int(side.max()) for side in (self.x, self.y)]
        found = Estimate(
            estimator=self.estimator,
            readout=self.estimator,
            critic="none",
            negatives="none",
            mi=mi,
            stderr=(SHARED if by_neighbours else 1) * float(terms.std(ddof=1)) / math.sqrt(n),
            seeds=(0,),
            per_seed=(mi,),
            steps=(0,),
            curves=((mi,),),
            stopped_at=(0,),
            data=Data(n, 0, n, n, 1, dims[0], dims[1]),
            flags=(),
            told=self.pairs.told,
            entropy=entropy_of(self.x, self.y),
            p_value=_p_value(function, x, y, self.null) if self.null else None,
        )
        return [flagged(found, self.pairs, self.max_steps, *self._own_flags(x, y))]

    def _prepared(self) -> tuple[Array, Array, Terms]:
        """Both sides as the estimator takes them, and its terms."""
        match self.estimator:
            case "counting":
                return self.x, self.y, counting_terms
            case "gaussian":
                x, y = ((side - side.mean(0)) / side.std(0) for side in (self.x, self.y))
                return x, y, gaussian_terms
            case "copula":
                return normal_scores(self.x), normal_scores(self.y), gaussian_terms
            case "ksg":
                return normal_scores(self.x), normal_scores(self.y), ksg_terms
            case _:
                numbers, labels = (self.x, self.y) if self.x.ndim == 2 else (self.y, self.x)
                return normal_scores(numbers), labels, lambda x, y: ross_terms(x, y, NEIGHBOURS)

    def _own_flags(self, x: Array, y: Array) -> list[Flag]:
        match self.estimator:
            case "gaussian" | "copula":
                return _not_gaussian(x, y)
            case "counting":
                return _sparse(self.x, self.y)
            case "ksg":
                return _wide(np.hstack([x, y]), "ksg")
            case _:
                return _wide(x, "ross")


def _p_value(function: Terms, x: Array, y: Array, permutations: int) -> float:
    """The share of orders of y, the own one among them, under which the estimate is as high as it is."""
    draw, own = np.random.default_rng(0), float(function(x, y).mean())
    as_high = sum(float(function(x, draw.permutation(y)).mean()) >= own - 1e-9 for _ in range(permutations))
    return (1 + as_high) / (1 + permutations)


def ksg_terms(x: Array, y: Array, neighbours: int = NEIGHBOURS) -> Array:
    """KSG's first estimator pair by pair, (n, d_x), (n, d_y) -> (n,), whose mean is the MI (Kraskov et al., 2004).

    psi(k) + psi(n) - psi(n_x + 1) - psi(n_y + 1), with n_x and n_y as many as lie closer in x, or in y, than the k-th
    neighbour of the pair, by the largest difference of a component. It is far too low where that neighbourhood is not
    small against the density's own scale: at high MI, of which n must be exponential (Gao et al., 2015), and in many
    dimensions.
    """
    # equal values would be neighbours at no distance
    rng = np.random.default_rng(0)
    x, y = (side + 1e-10 * side.std() * rng.standard_normal(side.shape) for side in (x, y))
    both = np.hstack([x, y])
    farthest = cKDTree(both).query(both, neighbours + 1, p=np.inf)[0][:, -1]
    closer = np.nextafter(farthest, 0)
    counts = [cKDTree(side).query_ball_point(side, closer, p=np.inf, return_length=True) for side in (x, y)]
    return digamma(neighbours) + digamma(len(x)) - digamma(counts[0]) - digamma(counts[1])  # a pair counts itself


def gaussian_terms(x: Array, y: Array) -> Array:
    """log p(x, y) / (p(x) p(y)) of each pair under the fitted joint Gaussian, (n, d_x), (n, d_y) -> (n,).

    Their mean is -1/2 sum of log(1 - r^2) over the canonical correlations r: the MI, if the pairs are Gaussian. If not,
    it sees only what is linear: too low if all of x's and y's components alone are Gaussian, else on either side.
    Raises ValueError for columns that are linear combinations of others.
    """
    both = np.hstack([x, y])
    covariance = np.cov(both.T, bias=True)
    if np.linalg.cond(covariance) > 1e12:
        raise ValueError("columns of x and y are linear combinations of others, so no Gaussian fits; leave some out.")
    value, quadratic = 0.0, np.zeros(len(x))
    for sign, columns in ((1, slice(0, x.shape[1])), (1, slice(x.shape[1], None)), (-1, slice(None))):
        part, block = both[:, columns] - both[:, columns].mean(0), np.atleast_2d(covariance)[columns, columns]
        value += sign * np.linalg.slogdet(block)[1] / 2
        quadratic += sign * (part * np.linalg.solve(block, part.T).T).sum(1) / 2
    return value + quadratic


def _not_gaussian(x: Array, y: Array) -> list[Flag]:
    """A flag if the fourth moment of a column is not that of a Gaussian, 3 with a variance of 24/n."""
    fourth = np.concatenate([(side**4).mean(0) for side in (x, y)])
    off = int((np.abs(fourth - 3) > _SURE * np.sqrt(24 / len(x))).sum())
    if not off:
        return []
    sentence = (
        f"{off} of {len(fourth)} columns have tails that no Gaussian has, and this value is right for Gaussians only; "
        "use another estimator."
    )
    return [Flag("not Gaussian", sentence)]


def _sparse(x: Array, y: Array) -> list[Flag]:
    counts = table_of(x, y)
    cells = int((counts.sum(1) > 0).sum() * (counts.sum(0) > 0).sum())
    if len(x) >= _FEW * cells:
        return []
    sentence = (
        f"{len(x)} pairs fill a table of {cells} cells, under {_FEW} each, where the correction for chance is no "
        "longer exact; join rare classes, or compare with 'cross_fitted'."
    )
    return [Flag("sparse table", sentence)]


def _wide(scores: Array, estimator: str) -> list[Flag]:
    """A flag if the k-th neighbour is so far that densities change on the way to it."""
    rows = np.random.default_rng(0).permutation(len(scores))[:2000]
    farthest = cKDTree(scores).query(scores[rows], NEIGHBOURS + 1, p=np.inf)[0][:, -1]
    if np.median(farthest) < _WIDE:
        return []
    sentence = (
        f"in {scores.shape[1]} dimensions the neighbours of a pair lie {np.median(farthest):.2f} deviations away, and "
        f"{estimator} takes densities as constant on the way: it reads too little; use 'cross_fitted'."
    )
    return [Flag("neighbours far away", sentence)]
