import math

import numpy as np
import pytest
import torch
from helpers import refused
from scipy.special import logsumexp
from scipy.stats import kstest, multivariate_normal
from sklearn.feature_selection import mutual_info_classif
from sklearn.metrics import mutual_info_score

from mi_lab import compare, estimate
from mi_lab.estimation.pairs.beginning import Beginning
from mi_lab.estimation.pairs.copula import chosen_copula, fit_copula, no_copula
from mi_lab.estimation.pairs.crossfit import FOLDS, CrossFit, _lower_bound
from mi_lab.estimation.pairs.labels import counting_terms, ross_terms
from mi_lab.estimation.pairs.permuting import p_value

QUICK = {"hidden": (16,), "max_steps": 200}


def gaussians(mi, n, dim=1, seed=0):
    rho = math.sqrt(-math.expm1(-2 * mi / dim))
    x, noise = np.random.default_rng(seed).normal(size=(2, n, dim))
    return x, rho * x + math.sqrt(1 - rho**2) * noise


def found(x, y, estimator="auto", **settings):
    return estimate(x, y, estimator, progress=False, **settings)


# The tolerance is what two standard errors and the bias of a small sample leave: over 30 kinds of data the mean error
# at n = 1000 is stored with the page "Your own data".
@pytest.mark.parametrize(
    ("x_of", "y_of"),
    [
        (np.copy, np.copy),
        (lambda x: x**3, lambda y: np.exp(5 * y)),
        (lambda x: np.tan(x / 4), lambda y: np.where(np.arange(len(y))[:, None] == 3, 1e12, y)),
    ],
)
def test_what_each_column_alone_looks_like_does_not_matter(x_of, y_of):
    x, y = gaussians(1.0, 1000)
    one = found(x_of(x), y_of(y))
    assert one.mi == pytest.approx(1.0, abs=0.12)
    assert one.mi == pytest.approx(found(x, y).mi, abs=0.06)


def test_what_is_not_linear_is_learnt():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.5, 1.5, size=(2000, 1))
    y = x**2 + 0.3 * rng.normal(size=(2000, 1))
    grid = np.linspace(-2, 5, 4000)
    density = np.array([np.exp(-((v - np.linspace(-1.5, 1.5, 2001) ** 2) ** 2) / 0.18).mean() for v in grid])
    density /= density.sum() * (grid[1] - grid[0])
    entropy = -(density * np.log(density)).sum() * (grid[1] - grid[0])
    truth = entropy - math.log(0.3 * math.sqrt(2 * math.pi * math.e))
    one = found(x, y)
    assert one.mi == pytest.approx(truth, abs=0.1)
    assert one.lower_bound < truth + 2 * one.lower_stderr


@pytest.mark.parametrize("dim", [1, 10])
def test_independent_pairs_have_none_and_no_flags(dim):
    one = found(*np.random.default_rng(dim).normal(size=(2, 1000, dim)))
    assert abs(one.mi) < 0.02 and not one.flags
    assert one.stderr > 0  # what nobody could have seen is counted, too


def test_labels_of_both_kinds():
    rng = np.random.default_rng(0)
    label = rng.integers(3, size=1500)
    x = rng.normal(size=(1500, 2)) + np.array([[0, 0], [2, 0], [0, 2]])[label]
    logs = -((x[:, None] - np.array([[0, 0], [2, 0], [0, 2]])) ** 2).sum(2) / 2
    truth = float((logs[np.arange(1500), label] - logsumexp(logs, 1)).mean() + math.log(3))
    one = found(x, label)
    assert one.mi == pytest.approx(truth, abs=0.06)
    assert one.entropy == pytest.approx(math.log(3), abs=0.01) and one.share == one.mi / one.entropy
    assert one.bits == one.mi / math.log(2)
    assert found(x, label, "ross").mi == pytest.approx(truth, abs=0.06)
    assert found(label, x, "ross").mi == found(x, label, "ross").mi


def test_no_pair_is_read_by_a_critic_that_saw_it():
    fit = CrossFit(*gaussians(1.0, 503), **QUICK)
    parts = [set(part.tolist()) for part in fit.held_out]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 500
    for train, validation, part in zip(fit.critics.train, fit.critics.validation, parts, strict=True):
        seen = [*train.tolist(), *validation.tolist()]
        assert len(seen) == len(set(seen)) and not part & set(seen)


def test_held_out_pairs_move_no_critic_but_that_of_the_other_folds():
    x, y = gaussians(1.0, 500)
    y = np.abs(x) + 0.2 * y  # which the copula does not see
    fit = CrossFit(x, y, **QUICK)
    part = fit.held_out[0].numpy()
    y = y.copy()
    y[part] = y[part[::-1]]  # the same values, so that no rank moves, but other pairs
    other = CrossFit(x, y, **QUICK)
    for one in (fit, other):
        one.run()
    kept, others = fit.critics.best.kept[0], other.critics.best.kept[0]
    assert torch.equal(kept[0], others[0])
    assert not torch.equal(kept[1], others[1])


def test_the_copula_is_the_ratio_of_gaussian_densities():
    x, y = gaussians(1.0, 400, dim=2)
    copula = fit_copula(x, y)
    joint = np.hstack([x, y])
    densities = [multivariate_normal(part.mean(0), np.cov(part.T, bias=True)).logpdf(part) for part in (joint, x, y)]
    assert copula.log_ratio(x, y) == pytest.approx(densities[0] - densities[1] - densities[2], abs=1e-6)
    beginning = Beginning([copula, copula.first(1), no_copula(2, 2)], torch.device("cpu"))
    three = beginning.log_ratio(*(torch.as_tensor(side).float().expand(3, -1, -1) for side in (x, y)))
    assert three[0].numpy() == pytest.approx(copula.log_ratio(x, y), abs=1e-4)
    assert three[1].numpy() == pytest.approx(copula.first(1).log_ratio(x, y), abs=1e-4) and not three[2].any()


def test_columns_that_combine_others_are_no_new_direction():
    x, y = gaussians(1.0, 400, dim=2)
    twice = np.column_stack([x, x.sum(1), x[:, 0]])
    assert fit_copula(twice, y).log_ratio(twice, y) == pytest.approx(fit_copula(x, y).log_ratio(x, y), abs=1e-6)


def test_noise_has_no_correlations_that_hold():
    draw = np.random.default_rng(0)
    kept = [chosen_copula(*draw.normal(size=(2, 300, 5)))[1] for _ in range(40)]
    assert sum(kept) == 0
    assert chosen_copula(*gaussians(2.0, 300, dim=5))[1] == 5


def test_the_lower_bound_is_nwj_of_held_out_scores():
    rng = np.random.default_rng(0)
    decided = rng.normal(1, 1, size=(1, 50)).repeat(2, 0), rng.normal(-1, 1, size=(1, 50, 5)).repeat(2, 0)
    read = rng.normal(1, 1, size=(1, 40)).repeat(2, 0), rng.normal(-1, 1, size=(1, 40, 10)).repeat(2, 0)
    value, error = _lower_bound(decided, read)
    grid = np.linspace(0, 2, 4001)
    dv = [a * decided[0].mean() - math.log(np.exp(a * decided[1]).mean()) for a in grid]
    a = grid[int(np.argmax(dv))]
    b = -math.log(np.exp(a * decided[1]).mean())
    assert value == pytest.approx(1 + (a * read[0] + b).mean() - np.exp(a * read[1] + b).mean(), abs=1e-3)
    assert 0 < error < 1


def test_one_negative_cannot_pull_the_lower_bound_to_ruin():
    rng = np.random.default_rng(0)
    decided = rng.normal(3, 1, size=(2, 50)), rng.normal(-1, 1, size=(2, 50, 5))
    read = rng.normal(3, 1, size=(2, 40)), rng.normal(-1, 1, size=(2, 40, 10))
    plain = _lower_bound(decided, read)[0]
    read[1][0, 7, 3] = 40.0  # e^40 / 400, were it taken at its word
    value, error = _lower_bound(decided, read)
    # a ratio of at most 250, the negatives that decided; its share of 400 negatives, in one of two folds
    assert plain - 250 / 400 / 2 - 0.01 <= value < plain
    assert error < 1
    x = rng.normal(size=(400, 3))
    found = estimate(x, x[:, :1] ** 2, progress=False, max_steps=300)
    assert found.lower_bound >= 0 and found.lower_stderr < 2


@pytest.mark.slow
def test_the_lower_bound_holds_in_expectation_and_errors_are_honest():
    # 40 data sets of half a nat in 2 dimensions; the mean of their bounds is known to a sixth of their spread
    several = [found(*gaussians(0.5, 200, dim=2, seed=seed)) for seed in range(40)]
    bounds = np.array([one.lower_bound for one in several])
    assert bounds.mean() < 0.5 + 3 * bounds.std() / math.sqrt(40)
    within = np.mean([abs(one.mi - 0.5) < 2 * one.stderr for one in several])
    assert within >= 0.85  # 95 % are aimed at; of 40, 34 or fewer come in one of 100


@pytest.mark.slow
def test_p_values_are_uniform_under_independence_and_small_where_something_is():
    none = [found(*np.random.default_rng(seed).normal(size=(2, 80, 1)), null=99, **QUICK).p_value for seed in range(60)]
    assert kstest(none, "uniform").pvalue > 0.01
    assert found(*gaussians(0.3, 100), null=99, **QUICK).p_value <= 0.02


def test_a_permutation_test_counts_orders_as_high_as_the_own():
    scores = np.zeros((2, 5, 5))
    assert p_value(scores, 50, 0) == 1.0
    scores[:, range(5), range(5)] = 1.0
    assert p_value(scores, 99, 0) == pytest.approx(0.01, abs=0.01)
    assert p_value(-scores, 99, 0) == 1.0


def test_counting_is_the_jackknife_of_the_mi_of_shares():
    rng = np.random.default_rng(0)
    x, y = rng.integers(4, size=(2, 120))
    y = np.where(rng.random(120) < 0.3, x, y)
    whole = mutual_info_score(x, y)
    without = [mutual_info_score(np.delete(x, at), np.delete(y, at)) for at in range(120)]
    values = 120 * whole - 119 * np.array(without)
    one = found(x, y)
    assert one.estimator == "counting" and counting_terms(x, y) == pytest.approx(values)
    assert (one.mi, one.stderr) == pytest.approx((values.mean(), values.std(ddof=1) / math.sqrt(120)))
    assert {flag.name for flag in found(rng.integers(60, size=900), rng.integers(60, size=900)).flags} == {
        "sparse table"
    }
    assert found(x, x).flags == ()


@pytest.mark.parametrize(("classes", "n", "kept"), [(4, 300, 0.0), (5, 200, 0.5), (10, 400, 0.6)])
def test_counting_has_little_bias_and_honest_errors(classes, n, kept):
    def sample(seed):
        rng = np.random.default_rng(seed)
        x, other = rng.integers(classes, size=(2, n))
        return x, np.where(rng.random(n) < kept, x, other)

    agree = kept + (1 - kept) / classes
    truth = math.log(classes) + agree * math.log(agree) + (1 - agree) * math.log((1 - agree) / (classes - 1))
    values = np.array([(one.mi, one.stderr) for one in (found(*sample(seed)) for seed in range(200))])
    errors = values[:, 0] - truth
    # the next bias is of the order of (cells / n)^2
    assert abs(errors.mean()) < 3 * errors.std() / math.sqrt(200) + (classes**2 / n) ** 2
    assert np.mean(np.abs(errors) <= 2 * values[:, 1]) > 0.9


def test_rosss_estimator_is_scikit_learns():
    rng = np.random.default_rng(0)
    label = rng.integers(3, size=400)
    x = rng.normal(size=(400, 1)) + label[:, None]
    expected = mutual_info_classif(x, label, discrete_features=False, n_neighbors=3, random_state=0)[0]
    assert ross_terms(x / x.std(), label, 3).mean() == pytest.approx(expected, abs=1e-3)
    assert math.isfinite(ross_terms(np.vstack([x, [[9.0]]]), np.append(label, 3), 3).mean())  # a class of one row


def test_auto_stands_beside_others():
    x, y = gaussians(1.0, 400)
    rows = compare(x, y, ("auto", "nwj", "ksg"), progress=False, seeds=(3, 4), negatives="shuffle", **QUICK).table()
    assert [row["estimator"] for row in rows] == ["cross_fitted", "nwj", "ksg"]
    assert rows[0]["lower_bound"] is not None and rows[0]["bound"] == "no bound" and rows[1]["bound"] == "a lower bound"
    assert found(x, y, **QUICK) == found(x, y, "cross_fitted", **QUICK) != found(x, y, seeds=1, **QUICK)


def test_two_labels_are_counted_beside_others_whatever_is_set_for_those():
    label = np.random.default_rng(0).integers(3, size=400)
    rows = compare(label, label, ("auto", "nwj"), progress=False, seeds=(3, 4), **QUICK).table()
    assert [row["estimator"] for row in rows] == ["counting", "nwj"]
    with refused("counting has no max_steps, since it trains nothing"):
        found(label, label, max_steps=10)


@pytest.mark.parametrize("estimator", ["auto", "ksg", "gaussian", "ross"])
def test_what_trains_nothing_is_tested_by_its_own_estimate_of_other_orders(estimator):
    x, y = gaussians(0.4, 120)
    sides = {"auto": (x[:, 0] > 0, y[:, 0] > 0), "ross": (x, y[:, 0] > 0)}.get(estimator, (x, y))
    assert found(*sides, estimator, null=49).p_value == 0.02
    none = [
        found(*np.random.default_rng(seed).normal(size=(2, 60, 1)), "gaussian", null=39).p_value for seed in range(80)
    ]
    assert kstest(none, "uniform").pvalue > 0.01


def test_every_fold_is_told():
    one = found(*gaussians(1.0, 400), **QUICK)
    assert len(one.per_seed) == len(one.curves) == len(one.stopped_at) == FOLDS
    lines = str(one).splitlines()
    assert lines[0].startswith("cross_fitted (plug_in): ") and lines[0].endswith("nats, no bound")
    assert "a lower bound in expectation" in lines[1] and lines[2].startswith("  read as: x is 1 column")


@pytest.mark.parametrize(
    ("n", "settings", "words"),
    [
        (40, {}, ("40 pairs are too few for cross_fitted", "at least 50")),
        (100, {"seeds": (0, 1)}, ("takes one seed, not 2",)),
        (100, {"null": -1}, ("null must be at least 0",)),
        (100, {"null": 1e9}, ("null must be at most",)),
        (100, {"learning_rate": -1.0}, ("learning_rate must be a positive number",)),
        (100, {"negatives": "shuffle"}, ("cross_fitted has no negatives; it has batch_size",)),
        (100, {"readout": "nwj"}, ("unknown readout 'nwj'",)),
        (100, {"max_steps": 0}, ("max_steps must be at least 1",)),
    ],
)
def test_what_cannot_be_done_is_refused(n, settings, words):
    with refused(*words):
        found(*gaussians(1.0, n), **({"estimator": "cross_fitted"} | settings))
