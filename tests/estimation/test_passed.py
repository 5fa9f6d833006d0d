"""What people pass: frames and arrays of many libraries, gaps in all of them, and what is left without these."""

import math

import numpy as np
import pandas
import polars
import pyarrow
import pytest
import torch
from helpers import refused

from mi_lab import estimate
from mi_lab.estimation.pairs.columns import read_as_pairs
from mi_lab.estimation.pairs.text import parse_text

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(300, 2))
LABELS = DRAW.integers(3, size=300)
WITH_GAP = [None if row == 3 else int(label) for row, label in enumerate(LABELS)]
MASK = np.arange(300) == 3


@pytest.mark.parametrize(
    "table",
    [
        pandas.DataFrame({"b": pandas.array(WITH_GAP, dtype="Int64")}),
        pandas.DataFrame({"b": np.array(WITH_GAP, dtype=object)}),
        pandas.DataFrame({"b": pandas.array(WITH_GAP, dtype="int64[pyarrow]")}),
        polars.DataFrame({"b": WITH_GAP}),
        pyarrow.table({"b": WITH_GAP}),
        pyarrow.array(WITH_GAP),
        pyarrow.chunked_array([WITH_GAP[:9], WITH_GAP[9:]]),
        pandas.Index(WITH_GAP, dtype="Int64"),
        parse_text("\n".join(["b", *("" if one is None else str(one) for one in WITH_GAP)]), "y.csv"),
        parse_text("\n".join(["b", *("NA" if one is None else str(one) for one in WITH_GAP)]), "y.csv"),
        np.ma.masked_array(LABELS, MASK),
        [np.ma.masked if one is None else one for one in WITH_GAP],
    ],
)
def test_a_gap_makes_no_number_of_a_label(table):
    with refused("y holds 1 entry missing, NaN or infinite, the first in row 3"):
        read_as_pairs(X, table)
    pairs = read_as_pairs(X, table, missing="drop")
    assert pairs.y.tolist() == LABELS[~MASK].tolist() and np.array_equal(pairs.x, X[~MASK])
    assert pairs.told.endswith("y is a label of 3 classes")


def test_two_tables_of_one_label_each_are_counted_with_a_gap_as_without():
    x, y = pandas.DataFrame({"b": pandas.array(WITH_GAP, dtype="Int64")}), pandas.DataFrame({"b": LABELS})
    found = estimate(x, y, missing="drop", progress=False)
    whole = estimate(np.delete(LABELS, 3), np.delete(LABELS, 3), progress=False)
    assert found.estimator == whole.estimator == "counting" and found.mi == whole.mi


def test_many_whole_numbers_of_one_column_are_measurements_with_a_gap_as_without():
    table = pandas.DataFrame({"count": pandas.array([*range(299), None], dtype="Int64")})
    assert read_as_pairs(X, table, missing="drop").y[:, 0].tolist() == list(range(299))


def test_classes_are_counted_once_pairs_were_dropped():
    x = X[:, :1].copy()
    x[:20] = math.nan
    with refused("y holds a single label"):
        estimate(x, np.array(["b"] * 20 + ["a"] * 280), "ross", missing="drop", progress=False)
    found = estimate(x, np.array(["c"] * 20 + ["a", "b"] * 140), "ross", missing="drop", progress=False)
    assert "y is a label of 2 classes" in found.told and found.entropy == pytest.approx(math.log(2))
    kinds = pandas.DataFrame({"kind": ["c"] * 20 + ["a", "b"] * 140, "size": X[:, 1]})
    pairs = read_as_pairs(kinds, x, missing="drop")
    assert pairs.told.startswith("x is 1 column of numbers and 1 label as 0 and 1: kind (2)")
    assert pairs.x.shape == (280, 2)
    sparse = np.where(np.arange(300) < 20, "a", np.arange(300).astype(str))  # all different once the others are gone
    with refused("y holds 280 different labels in 280 pairs"):
        read_as_pairs(x, sparse, missing="drop")


@pytest.mark.parametrize("n", [9, 19])
def test_a_label_in_few_pairs_says_how_many_it_needs(n):
    with refused(f"y holds 2 different whole numbers in {n} pairs, and a label needs 10 pairs for each", "more pairs"):
        read_as_pairs(X[:n], np.arange(n) % 2)
    assert read_as_pairs(X[:20], np.arange(20) % 2).y.tolist() == [0, 1] * 10
    with refused("y holds 1001 different whole numbers in 11011 pairs, which is too many for a label, of 1000 at most"):
        read_as_pairs(np.zeros((11011, 1)), np.arange(11011) % 1001)


FIELDS = np.rec.fromarrays([X[:, 0], X[:, 1]], names=["a", "b"])


@pytest.mark.parametrize(
    "x",
    [
        pyarrow.table({"a": X[:, 0], "b": X[:, 1]}),
        pyarrow.record_batch({"a": X[:, 0], "b": X[:, 1]}),
        FIELDS,
        np.asarray(FIELDS).view(FIELDS.dtype.fields and [("a", float), ("b", float)]),
        [torch.tensor(row, requires_grad=True) for row in X],
        [np.ma.masked_array(row) for row in X],
    ],
)
def test_frames_and_lists_of_other_libraries_are_understood(x):
    assert np.array_equal(read_as_pairs(x, LABELS).x, X)


def test_words_and_truths_of_pyarrow_are_labels():
    for values in (np.where(LABELS > 1, "a", "b"), LABELS > 1, pandas.Categorical(np.where(LABELS > 1, "a", "b"))):
        pairs = read_as_pairs(X, pyarrow.array(values))
        assert pairs.y.tolist() in ((LABELS > 1).tolist(), (LABELS <= 1).tolist())


def test_the_masks_of_a_list_of_rows_are_kept():
    rows = [np.ma.masked_array(row, [at == 5, False]) for at, row in enumerate(X)]
    with refused("x holds 1 entry missing, NaN or infinite, the first in row 5, column 0 of x"):
        read_as_pairs(rows, LABELS)
    assert np.array_equal(read_as_pairs(rows, LABELS, missing="drop").x, np.delete(X, 5, 0))


def test_lists_keep_numbers_and_gaps_among_words():
    words = np.where(LABELS > 1, "high", "low").tolist()
    pairs = read_as_pairs([[word, size] for word, size in zip(words, X[:, 0], strict=True)], LABELS)
    assert pairs.told.startswith("x is 1 column of numbers and 1 label as 0 and 1: 0 (2)")
    assert np.array_equal(pairs.x[:, 1], X[:, 0])
    for nothing in (math.nan, None):
        with refused("y holds 1 entry missing, NaN or infinite, the first in row 300"):
            read_as_pairs(np.vstack([X, X[:1]]), [*words, nothing])


def test_what_is_nothing_among_objects_has_its_place():
    for nothing in (None, math.nan, np.float32("nan"), pandas.NA, pandas.NaT, np.ma.masked):
        values = X[:, 0].astype(object)
        values[7] = nothing
        with refused("x holds 1 entry missing, NaN or infinite, the first in row 7"):
            read_as_pairs(values, X)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (polars.LazyFrame({"a": X[:, 0]}), ("x is a LazyFrame", "x.collect()")),
        (pandas.MultiIndex.from_arrays([LABELS, LABELS]), ("x is a MultiIndex", "x.to_frame()")),
        (polars.Series([[1, 2]] * 300), ("x holds a", "it may hold numbers, strings or booleans")),
        (polars.DataFrame({"a": [[1.0, 2.0]] * 300, "b": X[:, 0]}), ("column a of x holds a",)),
        (polars.Series([{"a": 1, "b": 2}] * 300), ("x holds several values in a row",)),
        (pyarrow.array([[1, 2]] * 300), ("x holds a list",)),
        (torch.eye(300).to_sparse(), ("x is a sparse tensor", "x.to_dense()")),
        ([[torch.tensor(1.0, requires_grad=True)]] * 300, ("x is a list that makes no array", "(n, d)")),
        (pandas.Series([], dtype=float), ("x is empty",)),
        (pandas.DataFrame(index=range(300)), ("x is a frame without columns",)),
        (set(LABELS.tolist()), ("x is a set; it must be an array of shape (n, d), a list or a frame",)),
        (b"pairs.csv", ("x is a path or a text",)),
        (np.array([2j] * 300, dtype=object), ("x holds a complex",)),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(x, words):
    with refused(*words):
        read_as_pairs(x, LABELS)


def test_names_of_columns_are_told_whole():
    frame = pandas.DataFrame({"price of tea": np.where(LABELS > 1, "high", "low"), "size": X[:, 0]})
    assert read_as_pairs(frame, LABELS).told.startswith("x is 1 column of numbers and 1 label as 0 and 1: price of tea")
