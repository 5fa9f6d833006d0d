import math
import subprocess
import sys

import numpy as np
import pytest
from helpers import refused

from mi_lab.estimation.pairs.crossfit import CrossFit
from mi_lab.estimation.pairs.estimating import estimate
from mi_lab.estimation.pairs.fit import Fit
from mi_lab.ground.keywords import keywords_of
from mi_lab.lab import comparison
from mi_lab.lab.comparison import compare, compare_parameters, fits, synthetic

QUICK = {"hidden": (8,), "seeds": 0, "max_steps": 50}


@pytest.fixture(scope="module")
def compared():
    return compare(*synthetic(), ("mine", "js", "infonce"), negatives="shuffle", progress=False, **QUICK)


def test_every_readout_of_every_estimator_is_a_row(compared):
    rows = compared.table()
    assert [(row["estimator"], row["readout"], row["negatives"], row["critic"]) for row in rows] == [
        ("mine", "dv", "shuffle", "joint"),
        ("js", "nwj", "shuffle", "joint"),
        ("js", "plug_in", "shuffle", "joint"),
        ("infonce", "infonce", "all_pairs", "separable"),
    ]
    assert rows[0]["mi"] == compared.estimates[0].mi and rows[0]["stderr"] == compared.estimates[0].stderr
    assert all(
        row["flags"].count(";") == max(len(e.flags) - 1, 0) for row, e in zip(rows, compared.estimates, strict=True)
    )


def test_it_can_be_looked_at(compared):
    assert len(str(compared).splitlines()) >= 4
    assert compared._repr_html_().count("<tr>") == 5
    assert compared.figure().layout.meta["alt"].startswith("Estimates of MI in nats from 800 pairs, ")


@pytest.mark.parametrize("names", [("ksg", "nwj"), ("nwj", "ksg")])
def test_the_figure_tells_who_read_which_pairs(names):
    figure = compare(*synthetic(), names, progress=False, **QUICK).figure()
    note = figure.layout.meta["table"]["note"]
    assert "800 gave the values, in batches of" in note and "KSG read all 4000 pairs, without any training" in note
    assert "seeds 0" in figure.layout.meta["provenance"]
    [level] = [trace for trace in figure.data if trace.name.startswith("log n of the pairs")]
    of = {"KSG": 4000, "NWJ": 800}
    assert dict(zip(level.x, level.y, strict=True)) == pytest.approx({name: math.log(n) for name, n in of.items()})


def test_a_row_is_what_estimate_gives_alone(compared):
    alone = estimate(*synthetic(), "mine", negatives="shuffle", progress=False, **QUICK)
    assert alone == compared.estimates[0]


def test_the_synthetic_pairs_are_always_the_same():
    assert all(np.array_equal(a, b) for a, b in zip(synthetic(), synthetic(), strict=True))
    assert synthetic()[0].shape == (4000, 2)


@pytest.mark.parametrize(
    ("estimators", "words"), [((), ("estimators is empty",)), (("nwj", "mime"), ("unknown estimator 'mime'", "'mine'"))]
)
def test_wrong_estimators_are_refused_before_any_training(estimators, words):
    with refused(*words):
        fits(*synthetic(), estimators)
    assert [name for name, _ in fits(*synthetic(), "nwj", **QUICK)] == ["nwj"]


LABELS = np.arange(4000) % 3


@pytest.mark.parametrize(
    ("y", "estimators", "settings", "words"),
    [
        (LABELS, ("nwj", "ksg"), {}, ("ksg needs measurements",)),
        (LABELS, ("nwj", "doe"), {}, ("doe models the density of y",)),
        (synthetic()[1], ("nwj", "interpolated"), {"alpha": 2.0}, ("alpha",)),
    ],
)
def test_what_one_estimator_refuses_is_refused_before_another_trains(y, estimators, settings, words):
    with refused(*words):
        fits(synthetic()[0], y, estimators, **settings)


def test_parameters_come_as_a_command_line_gives_them(capsys):
    given = {"estimators": "nwj, js", "seeds": "3,4", "hidden": 8, "max_steps": 10, "dropout": "off", "critic": None}
    kernel = {"In": [], "Out": {}, "_": 3, "np": np, "display": print}
    found = compare_parameters(given | kernel)
    assert "synthetic" in capsys.readouterr().out
    assert [one.estimator for one in found.estimates] == ["nwj", "js", "js"]
    assert found.estimates[0].seeds == (3, 4)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seed": 3}, ("unknown parameter 'seed'", "'seeds'")),
        ({"path_y": "y.npy"}, ("path_y", "as path")),
        ({"path": "missing.npz"}, ("missing.npz is not a file",)),
        ({"max_steps": "many"}, ("max_steps must be a whole number, not 'many'",)),
        ({"seeds": "0,x"}, ("seeds must be a whole number",)),
    ],
)
def test_wrong_parameters_are_refused(given, words):
    with refused(*words):
        compare_parameters(given)


def test_every_setting_is_a_parameter():
    settings = {*keywords_of(Fit), *keywords_of(CrossFit)} - {"x", "y", "estimator"}
    assert settings | {"estimators"} == set(comparison.PARAMETERS)


def test_neither_reading_nor_drawing_imports_torch():
    modules = "mi_lab, mi_lab.estimation.pairs.pair_files, mi_lab.estimation.pairs.flags, mi_lab.lab.drawing"
    code = f"import sys, {modules}; mi_lab.read_pairs; mi_lab.Estimate; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
