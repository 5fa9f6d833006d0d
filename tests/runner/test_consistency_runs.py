"""The staircase and the rows of images, from the spec to what is stored."""

import dataclasses
import math
from statistics import fmean

import pytest
import torch
from helpers import refused

from mi_lab import run
from mi_lab.experiments.beyond import consistencies, staircases
from mi_lab.experiments.consistency_specs import READINGS
from mi_lab.experiments.registry import EXPERIMENTS, experiment
from mi_lab.ground.names import CONTRASTIVE, DENSITIES, READOUTS
from mi_lab.representation.image_rows import rows_entropy
from mi_lab.results.rounding import round_numbers
from mi_lab.runner.recipes import staircase
from mi_lab.runner.recipes.by_kind import recipe
from mi_lab.runner.recipes.consistency import rows_task
from mi_lab.runner.stages import Stages
from mi_lab.runner.sweep_training import train_runs
from mi_lab.runner.verify_staged import part_again

CPU = torch.device("cpu")
STAIRS = experiment("staircase-js").spec("smoke", batch_size=512)
ROWS = experiment("consistency-nwj").spec("smoke", batch_size=512)


def made(spec, one, folder):
    return recipe(spec)(spec, one, CPU, Stages(folder, {}))


def test_the_first_stair_is_an_ordinary_training(tmp_path):
    found = made(STAIRS, {"task": "gaussian", "seed": 0}, tmp_path)
    start = {"true_mi": 2.0, "batch_size": 512, "seed": 0}
    [alone] = train_runs(STAIRS.sweep("gaussian"), [start], "cpu")
    assert len(found["curves"]["nwj mean"]) == 2 * READINGS and found["steps"] == 200
    for readout in READOUTS["js"]:
        assert found["values"][readout][0] == pytest.approx(alone["curves"][readout]["median"][0], rel=1e-3)
        low, middle, high = (found["curves"][f"{readout} {name}"][0] for name in ("q05", "median", "q95"))
        assert low < middle < high


def test_the_estimate_follows_the_truth_upwards_without_a_new_critic(tmp_path):
    spec = dataclasses.replace(STAIRS, true_mi=(0.5, 2.0), hidden=(64,), learning_rate=3e-3, dim=2, epochs=3)
    low, high = made(spec, {"task": "gaussian", "seed": 0}, tmp_path)["values"]["plug_in"]
    assert 0.3 < low < 0.7 and 1.2 < high < 2.2


def test_a_staircase_ends_where_it_is_not_finite(tmp_path, monkeypatch):
    own = staircase.make_task

    class Broken:
        dim_x = dim_y = 20

        def sample(self, n, generator):
            x, y = own("gaussian", 20, 1.0).sample(n, generator)
            return x, y * math.nan

    monkeypatch.setattr(staircase, "make_task", lambda name, dim, mi: Broken() if mi > 3 else own(name, dim, mi))
    found = made(STAIRS, {"task": "gaussian", "seed": 0}, tmp_path)
    assert found["first_nonfinite_epoch"] == 2 and len(found["curves"]["nwj mean"]) == READINGS
    assert len(found["values"]["nwj"]) == 1


def test_rows_are_stored_with_their_counted_truth():
    result = run("consistency-nwj", "smoke", workers=1, progress=False, rows=[0, 14], batch_size=512)
    assert [(one["setting"], one["rows"]) for one in result.runs] == [
        ("baseline", 0),
        ("baseline", 14),
        ("data_processing", 14),
        ("additivity", 14),
    ]
    zero, baseline, copies, two = (one["values"] for one in result.runs)
    assert zero["truth"] == 0 and zero["nwj"] == pytest.approx(0, abs=0.05)
    assert baseline["truth"] == copies["truth"] == pytest.approx(two["truth"] / 2, rel=1e-3)
    assert baseline["nwj"] > 0.3  # a hundred steps see that they share something


def test_the_truth_is_that_of_the_images_drawn_from():
    images = rows_task(ROWS, {"setting": "data_processing", "rows": 5}).images
    assert len(images) == 600
    for setting, mi in (("baseline", 1), ("data_processing", 1), ("additivity", 2)):
        task = rows_task(ROWS, {"setting": setting, "rows": 5})
        assert task.mi == pytest.approx(mi * rows_entropy(images, 5))
    assert rows_task(ROWS, {"setting": "data_processing", "rows": 2}).rows == [2, 0]


@pytest.mark.parametrize(
    ("spec", "one"),
    [(STAIRS, {"task": "gaussian", "seed": 0}), (ROWS, {"setting": "additivity", "rows": 14, "seed": 0})],
)
def test_what_is_computed_again_is_the_beginning(spec, one, tmp_path):
    whole, again = made(spec, one, tmp_path), part_again(spec, one, CPU)
    assert again
    for name, values in again.get("curves", {}).items():
        assert whole["curves"][name][: len(values)] == values
    for name, value in again.get("values", {}).items():
        assert whole["values"][name] == value


def test_every_estimator_takes_part_with_its_own_scheme():
    later = {"tre", "mienf", "minde"}
    assert set(staircases()) == set(READOUTS) - later
    assert set(consistencies()) == set(READOUTS) - set(DENSITIES) - later
    for name, part in (*staircases().items(), *consistencies().items()):
        spec = EXPERIMENTS[part].report
        assert spec.estimator == name and (spec.negatives == "all_pairs") == (name in CONTRASTIVE)
        assert spec.critic == DENSITIES.get(name, "separable")
    assert fmean(EXPERIMENTS["staircase-nwj"].spec().true_mi) == 6


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("staircase-nwj", {"tasks": []}, ("tasks must hold at least one name",)),
        ("staircase-nwj", {"true_mi": -1}, ("mi must be a finite number",)),
        ("staircase-nwj", {"batch_size": 1}, ("batch_size must be at least 2",)),
        ("staircase-nwj", {"critic": "optimal"}, ("critic must be one that learns",)),
        ("staircase-nwj", {"epochs": 0}, ("epochs must be at least 1",)),
        ("consistency-nwj", {"settings": "base_line"}, ("unknown setting 'base_line'", "'baseline'")),
        ("consistency-nwj", {"rows": 29}, ("rows must be at most 28, not 29",)),
        ("consistency-nwj", {"rows": []}, ("settings and rows must each hold at least one value",)),
        ("consistency-nwj", {"estimator": "doe", "critic": "conditional"}, ("doe models the density of y",)),
        ("consistency-nwj", {"critic": "optimal"}, ("critic must be one that learns",)),
        ("consistency-nwj", {"images": 0}, ("images must be at least 1",)),
        ("consistency-nwj", {"negatives": "derangment"}, ("unknown negatives 'derangment'",)),
    ],
)
def test_a_wrong_setting_gets_one_sentence(name, settings, words):
    with refused(*words):
        EXPERIMENTS[name].spec("laptop", **settings)


@pytest.mark.slow
def test_data_sets_for_estimators_without_training_are_made_and_verified(tmp_path):
    result = run(
        "untrained", "smoke", folder=tmp_path, device="cpu", progress=False, pairs=500, tasks=("gaussian", "cubic")
    )
    plain, cubic = (one["values"] for one in result.runs)
    # 400 correlations of 500 pairs add about 400 / 1000 nats to the closed form; KSG is far too low in 40 dimensions
    assert plain["gaussian"] == pytest.approx(2.4, abs=0.4) and plain["gaussian stderr"] > 0
    assert cubic["gaussian"] < plain["gaussian"] and max(plain["ksg"], cubic["ksg"]) < 1
    assert round_numbers(part_again(result.spec, result.runs[1], CPU)["values"]) == cubic
