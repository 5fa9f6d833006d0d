"""Which equal pairs are copies, and which chance explains."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

from mi_lab import estimate
from mi_lab.estimation.pairs.repeats import each_once

RNG = np.random.default_rng(0)
DIABETES = load_diabetes(as_frame=True, scaled=False).frame
IRIS = load_iris()
ABOVE_140 = (DIABETES["target"] > 140).to_numpy().astype(int)


def normal(n=1000, d=1):
    return RNG.normal(size=(n, d))


def from_zero(n=1000, above=0.0):
    return np.maximum(normal(n) - above, 0)


def dependent(make):
    first = make()
    return first, first * (1 + 0.1 * normal(len(first)))


BY_CHANCE = {
    "values from zero on": (from_zero(), from_zero()),
    "mostly zeros": (from_zero(above=1.65), from_zero(above=1.65)),
    "zeros that come together": dependent(from_zero),
    "rounded, and a label": (normal().round(2), RNG.integers(2, size=1000)),
    "rounded, and a label that follows": ((x := normal().round(2)), (x[:, 0] > 0).astype(int)),
    "rounded, and the same": (x, x),
    "rounded, and nearly the same": (x, (x + 0.003 * normal()).round(2)),
    "rounded to different digits": (normal(200).round(1), normal(200).round(2)),
    "half precision": (normal().astype(np.float16).astype(float), RNG.integers(2, size=1000)),
    "counts": (RNG.poisson(20, size=(2000, 1)).astype(float), RNG.poisson(3, size=(2000, 1)).astype(float)),
    "answers from 1 to 5": (RNG.integers(1, 6, size=(500, 5)) * 1.0, RNG.integers(1, 6, size=(500, 3)) * 1.0),
    "two labels": (RNG.integers(3, size=1000), RNG.integers(4, size=1000)),
    "irises": (IRIS.data, IRIS.target),
    **{name: (DIABETES[[name]].to_numpy(), ABOVE_140) for name in ("bmi", "bp", "s5")},
    "hundred thousand": (normal(100_000), normal(100_000)),
}
ONCE = {
    "measurements": (normal(200), normal(200)),
    "measurements and a label": (normal(200), RNG.integers(2, size=200)),
    "whole numbers": (RNG.integers(256, size=(200, 3)) * 1.0, RNG.integers(256, size=(200, 3)) * 1.0),
    "whole numbers and a label": (RNG.integers(256, size=(200, 3)) * 1.0, RNG.integers(10, size=200)),
    "cents": ((normal(300) * 1e6).round(), (normal(300) * 1e6).round()),
}


@pytest.mark.parametrize("name", BY_CHANCE)
def test_pairs_that_chance_makes_equal_all_stay(name):
    x, y = BY_CHANCE[name]
    assert len(np.unique(np.column_stack([x, y]), axis=0)) < len(x) or name == "hundred thousand"
    kept_x, kept_y, flags = each_once(x, y)
    assert kept_x is x and kept_y is y and flags == ()


@pytest.mark.parametrize("times", [2, 5, 10])
@pytest.mark.parametrize("name", ONCE)
def test_copies_are_used_once_and_told(name, times):
    x, y = ONCE[name]
    order = np.random.default_rng(1).permutation(times * len(x))
    kept_x, kept_y, [flag] = each_once(np.concatenate([x] * times)[order], np.concatenate([y] * times)[order])
    together = np.column_stack([kept_x, kept_y])
    assert len(kept_x) == len(x) == len(np.unique(together, axis=0))
    assert f"{(times - 1) * len(x)} of {times * len(x)} pairs repeat" in flag.sentence


@pytest.mark.parametrize("digits", [2, 3, 15])
def test_a_bootstrap_sample_is_copies_also_of_rounded_values(digits):
    x, y = normal().round(digits), normal().round(digits)
    drawn = np.random.default_rng(2).integers(1000, size=1000)
    kept, _, flags = each_once(x[drawn], y[drawn])
    assert len(flags) == 1 and len(kept) == len(np.unique(np.column_stack([x, y])[drawn], axis=0))


def test_a_few_copies_among_many_pairs_are_found():
    x, y = normal(980), normal(980)
    kept, _, flags = each_once(np.vstack([x, x[:20]]), np.vstack([y, y[:20]]))
    assert len(kept) == 980 and "20 of 1000" in flags[0].sentence


def test_neither_zeros_nor_whole_numbers_make_information():
    # independent both; read as 0.162 +- 0.037 and 4.315 +- 0.268 by copies told badly
    zeros = estimate(*BY_CHANCE["values from zero on"], progress=False)
    assert not zeros.flags and abs(zeros.mi) < 2 * zeros.stderr + 0.01
    x, y = ONCE["whole numbers"]
    copies = estimate(np.tile(x, (5, 1)), np.tile(y, (5, 1)), progress=False)
    assert abs(copies.mi) < 2 * copies.stderr + 0.01 and copies.flags[0].name == "repeated pairs"
    bmi = estimate(*BY_CHANCE["bmi"], "ross")
    assert bmi.data.test == 442 and 0.09 < bmi.mi < 0.18  # 0.133 with a jitter of 1e-6
