"""The public codes as data: every field is filled, every version can be looked up, and what is computed fits them."""

import re
from collections import Counter
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from mi_lab.experiments.code_records import DIVISORS, READ_ON, SCHEMES, PublicCode, computed_as
from mi_lab.experiments.public_codes import PUBLIC_CODES, grids
from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.experiments.sweep_specs import Limits
from mi_lab.ground.gaussian import mi_from_correlation
from mi_lab.ground.names import NEGATIVES

MINE = (Path(__file__).parents[2] / "book" / "mine.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", PUBLIC_CODES, ids=lambda code: code.name)
def test_every_field_is_filled_and_known(code):
    words = [getattr(code, field.name) for field in fields(PublicCode) if field.name not in ("weight", "example")]
    assert all(isinstance(word, str) and word == word.strip() and word for word in words)
    assert re.fullmatch(r"[\w.-]+/[\w.-]+( \(.+\))?", code.name)
    assert re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", code.version)
    assert re.fullmatch(r"[\w./-]+\.(py|ipynb|md): \w.+", code.place)
    assert code.negatives in SCHEMES and code.divisor in DIVISORS and computed_as(code) in NEGATIVES
    assert (code.weight is None) == (code.divisor in ("batch itself", "shrinking"))
    assert code.weight is None or 0 < code.weight < 1
    if code.example:
        assert (code.example.points is not None) == (code.negatives == "index_draw")
        assert code.example.batch_size >= 2 and code.example.dim >= 1 and code.example.true_mi > 0


def test_there_is_one_row_a_code_and_they_go_by_scheme():
    assert len({code.name for code in PUBLIC_CODES}) == len({code.version for code in PUBLIC_CODES}) >= 18
    order = [code.negatives for code in PUBLIC_CODES]
    assert order == sorted(order, key=list(dict.fromkeys(order)).index) and set(order) == set(SCHEMES)
    assert date.fromisoformat(READ_ON)


@pytest.mark.parametrize(
    ("name", "correlation"),
    [
        ("gtegner", 0.99),
        ("HorizonRobotics", 0.9),
        ("fengsxy", 0.5),
        ("mboudiaf", 0.95),
        ("mfederici", 0.9),
        ("sungyubkim", 0.9),
        ("burklight", 0.95),
        ("fasterminee", 0.9),
        ("karlstratos", 0.9),
    ],
)
def test_a_truth_is_that_of_the_correlation_that_its_code_sets(name, correlation):
    [example] = [code.example for code in PUBLIC_CODES if code.name.startswith(name)]
    assert example.true_mi == pytest.approx(mi_from_correlation(correlation, example.dim), rel=4e-3)


def test_every_example_is_in_an_experiment_of_its_own_dimension():
    for (scheme, dim), (sizes, truths) in grids().items():
        spec = EXPERIMENTS[f"limits-codes-{scheme.replace('_', '-')}-{dim}"].spec()
        assert isinstance(spec, Limits)
        assert (spec.negatives, spec.dim, spec.batch_size, spec.true_mi) == ((scheme,), dim, sizes, truths)


def test_what_section_3_1_says_of_them_is_what_they_do():
    weights = Counter(code.weight for code in PUBLIC_CODES if code.divisor == "newest included")
    assert f"a weight from {min(weights):g} to {max(weights):g}, most often 0.01 or 0.1" in " ".join(MINE.split())
    assert {weight for weight, _ in weights.most_common(2)} == {0.01, 0.1}
