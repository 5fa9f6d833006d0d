"""Tables of text: headers of numbers, decimal commas beside thousands, separators, gaps, comments and encodings."""

from pathlib import Path

import numpy as np
import pandas
import pytest
from helpers import refused

from mi_lab.estimation.pairs.columns import read_as_pairs
from mi_lab.estimation.pairs.pair_files import parse_array, read_pairs
from mi_lab.estimation.pairs.text import parse_text

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(200, 2))
LABELS = DRAW.integers(2, 4, size=(200, 2))


def lists(text, *wanted):
    table = parse_text(text, "pairs.csv", wanted)
    return table.columns, [np.ma.asarray(column).tolist() for column in table.values], table.note


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(array, columns=None):
    pandas.DataFrame(array, columns=columns).to_csv("pairs.csv", index=False)
    return "pairs.csv"


@pytest.mark.parametrize("columns", [None, [2019, 2020], [7, 4]])
@pytest.mark.parametrize("array", [X, LABELS, np.column_stack([X[:, 0], LABELS[:, 0]]).astype(object)])
def test_a_header_of_numbers_that_no_column_goes_on_with_is_none_of_the_pairs(array, columns, here):
    first = ",".join(map(str, columns or [0, 1]))
    x, y = read_pairs(write(array, columns))
    assert len(x) == len(y) == 200 and [*x.columns, *y.columns] == first.split(",")
    assert read_as_pairs(x, y).told.endswith(f"; line 1 of pairs.csv, {first}, was read as names")
    places = first.split(",") if columns else [0, [1]]
    by_name = read_pairs("pairs.csv", x=places[0], y=places[1])
    assert [len(side) for side in by_name] == [200, 200] and by_name[0].columns == x.columns


def test_names_that_are_asked_for_are_a_header_whatever_stands_below(here):
    counts = np.arange(2000, 2400).reshape(200, 2)
    path = write(counts, [2019, 2020])
    assert len(read_pairs(path, x="2019", y=2020)[0]) == 200
    x, y = read_pairs(path)  # nothing tells these years from counts, and that is said
    assert len(x) == 201 and "line 1 of pairs.csv, 2019,2020, was read as values" in read_as_pairs(x, y).told


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("0,1\n" + "1,0\n0,1\n" * 30, "line 1 of pairs.csv, 0,1, was read as values and not as names"),
        ("3\n" + "1.5\n2.5\n" * 30, "line 1 of pairs.csv, 3, was read as values and not as names"),
        ("3,1\n" + "1.5,0\n2,1\n" * 30, ""),
        ("1.5,2.5\n1,2\n", ""),
        ("0\n" + "\n".join(map(str, range(-40, -1))), ""),
        ("0\n" + "\n".join(map(str, range(1, 40))), ""),
    ],
)
def test_a_first_line_of_values_is_a_pair_and_what_could_be_names_is_told(text, note):
    columns, values, told = lists(text)
    assert len(values[0]) == len(text.split()) and told == note and columns[0] == "0"


@pytest.mark.parametrize("gap", ["NA", "nan", "-"])
def test_a_gap_is_no_name(gap):
    assert lists(f"{gap}\n1.5\n2.5\n")[1][0] == pytest.approx([np.nan, 1.5, 2.5], nan_ok=True)
    columns, [first, second], _ = lists(f"{gap},red\n1.5,blue\n2.5,red\n")
    assert columns == ("0", "1") and first == pytest.approx([np.nan, 1.5, 2.5], nan_ok=True)
    assert second == ["red", "blue", "red"]
    assert lists(f"{gap},size\n1.5,2\n2.5,4\n")[0] == (gap, "size")  # beside a word that is a name


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1,234", "12,500", "999"], ("line 2 holds '1,234', which may be 1.234 or 1234", "decimal point")),
        (["1,5", "2.5", "3"], ("line 2 holds '1,5' and line 3 '2.5'",)),
        (["2.5", "1,234", "3"], ("line 3 holds '1,234' and line 2 '2.5'",)),
        (["1,234,567", "3", "4"], ("line 2 holds '1,234,567'", "separators of thousands")),
        (["3", "1,234.5", "4"], ("line 3 holds '1,234.5'", "separators of thousands")),
        (["3", "1.234,5", "4"], ("line 3 holds '1.234,5'", "separators of thousands")),
    ],
)
def test_commas_that_may_be_of_thousands_are_refused(cells, words, separator):
    with refused("pairs.csv: ", *words):
        lists(f"a{separator}b\n" + "".join(f"{cell}{separator}{at}\n" for at, cell in enumerate(cells)))


def test_commas_that_can_only_be_decimal_tell_what_the_others_are():
    assert lists("a;b\n1,234;0,5\n12,500;7\n")[1] == [[1.234, 12.5], [0.5, 7.0]]
    assert lists("a;b\n0,234;1\n12,500;7\n")[1] == [[0.234, 12.5], [1, 7]]
    assert lists('a,b\n"1,5",1\n"2,5e-1",7\n')[1] == [[1.5, 0.25], [1, 7]]
    assert lists("a b\n1,5 1\n2,5 7\n")[1] == [[1.5, 2.5], [1, 7]]
    assert lists("1,5 1,5\n2,5 7\n")[1] == [[1.5, 2.5], [1.5, 7]]
    assert lists("a;b\nUlm, west;1\nUlm, east;2\n")[1] == [["Ulm, west", "Ulm, east"], [1, 2]]
    with refused("line 2 holds '1,234', which may be"):
        lists('a,b\n"1,234",1\n999,2\n')


PASTED = ["1,5;2,5", "1,5\n2,5", '"new york" 1\n"old york"  2', "a\n1\n\n2", "1.5\t2\n\n3\t4", "a|b\n1|2", "NA\n1\n2"]


@pytest.mark.parametrize("text", PASTED)
def test_pasted_text_follows_the_rules_of_files(text, here):
    Path("x.csv").write_text(text)
    np.save("y.npy", X)
    in_file, pasted = read_pairs("x.csv", "y.npy")[0], parse_array(text, "x")
    assert pasted.columns == in_file.columns
    for one, other in zip(pasted.values, in_file.values, strict=True):
        assert np.ma.asarray(one).tolist() == pytest.approx(np.ma.asarray(other).tolist(), nan_ok=True)


def test_pasted_commas_and_quotes_are_read_as_in_files():
    values = [[np.ma.asarray(one).tolist() for one in parse_array(text, "x").values] for text in PASTED[:3]]
    assert values == [[[1.5], [2.5]], [[1, 2], [5, 5]], [["new york", "old york"], [1, 2]]]


def test_a_line_of_separators_alone_is_a_pair_that_lacks_all(here):
    rows = [f"{a},{b}" for a, b in X]
    Path("pairs.csv").write_text("\n".join(["a,b", *rows[:7], ",", *rows[8:]]))
    sides = read_pairs("pairs.csv")
    with refused("x holds 1 entry missing, NaN or infinite, the first in row 7"):
        read_as_pairs(*sides)
    assert np.array_equal(read_as_pairs(*sides, missing="drop").x[:, 0], np.delete(X[:, 0], 7))
    assert lists("a\tb\n1\t2\n\t\n3\t4\n")[1] == [[1, None, 3], [2, None, 4]]


@pytest.mark.parametrize("blank", ["", '""', "NA"])
def test_a_blank_line_of_one_column_is_a_gap(blank):
    assert lists(f"a\n1\n{blank}\n3\n")[1] == [[1, None, 3]]


def test_blank_lines_at_the_end_are_none():
    assert lists("a\n1\n2\n3\n\n\n")[1] == [[1, 2, 3]]
    assert lists('a\n1\n2\n""\n')[1] == [[1, 2, None]]
    assert lists("a,b\n1,2\n\n3,4\n\n")[1] == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("größe,alter\n1,2\n".encode("latin-1"), ("is text in another encoding than UTF-8", "Latin-1", "line 1")),
        ("a,b\n1,2\nä,3\n".encode("cp1252"), ("is text in another encoding than UTF-8", "line 3")),
        ("a,b\n1,2\n".encode("utf-16"), ("is text in UTF-16", "UTF-8")),
        ("a,ň\n1,2\n".encode("utf-16"), ("is text in UTF-16",)),
        ("a,b\n1,2\n".encode("utf-16-le"), ("is text in UTF-16",)),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\xff", ("is not text",)),
        (b"a,b\n1,2\0\n", ("is not text",)),
        (b"x\n1\n2\n", ("has one column and needs one of x and one of y, or give two files",)),
        (b",a,b,c\n0,1,2,3\n", ("has columns a, b, c; say", "x='a', y='c'")),
        (b",,a\n0,1,2\n", ("has 3 columns, and names for 1; write one above each",)),
        (b"a,b,c\n1,2\n", ("line 2 has 2 entries where there should be 3",)),
    ],
)
def test_files_that_cannot_be_read_say_why(content, words, here):
    Path("pairs.csv").write_bytes(content)
    with refused("pairs.csv", *words):
        read_pairs("pairs.csv")


@pytest.mark.parametrize(
    ("text", "columns", "values"),
    [
        ("a|b\n1|2\n3|4\n", ("a", "b"), [[1, 3], [2, 4]]),
        ('"a; in cm",b\n1,2\n3,4\n', ("a; in cm", "b"), [[1, 3], [2, 4]]),
        ("a,b,,\n1,2,,\n3,4,,\n", ("a", "b"), [[1, 3], [2, 4]]),
        ("# made in spring\na,b\n1,2\n3,4\n", ("a", "b"), [[1, 3], [2, 4]]),
        ("# one\n# two, three\n\na,b\n1,2\n3,4\n", ("a", "b"), [[1, 3], [2, 4]]),
        ("# a,b\n1.5,2\n3,4\n", ("a", "b"), [[1.5, 3], [2, 4]]),  # as numpy.savetxt writes it
        ("#a b\n1.5 2\n3 4\n", ("a", "b"), [[1.5, 3], [2, 4]]),
        ("# a few numbers\n1.5 2\n3 4\n", ("0", "1"), [[1.5, 3], [2, 4]]),
        ("#f00,2\n#0f0,4\n#f00,4\n", ("0", "1"), [["#f00", "#0f0", "#f00"], [2, 4, 4]]),
    ],
)
def test_separators_comments_and_columns_without_a_name(text, columns, values):
    assert lists(text)[:2] == (columns, values)


def test_columns_that_are_named_are_clear_whatever_the_others_lack(here):
    Path("pairs.csv").write_text("a,b,,\n1,2,5,7\n3,4,6,8\n")
    assert [side.columns for side in read_pairs("pairs.csv", x="a", y="b")] == [("a",), ("b",)]
    Path("pairs.csv").write_text("1.5,2,red\n3,4,blue\n5,6,red\n")
    for x in (0, [0], "0", np.array([0])):
        assert read_pairs("pairs.csv", x=x, y=[1, np.int64(2)])[0].values[0].tolist() == [1.5, 3, 5]
    with refused("pairs.csv has no column '3'; "):
        read_pairs("pairs.csv", x=3, y=1)
    with refused("names must be text, not 1.5"):
        read_pairs("pairs.csv", x=1.5, y=1)


def test_names_of_an_array_are_refused(here):
    np.save("a.npy", X)
    for names, side in (({"x": "a"}, "x"), ({"y": "a"}, "y"), ({"x": 0, "y": 1}, "x")):
        with refused(f"a.npy has no columns with names; leave {side} out"):
            read_pairs("a.npy", "a.npy", **names)


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_whole_numbers_of_a_stored_frame_remain_whole_beside_a_gap(kind, here):
    labels = pandas.array([*(LABELS[:, 0] - 2), None], dtype="Int64")
    frame = pandas.DataFrame({"x": [*X[:, 0], 0.0], "y": labels, "z": [None, *X[:, 1]]})
    getattr(frame, f"to_{kind}")(f"pairs.{kind}")
    pairs = read_as_pairs(*read_pairs(f"pairs.{kind}", x="x", y="y"), missing="drop")
    assert pairs.y.tolist() == (LABELS[:, 0] - 2).tolist() and np.array_equal(pairs.x[:, 0], X[:, 0])
    with refused("y holds 1 entry missing, NaN or infinite, the first in row 0"):
        read_as_pairs(*read_pairs(f"pairs.{kind}", x="x", y="z"))
