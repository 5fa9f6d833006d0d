import math
import re

import pytest
from helpers import PROVENANCE, made_result, refused

from mi_lab.experiments.beyond import TASKS, parts
from mi_lab.experiments.registry import experiment
from mi_lab.ground.names import READOUTS
from mi_lab.pages.chapters.beyond_the_report import (
    catalogue,
    farthest,
    guide,
    points,
    small_multiples,
    stored,
    untrained,
)
from mi_lab.results.store import Result, save


@pytest.fixture
def folder(tmp_path):
    """Two estimators on Gaussians: NWJ that falls short from 10 nats on, CLUB that is ten times too high."""
    for name, factor in (("nwj", 0.95), ("club", 10.0)):
        spec = experiment(f"beyond-{name}-gaussian").spec()
        runs = []
        for run in spec.runs():
            end = run["true_mi"] * (factor if run["true_mi"] < 10 or name == "club" else 0.5)
            rising = [0.0] * (spec.epochs - 5) + [end] * 5
            statistics = {
                "mean": rising,
                "median": rising,
                "q05": [v - 1 for v in rising],
                "q95": [v + 2 for v in rising],
            }
            lost = name == "club" and run["true_mi"] == 30 and run["seed"] == 1
            curves = {k: v[:3] if lost else v for k, v in statistics.items()}
            made = {"ceiling": {"value": 1.0, "stderr": 0.1}, "first_nonfinite_epoch": 4 if lost else None}
            runs.append({**run, **made, "curves": {name: curves}})
        save(
            Result(
                f"beyond-{name}-gaussian",
                "laptop",
                {},
                spec,
                runs,
                PROVENANCE | {"steps": 1000, "processor_seconds": 60.0},
            ),
            tmp_path,
        )
    return tmp_path


def test_points_are_the_ends_of_the_runs(folder):
    found = stored("gaussian", folder)
    assert list(found) == ["nwj", "club"]
    nwj = points(found["nwj"], "nwj")
    ends = {"median": pytest.approx(4.75), "mean": pytest.approx(4.75), "q05": 3.75, "q95": 6.75}
    assert len(nwj) == 12 and nwj[2] == {"n": 64, "mi": 5.0, **ends}
    lost = points(found["club"], "club")[-1]
    assert lost["mi"] == 30 and math.isnan(lost["median"])


def test_the_small_multiples_have_a_panel_per_estimator_and_a_line_per_batch_size(folder):
    figure = small_multiples("gaussian", folder)
    assert [note.text for note in figure.layout.annotations][:2] == ["NWJ", "CLUB"]
    assert [trace.name for trace in figure.data] == ["truth", "N = 64", "N = 512"] * 2
    club = figure.data[-1]
    assert list(club.marker.symbol) == ["circle", "circle", "triangle-up", "triangle-up", "triangle-up", "x"]
    assert club.y[-1] == -2 and club.error_y.array[-1] == club.error_y.arrayminus[-1] == 0
    assert list(club.y[:3]) == [10, 20, 42] and list(club.error_y.array[:3]) == [2, 2, 0]
    meta = figure.layout.meta
    assert "NWJ at N = 512: 5 gives 4.75, 30 gives 15.00" in meta["alt"] and "not finite" in meta["alt"]
    assert len(meta["table"]["rows"]) == 24 and "stored" in meta["provenance"]


def test_the_guide_says_up_to_where_an_estimator_is_right(folder):
    html = guide(["gaussian", "cubic"], folder)
    nwj = ("NWJ", "gaussian", "512", "5", "10 reads 5.00", "5.00", "3.00", "2 s", "60.0 ms")
    assert "".join(f"<td>{value}</td>" for value in nwj) in html
    club = ("CLUB", "gaussian", "512", "none", "1 reads 10.00", "100.00", "not finite")
    assert "".join(f"<td>{value}</td>" for value in club) in html
    found = "5 nats, by NWJ; closest to 10 nats is NWJ, with 5.00"
    assert farthest(["gaussian"], folder) == f"<ul><li><em>gaussian</em>: {found}.</li></ul>"


def test_without_results_it_says_what_to_run(tmp_path):
    with refused("beyond-<estimator>-blobs", "beyond.ipynb"):
        small_multiples("blobs", tmp_path)


@pytest.mark.parametrize("task", TASKS)
def test_every_part_is_an_experiment_with_its_readouts(task):
    for name, part in parts(task).items():
        assert tuple(experiment(part).panels.values()) == READOUTS[name]


def test_the_table_of_estimators_without_training_holds_the_stored_values():
    values = {"gaussian": {"ksg": 1.2345, "gaussian": 5.2}, "cubic": {"ksg": 0.5, "gaussian": 2.8}}
    settings = {"tasks": ("gaussian", "cubic"), "true_mi": (5.0,)}
    cells = re.findall(
        "<td>(.*?)</td>", untrained(made_result("untrained", lambda r: {"values": values[r["task"]]}, **settings))
    )
    rows = [cells[i : i + 3] for i in range(0, len(cells), 3)]
    assert rows == [
        ["KSG", "gaussian", "1.23"],
        ["KSG", "cubic", "0.50"],
        ["Gaussian", "gaussian", "5.20"],
        ["Gaussian", "cubic", "2.80"],
    ]


def test_the_catalogue_says_who_needs_negatives():
    rows = re.findall(r"<tr><td>(.*?)</td><td>.*?</td><td>(.*?)</td>", catalogue().data)
    none = {title for title, negatives in rows if negatives == "none"}
    assert none == {
        "MIENF", "MINDE, MINDE by gain", "KSG", "Gaussian", "rank-Gaussian", "Ross", "counting",
    }  # fmt: skip
    assert dict(rows)["InfoNCE"] == "all pairs" and dict(rows)["NWJ"] == "derangement"
