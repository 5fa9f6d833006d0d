import copy
import dataclasses
import math
import re

import numpy as np
import pytest
from helpers import made_result

from mi_lab.experiments.reported import TABLE_1_ACCURACY
from mi_lab.ground.names import TAPS
from mi_lab.pages.chapters.noise import ESTIMATORS, accuracies, over_noise, over_training, table_7
from mi_lab.pages.chapters.taps import by_tap, differences, heat, measured
from mi_lab.pages.chapters.venn import _distance, _overlap, venn
from mi_lab.pages.pictures import Picture, filters_of, from_flat, picture_rows
from mi_lab.results.store import load


@pytest.fixture
def rotation():
    one = {"linear": dict.fromkeys(TAPS, 0.5) | {"B0": 0.4}, "nmi": dict.fromkeys(TAPS, 0.5)}
    other = copy.deepcopy(one)
    other["linear"]["B0"] = 0.5
    return made_result("table-1-rotation", lambda run: {"values": (one, other)[run["seed"]]}, seeds=[0, 1])


def test_a_table_shows_the_mean_over_seeds_beside_the_report(rotation):
    assert measured(rotation, "linear") == pytest.approx([45, 50, 50, 50, 50, 50])
    html = heat([rotation], "linear", TABLE_1_ACCURACY)
    rows = re.findall(r"<tr><th.*?</tr>", html)
    assert len(rows) == 5  # the head, ours, and three of the report
    assert ">45.0 ± 5.0<" in rows[1] and "stored" in rows[1]
    assert "<caption>linear accuracy [%]; stored: mean ± standard error of two seeds</caption>" in html
    assert ">41.65<" in rows[2]
    heats = [float(x) for x in re.findall(r"--heat:([0-9.]+)", html)]
    assert min(heats) == 0 and max(heats) == 1 and len(heats) == 24
    assert "width 16 (report: 64)" in html and "papermill book/experiments/labels.ipynb" in html


def test_one_seed_has_no_standard_error_and_its_caption_says_so(rotation):
    alone = dataclasses.replace(rotation, runs=rotation.select(seed=0))
    html = heat([alone], "linear", TABLE_1_ACCURACY)
    assert ">40.0<" in html and "±" not in html and "stored: one seed</caption>" in html
    assert by_tap([alone], "linear").data[0].error_y.array is None
    assert by_tap([rotation], "linear").data[0].error_y.array == pytest.approx([5, 0, 0, 0, 0, 0])


def test_a_lost_value_is_a_dash_and_spoils_no_other(rotation):
    lost = copy.deepcopy(rotation)
    lost.runs[1]["values"]["linear"]["B1"] = None
    html = heat([lost], "linear", TABLE_1_ACCURACY)
    assert ">–<" in html and ">nan" not in html and ":nan" not in html and ">45.0 ± 5.0<" in html


def test_differences_are_taken_seed_by_seed(rotation):
    def measure(run):
        return {"values": {"linear": dict.fromkeys(TAPS, 0.3) | {"B0": 0.3 + 0.1 * run["seed"]}}}

    untrained = made_result("table-1-untrained", measure, seeds=[0, 1, 2])
    html = differences([(rotation, untrained)])
    [row] = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr><td>.*?</tr>", html)]
    assert row[0] == "rotation − untrained"
    assert row[1] == "+10.0 ± 0.0" and row[2] == "+20.0 ± 0.0"  # B0 rises by ten points in both from seed to seed
    assert "mean ± standard error of two seeds</caption>" in html
    alone = dataclasses.replace(rotation, runs=rotation.select(seed=1))
    assert "<td>+10.0</td>" in differences([(alone, untrained)])


def test_the_figure_keeps_both_kinds_of_evidence_apart(rotation):
    figure = by_tap([rotation], "linear", TABLE_1_ACCURACY)
    ours, theirs = figure.data
    assert ours.line.dash != "dot" and theirs.line.dash == "dot" and theirs.marker.symbol == "circle-open"
    assert theirs.name == "rotation, report" and list(theirs.y) == list(TABLE_1_ACCURACY["rotation"])
    assert [row[1] for row in figure.layout.meta["table"]["rows"]] == ["stored", "report", "report", "report"]


def test_noise_is_drawn_by_tap_and_a_lost_value_is_a_gap():
    values = {"accuracy": 0.9}
    for name in ESTIMATORS:
        values |= {name: {"L0": 1.0, "L1": None, "L2": 2.0}, f"{name}_test": dict.fromkeys(("L0", "L1", "L2"), 0.5)}
    result = made_result("noisy-mnist", lambda run: {"values": values}, p=[0.0, 1.0])
    figure = over_noise(result, "nwj")
    assert [trace.name for trace in figure.data] == ["L0", "L1", "L2", "log 10"]
    assert list(figure.data[1].y) == [None, None] and figure.data[3].y[0] == pytest.approx(math.log(10))
    assert figure.layout.meta["table"]["rows"][0] == ["0", "90.00", "1.000", "not finite", "2.000"]
    assert list(over_noise(result, "nwj", test=True).data[0].y) == [0.5, 0.5]


def test_tables_6_and_7_stand_beside_the_reports():
    values = {"accuracy": 0.9} | {name: dict.fromkeys(("L0", "L1", "L2"), 1.5) for name in ESTIMATORS}
    result = made_result("noisy-mnist", lambda run: {"values": values}, p=[0.0, 0.25])
    cells = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>.*?</tr>", accuracies(result))]
    assert cells[1:] == [["stored", "90.0", "90.0"], ["report", "99.15", ""]]  # the report has no p = 0.25
    cells = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>.*?</tr>", table_7(result))]
    assert ["MINE", "stored", "1.500", "1.500", "1.500"] in cells
    assert ["MINE", "report", "2.212", "2.227", "2.212"] in cells


def noisy_digits(**settings):
    """Estimates that rise by a tenth of a nat from seed to seed, and were highest in the second of three epochs."""

    def measure(run):
        level, values, curves = 1.0 + 0.1 * run["seed"], {"accuracy": 0.9 + 0.01 * run["seed"]}, {}
        for name in ESTIMATORS:
            values |= {
                name: dict.fromkeys(("L0", "L1", "L2"), level),
                f"{name}_test": dict.fromkeys(("L0", "L1", "L2"), 0.5),
            }
            curves |= {f"{name} {tap}": [0.1, level, 0.7] for tap in ("L0", "L1", "L2")}
        return {"values": values, "curves": curves}

    return made_result("noisy-mnist", measure, **{"p": [0.0, 1.0], "critic_epochs": 3, **settings})


def test_several_seeds_of_noise_come_with_their_standard_error():
    several = noisy_digits(seeds=[0, 1, 2])
    figure = over_noise(several, "nwj")
    assert list(figure.data[0].x) == [0.0, 1.0] and list(figure.data[0].y) == pytest.approx([1.1, 1.1])
    assert figure.data[0].error_y.array == pytest.approx([0.1 / math.sqrt(3)] * 2)
    assert figure.layout.meta["table"]["rows"][0] == ["0", "91.00 ± 0.58", *["1.100 ± 0.058"] * 3]
    assert "<td>91.0 ± 0.6</td>" in accuracies(several) and "standard error of three seeds" in accuracies(several)
    assert "<td>1.100 ± 0.058</td>" in table_7(several) and "±" not in table_7(noisy_digits())
    assert over_noise(noisy_digits(), "nwj").data[0].error_y.array is None


def test_noise_over_training_marks_the_best_epoch_and_the_held_out_value():
    result = noisy_digits(seeds=[1, 0], p=[0.0, 0.5, 1.0])
    result.runs[0]["curves"]["nwj L1"] = []  # never finite
    figure = over_training(result, "nwj")
    lines = [trace for trace in figure.data if trace.mode == "lines" and trace.name != "log 10"]
    assert [trace.xaxis for trace in lines] == ["x", "x", "x2", "x3", "x3"]  # L0 to L2, every second p, one lost
    assert list(lines[0].x) == [1, 2, 3] and list(lines[0].y) == [0.1, 1.1, 0.7]  # the first seed alone
    disc, ring = (trace for trace in figure.data[1:3])
    assert (disc.marker.symbol, list(disc.x), list(disc.y)) == ("circle", [2], [1.1])
    assert (ring.marker.symbol, list(ring.x), list(ring.y)) == ("circle-open", [2], [0.5])
    assert len({trace.line.color for trace in lines[:2]}) == 2 and lines[0].line.color == lines[2 + 1].line.color
    rows = figure.layout.meta["table"]["rows"]
    assert rows[0] == ["L0", "0", "2", "1.100", "0.500"] and rows[3][2] == "–" and len(rows) == 9
    assert "in epoch 2, held out 0.500" in figure.layout.meta["alt"] and "seed 1" in figure.layout.meta["table"]["note"]


@pytest.mark.parametrize("shared", [0.01, 0.3, 0.9])
def test_circles_overlap_in_the_area_they_should(shared):
    apart = _distance(1.0, 0.6, shared)
    x, y = np.meshgrid(np.linspace(-1.7, 1.7, 2001), np.linspace(-1.7, 1.7, 2001))
    both = (x**2 + y**2 < 1) & ((x - apart) ** 2 + y**2 < 0.36)
    assert both.mean() * 3.4**2 == pytest.approx(shared, abs=3e-3)
    assert _overlap(1.0, 0.6, apart) == pytest.approx(shared, abs=1e-9)


def test_the_venn_figure_is_to_scale(committed_results):
    result = load("fig-4", folder=committed_results)
    for labeling, touch in (("rotation", False), ("animal", True)):
        x, y, other = venn(result, labeling).data
        area = [math.pi * ((max(c.x) - min(c.x)) / 2) ** 2 for c in (x, y, other)]
        assert area[0] == pytest.approx(math.log(180_000), rel=1e-3)
        assert area[1] == pytest.approx(math.log(10), rel=1e-3)
        assert (min(other.x) < max(y.x)) == touch
        assert max(map(abs, y.x)) < max(x.x) and max(map(abs, other.x)) < max(x.x)  # inside the image


def test_pictures_come_out_of_a_result_as_they_went_in(committed_results):
    result = load("fig-4", folder=committed_results)
    values = result.runs[0]["values"]["pictures"]["0"]
    pixels = from_flat(values, 3)
    assert pixels.shape == (32, 32, 3) and pixels[0, 1, 2] == values[2 * 1024 + 1]
    html = picture_rows([("<one>", [Picture(pixels, 'a "bird"', "0°")])], result)
    assert "&lt;one&gt;" in html and 'alt="a &quot;bird&quot;"' in html and html.count("data:image/png") == 1


def test_filters_are_grey_where_they_are_zero():
    [one, two] = filters_of([0.0] * 27 + [1.0] * 26 + [-1.0])
    assert set(one.flatten()) == {128} and two[0, 0, 0] == 255 and two[2, 2, 2] == 0
