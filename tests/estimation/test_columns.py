import math

import numpy as np
import pandas
import polars
import pytest
import torch
from helpers import refused
from scipy import sparse

from mi_lab.estimation.pairs.columns import read_as_pairs

X = np.random.default_rng(0).normal(size=(40, 2))
Y = np.random.default_rng(1).normal(size=(40, 3))
LABELS = np.arange(40) % 4
WORDS = np.array(list("abcd"))[LABELS]


def changed(array, row, column, value):
    array = array.copy()
    array[row, column] = value
    return array


def names(pairs):
    return [flag.name for flag in pairs.flags]


def test_arrays_tensors_and_lists_are_taken_as_they_are():
    for x, y in ((X, Y), (torch.as_tensor(X), torch.tensor(Y, requires_grad=True)), (X.tolist(), Y.tolist())):
        pairs = read_as_pairs(x, y)
        assert np.array_equal(pairs.x, X) and np.array_equal(pairs.y, Y) and not pairs.flags
    assert read_as_pairs(X[:, 0], Y.astype(np.float32)).x.shape == (40, 1)
    assert read_as_pairs(torch.as_tensor(X).bfloat16(), Y).x == pytest.approx(X, rel=0.01)
    assert read_as_pairs(X.astype(object), Y.astype(">f8")).x == pytest.approx(X)


def test_whole_numbers_words_and_truths_are_labels_if_they_stand_in_one_row():
    for labels in (LABELS * 5 - 7, WORDS, WORDS.astype(object), pandas.Series(WORDS, dtype="category")):
        pairs = read_as_pairs(labels, LABELS[:, None])
        assert pairs.x.tolist() == LABELS.tolist() and pairs.y.shape == (40, 1)
        assert pairs.told == "x is a label of 4 classes; y is 1 column of numbers"
    for truths in (LABELS > 1, (LABELS > 1).tolist(), polars.Series(LABELS > 1)):
        assert read_as_pairs(truths, X).x.tolist() == (LABELS > 1).astype(int).tolist()


def of_pandas():
    return pandas.DataFrame({"size": X[:, 0], "age": LABELS, "kind": WORDS, "young": LABELS < 2})


def of_polars():
    return polars.DataFrame({"size": X[:, 0], "age": LABELS, "kind": WORDS, "young": LABELS < 2})


@pytest.mark.parametrize("make", [of_pandas, of_polars])
def test_frames_are_numbers_as_they_are_and_labels_columns_of_0_and_1(make):
    pairs = read_as_pairs(make(), make()["kind"])
    assert pairs.x.shape == (40, 7) and pairs.y.tolist() == LABELS.tolist()
    assert pairs.x[:, 6].tolist() == (LABELS < 2).astype(int).tolist()  # of two classes one tells the other
    assert np.array_equal(pairs.x[:, 0], X[:, 0]) and np.array_equal(pairs.x[:, 2:6], np.eye(4)[LABELS])
    told = "x is 2 columns of numbers and 2 labels as 0 and 1: kind (4), young (2); y is a label of 4 classes"
    assert pairs.told == told
    assert read_as_pairs(make()[["age"]], X).x.tolist() == LABELS.tolist()  # a single one is a label


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (X, Y[:39], ("x has 40 rows and y has 39",)),
        (X[:15].T, Y[:15].T, ("x has 2 rows and 15 columns", "more dimensions than pairs", "x.T")),
        (X, Y[:3].repeat(20, 1), ("y has 3 rows and 60 columns", "y.T")),
        (changed(X, 7, 1, math.nan), Y, ("x holds 1 entry missing", "row 7, column 1 of x", "missing='drop'")),
        (X, changed(changed(Y, 3, 2, math.inf), 9, 0, math.nan), ("y holds 2 entries", "row 3, column 2 of y")),
        (X, changed(Y, 3, 2, math.inf), ("y holds 1 entry missing, NaN or infinite", "leave such pairs out")),
        (np.ones((40, 8)), Y, ("x is constant",)),
        (X, np.full(40, 2.0), ("y is constant",)),
        (X, np.zeros(40, int), ("y holds a single label",)),
        (X, LABELS.astype(float), ("y looks like 4 labels as floats", "y.astype(int)", "y[:, None]")),
        (np.arange(40), Y, ("x holds 40 different whole numbers in 40 pairs", "astype(float)")),
        (np.arange(40).astype(str), Y, ("x holds 40 different labels in 40 pairs", "leave it out")),
        (X + 1j, Y, ("x holds complex numbers", "real and imaginary")),
        (X, np.array(["2020-01-01"] * 40, "M8[D]"), ("y holds datetime64", "seconds")),
        (X, [[1.0], [2.0, 3.0]], ("y has rows of different lengths",)),
        (X.reshape(10, 2, 4), Y, ("x has shape (10, 2, 4)", "(n, d)")),
        (np.zeros((0, 2)), Y, ("x has shape (0, 2)",)),
        (3.0, Y, ("x has shape ()",)),
        (X * [1, 1e-200], Y, ("column 1 of x is almost constant", "scale it up")),
        (X * [1, 1e200], Y, ("column 1 of x holds values beyond 1e100",)),
        (None, Y, ("x is None",)),
        (sparse.csr_matrix(X), Y, ("x is a sparse matrix", "x.toarray()")),
        (X, "pairs.csv", ("y is a path", "read_pairs")),
        (X, {"a": Y}, ("y is a dict", "numpy.column_stack")),
        (X, pandas.DataFrame(), ("y is a frame without columns",)),
        (X, [[1], [2]] * 20 + [[(3, 4)]], ("y has rows of different lengths",)),
        (X, np.array([object()] * 40), ("y holds an object", "numbers, strings or booleans")),
        (pandas.DataFrame({"a": X[:, 0], "who": [f"p{k}" for k in range(40)]}), Y, ("column who of x holds 40",)),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(x, y, words):
    with refused(*words):
        read_as_pairs(x, y)


def gap_in_floats():
    return changed(X, 5, 0, math.nan)


def gap_under_a_mask():
    return np.ma.masked_values(changed(X, 5, 0, -999.0), -999.0)


def gap_in_objects():
    return changed(X.astype(object), 5, 0, None)


def gap_in_pandas():
    return pandas.DataFrame(X).astype("Float64").mask(pandas.DataFrame(changed(X, 5, 0, 9.0)) == 9.0)


def gap_in_polars():
    return polars.DataFrame({"a": [None if row == 5 else float(v) for row, v in enumerate(X[:, 0])], "b": X[:, 1]})


@pytest.mark.parametrize("make", [gap_in_floats, gap_under_a_mask, gap_in_objects, gap_in_pandas, gap_in_polars])
def test_missing_entries_are_refused_with_their_place_or_dropped_on_request(make):
    with refused("x holds 1 entry missing, NaN or infinite, the first in row 5", "missing='drop'"):
        read_as_pairs(make(), Y)
    pairs = read_as_pairs(make(), Y, missing="drop")
    assert np.array_equal(pairs.x, np.delete(X, 5, 0)) and np.array_equal(pairs.y, np.delete(Y, 5, 0))
    assert names(pairs) == ["missing values"] and "1 of 40 pairs" in pairs.flags[0].sentence


FULL = np.arange(80) % 4


@pytest.mark.parametrize(
    "labels",
    [
        pandas.Series([*FULL, None], dtype="Int64"),
        pandas.Series([*WORDS, *WORDS, None]),
        polars.Series([*FULL.tolist(), None]),
        np.ma.masked_array([*FULL, -999], [False] * 80 + [True]),
        np.array([*WORDS, *WORDS, None], dtype=object),
        np.array([*WORDS, *WORDS, pandas.NA], dtype=object),
        pandas.Series([*WORDS, *WORDS, pandas.NA], dtype=object),
    ],
)
def test_a_gap_among_labels_is_no_class(labels):
    x = np.random.default_rng(0).normal(size=(81, 1))
    with refused("y holds 1 entry missing", "row 80"):
        read_as_pairs(x, labels)
    assert read_as_pairs(x, labels, missing="drop").y.tolist() == FULL.tolist()


def test_labels_that_are_floats_for_their_gaps_are_not_called_whole():
    labels = LABELS.astype(float)
    labels[3] = math.nan
    with refused("y holds 1 entry missing"):
        read_as_pairs(X, labels)


def test_every_pair_missing_leaves_none():
    with refused("every pair has a missing entry"):
        read_as_pairs(np.full((40, 1), math.nan), Y, missing="drop")
    with refused("unknown missing 'ignore'"):
        read_as_pairs(X, Y, missing="ignore")


def test_constant_columns_are_left_out_and_told():
    pairs = read_as_pairs(np.column_stack([X[:, 0], np.ones(40), X[:, 1]]), Y)
    assert np.array_equal(pairs.x, X) and names(pairs) == ["constant columns"]
    assert pairs.flags[0].sentence == "column 1 of x is constant and was left out."
    twice = pandas.DataFrame(np.column_stack([X, np.ones(40)]), columns=["a", "a", "a"])  # one name for three
    assert np.array_equal(read_as_pairs(twice, Y).x, X)


def test_more_columns_than_rows_are_told():
    wide = np.random.default_rng(2).normal(size=(30, 50))
    assert names(read_as_pairs(wide, Y[:30])) == ["more columns than rows"]


def test_indexes_that_disagree_are_told():
    x, y = pandas.DataFrame(X), pandas.Series(Y[:, 0], index=range(39, -1, -1))
    assert names(read_as_pairs(x, y)) == ["indexes differ"]
    assert not read_as_pairs(x, y.reset_index(drop=True)).flags


def test_repeated_pairs_are_used_once_where_they_cannot_be_chance():
    pairs = read_as_pairs(np.tile(X, (3, 1)), np.tile(Y, (3, 1)))
    assert names(pairs) == ["repeated pairs"] and "80 of 120 pairs" in pairs.flags[0].sentence
    assert np.array_equal(pairs.x, X) and np.array_equal(pairs.y, Y)
    assert names(read_as_pairs(np.tile(X, (3, 1)), np.tile(LABELS, 3))) == ["repeated pairs"]
    rng = np.random.default_rng(0)  # chance repeats labels, counts, and truths of many columns
    for x, y in (
        (rng.integers(5, size=500), rng.integers(5, size=500)),
        (rng.poisson(3, size=(500, 1)), rng.poisson(3, size=(500, 1))),
        (rng.integers(2, size=(500, 6)), rng.integers(3, size=500)),
        (np.repeat(X, 10, 0), rng.normal(size=(400, 1))),  # several y for every x
    ):
        pairs = read_as_pairs(x, y)
        assert not pairs.flags and len(pairs.x) == len(x)
