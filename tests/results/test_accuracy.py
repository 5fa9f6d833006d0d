"""The stored accuracy of the estimate of own pairs: what is read from it, and what is refused."""

import json

import pytest
from helpers import refused

from mi_lab import ResultError
from mi_lab.results.accuracy import FILE, KSG, OURS, PARTS, Accuracy, load_accuracy, save_part, summary

ABOUT = {"date": "2026-01-01", "git_revision": "abc", "machine": "a processor", "versions": {"dcor": "0.7"}}
ERRORS = ABOUT | {
    "seed": 100,
    "truths": {"line": 1.0, "ring": 2.0, "labels": 0.5},
    "estimates": {
        OURS: {"1000": {"line": 1.1, "ring": 1.7, "labels": 0.5}},
        KSG: {"1000": {"line": 0.9, "ring": 2.5, "labels": None}},
    },
}
SECONDS = ABOUT | {
    "n": 1000,
    "seconds": {OURS: {"line": 1.0, "ring": 9.0, "labels": 2.0}, KSG: {"line": 1, "labels": None}},
}
CASE = {"kind": "line", "n": 50, "truth": 1.0, "found": {OURS: {"mi": [0.9, 1.3, 1.0], "stderr": [0.06, 0.1, 0.1]}}}
TEST = {"kind": "line", "n": 200, "p_values": {OURS: [0.01, 0.5, 0.05]}}
WHOLE = {
    "errors": ERRORS,
    "seconds": SECONDS,
    "coverage": ABOUT | {"seed": 100, "cases": [CASE]},
    "independence": ABOUT | {"seed": 100, "permutations": 99, "null": [TEST], "power": [TEST]},
}


def test_errors_are_of_the_kinds_that_a_contestant_takes():
    stored = Accuracy(WHOLE)
    assert stored.errors(OURS, 1000) == pytest.approx({"line": 0.1, "ring": -0.3, "labels": 0.0})
    assert stored.errors(KSG, 1000) == pytest.approx({"line": -0.1, "ring": 0.5})
    assert summary(stored.errors(OURS, 1000)) == pytest.approx((0.4 / 3, 0.1, 0.3))
    assert (stored.seconds(OURS), stored.seconds(KSG)) == (2.0, 1.0)


def test_a_truth_is_within_two_standard_errors_or_not():
    assert Accuracy(WHOLE).within(CASE, OURS) == pytest.approx(2 / 3)


def test_parts_are_stored_one_by_one_and_read_together(tmp_path):
    for name, part in WHOLE.items():
        path = save_part(name, part, tmp_path)
    assert {name: load_accuracy(tmp_path).document[name] for name in PARTS} == WHOLE
    again = ERRORS | {"seed": 200}
    save_part("errors", again, tmp_path)
    assert load_accuracy(tmp_path).document["errors"] == again and path.name == FILE
    assert load_accuracy(tmp_path).document["coverage"] == WHOLE["coverage"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["errors"]["truths"].update(line=2.0), "its numbers are not those that were stored"),
        (lambda d: d["errors"]["truths"].update(line="2"), "errors.truths.line"),
        (lambda d: d["coverage"].pop("cases"), "coverage"),
        (lambda d: d.update(more=1), "more"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, change, words):
    for name, part in WHOLE.items():
        path = save_part(name, part, tmp_path)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with refused(FILE, words, error=ResultError):
        load_accuracy(tmp_path)


def test_a_missing_file_says_how_it_is_made(tmp_path):
    with refused(FILE, "make bench-accuracy", error=ResultError):
        load_accuracy(tmp_path)
