import math

import pytest
from helpers import refused
from scipy.special import digamma

from mi_lab.ground import gaussian
from mi_lab.ground.gaussian import correlation_from_mi, mi_from_correlation

# correlations at d = 20, computed elsewhere to six decimals
KNOWN = {
    2: 0.425757,
    2.5: 0.470318,
    5: 0.627271,
    7.5: 0.726384,
    10: 0.795060,
    15: 0.881402,
    20: 0.929873,
    25: 0.958079,
    30: 0.974789,
}


@pytest.mark.parametrize(("mi", "correlation"), KNOWN.items())
def test_correlation_agrees_with_known_values(mi, correlation):
    assert correlation_from_mi(mi) == pytest.approx(correlation, abs=5e-7)


@pytest.mark.parametrize(
    ("dim", "correlation", "mi"), [(128, 0.5, 18.4116), (1, 0.8, 0.5108), (1, 0.9, 0.8304), (1, -0.9, 0.8304)]
)
def test_mi_agrees_with_known_values(dim, correlation, mi):
    assert mi_from_correlation(correlation, dim) == pytest.approx(mi, abs=1e-4)


@pytest.mark.parametrize("dim", [1, 2, 20, 128])
@pytest.mark.parametrize("nats_per_component", [0, 1e-9, 1e-3, 0.1, 0.5, 1.5, 5])
def test_mi_survives_the_way_to_correlation_and_back(dim, nats_per_component):
    # beyond 5 nats per component 1 - correlation^2 has too few of a double's bits left
    mi = dim * nats_per_component
    assert mi_from_correlation(correlation_from_mi(mi, dim), dim) == pytest.approx(mi, abs=1e-9)


@pytest.mark.parametrize("dim", [1, 2, 20, 128])
@pytest.mark.parametrize("correlation", [0, 1e-6, 0.1, 0.5, 0.9, 0.99, 0.9999])
def test_correlation_survives_the_way_to_mi_and_back(dim, correlation):
    assert correlation_from_mi(mi_from_correlation(correlation, dim), dim) == pytest.approx(correlation, abs=1e-9)


def test_tiny_values_keep_their_digits():
    # -10 log(1 - c^2) is 10 c^2 here; 1 - c^2 itself rounds to 1
    assert mi_from_correlation(1e-9) == pytest.approx(1e-17, rel=1e-9, abs=0)
    assert correlation_from_mi(1e-17) == pytest.approx(1e-9, rel=1e-9, abs=0)


@pytest.mark.parametrize("correlation", [1, -1, 1.5, math.inf, math.nan, "half"])
def test_correlation_outside_the_open_interval_is_refused(correlation):
    with refused("correlation must lie strictly between -1 and 1", str(correlation)):
        mi_from_correlation(correlation)


@pytest.mark.parametrize("mi", [-1e-9, -5, math.inf, math.nan, "one"])
def test_impossible_mi_is_refused(mi):
    with refused("mi must be a finite number of nats, zero or more", str(mi)):
        correlation_from_mi(mi)


def test_mi_whose_correlation_rounds_to_one_is_refused():
    with refused("1000 nats in 20 dimensions", "rounds to 1"):
        correlation_from_mi(1000, 20)


@pytest.mark.parametrize("dim", [0, -3, 1.5, True])
@pytest.mark.parametrize("function", [mi_from_correlation, correlation_from_mi])
def test_impossible_dimension_is_refused(function, dim):
    with refused("dim must be a whole number of at least 1", str(dim)):
        function(0.5, dim)


@pytest.mark.parametrize("x", [1e-3, 0.5, 1.0, 1.5, 3.0, 9.999, 10.0, 11.5, 1e3, 1e9])
def test_our_digamma_is_that_of_scipy(x):
    assert gaussian._digamma(x) == pytest.approx(digamma(x), rel=1e-13, abs=1e-13)
