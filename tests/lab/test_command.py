import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import refused
from sklearn.datasets import load_wine
from sklearn.feature_selection import SelectKBest

from mi_lab import column_scores, select
from mi_lab.__main__ import main


@pytest.fixture
def people(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    age = draw.normal(40, 10, size=300)
    town = draw.choice(["Ulm", "Bonn", "Kiel"], size=300)
    rows = [
        f'{a:.2f};"{t}";{a / 10 + (t == "Ulm") + n:.2f}'
        for a, t, n in zip(age, town, draw.normal(size=300), strict=True)
    ]
    Path("people.csv").write_text("\n".join(["age;town;income", *rows]).replace(".", ","))
    return tmp_path


def test_a_stranger_with_a_csv_gets_number_error_and_doubts(people, capsys):
    assert main(["estimate", "people.csv", "--x", "age,town", "--y", "income", "--null", "19"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("cross_fitted (plug_in): 0.") and " ± 0." in lines[0]
    assert lines[1].startswith("  at least 0.")
    assert lines[2] == "  p = 0.05 of independence, by permutation"
    told = "x is 1 column of numbers and 1 label as 0 and 1: town (3); y is 1 column of numbers"
    assert lines[3] == f"  read as: {told}"


def test_json_holds_everything(people, capsys):
    assert main(["estimate", "people.csv", "--x", "age", "--y", "income", "--estimator", "ksg", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["estimator"] == "ksg" and found["lower_bound"] is None and found["bound"] == "no bound"
    assert found["bits"] == pytest.approx(found["mi"] / np.log(2)) and found["flags"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["people.csv"], "say which are x and which are y"),
        (["people.csv", "--x", "agee", "--y", "income"], "did you mean 'age'?"),
        (["nobody.csv"], "nobody.csv is not a file"),
        (["people.csv", "--x", "age", "--y", "income", "--missing", "ignore"], "unknown missing 'ignore'"),
        (["people.csv", "--x", "age", "--y", "income", "--estimator", "ksg", "--seed", "9"], "ksg has no seeds"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(people, arguments, words, capsys):
    assert main(["estimate", *arguments]) == 1
    printed = capsys.readouterr()
    assert words in printed.err and printed.err.count("\n") == 1 and not printed.out


def test_as_a_command_of_its_own(people):
    command = [
        sys.executable,
        "-m",
        "mi_lab",
        "estimate",
        "people.csv",
        "--x",
        "town",
        "--y",
        "income",
        "--estimator",
        "ross",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ross (ross): 0.") and not done.stderr


def test_columns_are_scored_and_selected_as_scikit_learn_asks():
    x, y = load_wine(return_X_y=True)
    chosen = SelectKBest(column_scores, k=3).fit(x, y)
    assert sorted(select(x, y, 3)) == np.flatnonzero(chosen.get_support()).tolist()
    assert 6 in select(x, y, 3)  # flavanoids, which set the three cultivars apart
    assert column_scores(np.column_stack([x[:, 6], np.ones(len(x))]), y)[1] == 0
    numbers = column_scores(x, x[:, 6] + 0.0)
    assert numbers.argmax() == 6
    with refused("k must be at most 13"):
        select(x, y, 14)
    with refused("x has shape (178,)"):
        column_scores(y.astype(float), y)
