import math

import numpy as np
import pytest
from helpers import generators, refused
from scipy.special import digamma

from mi_lab import CorrelatedGaussians, estimate
from mi_lab.estimation.pairs.yardsticks import gaussian_terms, ksg_terms
from mi_lab.lab.comparison import compare


def gaussians(mi, n, dim=2, seed=0):
    x, y = CorrelatedGaussians(dim=dim, mi=mi).sample(n, *generators(seed))
    return x.double().numpy(), y.double().numpy()


def yardstick(x, y, name):
    return estimate(x, y, name, progress=False)


@pytest.mark.parametrize(("dim", "k"), [(1, 1), (2, 3)])
def test_ksg_is_a_double_loop_over_its_definition(dim, k):
    x, y = gaussians(1.0, 60, dim)
    terms = []
    for i in range(60):
        to_x, to_y = (np.abs(side - side[i]).max(1) for side in (x, y))
        others = np.delete(np.arange(60), i)
        farthest = np.sort(np.maximum(to_x, to_y)[others])[k - 1]
        counts = [int((d[others] < farthest).sum()) for d in (to_x, to_y)]
        terms.append(digamma(k) + digamma(60) - sum(digamma(count + 1) for count in counts))
    assert ksg_terms(x, y, k) == pytest.approx(np.array(terms), abs=1e-9)


@pytest.mark.parametrize("dim", [1, 3])
def test_the_gaussian_form_is_that_of_the_canonical_correlations(dim):
    x, y = gaussians(1.0, 500, dim)
    mixed = x @ np.random.default_rng(0).normal(size=(dim, dim))  # which leaves them alone
    whitened = [np.linalg.qr(side - side.mean(0))[0] for side in (x, y)]
    correlations = np.linalg.svd(whitened[0].T @ whitened[1], compute_uv=False)
    assert gaussian_terms(mixed, y).mean() == pytest.approx(-np.log1p(-(correlations**2)).sum() / 2, abs=1e-9)


@pytest.mark.parametrize(("name", "bias"), [("ksg", 0.02), ("gaussian", 0.002)])
def test_the_standard_error_is_the_spread_over_data_sets(name, bias):
    found = [yardstick(*gaussians(1.0, 600, seed=seed), name) for seed in range(60)]
    values = np.array([one.mi for one in found])
    # 60 values tell a deviation to 9 %; KSG's error comes from ten parts, smaller and so a little more scattered
    assert values.std() == pytest.approx(np.sqrt(np.mean([one.stderr**2 for one in found])), rel=0.3)
    assert values.mean() == pytest.approx(1.0, abs=5 * values.std() / 60**0.5 + bias)


def test_the_rank_gaussian_form_sees_through_the_marginals():
    x, y = gaussians(1.0, 4000)
    plain, copula, cubed = yardstick(x, y, "gaussian"), yardstick(x, y, "copula"), yardstick(x, y**3, "copula")
    assert copula.mi == cubed.mi == pytest.approx(plain.mi, abs=0.02)
    assert yardstick(x, y**3, "gaussian").mi < 0.8 and not copula.flags
    # by hand: ranks as quantiles, and then canonical correlations
    from scipy.special import ndtri
    from scipy.stats import rankdata

    scores = [ndtri((rankdata(side, axis=0) - 0.5) / 4000) for side in (x, y)]
    whitened = [np.linalg.qr(side - side.mean(0))[0] for side in scores]
    correlations = np.linalg.svd(whitened[0].T @ whitened[1], compute_uv=False)
    assert copula.mi == pytest.approx(-np.log1p(-(correlations**2)).sum() / 2, abs=1e-9)


def test_ksg_sees_what_the_gaussian_form_does_not():
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)
    y = np.abs(x) + 0.1 * rng.normal(size=2000)
    ksg, gaussian = (yardstick(x, y, name) for name in ("ksg", "gaussian"))
    assert ksg.mi > 1 and abs(gaussian.mi) < 0.01
    assert "not Gaussian" in {flag.name for flag in gaussian.flags}
    assert not yardstick(*gaussians(1.0, 2000), "gaussian").flags


def test_equal_values_are_told_apart_and_linear_combinations_refused():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 5, size=(500, 1)).astype(float)
    assert math.isfinite(yardstick(x, x + rng.integers(0, 2, size=(500, 1)), "ksg").mi)
    y = rng.normal(size=(500, 2))
    with refused("linear combinations"):
        yardstick(np.column_stack([y, y.sum(1)]), rng.normal(size=(500, 1)), "gaussian")


def test_they_stand_beside_the_trained_ones():
    x, y = gaussians(1.0, 600)
    settings = {"hidden": (8,), "seeds": 0, "max_steps": 50}
    found = compare(
        x, y, ("nwj", "club", "smile", "ksg", "gaussian"), progress=False, tau=1.0, critic="joint", **settings
    )
    rows = found.table()
    assert [row["estimator"] for row in rows] == ["nwj", "club", "smile", "ksg", "gaussian"]
    assert [row["critic"] for row in rows] == ["joint", "conditional", "joint", "none", "none"]
    assert "KSG" in found.figure().layout.meta["alt"]
    with refused("none of nwj, ksg has alpha"):
        compare(x, y, ("nwj", "ksg"), alpha=0.5)
    with refused("unknown estimator 'None'"):
        compare(x, y, None)


@pytest.mark.parametrize(
    ("x", "y", "settings", "words"),
    [
        (np.arange(100) % 3, np.zeros((100, 1)), {}, ("constant",)),
        (np.arange(100) % 3, np.arange(100.0)[:, None], {}, ("ksg needs measurements", "labels")),
        (np.arange(20.0), np.arange(20.0) ** 2, {}, ("20 pairs are too few for ksg", "at least 24")),
        (np.arange(90.0), np.arange(90.0) ** 2, {"seeds": 1}, ("ksg has no seeds, since it trains nothing",)),
        (np.arange(90.0), np.arange(90.0) ** 2, {"readout": "nwj"}, ("unknown readout 'nwj'", "ksg")),
    ],
)
def test_bad_input_is_refused(x, y, settings, words):
    with refused(*words):
        estimate(x, y, "ksg", progress=False, **settings)
