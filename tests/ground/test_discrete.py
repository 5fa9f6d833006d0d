import itertools
import math

import numpy as np
import pytest
from helpers import refused

from mi_lab.ground.discrete import entropy, information, interaction

LOG2 = math.log(2)


def naive(table, *axes):
    """Entropy by adding up the cells one by one."""
    sums = {}
    for cell in np.ndindex(table.shape):
        key = tuple(cell[axis] for axis in axes)
        sums[key] = sums.get(key, 0) + table[cell]
    return -sum(p * math.log(p) for p in sums.values() if p > 0)


@pytest.fixture(params=range(4))
def table(request):
    weights = np.random.default_rng(request.param).exponential(size=(2, 3, 4))
    weights[0, 1, 2] = 0  # an impossible cell
    return weights / weights.sum()


def test_entropies_are_those_of_a_count_by_hand(table):
    for axes in ((), (0,), (1,), (2,), (0, 2), (0, 1, 2)):
        assert entropy(table, *axes) == pytest.approx(naive(table, *axes), abs=1e-12)


def test_information_is_kullback_leibler_to_the_product(table):
    p = table.sum(2)
    product = np.outer(p.sum(1), p.sum(0))
    assert information(table, 0, 1) == pytest.approx(float((p * np.log(p / product)).sum()), abs=1e-12)


def test_conditional_information_is_the_mean_over_what_is_given(table):
    slices = [(part.sum(), part / part.sum()) for part in np.moveaxis(table, 1, 0)]
    assert information(table, 0, 2, 1) == pytest.approx(sum(w * information(part, 0, 1) for w, part in slices))


def test_interaction_does_not_care_for_the_order(table):
    values = [interaction(table, *order) for order in itertools.permutations((0, 1, 2))]
    assert values == pytest.approx([values[0]] * 6, abs=1e-12)


def made(*cells):
    table = np.zeros((2, 2, 2))
    for cell in cells:
        table[cell] = 1 / len(cells)
    return table


def test_known_tables():
    xor = made(*((x, x ^ z, z) for x in (0, 1) for z in (0, 1)))
    assert interaction(xor) == pytest.approx(-LOG2) and information(xor, 0, 2) == pytest.approx(0, abs=1e-12)
    assert interaction(made((0, 0, 0), (1, 1, 1))) == pytest.approx(LOG2)
    assert interaction(made(*np.ndindex(2, 2, 2))) == pytest.approx(0, abs=1e-12)
    markov = np.einsum("x,xy,yz->xyz", [0.3, 0.7], [[0.9, 0.1], [0.2, 0.8]], [[0.6, 0.4], [0.1, 0.9]])
    assert interaction(markov) == pytest.approx(information(markov, 0, 2)) and interaction(markov) > 0


@pytest.mark.parametrize("table", [[[0.5, 0.6]], [[1.5, -0.5]], [[math.nan, 1]], [[0.0, 0.0]]])
def test_what_is_no_distribution_is_refused(table):
    with refused("must hold finite numbers of at least 0 that sum to 1"):
        entropy(np.array(table), 0)
