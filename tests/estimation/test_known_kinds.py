import sys
from pathlib import Path

import numpy as np
import pytest

from mi_lab.estimation.pairs.labels import counting_terms, ross_terms
from mi_lab.estimation.pairs.yardsticks import ksg_terms

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from known import KINDS

# Estimators by neighbours and by counting are nearly without bias in so few dimensions, so they tell a wrong truth. The
# tolerance is three standard errors of theirs, about 0.02 each at n = 5000; heavy tails of scale make it a little more.
FEW = [
    *("Gaussians, 1-D, 0.3", "Gaussians, 1-D, 2", "exponentials of Gaussians", "Student, 1-D, Cauchy", "sine"),
    *("parabola", "cross", "three clouds", "product with noise", "volatility", "counts", "independent, 1-D"),
    *("labels through a channel", "parity of three", "ring", "five clouds and labels"),
]


@pytest.mark.parametrize("kind", FEW)
def test_the_truths_of_the_benchmark_are_what_neighbours_and_counts_find(kind):
    sample, truth = KINDS[kind]
    x, y = sample(5000, 7)
    if x.ndim == y.ndim == 1:
        found = counting_terms(x, y)
    elif y.ndim == 1:
        found = ross_terms(x, y, 3)
    else:
        ranked = [np.argsort(np.argsort(side, 0), 0) / len(side) if side.shape[1] == 1 else side for side in (x, y)]
        found = ksg_terms(*ranked)
    assert found.mean() == pytest.approx(truth, abs=0.06)


@pytest.mark.parametrize("kind", KINDS)
def test_the_kinds_follow_their_seed_and_nothing_else(kind):
    sample, _ = KINDS[kind]
    one, again, other = (np.hstack([side.reshape(50, -1) for side in sample(50, seed)]) for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
