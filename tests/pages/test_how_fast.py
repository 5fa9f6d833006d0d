import re

import pytest
from helpers import made_result

from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.costs import step_flops
from mi_lab.pages.chapters import how_fast as pages
from mi_lab.pages.provenance import provenance
from mi_lab.results.benchmarks import IMAGES, LOWER, load_speed
from mi_lab.results.store import load


@pytest.fixture(autouse=True)
def stored(committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))
    return load_speed()


def test_the_table_holds_every_case_and_contestant(stored):
    rows = re.findall("<tr><td>.*?</tr>", pages.rates().data)
    assert len(rows) == len(stored.document["rates"]["mi_lab"])
    assert {row.count("<td>") for row in rows} == {len(stored.document["rates"])}  # bfloat16 has a table of its own
    ratio = stored.ratio("2x512, N=512, nwj", "mi_lab", "plain loop")
    [row] = [row for row in rows if "2×512, N=512, nwj" in row]
    assert f"{ratio:.3g}× " in row and "–" in row  # benchmark-mi has no NWJ with a shuffle


def test_bfloat16_is_told_for_wide_critics(stored):
    rows = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr><td>.*?</tr>", pages.lower_rates().data)]
    assert [row[0] for row in rows] == [
        f"2×512, {size}, {name}" for size in ("N=512", "N=4096", "N=64, all pairs") for name in ("nwj", "mine")
    ]
    assert rows[0][2] == f"{stored.ratio('2x512, N=512, nwj', LOWER, 'mi_lab'):.3g}×" and rows[0][-1] == "–"


def test_a_figure_in_bfloat16_says_so():
    assert "precision bfloat16 (report: float32)" in provenance(load("fig-1a-bfloat16"))
    assert "precision" not in provenance(load("fig-1a"))


def test_precisions_are_held_against_seeds():
    def measure(level):
        return lambda run: {"curves": {"nwj": {"mean": [level + run["seed"], 2 * level + run["seed"]]}}}

    small = {"true_mi": [2.5, 10.0], "epochs": 2}
    full, lower = (
        made_result("fig-2a-float32", measure(1.0), **small),
        made_result("fig-2a", measure(1.5), **small, seeds=[0, 1]),
    )
    told = pages.apart(full, lower, "nwj").data
    rows = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>.*?</tr>", told)]
    assert rows[1:] == [[mi, "1.50", "2.25", "3.25", "0.750", "1.000"] for mi in ("2.5", "10")]


@pytest.mark.parametrize(
    "axis", ["N, critic 2x512", "runs in a stack, N=64", "width of two layers", "dimension of x and y"]
)
def test_a_step_never_takes_less_than_its_products(axis, stored):
    measured, theory = pages.scaling(axis).data
    assert list(measured.x) == [int(value) for value in stored.document["scaling"][axis]]
    assert all(m > 0.9 * t for m, t in zip(measured.y, theory.y, strict=True))


@pytest.mark.parametrize("figure", [pages.shares, pages.parts, lambda: pages.scaling("N, critic 1x64")])
def test_figures_are_described_and_say_where_they_come_from(figure):
    meta = figure().layout.meta
    assert len(meta["alt"]) > 40 and "make bench" in meta["provenance"] and meta["table"]["rows"]


def test_images_are_told_with_their_ratios(committed_results):
    speed = load_speed(committed_results, IMAGES)
    told = pages.image_rates().data
    ratio = speed.ratio("batches of 512", "mi_lab, bfloat16", "plain loop, float32")
    assert f"({ratio:.3g}×)" in told and speed.document["machine"] in told and told.count("<tr>") == 3


def test_both_precisions_stand_side_by_side():
    rotations = [load("table-1-rotation"), load("table-1-rotation-bfloat16")]
    rows = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>.*?</tr>", pages.precisions(rotations).data)]
    assert [row[0] for row in rows[1:]] == ["float32", "bfloat16"] and {len(row) for row in rows[1:]} == {1 + 3 + 6}
    accuracy = rotations[1].runs[0]["values"]["linear"]["prelogits"]
    assert rows[2][-1] == f"{100 * accuracy:.1f}"


def test_shares_of_a_step_add_up(stored):
    for found in stored.document["shares"].values():
        assert sum(found.values()) == pytest.approx(1)


def test_paper_costs_follow_from_the_count():
    sweep = EXPERIMENTS["fig-1d"].report  # eight runs of one batch size: one stack on one GPU, eight on many
    steps = 1000 * 100
    floor, flops = pages.GPU_FLOOR, step_flops(sweep.hidden, 512)
    assert pages.on_gpus(sweep, 1) == pytest.approx(steps * max(floor, 8 * flops / (pages.GPU_RATE * pages.GPU_SHARE)))
    assert pages.on_gpus(sweep, 64) == pytest.approx(steps * max(floor, flops / (pages.GPU_RATE * pages.GPU_SHARE)))


def test_more_gpus_are_never_slower_than_the_longest_run_nor_faster_than_the_work_allows():
    for experiment in EXPERIMENTS.values():
        if isinstance(experiment.report, Sweep):
            one, many = pages.on_gpus(experiment.report, 1), pages.on_gpus(experiment.report, pages.GPUS)
            assert one / pages.GPUS <= many <= one * 1.001


def test_the_table_of_costs_names_every_sweep_and_adds_up():
    text = pages.report_costs().data
    named = {e.name for e in EXPERIMENTS.values() if f"<td>{e.name}</td>" in text}
    assert {e.report for e in EXPERIMENTS.values() if e.name in named} == {
        e.report for e in EXPERIMENTS.values() if isinstance(e.report, Sweep)
    }
    assert "fig-2a" in named and "fig-2a-float32" not in named  # it is fig-2a, at that size
    assert "<td>all</td>" in text and "nan" not in text
