"""Closed forms for two correlated Gaussian vectors (no torch, so pages can use them).

X and Y have ``dim`` components each; component i of X is correlated with component i of Y
and with nothing else. Mutual information (MI) is in nats.
"""

import math


def mi_from_correlation(correlation: float, dim: int = 20) -> float:
    """MI = -(dim/2) log(1 - correlation^2), in nats (Cover & Thomas, 2006).

    Raises ValueError for a correlation outside (-1, 1) or a dimension under 1.
    """
    check_dim(dim)
    if not -1 < correlation < 1:
        raise ValueError(f"correlation must lie strictly between -1 and 1, not {correlation}.")
    return -dim / 2 * math.log1p(-(correlation**2))


def correlation_from_mi(mi: float, dim: int = 20) -> float:
    """The non-negative correlation at which the MI is ``mi`` nats; inverse of the above.

    Raises ValueError for a negative or infinite MI, for one so large that the correlation
    rounds to 1, or for a dimension under 1.
    """
    check_dim(dim)
    if not 0 <= mi < math.inf:
        raise ValueError(f"mi must be a finite number of nats, zero or more, not {mi}.")
    correlation = math.sqrt(-math.expm1(-2 * mi / dim))
    if correlation >= 1:
        raise ValueError(
            f"mi = {mi} nats in {dim} dimensions needs a correlation that rounds to 1; choose a smaller mi."
        )
    return correlation


def check_dim(dim: int) -> None:
    """Raise ValueError unless ``dim`` is a whole number of at least 1."""
    if isinstance(dim, bool) or not isinstance(dim, int) or dim < 1:
        raise ValueError(f"dim must be a whole number of at least 1, not {dim}.")
