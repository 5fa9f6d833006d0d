"""The drift law of MINE's constant (Section 3.3.1): E[w] of a critic held fixed, by simulation, whatever is averaged.

Batch means are gamma variables of mean 1 and variance V; S itself is taken off as a control variate. What is left out
of the second order is of order V squared, which the tolerance holds three times, beside four standard errors.
"""

import math

import numpy as np
import pytest

V, CHAINS, STEPS, WARM = 0.005, 500, 4000, 400
RATES = (0.1, 0.3, 0.6, 0.9)


def mean_w(divide, grow=0.0):
    """E[w] - 1 and its standard error; ``divide(S, previous S, a)`` gives the divisor and the next average."""
    rng = np.random.default_rng(0)
    a, before, total = np.ones(CHAINS), np.ones(CHAINS), np.zeros(CHAINS)
    for step in range(STEPS):
        s = rng.gamma(1 / V, V, CHAINS)
        divisor, a = divide(s, before, a * math.exp(-grow))
        before = s
        if step >= WARM:
            total += s / divisor - s
    means = total / (STEPS - WARM)
    return means.mean(), means.std() / math.sqrt(CHAINS)


def included(r):
    def divide(s, before, a):
        new = (1 - r) * a + r * s
        return new, new

    return divide


def left_out(r):
    return lambda s, before, a: (a, (1 - r) * a + r * s)


def two_batches(r):
    return lambda s, before, a: ((1 - r) * before + r * s, a)


def close(found, wanted):
    value, error = found
    assert error < V / 50
    assert abs(value - wanted) < 4 * error + 3 * V**2, (value, wanted)


@pytest.mark.parametrize("r", RATES)
def test_with_the_newest_batch_in_the_average_negatives_weigh_too_little(r):
    close(mean_w(included(r)), -V * r * (1 - r) / (2 - r))


def test_without_memory_it_is_dv():
    assert mean_w(included(1.0))[0] == pytest.approx(0, abs=4 * math.sqrt(V / (CHAINS * (STEPS - WARM))))


@pytest.mark.parametrize("r", RATES)
def test_without_the_newest_batch_they_weigh_too_much(r):
    close(mean_w(left_out(r)), V * r / (2 - r))


@pytest.mark.parametrize("r", RATES)
def test_two_batches_change_their_sign_at_one_half(r):
    close(mean_w(two_batches(r)), V * (1 - r) * (1 - 2 * r))


@pytest.mark.parametrize("r", RATES)
def test_a_steady_drift_takes_its_own_reward_away_at_the_speed_limit(r):
    limit = V * r**2 / (2 - r)
    close(mean_w(included(r), grow=limit), 0)
    assert mean_w(included(r), grow=limit / 2)[0] < 0 < mean_w(included(r), grow=2 * limit)[0]
