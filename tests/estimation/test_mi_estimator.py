"""The estimate as scikit-learn's tools take it."""

import copy
import pickle

import numpy as np
import pandas
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.utils.estimator_checks import parametrize_with_checks

from mi_lab import MIEstimator, estimate
from mi_lab.estimation.pairs import column, columns, crossfit
from mi_lab.estimation.pairs.copula import normal_scores

SMALL = {
    "check_fit2d_1feature": "has ten pairs, of which no fifth can be split off to decide",
    "check_estimators_nan_inf": "passes labels as floats, about which one is asked",
}
TRUTH = np.log(2) / 2


def pairs(n, seed, columns_of_y=1):
    x, noise = np.random.default_rng(seed).normal(size=(2, n, columns_of_y))
    return x, x + noise


@parametrize_with_checks([MIEstimator(max_steps=50)], expected_failed_checks=lambda _: SMALL)
def test_it_passes_the_checks_of_scikit_learn_but_for_their_few_pairs(estimator, check, monkeypatch):
    monkeypatch.setattr(crossfit, "LEAST", 10)  # the checks have 10 to 30 pairs
    for module in (column, columns):
        monkeypatch.setattr(module, "few_enough", lambda classes, pairs: True)  # and three labels in 20
    check(estimator)


@pytest.mark.parametrize("label", [False, True])
def test_it_finds_what_estimate_finds(label):
    x, y = pairs(600, 0)
    target = y[:, 0] > 0 if label else y[:, 0]
    found = MIEstimator(max_steps=100).fit(x, target)
    same = estimate(x, target, "cross_fitted", max_steps=100, progress=False)
    assert found.estimate_ == same
    assert (found.mi_, found.stderr_, found.lower_bound_, found.flags_) == (
        same.mi,
        same.stderr,
        same.lower_bound,
        same.flags,
    )


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda fitted: pickle.loads(pickle.dumps(fitted))])  # noqa: S301
def test_a_copy_scores_as_the_fitted_one(copied):
    x, y = pairs(300, 0)
    fitted = MIEstimator(max_steps=300).fit(x, y[:, 0])
    again, other = copied(fitted), pairs(200, 1)
    assert again.score(*other) == fitted.score(*other) > 0.05  # of new pairs, and not what no training finds


def test_other_pairs_take_their_scores_among_those_that_were_learnt():
    known = np.random.default_rng(0).integers(0, 30, size=(200, 3)).astype(float)
    assert np.array_equal(normal_scores(known, known), normal_scores(known))
    assert normal_scores(np.array([[-1e9], [1e9]]), known[:, :1]) == pytest.approx(
        np.array([[-2.807], [2.807]]), abs=1e-3
    )  # the outermost of 200


@pytest.mark.parametrize("kind", ["numbers", "label", "two columns, one constant"])
def test_the_score_is_a_lower_bound_on_pairs_that_were_never_seen(kind):
    def sample(n, seed):
        x, y = pairs(n, seed)
        if kind == "label":
            return x, np.where(y[:, 0] > 0, "up", "down")
        return (x, y) if kind == "numbers" else (np.hstack([x, 0 * x]), np.hstack([0 * y, y]))

    found = MIEstimator(max_steps=500).fit(*sample(4000, 0))
    scores = np.array([found.score(*sample(1000, seed)) for seed in range(1, 21)])
    # the chance of the sign of y is uniform over x, and the entropy of a coin of uniform chance is 1/2 on average
    truth = np.log(2) - 1 / 2 if kind == "label" else TRUTH
    error = scores.std(ddof=1) / np.sqrt(len(scores))
    assert truth - 0.04 < scores.mean() < truth + 2 * error
    x, y = sample(1000, 30)
    assert found.score(x, np.roll(y, 1, axis=0)) < 0.02


def test_a_grid_search_reads_the_score_of_pairs_that_were_left_out():
    x, y = pairs(400, 0)
    sizes, folds = [(8,), (16, 16)], KFold(2)
    search = GridSearchCV(MIEstimator(max_steps=100), {"hidden": sizes}, cv=folds).fit(x, y[:, 0])
    by_hand = [
        np.mean(
            [
                MIEstimator(hidden=hidden, max_steps=100).fit(x[train], y[train, 0]).score(x[test], y[test, 0])
                for train, test in folds.split(x)
            ]
        )
        for hidden in sizes
    ]
    assert search.cv_results_["mean_test_score"] == pytest.approx(by_hand)
    assert clone(search.best_estimator_).get_params() == search.best_estimator_.get_params()


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        (["a", "b", "c"] * 20, "y holds the label 'c', which fit did not see."),
        (["a"], "2 is required"),
        (None, "MIEstimator requires y to be passed"),
        (["a"] * 59, "inconsistent numbers of samples"),
    ],
)
def test_what_cannot_be_scored_is_refused(y, sentence):
    x, _ = pairs(60, 0)
    found = MIEstimator(max_steps=50).fit(x, ["a", "b"] * 30)
    with pytest.raises(ValueError, match=sentence):
        found.score(x[: 1 if y == ["a"] else 60], y)


def test_columns_of_y_have_to_be_as_many():
    x, y = pairs(100, 0, columns_of_y=2)
    found = MIEstimator(max_steps=50).fit(x, y)
    with pytest.raises(ValueError, match="y has 1 column; fit was given 2"):
        found.score(x, y[:, :1])


QUICK = {"max_steps": 50}


def test_another_fit_forgets_the_labels_of_the_one_before():
    x, y = pairs(200, 0)
    found = MIEstimator(**QUICK).fit(x, y[:, 0] > 0)
    assert found.classes_.tolist() == [False, True]
    assert found.fit(x, y).score(x, y) == MIEstimator(**QUICK).fit(x, y).score(x, y)
    assert not hasattr(found, "classes_")


def masked(array, row):
    return np.ma.masked_array(array, np.arange(len(array)) == row)


def gap(array, row):
    return np.where(np.arange(len(array)) == row, np.nan, array)


@pytest.mark.parametrize(
    ("spoiled", "sentence"),
    [
        (lambda x, y: (x, gap(y, 7)), "y holds 1 entry missing, NaN or infinite, the first in row 7"),
        (lambda x, y: (gap(x[:, 0], 7)[:, None], y), "x holds 1 entry missing, NaN or infinite, the first in row 7"),
        (lambda x, y: (x, masked(y, 7)), "y holds 1 entry missing, NaN or infinite, the first in row 7"),
        (lambda x, y: (masked(x[:, 0], 7)[:, None], y), "x holds 1 entry missing, NaN or infinite, the first in row 7"),
        (lambda x, y: (x, [None, *y[1:]]), "y holds 1 entry missing, NaN or infinite, the first in row 0"),
        (lambda x, y: (x, [None] * len(y)), "y holds 200 entries missing, NaN or infinite, the first in row 0"),
        (lambda x, y: (x, y.astype(str)), "words"),
    ],
)
def test_what_lacks_an_entry_is_refused_in_fit_and_score_alike(spoiled, sentence):
    x, y = pairs(200, 0)
    found = MIEstimator(**QUICK).fit(x, y[:, 0])
    x, y = spoiled(x, y[:, 0])
    with pytest.raises(ValueError, match="different labels" if sentence == "words" else sentence):
        MIEstimator(**QUICK).fit(x, y)
    with pytest.raises(ValueError, match="y holds words; fit was given numbers" if sentence == "words" else sentence):
        found.score(x, y)


@pytest.mark.parametrize(
    "make",
    [
        lambda label: np.stack([np.where(label, "a", "b"), np.where(label, "c", "d")], 1),
        lambda label: pandas.DataFrame({"y": np.where(label, "a", "b")}),
        lambda label: pandas.DataFrame({"y": label.astype(int) + 4}),
        lambda label: pandas.DataFrame({"y": np.where(label, "a", "b"), "constant": 1}),
        lambda label: pandas.Series(np.where(label, 7, 3), dtype="category"),
        lambda label: pandas.cut(pandas.Series(label.astype(float)), 2),
        lambda label: pandas.Series(label, dtype="boolean"),
        lambda label: np.where(label, "a", "b").astype(object),
    ],
)
def test_every_form_of_a_label_is_fitted_and_scored_as_the_label(make):
    x, y = pairs(800, 0)
    plain, made = y[:, 0] > 0, make(y[:, 0] > 0)
    as_they_are, found = MIEstimator(**QUICK).fit(x[:600], plain[:600]), MIEstimator(**QUICK).fit(x[:600], made[:600])
    same = estimate(x[:600], made[:600], "cross_fitted", progress=False, **QUICK)
    assert found.estimate_ == same
    assert found.score(x[600:], made[600:]) > 0.05
    if found.fit_.pairs.y.ndim == 1:
        assert len(found.classes_) == 2
        assert found.score(x[600:], made[600:]) == pytest.approx(as_they_are.score(x[600:], plain[600:]), abs=0.05)


def test_few_rows_of_a_class_are_scored_as_it_was_learnt():
    x, y = pairs(400, 0)
    label = pandas.Series(np.where(y[:, 0] > 0, "up", "down"))
    found = MIEstimator(**QUICK).fit(x, label)
    up = label[label == "up"][:9]
    assert found.score(x[up.index], up) == found.score(x[up.index], np.array(["up"] * 9))
    frame = pandas.DataFrame({"x": x[:, 0], "kind": label})
    mixed = MIEstimator(**QUICK).fit(frame, y)
    with pytest.raises(ValueError, match="column kind of x holds the label 'left', which fit did not see"):
        mixed.score(frame.replace("up", "left"), y)
    up = label == "up"
    known, read = mixed.fit_.pairs, mixed.fit_.pairs.like(frame[up], y[up])  # as rows of those that it was given
    assert np.array_equal(read[0], known.x[up]) and np.array_equal(read[1], known.y[up])
