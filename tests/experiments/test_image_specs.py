"""What the experiments on images may be told."""

import pytest
from helpers import refused

from mi_lab.experiments.image_specs import Probing
from mi_lab.experiments.registry import EXPERIMENTS, experiment


@pytest.mark.parametrize("table", ["table-1", "table-8"])
def test_the_report_profile_is_app_c_2_to_the_letter(table):
    architecture = {"table-1": "resnet18", "table-8": "plainnet18"}[table]
    rotation, random, untrained = (
        experiment(f"{table}-{name}").spec("report") for name in ("rotation", "random-labels", "untrained")
    )
    for spec in (rotation, random, untrained):
        assert (spec.architecture, spec.data, spec.images, spec.width) == (architecture, "cifar10", 45_000, 64)
        assert (spec.epochs, spec.linear_epochs, spec.nmi_epochs) == (182, 500, 1000)
        assert spec.precision == "float32"
    assert (rotation.batch_size, rotation.learning_rate) == (512, 0.1)
    assert (random.batch_size, random.learning_rate) == (128, 0.01)


def test_the_report_profile_of_the_noisy_digits_is_app_d_1_to_the_letter():
    spec = experiment("noisy-mnist").spec("report")
    assert spec.p == tuple(p / 10 for p in range(11)) and spec.images == 55_000
    assert (spec.epochs, spec.learning_rate, spec.critic_width) == (50, 5e-4, 512)


@pytest.mark.parametrize(
    ("name", "setting", "words"),
    [
        ("table-1-rotation", {"data": "cifar"}, ("unknown data set 'cifar'", "cifar10")),
        ("table-1-rotation", {"pretext": "rotations"}, ("unknown pretext 'rotations'", "did you mean 'rotation'")),
        ("table-1-rotation", {"architecture": "resnet"}, ("unknown architecture 'resnet'", "resnet18")),
        ("table-1-rotation", {"architecture": "lenet5"}, ("unknown architecture 'lenet5'",)),
        ("table-1-rotation", {"width": 12}, ("width must be a multiple of 8, not 12",)),
        ("table-1-rotation", {"width": 2**17}, ("width must be at most 65536, not 131072",)),
        ("table-1-rotation", {"epochs": 10**9}, ("epochs must be at most 1048576, not 1000000000",)),
        ("table-1-rotation", {"images": 0}, ("images must be at least 1, not 0",)),
        ("table-1-rotation", {"learning_rate": 0}, ("learning_rate must be a positive number",)),
        ("table-1-rotation", {"precision": "double"}, ("unknown precision 'double'", "bfloat16, float32")),
        ("table-1-rotation", {"seeds": []}, ("seeds must hold at least one value",)),
        ("table-1-rotation", {"seeds": -1}, ("seeds must be at least 0, not -1",)),
        ("noisy-mnist", {"p": 1.2}, ("p must be at most 1, not 1.2",)),
        ("noisy-mnist", {"p": "0,-0.1"}, ("p must be at least 0, not -0.1",)),
        ("noisy-mnist", {"images": 500}, ("images must be at least 512, not 500",)),
        ("noisy-mnist", {"seeds": 2**32}, ("seeds must be at most 4294967295, not 4294967296",)),
        ("noisy-mnist", {"p": []}, ("p must hold at least one value",)),
        ("fig-4", {"labelings": "rotations"}, ("unknown labeling 'rotations'",)),
        ("fig-4", {"labelings": []}, ("labelings must hold at least one name",)),
        ("fig-4", {"data": "mnist"}, ("unknown data set 'mnist'",)),
    ],
)
def test_a_wrong_setting_gets_one_sentence(name, setting, words):
    with refused(*words):
        EXPERIMENTS[name].spec("laptop", **setting)


def test_every_seed_is_a_run():
    assert list(Probing("rotation", seeds=(0, 3)).runs()) == [{"seed": 0}, {"seed": 3}]
