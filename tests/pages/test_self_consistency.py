import pytest
from helpers import PROVENANCE, refused

from mi_lab.experiments.consistency_specs import READINGS
from mi_lab.experiments.registry import experiment
from mi_lab.pages.chapters.self_consistency import image_rows, staircase
from mi_lab.results.store import Result, save


def stored(name, runs, folder):
    spec = experiment(name).spec()
    save(Result(name, "laptop", {}, spec, [{**run, **runs(run)} for run in spec.runs()], PROVENANCE), folder)


@pytest.fixture
def folder(tmp_path):
    """NWJ that is a tenth too low and adds up to one and a half, and climbs three of five stairs before it is lost."""

    def on_rows(run):
        copies = 2 if run["setting"] == "additivity" else 1
        truth = run["rows"] / 3
        values = {"truth": truth * copies, "nwj": 0.9 * truth * (1 + (copies - 1) / 2)}
        lost = run["setting"] == "data_processing" and run["rows"] == 28
        values |= {"nwj": None} if lost else {}
        return {"curves": {}, "values": values, "first_nonfinite_epoch": 1 if lost else None}

    def climbing(run):
        means = [mi - 0.5 for mi in (2.0, 4.0, 6.0) for _ in range(5 * READINGS)]
        curves = {
            f"nwj {name}": [v + d for v in means] for name, d in (("mean", 9), ("median", 0), ("q05", -1), ("q95", 1))
        }
        return {"curves": curves, "values": {"nwj": [1.5, 3.5, 5.5]}, "first_nonfinite_epoch": 16}

    stored("consistency-nwj", on_rows, tmp_path)
    stored("staircase-nwj", climbing, tmp_path)
    return tmp_path


def test_a_staircase_shows_truth_and_estimate(folder):
    figure = staircase("cubic", folder)
    truth, low, band, median = figure.data
    assert (truth.name, band.name, median.name) == ("truth", "5 % to 95 % of batches", "median of batches")
    assert list(truth.y) == [2, 4, 6, 8, 10, 10] and truth.x[-1] == 20_000 and truth.line.shape == "hv"
    assert len(median.y) == len(low.y) == len(band.y) == 15 * READINGS / 2 and median.y[0] == 1.5
    assert median.x0 == median.dx and median.dx * 25 * READINGS / 2 == 20_000
    assert figure.layout.annotations[0].text == "NWJ"
    assert "6 gives 5.50, 8 gives not finite" in figure.layout.meta["alt"]
    assert ["NWJ", "4", "3.50"] in figure.layout.meta["table"]["rows"]


def test_settings_that_should_agree_are_drawn_on_one_scale(folder):
    figure = image_rows(folder)
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines) == ["truth", "I(X;Y)", "I([X,X];[Y,h(Y)])", "half of I([X,X'];[Y,Y'])"]
    assert lines["truth"].y[-1] == pytest.approx(28 / 3, rel=1e-3)
    assert lines["half of I([X,X'];[Y,Y'])"].y[-1] == pytest.approx(0.9 * 28 / 3 * 0.75, rel=1e-3)
    rows = figure.layout.meta["table"]["rows"]
    assert rows[0] == ["NWJ", "0", "0.00", "0.00", "–", "–"]
    assert rows[1][4:] == ["1.00", "1.50"] and rows[-1][4:] == ["not finite", "1.50"]


def test_without_results_they_say_what_to_run(tmp_path):
    with refused("staircase-<estimator>", "staircase.ipynb"):
        staircase("gaussian", tmp_path)
    with refused("consistency-<estimator>", "consistency.ipynb"):
        image_rows(tmp_path)
