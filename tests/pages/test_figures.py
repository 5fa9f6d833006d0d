import math
import re

import pytest

from mi_lab.experiments.registry import EXPERIMENTS, experiment
from mi_lab.pages import figures
from mi_lab.pages.chapters import theory
from mi_lab.results.curves import smooth
from mi_lab.results.store import results_dir
from mi_lab.runner.running import run


@pytest.fixture
def result(tmp_path):
    return run("fig-3ab", "smoke", workers=1, progress=False, true_mi=[2.5, 30.0], batch_size=[64], seeds=[0, 1])


def lines(figure, name):
    return [trace for trace in figure.data if trace.name == name]


@pytest.mark.parametrize("readout", ["nwj", "plug_in"])
def test_a_line_per_run_shows_the_smoothed_mean(result, readout):
    figure = figures.curves_of(result, readout)
    drawn = lines(figure, "2.5") + lines(figure, "30")
    assert len(drawn) == len(result.runs) == 4
    stored = result.select(true_mi=2.5, seed=1)[0]["curves"][readout]["mean"]
    assert lines(figure, "2.5")[1].y == pytest.approx(figures.thinned(stored)[2], rel=1e-3)
    assert sum(trace.showlegend for trace in lines(figure, "2.5")) <= 1


def test_curves_are_named_at_their_ends_where_these_are_apart_else_in_the_legend(result):
    for one in result.runs:
        for curve in one["curves"].values():
            curve["mean"] = [one["true_mi"] / 4] * 2
    figure = figures.curves_of(result, "nwj")
    assert [(a.text, a.y) for a in figure.layout.annotations] == [("2.5 nats", 0.625), ("30 nats", 7.5)]
    assert not any(trace.showlegend for trace in lines(figure, "2.5") + lines(figure, "30"))
    assert lines(figure, "true MI")[0].showlegend is not False and figure.layout.legend.orientation == "h"
    for one in result.runs:
        for curve in one["curves"].values():
            curve["mean"] = [one["true_mi"] / 300] * 2
    close = figures.curves_of(result, "nwj")
    assert not close.layout.annotations and close.layout.legend.title.text == "true MI [nats]"
    assert [trace.showlegend for trace in lines(close, "2.5")] == [True, False]


def test_truth_ceiling_and_log_n_are_marked(result):
    figure = figures.curves_of(result, "nwj")
    assert lines(figure, "log N")[0].y == pytest.approx([math.log(64)] * 2)
    [ceiling] = lines(figure, "ceiling I<sub>N</sub>")
    wanted = sorted({run["ceiling"]["value"] for run in result.runs})
    assert sorted(ceiling.y) == pytest.approx(wanted)
    [truth] = lines(figure, "true MI")
    # 30 nats lie above the axis: a triangle at its top, with the true value in words
    assert list(truth.marker.symbol) == ["circle-open", "triangle-up"]
    assert truth.y[1] <= figure.layout.yaxis.range[1]
    assert "30.00 nats" in truth.text[1]


def test_provenance_names_size_seeds_and_the_command(result):
    line = figures.curves_of(result, "nwj").layout.meta["provenance"]
    assert "stored" in line and "profile smoke" in line and "2 epochs (report: 1000)" in line and "seeds 0, 1" in line
    assert "papermill book/experiments/js.ipynb out.ipynb -p experiment fig-3ab -p profile smoke" in line
    assert "-p true_mi 2.5,30" in line


def test_table_holds_every_run(result):
    table = figures.curves_of(result, "plug_in").layout.meta["table"]
    assert len(table["rows"]) == 4 and all(len(row) == len(table["head"]) for row in table["rows"])


@pytest.mark.parametrize("kept", [0, 1])
def test_a_run_that_stopped_being_finite_is_drawn_as_far_as_it_went(result, kept):
    broken = result.runs[0]
    broken["first_nonfinite_epoch"] = kept + 1
    for curve in broken["curves"].values():
        for statistic in curve:
            curve[statistic] = curve[statistic][:kept]
    figure = figures.curves_of(result, "nwj")
    assert len(lines(figure, "2.5")[0].y) == kept
    assert "not finite" in figure.layout.meta["table"]["rows"][0]


def test_a_long_curve_is_thinned_and_keeps_its_ends_and_extremes():
    mean = [5.0 + math.sin(e / 40) for e in range(1000)]
    mean[333], mean[777] = -25.0, 9.0
    epochs, single, smoothed = figures.thinned(mean)
    assert len(epochs) == len(single) == len(smoothed) <= 104 and epochs == sorted(epochs)
    assert (epochs[0], epochs[-1]) == (1, 1000)
    assert (min(single), max(single)) == (-25.0, 9.0) and {334, 778} <= set(epochs)
    assert figures.thinned(mean[:60])[2] == pytest.approx(list(smooth(mean[:60])), rel=1e-3)
    assert figures.thinned([0.0, 4.0, 6.0])[2] == [0.0, 4.0, 6.0]  # too few to be smoothed
    assert figures.thinned(mean[:60])[0] == [*range(1, 61)] and figures.thinned([]) == ([], [], [])


def test_the_destination_is_marked_where_dv_is_read(committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))
    [marks] = lines(figures.draw("fig-1d"), "destination")
    assert set(marks.marker.symbol) == {"x-open", "triangle-up"} and len(marks.y) == 8
    assert not lines(figures.draw("fig-2a"), "destination")


def test_every_stored_panel_is_small_and_described(committed_results):
    stored = [e for e in EXPERIMENTS.values() if (committed_results / f"{e.name}.laptop.json").exists()]
    panels = [panel for e in stored for panel in e.panels if panel.startswith("fig")]
    assert len(panels) > 30
    for panel in panels:
        figure = figures.draw(panel, folder=committed_results)
        assert len(figure.to_json()) < 60_000, panel  # kB of figure data on a page
        assert len(figure.layout.meta["alt"]) > 40, panel
        assert experiment(panel).notebook in figure.layout.meta["provenance"], panel


def test_theory_figures_agree_with_the_formulas(committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))
    for name, figure in {
        "ceilings": theory.ceilings(),
        "plateaus": theory.plateaus(),
        "fixed": theory.fixed_points(),
    }.items():
        assert len(figure.layout.meta["alt"]) > 40, name
        assert re.search("stored|exact", figure.layout.meta["provenance"]), name
    bars = {trace.name: list(trace.y) for trace in theory.fixed_points().data}
    # of the 24 permutations of 4 things 9 have no fixed point, 8 one, 6 two, none three, 1 four
    assert bars["N = 4"] == pytest.approx([9 / 24, 8 / 24, 6 / 24, 0, 1 / 24, 0], abs=1e-12)
    assert bars["N = 512"] == pytest.approx(bars["Poisson(1)"], abs=1e-9)


def test_committed_results_are_found(committed_results):
    assert results_dir() != committed_results  # tests write elsewhere
    assert list(committed_results.glob("*.json"))
