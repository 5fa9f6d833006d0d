import math

import pytest
import torch
from helpers import refused

from mi_lab import load
from mi_lab.experiments.registry import experiment
from mi_lab.representation.datasets import load_dataset
from mi_lab.runner.running import run
from mi_lab.runner.stages import Stages

SMALL = {"workers": 1, "progress": False, "device": "cpu"}
PROBES = {"linear", "linear_v", "mlp", "mlp_v"}


def test_table_2_is_the_report_to_the_letter():
    spec = experiment("table-2").spec("report")
    assert (spec.gradients, spec.architecture, spec.data, spec.images) == ("alternating", "resnet18", "cifar10", 45_000)
    assert (spec.width, spec.epochs, spec.warm_up, spec.batch_size, spec.learning_rate) == (64, 50, 200, 128, 1e-4)
    assert (spec.linear_epochs, spec.mlp_epochs) == (500, 1000)
    assert [r["decoder"] for r in spec.runs()] == ["linear", "non_linear", "none"]


@pytest.mark.parametrize("architecture", ["resnet18", "plainnet18"])
def test_tables_3_and_4_are_the_report_to_the_letter(architecture):
    third, fourth = (experiment(f"table-{n}-{architecture}").spec("report") for n in (3, 4))
    for spec in (third, fourth):
        assert (spec.architecture, spec.images, spec.width, spec.epochs) == (architecture, 45_000, 64, 182)
        assert (spec.linear_epochs, spec.mlp_epochs) == (500, 1000)
    assert (third.pretext, third.batch_size, third.learning_rate) == ("rotation", 512, 0.1)
    assert (fourth.pretext, fourth.batch_size, fourth.learning_rate) == ("random_labels", 128, 0.01)
    assert (third.nmi_epochs, fourth.nmi_epochs) == (0, 1000)
    cells = [(r["decoder"], r["weight"]) for r in third.runs()]
    assert cells[0] == ("none", "0") and len(cells) == 7 and len(set(cells)) == 7
    assert [(r["decoder"], r["weight"]) for r in fourth.runs()] == [
        ("none", "0"),
        ("linear", "0.25"),
        ("linear", "1"),
        ("linear", "inf"),
    ]


@pytest.mark.slow
def test_table_2_is_measured_and_stored():
    run("table-2", "smoke", **SMALL)
    result = load("table-2", "smoke")
    linear, untrained = result.runs
    assert set(linear["values"]) == PROBES | {"l2", "pictures"} and set(untrained["values"]) == PROBES | {"pictures"}
    assert len(linear["curves"]["l2"]) == 2 and linear["values"]["l2"] == linear["curves"]["l2"][-1]
    assert untrained["curves"] == {} and result.provenance["steps"] == 2 * math.ceil(600 / 64)
    data = load_dataset("synthetic_colour")
    first = [int((data.test.labels == label).nonzero()[0, 0]) for label in (0, 1)]
    assert untrained["values"]["pictures"] == data.test.images[first].flatten().tolist()
    given = torch.tensor(linear["values"]["pictures"])
    assert given.shape == (2 * 3072,) and 0 <= int(given.min()) <= int(given.max()) <= 255


def test_v_information_is_a_share_of_the_entropy_of_the_label():
    result = run("table-2", "smoke", decoders="none", linear_epochs=60, **SMALL)
    [values] = [r["values"] for r in result.runs]
    # four bars, which a random network keeps apart to some degree
    assert 0.1 < values["linear_v"] < 1 and values["linear"] > 0.6


@pytest.mark.slow
@pytest.mark.parametrize(("name", "nmi"), [("table-3-plainnet18", False), ("table-4-resnet18", True)])
def test_autoencoders_are_measured_and_stored(name, nmi):
    run(name, "smoke", **SMALL)
    alone, both = load(name, "smoke").runs
    assert (alone["decoder"], alone["weight"], both["decoder"], both["weight"]) == ("none", "0", "linear", "inf")
    more = {"nmi", "nmi_test"} if nmi else set()
    assert set(alone["values"]) == PROBES | more | {"epoch", "pretext_accuracy", "pictures"}
    assert set(both["values"]) == set(alone["values"]) | {"l2"}
    assert set(both["curves"]) == {"loss", "training_accuracy", "validation_accuracy", "l2"}
    assert both["values"]["l2"] == both["curves"]["l2"][both["values"]["epoch"] - 1]


def test_a_killed_run_goes_on_after_its_finished_stages(monkeypatch):
    keep = Stages.keep

    def stopping(self, name, compute):
        if name == "mlp-1":
            raise KeyboardInterrupt
        return keep(self, name, compute)

    with monkeypatch.context() as context:
        context.setattr(Stages, "keep", stopping)
        with pytest.raises(KeyboardInterrupt, match="repeat the same command"):
            run("table-2", "smoke", decoders="none", **SMALL)
    done = []

    def noting(self, name, compute):
        return keep(self, name, lambda: done.append(name) or compute())

    monkeypatch.setattr(Stages, "keep", noting)
    run("table-2", "smoke", decoders="none", **SMALL)
    assert done == ["mlp-1"]


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("table-2", {"decoders": "lineal"}, ("unknown decoder 'lineal'", "'linear'")),
        ("table-2", {"architecture": "lenet5"}, ("unknown architecture 'lenet5'",)),
        ("table-2", {"width": 12}, ("width must be a multiple of 8, not 12",)),
        ("table-2", {"warm_up": -1}, ("warm_up must be at least 0, not -1",)),
        ("table-2", {"mlp_epochs": 0}, ("mlp_epochs must be at least 1, not 0",)),
        ("table-3-resnet18", {"weights": "-1"}, ("the values of λ, must be numbers of at least 0, or inf, not '-1'",)),
        ("table-3-resnet18", {"weights": "nan"}, ("or inf, not 'nan'",)),
        ("table-3-resnet18", {"weights": "0.25,much"}, ("or inf, not 'much'",)),
        ("table-3-resnet18", {"weights": []}, ("weights must hold at least one value",)),
        ("table-3-resnet18", {"decoders": "none"}, ("unknown decoder 'none'",)),
        ("table-3-resnet18", {"pretext": "rotations"}, ("unknown pretext 'rotations'", "'rotation'")),
        ("table-4-resnet18", {"nmi_epochs": -1}, ("nmi_epochs must be at least 0, not -1",)),
    ],
)
def test_bad_settings_are_refused(name, settings, words):
    with refused(*words):
        experiment(name).spec("smoke", **settings)
