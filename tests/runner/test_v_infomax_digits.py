import pytest
import torch
from helpers import refused

from mi_lab import load
from mi_lab.experiments.registry import experiment
from mi_lab.representation import v_infomax
from mi_lab.representation.datasets import load_dataset
from mi_lab.runner import staged
from mi_lab.runner.running import run
from mi_lab.runner.stages import Stages

SMALL = {"workers": 1, "progress": False, "device": "cpu"}


def test_fig_5_and_14_are_the_report_to_the_letter():
    for name, gradients in (("fig-5", "alternating"), ("fig-14", "joint")):
        spec = experiment(name).spec("report")
        assert (spec.gradients, spec.data, spec.images) == (gradients, "mnist", 55_000)
        assert (spec.hidden, spec.code, spec.warm_up, spec.batch_size) == (300, 100, 150, 128)
        assert (spec.learning_rate, spec.probe_epochs) == (2.5e-4, 50)
        laptop = experiment(name).spec("laptop")
        assert laptop.images == 55_000 and laptop.seeds == (0, 1, 2)
        assert laptop.read_at[0] == 0 and laptop.read_at[-1] == laptop.epochs
    defaults = v_infomax.VInfoMax((), 1)
    assert (defaults.dropout, defaults.weight_decay, defaults.decoder_steps) == ((0.5, 0.5), 1e-5, 10)


def test_what_is_measured_is_stored():
    run("fig-5", "smoke", **SMALL)
    result = load("fig-5", "smoke")
    assert [r["decoder"] for r in result.runs] == ["linear", "non_linear", "pixels"]
    assert result.provenance["steps"] == 2 * 2 * 10 and result.provenance["wall_seconds"] > 0
    for r in result.runs[:2]:
        assert len(r["curves"]["l2"]) == 2 and all(len(r["curves"][n]) == 2 for n in ("linear", "mlp", "mlp_test"))
        assert r["values"]["l2"] == r["curves"]["l2"][-1] and r["values"]["linear"] == r["curves"]["linear"][-1]
        assert r["values"]["null_l2"] == pytest.approx(1, abs=0.2) and r["values"]["pixels"] == 784
    pixels = result.runs[2]["values"]
    assert pixels["linear"] > 0.9  # the bars of the made-up digits are linearly separable
    data = load_dataset("synthetic_grey")
    first = [int((data.test.labels == label).nonzero()[0, 0]) for label in range(4)]
    assert pixels["pictures"] == data.test.images[first].flatten().tolist()
    given = torch.tensor(result.runs[0]["values"]["pictures"])
    assert given.shape == (4 * 784,) and 0 <= int(given.min()) <= int(given.max()) <= 255


def test_pixels_are_read_once_and_pictures_are_of_seed_0():
    spec = experiment("fig-5").spec("smoke", seeds=(3, 4))
    assert [tuple(r.values()) for r in spec.runs()] == [
        *(("linear", s) for s in (3, 4)),
        *(("non_linear", s) for s in (3, 4)),
        ("pixels", 3),
    ]
    found = run("fig-14", "smoke", seeds=(1, 0), decoders="linear", **SMALL)
    assert ["pictures" in r["values"] for r in found.runs] == [False, True]


def test_a_run_is_the_same_whatever_grid_it_stands_in(monkeypatch):
    one = run("fig-14", "smoke", decoders="linear", **SMALL).runs[0]
    monkeypatch.setattr(Stages, "keep", lambda self, name, compute, keep=Stages.keep: keep(self, name, _never))
    spec = experiment("fig-14").spec("smoke", seeds=(0, 1))
    again = staged.train_one(spec, {"decoder": "linear", "seed": 0}, "cpu")
    assert again["curves"] == one["curves"]


def test_joint_gradients_are_another_training():
    one = run("fig-5", "smoke", decoders="linear", **SMALL).runs[0]
    other = run("fig-5", "smoke", decoders="linear", gradients="joint", **SMALL).runs[0]
    assert one["curves"]["l2"][0] == other["curves"]["l2"][0]  # the warm-up is the same
    assert one["curves"]["l2"][-1] != other["curves"]["l2"][-1]


def test_a_finished_run_is_not_trained_again(monkeypatch):
    spec = experiment("fig-5").spec("smoke")
    for settings in ({"decoder": "linear", "seed": 0}, {"decoder": "pixels", "seed": 0}):
        first = staged.train_one(spec, settings, "cpu")
        with monkeypatch.context() as context:
            context.setattr(Stages, "keep", lambda self, name, compute, keep=Stages.keep: keep(self, name, _never))
            assert staged.train_one(spec, settings, "cpu") == first


def _never(*_, **__):
    raise AssertionError("nothing should be trained here")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"gradients": "alternate"}, ("unknown gradients 'alternate'", "'alternating'")),
        ({"decoders": "nonlinear"}, ("unknown decoder 'nonlinear'", "'non_linear'")),
        ({"decoders": []}, ("decoders and read_at must hold at least one value each",)),
        ({"read_at": 3}, ("read_at must be at most 1, not 3",)),
        ({"read_at": []}, ("decoders and read_at must hold",)),
        ({"warm_up": -1}, ("warm_up must be at least 0, not -1",)),
        ({"code": 0}, ("code must be at least 1, not 0",)),
        ({"tolerance": 0}, ("tolerance must lie between 0 and 1, not 0",)),
        ({"data": "mnst"}, ("unknown data set 'mnst'", "'mnist'")),
        ({"seeds": []}, ("seeds must hold at least one value",)),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with refused(*words):
        experiment("fig-5").spec("smoke", **settings)
