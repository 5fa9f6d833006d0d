"""Encoders probed as they learn: what is measured, and that a stopped training keeps its epochs."""

import dataclasses

import pytest
from helpers import refused

from mi_lab import run
from mi_lab.experiments.registry import experiment
from mi_lab.ground.names import TAPS
from mi_lab.representation import pretext
from mi_lab.results.store import load
from mi_lab.runner import checkpoints
from mi_lab.runner.staged import train_one

SMALL = dataclasses.replace(experiment("learning-rotation").spec("smoke"), images=100, epochs=2, read_at=(0, 1, 2))


def test_epochs_are_probed_and_stored():
    stored = run("learning-random-labels", "smoke", workers=1, progress=False)
    [one] = stored.runs
    assert set(one["values"]) == {"linear", "fit", "fit_validation"} and list(one["values"]["linear"]) == list(TAPS)
    lists = [one["values"]["fit"], one["values"]["fit_validation"], *one["values"]["linear"].values()]
    assert all(len(values) == 2 and all(0 <= value <= 1 for value in values) for values in lists)
    assert load("learning-random-labels", "smoke").runs[0]["values"] == one["values"]


@pytest.mark.slow
def test_an_epoch_is_the_network_of_table_1():
    """The same seed, settings and images give the same network; and an epoch in between is not the last."""
    found = train_one(dataclasses.replace(SMALL, read_at=(1, 2)), {"seed": 3}, "cpu")
    same = experiment("table-1-rotation").spec("smoke", images=100, epochs=2)
    table = train_one(same, {"seed": 3}, "cpu")
    best = table["curves"]["validation_accuracy"].index(max(table["curves"]["validation_accuracy"]))
    at_best = {tap: values[best] for tap, values in found["values"]["linear"].items()}
    assert at_best == table["values"]["linear"] and found["curves"] == table["curves"]
    assert found["values"]["fit_validation"] == table["curves"]["validation_accuracy"]


@pytest.mark.slow
def test_a_killed_training_goes_on_with_the_epochs_it_has_passed(monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS", 0)
    spec = dataclasses.replace(SMALL, read_at=(1,))
    whole = train_one(spec, {"seed": 0}, "cpu")
    again = dataclasses.replace(spec, learning_rate=spec.learning_rate * (1 + 1e-15))  # another folder
    assert again.learning_rate != spec.learning_rate
    learn, taken = pretext._Pretext.learn, []

    def dying(self, index):
        taken.append(index)
        if len(taken) == 10:  # within the second epoch of seven steps
            raise RuntimeError("killed")
        learn(self, index)

    with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="killed"):
        patched.setattr(pretext._Pretext, "learn", dying)
        train_one(again, {"seed": 0}, "cpu")
    ended = train_one(again, {"seed": 0}, "cpu")
    assert {k: v for k, v in ended.items() if k != "wall_seconds"} == {
        k: v for k, v in whole.items() if k != "wall_seconds"
    }


@pytest.mark.slow
def test_a_lost_training_has_the_epochs_before(monkeypatch):
    def lost(self, index):
        self.sums[0] = float("nan") if self.epoch == 1 else 1.0
        self.sums[1] = 0

    monkeypatch.setattr(pretext._Pretext, "learn", lost)
    one = train_one(dataclasses.replace(SMALL, learning_rate=0.123), {"seed": 0}, "cpu")
    assert one["first_nonfinite_epoch"] == 2
    assert len(one["values"]["fit"]) == 2 and len(one["curves"]["loss"]) == 1


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"read_at": [1, 0]}, ("read_at must hold epochs that rise",)),
        ({"read_at": []}, ("read_at must hold epochs that rise",)),
        ({"read_at": [31]}, ("read_at must be at most 30, not 31",)),
        ({"pretext": "none"}, ("unknown pretext 'none'",)),
        ({"width": 12}, ("width must be a multiple of 8, not 12",)),
    ],
)
def test_a_wrong_setting_gets_one_sentence(setting, words):
    with refused(*words):
        experiment("learning-rotation").spec("laptop", **setting)


def test_both_pretexts_are_given_the_same_images_as_often():
    rotation, random = (experiment(f"learning-{name}").spec("laptop") for name in ("rotation", "random-labels"))
    for name in ("images", "epochs", "read_at", "seeds", "width", "precision", "linear_epochs"):
        assert getattr(rotation, name) == getattr(random, name), name
    assert (rotation.batch_size, random.batch_size) == (512, 128)  # the report's own
    fair, memory = (experiment(f"table-1-{name}").spec("laptop") for name in ("rotation-5000", "random-labels"))
    assert (fair.images, fair.epochs) == (memory.images, memory.epochs) == (rotation.images, rotation.epochs)
