"""The figures and tables of the shuffle audit, from stored and from made-up results."""

import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers import PROVENANCE, refused

from mi_lab.experiments.public_codes import PUBLIC_CODES
from mi_lab.experiments.registry import experiment
from mi_lab.pages.chapters import drift as page
from mi_lab.pages.chapters import shuffle_audit as audit
from mi_lab.pages.chapters.your_runs import figures_of
from mi_lab.results.store import Result, load, save

PAGE = (Path(__file__).parents[2] / "book" / "shuffle-audit.md").read_text(encoding="utf-8")
W, LEVELS = 0.9, {0: 1.0, 1: 3.0, 2: 5.0}


@pytest.fixture
def stored(tmp_path, committed_results, monkeypatch):
    """A folder with the committed limits and border, and no training."""
    for path in [*committed_results.glob("limits*.json"), committed_results / "border.laptop.json"]:
        shutil.copy(path, tmp_path)
    monkeypatch.setenv("MI_LAB_RESULTS", str(tmp_path))
    return tmp_path


def trained(name, level=LEVELS, lost=()):
    """A sweep over truths and seeds that rests at a level by seed; E[w] is W at its end and 1 before."""
    spec = experiment(name).spec("laptop")
    runs = []
    for run in spec.runs():
        broken = 51 if (run["true_mi"], run["seed"]) in lost else None
        epochs = 50 if broken else spec.epochs
        height = level(run) if callable(level) else level[run["seed"]]
        curve = {name: [height] * epochs for name in ("mean", "median", "q05", "q95")}
        w = np.where(np.arange(epochs) < epochs - 10, 1.0, W)
        average = {"log_mean_w": list(map(float, np.log(w))), "log_average": [0.0] * epochs}
        rest = {"ceiling": {"value": 1.0, "stderr": 0.0}, "first_nonfinite_epoch": broken, "curves": {"dv": curve}}
        runs.append(run | rest | {"moving_average": average})
    return Result(name, "laptop", {}, spec, runs, PROVENANCE)


def cells(table):
    return [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>.*?</tr>", table)][1:]


def test_the_table_of_limits_holds_what_is_stored_of_each_scheme(stored):
    sizes = {"shuffle": (64, 512), "derangement": (64, 512), "all_pairs": (64, 256)}
    rows = cells(audit.limits_of_schemes(sizes, (5.0, 30.0)).data)
    assert len(rows) == 2 * 6 and [row[0] for row in rows[:3]] == ["shuffle", "derangement", "all pairs"]
    [run] = load("limits").select(negatives="shuffle", batch_size=512, true_mi=30.0)
    [row] = [row for row in rows if row[:3] == ["shuffle", "512", "30"]]
    assert row[3] == f"{run['values']['ceiling']:.2f}" and row[4].startswith(f"{run['values']['destination']:.1f} ± ")
    assert float(row[6]) == pytest.approx(run["values"]["slope"], abs=1e-4)


def test_a_border_is_drawn_as_the_mean_over_seeds():
    spec = experiment("border").spec("smoke", batch_size=[64, 512], seeds=[0, 1])
    height = {"shuffle": 3.0, "derangement": 1.0, "all_pairs": 2.0}
    runs = [
        run
        | {"curves": {}, "first_nonfinite_epoch": None, "values": {"border": height[run["negatives"]] + run["seed"]}}
        for run in spec.runs()
    ]
    made = Result("border", "smoke", {}, spec, runs, PROVENANCE)
    figure = audit.borders_of(made)
    drawn = {trace.name: list(trace.y) for trace in figure.data}
    assert drawn.pop("log N") == pytest.approx([math.log(64), math.log(512)])
    assert drawn == {"shuffle": [3.5, 3.5], "derangement": [1.5, 1.5], "all pairs": [2.5, 2.5]}
    assert ["64", "shuffle", "3.50", "3.00", "4.00", "4.16"] in figure.layout.meta["table"]["rows"]
    assert "shuffle: 3.5 nats at N = 64" in figure.layout.meta["alt"] and figure.layout.meta["provenance"]
    assert list(figures_of(made)) == ["border"]  # a run of one's own is drawn alike
    with refused("no border of shuffle at N = 128"):
        audit.border_at(made, "shuffle", 128)


def test_the_stored_border_of_a_shuffle_is_that_of_the_caption_and_below_log_n(stored):
    result = load("border")
    assert f"slope above {result.spec.level:.4f}" in PAGE
    for n in result.spec.batch_size:
        borders = [audit.border_at(result, scheme, n) for scheme in ("derangement", "shuffle")]
        assert borders == sorted(borders) and borders[-1] < math.log(n)
        seeds = [run["values"]["border"] for run in result.select(batch_size=n, negatives="shuffle")]
        assert max(seeds) - min(seeds) < 0.05


def test_every_code_is_told_with_its_place(stored):
    facts, places = cells(audit.codes_table().data), cells(audit.sources_table().data)
    assert len(facts) == len(places) == len(PUBLIC_CODES)
    for code, fact, place in zip(PUBLIC_CODES, facts, places, strict=True):
        assert fact[0] == place[0] == code.name and place[1] == code.version[:10] and all(fact) and all(place)


def test_what_follows_for_a_code_is_what_is_stored(stored):
    shown = audit.consequences().data
    rows = {row[0]: row for row in cells(shown)}
    assert set(rows) == {code.name.split("/")[0] for code in PUBLIC_CODES if code.example}
    [run] = load("limits-codes-shuffle-20").select(batch_size=128, true_mi=39.2)
    own = [f"{run['values']['ceiling']:.2f}", f"{run['values']['slope']:.4f}"]
    assert rows["gtegner"][1:7] == ["shuffle", "1", "128", "20", "39.2", "4.85"]
    assert [rows["gtegner"][7], rows["gtegner"][9]] == own
    assert rows["sungyubkim"][2] == "0.33" and rows["sungyubkim"][6] == f"{math.log(300):.2f}"
    assert rows["sungyubkim"][8:] == ["–", "–"]
    assert all(
        f"{audit.limits_name(code)}<" in shown or f"{audit.limits_name(code)} " in shown
        for code in PUBLIC_CODES
        if code.example
    )
    with refused("joe-ip-ml/MINE has no example"):
        audit.limits_name(next(code for code in PUBLIC_CODES if code.name == "joe-ip-ml/MINE"))


def test_the_law_ends_at_dv_and_its_speed_at_none():
    assert page.expected_w(1, 0.7) == 1 and page.expected_w(0.5, 0.6) == pytest.approx(1 - 0.6 / 6)
    assert page.speed_limit(0.1, 1) == pytest.approx(0.01 / 1.9) and page.steps_to_overflow(0.1) == "17,000"
    # a log-normal's second order is no test of Poisson batches: at small r they agree, at large r they do not
    assert page.far_w(0.1) == pytest.approx(page.expected_w(0.1, 1), abs=0.004)
    assert page.far_w(0.9) < 0.7 < page.expected_w(0.9, 1)
    assert [row[0] for row in cells(page.speeds().data)] == ["0.001", "0.006", "0.01", "0.05", "0.1"]


def test_without_trainings_the_law_stands_alone(stored):
    figure = page.drift(64)
    assert [trace.mode for trace in figure.data] == ["lines"] * 5
    v = load("limits").select(negatives="shuffle", batch_size=64, true_mi=10.0)[0]["values"]["chi_square"] / 64
    [law] = [trace for trace in figure.data if trace.name == "10 nats, law"]
    assert list(law.y) == pytest.approx([page.expected_w(r, v) for r in law.x])
    assert "0 settings were measured" in figure.layout.meta["alt"]
    assert all(row[4:] == ["–"] * 3 for row in figure.layout.meta["table"]["rows"])
    assert "10 nats: not run" in page.over_memory(64).layout.meta["alt"]


def test_what_was_trained_is_held_against_the_law(stored):
    for name in ("average-0.1-1x64-64", "average-0.5-1x64-64"):
        save(trained(name, lost=[(5.0, 0), (30.0, 0), (30.0, 1), (30.0, 2)]), stored)
    assert [result.experiment for result in page.averages(64)] == ["average-0.1-1x64-64", "average-0.5-1x64-64"]
    assert page.averages(256) == []
    figure = page.drift(64)
    points = {trace.name: trace for trace in figure.data if trace.mode == "markers"}
    assert set(points) == {"2.5 nats, run", "5 nats, run", "10 nats, run"}  # every run at 30 nats was lost
    assert list(points["10 nats, run"].x) == [0.1, 0.5] and list(points["10 nats, run"].y) == pytest.approx(
        [W, W], abs=1e-4
    )  # stored to four digits
    rows = figure.layout.meta["table"]["rows"]
    assert len(rows) == 2 * 7 and {tuple(row[4:]) for row in rows} == {("0.9000",) * 3}
    assert "average-0.5-1x64-64" in figure.layout.meta["provenance"]


def test_final_estimates_stand_over_r_with_ceiling_and_destination(stored):
    save(trained("average-0.1-1x64-64"), stored)
    save(trained("average-0.9-1x64-64", lambda run: -458.0 if run["true_mi"] == 10 else 50.0), stored)
    figure = page.over_memory(64)
    lines = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data if trace.mode == "lines"}
    assert lines["10 nats"] == ([0.1, 0.9], [3.0, -458.0])
    marks = {trace.name: trace for trace in figure.data if trace.mode == "markers"}
    symbols = marks["10 nats"].marker.symbol
    assert list(symbols) == ["diamond-open", "square-open", *["circle-open"] * 3, *["triangle-down"] * 3]
    assert list(marks["5 nats"].marker.symbol)[-3:] == ["triangle-up"] * 3
    assert all(0 <= y <= page.TOP for trace in marks.values() for y in trace.y)
    [run] = load("limits").select(negatives="shuffle", batch_size=64, true_mi=10.0)
    own = [f"{run['values'][name]:.2f}" for name in ("ceiling", "destination")]
    assert ["0.1", "10", "3.00", "1.00", "5.00", *own] in figure.layout.meta["table"]["rows"]
    assert "10 nats: 3.0 at r = 0.1, -458.0 at r = 0.9" in figure.layout.meta["alt"]
