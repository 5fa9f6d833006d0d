"""Runs on images from the spec to the stored result, on made-up images."""

import dataclasses
import math
import os
from pathlib import Path

import pytest
import torch

from mi_lab import run
from mi_lab.experiments.registry import experiment
from mi_lab.ground.names import TAPS
from mi_lab.representation import information
from mi_lab.results.store import load, read
from mi_lab.runner import checkpoints
from mi_lab.runner.recipes import probing
from mi_lab.runner.recipes.by_kind import recipe
from mi_lab.runner.staged import train_one, train_staged
from mi_lab.runner.stages import Stages

CPU = torch.device("cpu")
LOST = information.Found(math.nan, 0, math.nan, [math.nan])


def test_a_run_is_stored_with_every_tap_and_read_back():
    result = run("table-1-rotation", "smoke", workers=1, progress=False)
    [one] = result.runs
    for measure in ("linear", "nmi", "nmi_test"):
        assert list(one["values"][measure]) == list(TAPS)
    assert all(0 <= value <= 1 for value in one["values"]["linear"].values())
    assert len(one["values"]["filters"]) == 8 * 3 * 9
    assert {name: len(curve) for name, curve in one["curves"].items()} == {
        "loss": 1,
        "training_accuracy": 1,
        "validation_accuracy": 1,
    }
    stored = load("table-1-rotation", "smoke")
    assert stored.runs == [{**one, "values": stored.runs[0]["values"]}] and stored.provenance["steps"] == 38


def test_what_is_kept_is_not_trained_again(monkeypatch):
    spec = experiment("table-1-untrained").spec("smoke")
    first = train_staged(spec, "cpu", workers=1)
    monkeypatch.setattr(probing, "probe_accuracy", None)
    monkeypatch.setattr(probing, "plug_in_estimates", None)
    monkeypatch.setattr(probing, "frozen_features", None)
    assert train_staged(spec, "cpu", workers=1) == first


def test_a_run_that_dies_between_its_stages_ends_with_the_same_numbers(monkeypatch):
    spec = dataclasses.replace(experiment("table-8-rotation").spec("smoke"), images=100)
    whole = train_one(dataclasses.replace(spec, linear_epochs=3), {"seed": 0}, "cpu")

    def die(*args, **kwargs):
        raise RuntimeError("killed")

    again = dataclasses.replace(spec, linear_epochs=3, learning_rate=spec.learning_rate * (1 + 1e-15))
    assert again.learning_rate != spec.learning_rate  # another folder, the same training
    with monkeypatch.context() as patched:
        patched.setattr(probing, "plug_in_estimates", die)
        with pytest.raises(RuntimeError, match="killed"):
            train_one(again, {"seed": 0}, "cpu")
    continued = train_one(again, {"seed": 0}, "cpu")
    assert continued["values"] == whole["values"]


@pytest.mark.slow
def test_another_probe_does_not_train_the_encoder_again(monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS", 0.0)
    spec = dataclasses.replace(experiment("table-8-rotation").spec("smoke"), images=100)
    first = train_one(spec, {"seed": 0}, "cpu")
    monkeypatch.setattr(probing, "plug_in_estimates", lambda *args: [LOST] * len(TAPS))
    with monkeypatch.context() as patched:
        patched.setattr(torch.Tensor, "backward", None)
        again = train_one(dataclasses.replace(spec, nmi_epochs=2), {"seed": 0}, "cpu")
    assert again["curves"] == first["curves"] and again["values"]["linear"] == first["values"]["linear"]
    assert again["values"]["nmi"] != first["values"]["nmi"]


@pytest.mark.slow
def test_a_diverged_estimate_is_none_and_not_nan(monkeypatch):
    monkeypatch.setattr(probing, "plug_in_estimates", lambda *args: [LOST] * len(TAPS))
    one = train_one(experiment("table-1-untrained").spec("smoke", width=16), {"seed": 0}, "cpu")
    assert set(one["values"]["nmi"].values()) == {None}


@pytest.mark.parametrize(
    ("name", "settings", "lost"),
    [
        pytest.param(
            "table-1-random-labels", {"width": 16, "epochs": 2}, {"linear", "nmi", "filters"}, marks=pytest.mark.slow
        ),
        ("table-2", {"epochs": 2, "warm_up": 0}, {"linear", "mlp_v", "l2"}),
        pytest.param("table-4-resnet18", {"epochs": 2}, {"linear", "mlp", "nmi"}, marks=pytest.mark.slow),
        ("fig-5", {"read_at": "0,1"}, {"linear", "mlp_test", "l2"}),
    ],
)
def test_a_training_that_diverges_is_stored_as_such(name, settings, lost):
    result = run(name, "smoke", learning_rate=1e30, workers=1, progress=False, device="cpu", **settings)
    result = read(Path(os.environ["MI_LAB_RESULTS"]) / result.file_name)  # JSON knows no NaN
    broken = [one for one in result.runs if one.get("decoder") not in ("none", "pixels")]
    assert broken
    for one in broken:
        assert one["first_nonfinite_epoch"] == 1 and one["values"].get("pictures") is None
        for measure in lost:
            value = one["values"][measure]
            assert value is None or set(value.values()) == {None}, measure
        assert all(len(curve) <= 1 for curve in one["curves"].values())


def tensors(state):
    """Every tensor of a training's state."""
    if isinstance(state, torch.Tensor):
        return [state]
    parts = state.values() if isinstance(state, dict) else state if isinstance(state, list | tuple) else ()
    return [value for part in parts for value in tensors(part)]


class TwoSteps(Stages):
    """Stages whose trainings are broken off after two steps."""

    def checkpoint(self, name):
        class Checkpoint:
            steps = 0

            def load(self):
                return None

            def offer(self, state):
                self.steps += 1
                assert all(torch.isfinite(value).all() for value in tensors(state()))
                if self.steps == 2:
                    raise KeyboardInterrupt

        return Checkpoint()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "table-1-random-labels",
        "table-8-random-labels",
        "learning-rotation",
        "noisy-mnist",
        "fig-5",
        "fig-14",
        "table-2",
        "table-4-resnet18",
        "table-4-plainnet18",
    ],
)
def test_two_steps_of_the_report_profile_run_on_the_cpu(name, tmp_path):
    # all of the report's settings but the data, which are made up, and so few of them
    spec = experiment(name).spec("report")
    small = {"images": 1000, "data": "synthetic_grey" if spec.data == "mnist" else "synthetic_colour"}
    if spec.data == "cifar10":
        small["validation_images"] = 100
    spec = dataclasses.replace(spec, **small)
    chosen = next(one for one in spec.runs() if one.get("decoder", "linear") == "linear")
    with pytest.raises(KeyboardInterrupt):
        recipe(spec)(spec, chosen, CPU, TwoSteps(tmp_path, {}))


def test_labelings_are_counted():
    rotation, random, animal = run("fig-4", "smoke", workers=1, progress=False).runs
    assert rotation["values"]["counted"] == pytest.approx(0, abs=1e-12)
    assert 0 < random["values"]["counted"] < 4 * random["values"]["expected"]
    assert animal["values"]["counted"] == pytest.approx(math.log(2), abs=0.01)  # two of the four made-up classes
    assert len(rotation["values"]["pictures"]["0"]) == 3 * 32 * 32
