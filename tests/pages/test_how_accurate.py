"""The tables of the page "How accurate" against the file that they are made of."""

import re

import pytest

from mi_lab.pages.chapters import how_accurate as pages
from mi_lab.results.accuracy import KSG, OURS, PARTS, load_accuracy, summary


@pytest.fixture(autouse=True)
def stored(committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))
    return load_accuracy()


def cells(table):
    rows = re.findall("<tr><td>.*?</tr>", table.data, re.DOTALL)
    return [re.findall("<td>(.*?)</td>", row) for row in rows]


def test_every_part_is_stored(stored):
    assert PARTS.keys() <= stored.document.keys()
    assert len(stored.document["errors"]["truths"]) == 30
    assert all(len(case["found"][OURS]["mi"]) == 60 for case in stored.document["coverage"]["cases"])
    assert len(stored.document["coverage"]["cases"]) == 10
    assert sum(len(case["p_values"][OURS]) for case in stored.document["independence"]["null"]) == 200


def test_the_table_of_errors_holds_each_contestant_and_the_default_on_the_same_kinds(stored):
    rows = cells(pages.overall(1000))
    assert [row[0] for row in rows] == list(stored.document["errors"]["estimates"])
    [ksg] = [row for row in rows if row[0] == KSG]
    found, default = stored.errors(KSG, 1000), stored.errors(OURS, 1000)
    assert ksg[1:5] == [str(len(found)), *(f"{value:.3f}" for value in summary(found))]
    assert ksg[5] == f"{summary({kind: default[kind] for kind in found})[0]:.3f}"
    assert rows[0][2] == rows[0][5]  # the default against itself


def test_the_figure_shows_what_the_file_says_and_the_table_beside_it_all(stored):
    figure = pages.by_kind(5000)
    errors = stored.errors(OURS, 5000)
    assert dict(zip(figure.data[0].y, figure.data[0].x, strict=True)) == pytest.approx(errors)
    table = figure.layout.meta["table"]
    assert [row[0] for row in table["rows"]] == list(stored.document["errors"]["truths"])
    assert {len(row) for row in table["rows"]} == {len(table["head"])}
    for trace in figure.data:
        assert max(map(abs, trace.x)) <= 1.0


def test_coverage_and_tests_hold_each_case_and_estimator(stored):
    cases = stored.document["coverage"]["cases"]
    rows = cells(pages.coverage())
    assert len(rows) == sum(len(case["found"]) for case in cases)
    assert rows[0][-1] == f"{stored.within(cases[0], OURS):.0%}"
    part = stored.document["independence"]
    told = cells(pages.tests())
    assert len(told) == len(part["null"]) + len(part["power"])
    assert told[0][3] == f"{pages.rejected(part['null'][0]['p_values'][OURS]):.0%}"


def test_the_distance_from_uniform_is_kolmogorovs():
    from scipy.stats import kstest

    p_values = [0.02, 0.11, 0.3, 0.31, 0.8, 0.95]
    distance, _ = pages.uniform_distance(p_values)
    assert distance == pytest.approx(kstest(p_values, "uniform").statistic)
    # what is exceeded in one of twenty times of 200
    from scipy.stats import kstwobign

    assert pages.uniform_distance([0.5] * 200)[1] == pytest.approx(kstwobign.isf(0.05) / 200**0.5, rel=1e-3)
