import importlib
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import refused

from mi_lab.estimation.pairs.arrays import check_pairs, parse_array, read_pairs

X = np.random.default_rng(0).normal(size=(40, 2))
Y = np.random.default_rng(1).normal(size=(40, 3))
LABELS = np.arange(40) % 4


def changed(array, row, column, value):
    array = array.copy()
    array[row, column] = value
    return array


def test_arrays_tensors_and_lists_are_taken_as_they_are():
    for x, y in ((X, Y), (torch.as_tensor(X), torch.tensor(Y, requires_grad=True)), (X.tolist(), Y.tolist())):
        one, other = check_pairs(x, y)
        assert np.array_equal(one, X) and np.array_equal(other, Y)
    assert check_pairs(X[:, 0], Y.astype(np.float32))[0].shape == (40, 1)
    assert check_pairs(torch.as_tensor(X).bfloat16(), Y)[0] == pytest.approx(X, rel=0.01)


def test_whole_numbers_are_labels_if_they_stand_in_one_row():
    labels, measured = check_pairs(LABELS * 5 - 7, LABELS[:, None])
    assert labels.tolist() == LABELS.tolist() and measured.shape == (40, 1)
    assert check_pairs(LABELS > 1, X)[0].tolist() == (LABELS > 1).astype(int).tolist()


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (X, Y[:39], ("x has 40 rows and y has 39",)),
        (X.T, Y.T, ("x has 2 rows and 40 columns", "more dimensions than pairs", "x.T")),
        (X, Y.T, ("y has 3 rows and 40 columns", "y.T")),
        (changed(X, 7, 1, math.nan), Y, ("x holds 1 entry NaN or infinite", "row 7, column 1")),
        (X, changed(changed(Y, 3, 2, math.inf), 9, 0, math.nan), ("y holds 2 entries", "row 3, column 2")),
        (np.where([True, False], X, 5.0), Y, ("column 1 of x is constant",)),
        (np.ones((40, 8)), Y, ("8 columns of x (0, 1, 2, 3, 4 …", "constant")),
        (X, np.zeros(40, int), ("y holds a single label, 0",)),
        (X, LABELS.astype(float), ("y looks like 4 labels as floats", "y.astype(int)", "y[:, None]")),
        (np.arange(40), Y, ("x holds 40 different whole numbers in 40 pairs", "astype(float)")),
        (X + 1j, Y, ("x holds complex numbers", "real and imaginary")),
        (X.astype(object), Y, ("x holds object entries", "not numbers")),
        (X, np.array(["a", "b"] * 20), ("y holds str", "numpy.unique(y, return_inverse=True)[1]")),
        (X, np.array(["2020-01-01"] * 40, "M8[D]"), ("y holds datetime64",)),
        (X, [[1.0], [2.0, 3.0]], ("y has rows of different lengths",)),
        (X.reshape(10, 2, 4), Y, ("x has shape (10, 2, 4)", "(n, d)")),
        (np.zeros((0, 2)), Y, ("x has shape (0, 2)",)),
        (3.0, Y, ("x has shape ()",)),
        (X * [1, 1e-200], Y, ("column 1 of x is almost constant", "scale it up")),
        (X * [1, 1e200], Y, ("column 1 of x holds values beyond 1e100",)),
        (None, Y, ("x holds object entries",)),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(x, y, words):
    with refused(*words):
        check_pairs(x, y)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_csv(name, head, *arrays):
    rows = np.column_stack(arrays).tolist()
    text(name, "\n".join([",".join(head), *(",".join(map(repr, row)) for row in rows)]) + "\n")


def test_every_kind_of_file_gives_what_was_stored(here):
    np.savez("pairs.npz", x=X, y=LABELS, more=Y)
    np.save("x.npy", X)
    np.save("y.npy", LABELS)
    write_csv("pairs.csv", ["x0", "Y0", "ignored", "x1"], X[:, 0], Y[:, 0], Y[:, 1], X[:, 1])
    write_csv("X.CSV", ["a", "b"], X)
    for paths in (("pairs.npz",), ("x.npy", "y.npy"), ("X.CSV", "y.npy")):
        x, y = read_pairs(*paths)
        assert np.array_equal(x, X) and np.array_equal(y, LABELS) and y.dtype.kind == "i"
    x, y = read_pairs("pairs.csv")
    assert np.array_equal(x, X) and np.array_equal(y, Y[:, 0])


def test_a_column_of_whole_numbers_in_a_table_is_labels(here):
    (here / "pairs.csv").write_text(
        "\ufeffx,y\n" + "\n".join(f"{v:.3f},{k}" for v, k in zip(X[:, 0], LABELS, strict=True))
    )
    _, labels = check_pairs(*read_pairs(here / "pairs.csv"))
    assert labels.tolist() == LABELS.tolist()
    (here / "semicolons.csv").write_text("x1;x2;y\n1.5;2;0\n3;4;1\n")
    assert read_pairs("semicolons.csv")[0].tolist() == [[1.5, 2.0], [3.0, 4.0]]
    (here / "y.csv").write_text("\n".join(map(str, LABELS)))  # without a header
    assert read_pairs("pairs.csv", "y.csv")[1].tolist() == LABELS.tolist()


class Trap:
    def __reduce__(self):
        return print, ("this ran",)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda: "missing.npz", ("missing.npz is not a file",)),
        (lambda: ".", ("is not a file",)),
        (lambda: text("pairs.xlsx", "1"), ("pairs.xlsx ends in '.xlsx'", ".npz, .csv, .parquet")),
        (lambda: text("pairs.npz", "x,y\n1,2\n"), ("pairs.npz cannot be read as arrays x and y",)),
        (lambda: text("pairs.npz", ""), ("pairs.npz cannot be read",)),
        (lambda: renamed("x.npy", "pairs.npz"), ("pairs.npz does not hold what its ending says",)),
        (lambda: saved("pairs.npz", a=X, b=Y), ("pairs.npz holds a, b", "named x and y")),
        (lambda: saved("pairs.npz"), ("pairs.npz holds nothing",)),
        (lambda: saved("pairs.npz", x=np.array([Trap()]), y=Y), ("pairs.npz holds Python objects",)),
        (lambda: saved("x.npy"), ("x.npy holds one array", "second file")),
        (lambda: text("pairs.csv", "a,b\n1,2\n"), ("pairs.csv has columns a, b", "leading x")),
        (lambda: text("pairs.csv", "x,y\n1,2\n3\n"), ("pairs.csv: line 3 has 1 entries where there should be 2",)),
        (lambda: text("pairs.csv", "x,y\n1,2\n3,four\n"), ("pairs.csv: line 3 holds 'four'",)),
        (lambda: text("pairs.csv", "\nx,y\n\n1,2\n3,four\n"), ("pairs.csv: line 5 holds 'four'",)),
        (lambda: text("pairs.csv", ""), ("pairs.csv has no lines of numbers",)),
        (lambda: text("pairs.csv", "x,y\n"), ("pairs.csv has no lines of numbers",)),
        (lambda: renamed("x.npy", "pairs.csv"), ("pairs.csv is not text",)),
    ],
)
def test_a_file_that_cannot_be_used_is_named_in_one_sentence(write, words, here, capsys):
    np.save("x.npy", X)
    with refused(*words):
        read_pairs(write())
    assert "this ran" not in capsys.readouterr().out


def text(name, content):
    Path(name).write_text(content)
    return name


def renamed(old, new):
    return shutil.copy(old, new)


def saved(name, **arrays):
    if name.endswith(".npz"):
        np.savez(name, **arrays)
    return name


def test_two_files_are_checked_each(here):
    np.save("x.npy", X)
    with refused("y.npy is not a file"):
        read_pairs("x.npy", "y.npy")
    with refused("y.npy cannot be read as one array"):
        read_pairs("x.npy", text("y.npy", "1\n2\n"))
    with refused("y.npz ends in '.npz'", ".npy, .csv, .parquet"):
        read_pairs("x.npy", saved("y.npz", y=Y))


class Frame(dict):
    columns = property(dict.keys)


class Column(list):
    to_numpy = property(lambda self: lambda: np.array(self))


def test_parquet_is_read_if_pandas_is_there(here, monkeypatch):
    text("pairs.parquet", "not looked at")
    frame = Frame({"x1": Column(X[:, 0]), "x2": Column(X[:, 1]), "y": Column(LABELS)})
    pandas = type("pandas", (), {"read_parquet": staticmethod(lambda path: frame)})
    monkeypatch.setattr(importlib, "import_module", lambda name: {"pandas": pandas}[name])
    x, y = read_pairs("pairs.parquet")
    assert np.array_equal(x, X) and np.array_equal(y, LABELS)

    def damaged(path):
        raise RuntimeError("Parquet magic bytes not found")

    pandas.read_parquet = damaged
    with refused("pairs.parquet cannot be read as a Parquet file"):
        read_pairs("pairs.parquet")


def test_parquet_without_pandas_says_what_to_install(here, monkeypatch):
    def no_pandas(name, *rest):
        raise ImportError(name)

    text("pairs.parquet", "PAR1")
    monkeypatch.setattr(importlib, "import_module", no_pandas)
    with refused("pairs.parquet needs pandas and pyarrow", ".npz"):
        read_pairs("pairs.parquet")


@pytest.mark.parametrize(
    "pasted",
    ["1.5 2\n3 4\n", "1.5,2\n3,4", "1.5; 2\n\n3;4", " 1.5\t2 \n 3\t4", "a,b\n1.5,2\n3,4", "[[1.5, 2], [3, 4]]"],
)
def test_pasted_text_may_be_separated_as_people_do(pasted):
    assert parse_array(pasted, "x").tolist() == [[1.5, 2.0], [3.0, 4.0]]


def test_pasted_whole_numbers_are_labels_unless_too_many_differ():
    labels = "\n".join(map(str, LABELS))
    for pasted in (labels, str(LABELS.tolist()), f"label\n{labels}"):
        assert check_pairs(parse_array(pasted, "y"), X)[0].tolist() == LABELS.tolist()
    counts = parse_array("\n".join(map(str, range(40))), "y")
    assert check_pairs(counts, X)[0].tolist() == [[k] for k in range(40)]
    assert parse_array("12345678901234567890\n1", "y").dtype.kind == "f"
    assert parse_array(json.dumps(X.tolist()), "x").shape == X.shape


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("  \n", ("x is empty", "paste")),
        ("[[1, 2], [3", ("x starts like a JSON list",)),
        ("[[1, 2], [3]]", ("x has rows of different lengths",)),
        ("[[]]", ("x has shape (1, 0)",)),
        ("1 2\n3 b", ("x: line 2 holds 'b'",)),
        ("1 2\n\n\n3 b", ("x: line 4 holds 'b'",)),
        ("1 2\n3", ("x: line 2 has 1 entries",)),
        ('["a"]', ("x holds str",)),
    ],
)
def test_pasted_text_that_is_no_array_is_refused(pasted, words):
    with refused(*words):
        parse_array(pasted, "x")
