"""Closed forms for two correlated Gaussian or Student t vectors (no torch, so pages can use them).

X and Y have ``dim`` components each; component i of X is correlated with component i of Y
and with nothing else. Mutual information (MI) is in nats.
"""

import math
from numbers import Real

from mi_lab.ground.keywords import own_keywords

STUDENT_DEGREES = 3.0
"""Degrees of freedom where none are given."""


@own_keywords
def mi_from_correlation(correlation: float, dim: int = 20) -> float:
    """The MI of two Gaussian vectors that are correlated component by component, -(dim/2) log(1 - correlation^2).

    Parameters
    ----------
    correlation : float
        Of component i of X with component i of Y, strictly between -1 and 1.
    dim : int
        Components of X, and of Y.

    Returns
    -------
    float
        The mutual information in nats.

    Raises
    ------
    ValueError
        For a correlation outside (-1, 1) or a dimension under 1.

    References
    ----------
    Cover and Thomas, Elements of Information Theory, 2006.

    Examples
    --------
    >>> from mi_lab import mi_from_correlation
    >>> round(mi_from_correlation(0.8, dim=20), 3)
    10.217
    """
    check_dim(dim)
    if not isinstance(correlation, Real) or not -1 < correlation < 1:
        raise ValueError(f"correlation must lie strictly between -1 and 1, not {correlation}.")
    return -dim / 2 * math.log1p(-(correlation**2))


@own_keywords
def correlation_from_mi(mi: float, dim: int = 20) -> float:
    """The correlation, zero or more, at which two Gaussian vectors share ``mi`` nats; the inverse of the above.

    Parameters
    ----------
    mi : float
        The mutual information in nats, zero or more.
    dim : int
        Components of X, and of Y.

    Returns
    -------
    float
        The correlation, from 0 up to but not including 1.

    Raises
    ------
    ValueError
        For a negative or infinite MI, for one so large that the correlation rounds to 1, or for a dimension under 1.

    Examples
    --------
    >>> from mi_lab import correlation_from_mi
    >>> round(correlation_from_mi(10.0, dim=20), 3)
    0.795
    """
    check_dim(dim)
    if not isinstance(mi, Real) or not 0 <= mi < math.inf:
        raise ValueError(f"mi must be a finite number of nats, zero or more, not {mi}.")
    correlation = math.sqrt(-math.expm1(-2 * mi / dim))
    if correlation >= 1:
        raise ValueError(
            f"mi = {mi} nats in {dim} dimensions needs a correlation that rounds to 1; choose a smaller mi."
        )
    return correlation


def student_excess(degrees: float, dim: int) -> float:
    """What Student t vectors share more than Gaussians of the same correlation, in nats: 2 h(dim) - h(2 dim).

    h(k) = -log G((v+k)/2) + log G(v/2) + (k/2) log(v pi) + (v+k)/2 (psi((v+k)/2) - psi(v/2)) for v = ``degrees`` of
    freedom is the entropy of k uncorrelated ones (Czyż et al., 2023). Raises ValueError for degrees that are not
    positive.
    """
    check_dim(dim)
    if not 0 < degrees < math.inf:
        raise ValueError(f"degrees of freedom must be a positive number, not {degrees}.")

    def entropy(k: int) -> float:
        half, all_ = degrees / 2, (degrees + k) / 2
        scale = math.lgamma(half) - math.lgamma(all_) + k / 2 * math.log(degrees * math.pi)
        return scale + all_ * (_digamma(all_) - _digamma(half))

    return 2 * entropy(dim) - entropy(2 * dim)


def student_correlation(mi: float, dim: int, degrees: float = STUDENT_DEGREES) -> float:
    """The non-negative correlation at which Student t vectors share ``mi`` nats, of which ``student_excess`` is free.

    Raises ValueError for an MI below the excess, or one that cannot be.
    """
    excess = student_excess(degrees, dim)
    if not mi >= excess:
        raise ValueError(
            f"mi must be at least {excess:.4f} nats, which Student vectors in {dim} dimensions with {degrees:g} "
            f"degrees of freedom share without any correlation, not {mi}."
        )
    return correlation_from_mi(mi - excess, dim)


def check_dim(dim: int) -> None:
    """Raise ValueError unless ``dim`` is a whole number of at least 1."""
    if isinstance(dim, bool) or not isinstance(dim, int) or dim < 1:
        raise ValueError(f"dim must be a whole number of at least 1, not {dim}.")


def _digamma(x: float) -> float:
    """psi(x) of a positive number. SciPy has it too, but takes a quarter of a second to load, which every reader of a
    stored result would wait for."""
    steps = max(0, math.ceil(10 - x))  # psi(x) = psi(x + 1) - 1/x; from 10 on, five terms of its series give all digits
    below, x = sum(1 / (x + i) for i in range(steps)), x + steps
    series = sum(b / x ** (2 * n) for n, b in enumerate((1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132), 1))
    return math.log(x) - 1 / (2 * x) - series - below
