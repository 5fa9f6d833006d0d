"""Estimators without training, to hold the trained ones against: KSG by neighbours, and the Gaussian closed form.

Both are the mean of one term per pair over all pairs. The Gaussian form's standard error is the deviation of its terms
over the root of their number, which is exact for large n: the terms are the log ratio at the fitted parameters, around
which the MI is flat. KSG's terms share neighbours, and that would be a third too small; its error is that of the mean
of estimates from ten disjoint parts of the pairs. Neither tells of bias.
"""

import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import digamma

from mi_lab.estimation.pairs.arrays import check_pairs
from mi_lab.estimation.pairs.estimates import Data, Estimate, Flag, flags_of, mean_and_stderr
from mi_lab.ground.names import YARDSTICKS, known

Array = NDArray[np.float64]
NEIGHBOURS = 3
_PARTS = 10
_SURE = 5  # standard errors


class Yardstick:
    """A finished estimate with the face of a ``Fit``: of 'ksg' or 'gaussian'. Raises ValueError for bad input."""

    finished, steps, max_steps = True, (0,), 1

    def __init__(self, x: Any, y: Any, estimator: str) -> None:
        self.estimator = known("estimator", estimator, YARDSTICKS)
        x, y = check_pairs(x, y)
        if x.ndim == 1 or y.ndim == 1:
            raise ValueError(
                f"{estimator} needs measurements, and labels are none; use 'js' or another that is trained."
            )
        least = max(_PARTS * (NEIGHBOURS + 1), x.shape[1] + y.shape[1] + 1)
        if len(x) < least:
            raise ValueError(f"{len(x)} pairs are too few for {estimator}, which needs at least {least} here.")
        self.x, self.y = ((side - side.mean(0)) / side.std(0) for side in (x, y))

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
        function: Callable[[Array, Array], Array] = {"ksg": ksg_terms, "gaussian": gaussian_terms}[self.estimator]
        terms = function(self.x, self.y).tolist()
        n, mi = len(terms), statistics.fmean(terms)
        _, stderr = mean_and_stderr([self._parts() if self.estimator == "ksg" else terms])
        data = Data(n, 0, n, n, 1, self.x.shape[1], self.y.shape[1])
        found = Estimate(
            estimator=self.estimator,
            readout=self.estimator,
            critic="none",
            negatives="none",
            mi=mi,
            stderr=stderr,
            seeds=(0,),
            per_seed=(mi,),
            steps=(0,),
            curves=((mi,),),
            stopped_at=(0,),
            data=data,
            flags=(),
        )
        own = _not_gaussian(self.x, self.y) if self.estimator == "gaussian" else ()
        return [replace(found, flags=(*flags_of(found, self.max_steps), *own))]

    def _parts(self) -> list[float]:
        order = np.random.default_rng(0).permutation(len(self.x))
        return [float(ksg_terms(self.x[part], self.y[part]).mean()) for part in np.array_split(order, _PARTS)]


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


def _not_gaussian(x: Array, y: Array) -> tuple[Flag, ...]:
    """A flag if the fourth moment of a column is not that of a Gaussian, 3 with a variance of 24/n."""
    fourth = np.concatenate([(side**4).mean(0) for side in (x, y)])
    off = int((np.abs(fourth - 3) > _SURE * np.sqrt(24 / len(x))).sum())
    if not off:
        return ()
    return (
        Flag(
            "not Gaussian",
            f"{off} of {len(fourth)} columns have tails that no Gaussian has, and this value is right for Gaussians "
            "only; use another estimator.",
        ),
    )
