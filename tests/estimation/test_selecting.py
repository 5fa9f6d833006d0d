"""Columns are scored by the rules by which pairs are read."""

import math

import numpy as np
import pandas
import pytest
from helpers import refused
from scipy import sparse

from mi_lab import column_scores, estimate, select

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(300, 3))
Y = X[:, 0] + 0.3 * DRAW.normal(size=300)


def changed(value, row=5, column=0):
    x = X.copy()
    x[row, column] = value
    return x


@pytest.mark.parametrize("score", [column_scores, lambda x, y: select(x, y, 1)])
@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (changed(math.nan), Y, ("x holds 1 entry missing, NaN or infinite, the first in row 5, column 0 of x",)),
        (changed(math.inf), Y, ("x holds 1 entry missing, NaN or infinite, the first in row 5, column 0 of x",)),
        (np.ma.masked_values(changed(-999.0), -999.0), Y, ("x holds 1 entry missing", "row 5, column 0 of x")),
        (X, np.ma.masked_array(Y, np.arange(300) == 7), ("y holds 1 entry missing", "row 7")),
        (pandas.DataFrame({"a": pandas.array([*range(299), None], dtype="Int64"), "b": Y}), Y, ("row 299, column a",)),
        (X[:4], Y[:4], ("4 pairs are too few to score columns, which needs at least 24",)),
        (X[:23], Y[:23], ("23 pairs are too few",)),
        (np.ones((300, 3)), Y[:299], ("x has 300 rows and y has 299",)),
        (np.ones((300, 3)), np.ones(300), ("y is constant",)),
        (X, np.full(300, "a"), ("y holds a single label",)),
        (sparse.csr_matrix(X), Y, ("x is a sparse matrix",)),
        ("pairs.csv", Y, ("x is a path",)),
        (X + 1j, Y, ("complex",)),
        (X[:, 0], Y, ("x has shape (300,)",)),
        (pandas.Series(X[:, 0]), Y, ("x has shape (300,)",)),
        (pandas.DataFrame({"who": np.arange(300).astype(str), "b": Y}), Y, ("column who of x holds 300 different",)),
    ],
)
def test_what_estimate_refuses_is_refused(score, x, y, words):
    with refused(*words):
        score(x, y)


def test_labels_among_the_columns_are_scored_as_estimate_scores_them():
    label = np.where(Y > 0, "high", "low")
    frame = pandas.DataFrame({"number": X[:, 0], "label": label, "constant": "a", "whole": DRAW.integers(3, size=300)})
    for y, estimators in ((Y, ("ksg", "ross")), (label, ("ross", "counting"))):
        alone = [
            estimate(frame[[name]], y, how, progress=False).mi
            for name, how in zip(("number", "label"), estimators, strict=True)
        ]
        scores = column_scores(frame, y)
        assert scores[:2] == pytest.approx(alone) and scores[2] == 0 and scores[3] < 0.1
    assert select(frame, Y, 2).tolist() == [0, 1]


def test_constant_columns_alone_score_nothing():
    assert column_scores(np.ones((300, 2)), Y).tolist() == [0, 0]


def test_pairs_that_repeat_others_count_once():
    assert column_scores(np.tile(X, (5, 1)), np.tile(Y, 5)) == pytest.approx(column_scores(X, Y))
