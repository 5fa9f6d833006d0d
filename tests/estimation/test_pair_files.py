import importlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers import refused

from mi_lab.estimation.pairs.columns import read_as_pairs
from mi_lab.estimation.pairs.pair_files import parse_array, read_pairs
from mi_lab.estimation.pairs.text import Table

X = np.random.default_rng(0).normal(size=(40, 2))
Y = np.random.default_rng(1).normal(size=(40, 3))
LABELS = np.arange(40) % 4


def plain(side):
    """A side as one array, as it was read from a file."""
    if not isinstance(side, Table):
        return side
    columns = [np.asarray(column) for column in side.values]
    return columns[0] if len(columns) == 1 else np.column_stack(columns)


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
        x, y = map(plain, read_pairs(*paths))
        assert np.array_equal(x, X) and np.array_equal(y, LABELS) and y.dtype.kind == "i"
    x, y = map(plain, read_pairs("pairs.csv"))
    assert np.array_equal(x, X) and np.array_equal(y, Y[:, 0])


def test_a_column_of_whole_numbers_in_a_table_is_labels(here):
    (here / "pairs.csv").write_text(
        "\ufeffx,y\n" + "\n".join(f"{v:.3f},{k}" for v, k in zip(X[:, 0], LABELS, strict=True))
    )
    labels = read_as_pairs(*read_pairs(here / "pairs.csv")).y
    assert labels.tolist() == LABELS.tolist()
    (here / "semicolons.csv").write_text("x1;x2;y\n1.5;2;0\n3;4;1\n")
    assert plain(read_pairs("semicolons.csv")[0]).tolist() == [[1.5, 2.0], [3.0, 4.0]]
    (here / "y.csv").write_text("\n".join(map(str, LABELS)))  # without a header
    assert plain(read_pairs("pairs.csv", "y.csv")[1]).tolist() == LABELS.tolist()


class Trap:
    def __reduce__(self):
        return print, ("this ran",)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda: "missing.npz", ("missing.npz is not a file",)),
        (lambda: ".", ("is not a file",)),
        (lambda: text("pairs.xlsx", "1"), ("pairs.xlsx ends in '.xlsx'", ".npz, .npy, .csv")),
        (lambda: text("pairs.npz", "x,y\n1,2\n"), ("pairs.npz cannot be read as arrays x and y",)),
        (lambda: text("pairs.npz", ""), ("pairs.npz cannot be read",)),
        (lambda: renamed("x.npy", "pairs.npz"), ("pairs.npz does not hold what its ending says",)),
        (lambda: saved("pairs.npz", a=X, b=Y), ("pairs.npz holds a, b", "named x and y")),
        (lambda: saved("pairs.npz"), ("pairs.npz holds nothing",)),
        (lambda: saved("pairs.npz", x=np.array([Trap()]), y=Y), ("pairs.npz holds Python objects",)),
        (lambda: saved("x.npy"), ("x.npy holds one array", "second file")),
        (lambda: text("pairs.csv", "a,b,c\n1,2,3\n"), ("pairs.csv has columns a, b, c", "x='a', y='c'")),
        (lambda: text("pairs.csv", "1,2,3\n4,5,6\n"), ("pairs.csv has columns 0, 1, 2", "say which")),
        (lambda: text("pairs.csv", "x,x,y\n1,2,3\n"), ("pairs.csv has two columns named 'x'",)),
        (lambda: text("pairs.csv", "x,y\n1,2\n3\n"), ("pairs.csv: line 3 has 1 entry where there should be 2",)),
        (lambda: text("pairs.csv", "x,y\n1,2\n3,four\n"), ("pairs.csv: line 3 holds 'four'",)),
        (lambda: text("pairs.csv", "\nx,y\n\n1,2\n3,four\n"), ("pairs.csv: line 5 holds 'four'",)),
        (lambda: text("pairs.csv", ""), ("pairs.csv has no lines of values",)),
        (lambda: text("pairs.csv", "x,y\n"), ("pairs.csv has no lines of values",)),
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
    with refused("y.npz ends in '.npz'", ".npy, .csv, .tsv"):
        read_pairs("x.npy", saved("y.npz", y=Y))


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_frames_in_files_are_read(here, kind):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"x1": X[:, 0], "x2": X[:, 1], "y": np.array(list("abcd"))[LABELS]})
    getattr(frame, f"to_{kind}")(f"pairs.{kind}")
    pairs = read_as_pairs(*read_pairs(f"pairs.{kind}"))
    assert np.array_equal(pairs.x, X) and np.array_equal(pairs.y, LABELS)
    with refused(f"pairs.{kind} cannot be read as a {kind} file"):
        read_pairs(text(f"pairs.{kind}", "not what its name says"))


def test_columns_are_named_by_people(here):
    text("people.csv", 'age,"home, town",height,kind\n31,Ulm,1.8,a\n52,"Bonn, Beuel",1.6,b\n')
    x, y = read_pairs("people.csv", x="age,height", y=["kind"])
    assert x.columns == ("age", "height") and plain(y).tolist() == ["a", "b"]
    assert plain(x).tolist() == [[31, 1.8], [52, 1.6]]
    for wrong, words in (
        ({"x": "agee", "y": "kind"}, ("people.csv has no column 'agee'; did you mean 'age'?",)),
        ({"x": "age"}, ("named for one side only",)),
        ({"x": (), "y": "kind"}, ("no column is named",)),
        ({}, ("people.csv has columns age, home, town, height, kind; say which",)),
    ):
        with refused(*words):
            read_pairs("people.csv", **wrong)
    np.savez("pairs.npz", X=X, Y=Y)
    assert np.array_equal(read_pairs("pairs.npz")[0], X)
    with refused("pairs.npz has no columns with names"):
        read_pairs("pairs.npz", x="a", y="b")


@pytest.mark.parametrize(
    ("content", "x", "y"),
    [
        ("a;b\n1,5;2\n3,25;4\n", [1.5, 3.25], [2, 4]),  # decimal commas
        ("a\tb\n1.5\tyes\n3\tno\n", [1.5, 3.0], ["yes", "no"]),
        ("a,b\n1.5,True\n3,False\n", [1.5, 3.0], ["True", "False"]),
        ('"a","b"\n"1.5","x, y"\n"3","z"\n', [1.5, 3.0], ["x, y", "z"]),
        ("1.5 2\n3 4\n", [1.5, 3.0], [2, 4]),
        ("red,1\nblue,2\nred,3\n", ["red", "blue", "red"], [1, 2, 3]),  # no header: a word comes again
        ("\ufeffa,b\r\n1e3,-2\r\n.5,+4\r\n", [1000.0, 0.5], [-2, 4]),
    ],
)
def test_tables_are_read_as_people_have_them(content, x, y, here):
    Path("table.csv").write_bytes(content.encode())
    first, second = map(plain, read_pairs("table.csv"))
    assert first.tolist() == x and second.tolist() == y


def test_gaps_in_a_table_are_missing_values(here):
    lines = [f"{value},{kind}" for value, kind in zip([*map(str, range(1, 40)), "NA"], "ab" * 20, strict=True)]
    text("table.csv", "\n".join(["size,kind", *lines]).replace("3,a", ",a", 1))
    sides = read_pairs("table.csv")
    with refused("x holds 2 entries missing", "row 2", "missing='drop'"):
        read_as_pairs(*sides)
    assert len(read_as_pairs(*sides, missing="drop").x) == 38


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
    assert plain(parse_array(pasted, "x")).tolist() == [[1.5, 2.0], [3.0, 4.0]]


def test_pasted_whole_numbers_are_labels_unless_too_many_differ():
    labels = "\n".join(map(str, LABELS))
    for pasted in (labels, str(LABELS.tolist()), f"label\n{labels}"):
        assert read_as_pairs(parse_array(pasted, "y"), X).x.tolist() == LABELS.tolist()
    counts = parse_array("\n".join(map(str, range(40))), "y")
    assert read_as_pairs(counts, X).x.tolist() == [[k] for k in range(40)]
    assert plain(parse_array("12345678901234567890\n1", "y")).dtype.kind == "f"
    assert parse_array(json.dumps(X.tolist()), "x").shape == X.shape


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("  \n", ("x is empty", "paste")),
        ("[[1, 2], [3", ("x starts like a JSON list",)),
        ("[[1, 2], [3]]", ("x has rows of different lengths",)),
        ("1 2\n3 b", ("x: line 2 holds 'b'",)),
        ("1 2\n\n\n3 b", ("x: line 4 holds 'b'",)),
        ("1 2\n3", ("x: line 2 has 1 entry",)),
    ],
)
def test_pasted_text_that_is_no_array_is_refused(pasted, words):
    with refused(*words):
        parse_array(pasted, "x")
