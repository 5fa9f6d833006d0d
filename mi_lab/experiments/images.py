"""The experiments on images as plain data: Fig. 4-9 and 14, Tables 1-4 and 6-8; and what stands beside Table 1."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from mi_lab.experiments.image_specs import Labelings, NoisyImages, Probing
from mi_lab.experiments.kinds import Experiment
from mi_lab.experiments.learning_specs import Learning
from mi_lab.experiments.reconstruction_specs import SupervisedAutoencoders, VInfoMaxDigits, VInfoMaxImages


def _probing(table: str, architecture: str, pretext: str) -> Experiment:
    """A row of Table 1 or 8. C.2: rotations take batches of 512 at a rate of 0.1, random labels of 128 at 0.01.

    On the laptop the network is a quarter as wide. Rotations see every image three times; random labels have to be
    memorised to do their harm, which takes fewer images, more often. Table 8 is trained in bfloat16, which halves its
    time on processors that have units for it; Table 1 was run on one that had none.
    """
    name = f"{table}-{'untrained' if pretext == 'none' else pretext.replace('_', '-')}"
    rates: dict[str, Any] = {"batch_size": 128, "learning_rate": 0.01} if pretext == "random_labels" else {}
    sizes: dict[str, dict[str, int]] = {"rotation": {"epochs": 3}, "random_labels": {"images": 5000, "epochs": 30}}
    small: dict[str, Any] = {
        "data": "synthetic_colour",
        "batch_size": 64,
        "images": 600,
        "validation_images": 512,
        "width": 8,
        "epochs": 1,
        "precision": "float32",
        "linear_epochs": 2,
        "nmi_epochs": 1,
        "seeds": (0,),
    }
    laptop: dict[str, Any] = {"width": 16, "validation_images": 1000, "nmi_epochs": 10} | sizes.get(pretext, {})
    if table == "table-8" and pretext != "none":
        laptop["precision"] = "bfloat16"
    return Experiment(name, "labels", {}, Probing(pretext, architecture, **rates), laptop, small)


_FAIR: dict[str, Any] = {"images": 5000, "epochs": 30, "precision": "bfloat16", "seeds": (0, 1, 2)}


def _on_equal_data(own: Experiment) -> Experiment:
    """Rotations at the laptop's size on the images of random labels, as often: the fair comparison of the two."""
    return dataclasses.replace(own, name=f"{own.name}-5000", laptop={**own.laptop, **_FAIR})


def _learning(pretext: str) -> Experiment:
    """Table 1's network, probed as it learns, on the images that both pretexts share."""
    own = _probing("table-1", "resnet18", pretext)
    settings = ("batch_size", "learning_rate")
    rates = {name: getattr(own.report, name) for name in settings}
    small = {name: value for name, value in own.smoke.items() if name != "nmi_epochs"}
    laptop = {"width": 16, "validation_images": 1000, "linear_epochs": 100, "read_at": (0, 1, 3, 10, 30), **_FAIR}
    name = f"learning-{pretext.replace('_', '-')}"
    return Experiment(name, "learning", {}, Learning(pretext, **rates), laptop, small | {"read_at": (0, 1)})


def _in_bfloat16(own: Experiment) -> Experiment:
    """The same at the laptop's size with products in bfloat16, to hold against float32."""
    return dataclasses.replace(own, name=f"{own.name}-bfloat16", laptop={**own.laptop, "precision": "bfloat16"})


_NOISY_MNIST = Experiment(
    "noisy-mnist",
    "noisy_mnist",
    {},
    NoisyImages(),
    {"epochs": 5, "critic_width": 128, "critic_epochs": 20},
    {"batch_size": 64, "data": "synthetic_grey", "p": (0.0, 1.0), "images": 600, "epochs": 1, "critic_width": 16}
    | {"critic_epochs": 1},
)


_SMALL_DIGITS = {"data": "synthetic_grey", "images": 600, "hidden": 16, "code": 8, "epochs": 1, "warm_up": 1}
_SMALL_DIGITS |= {"batch_size": 64, "read_at": (0, 1), "probe_epochs": 1, "tolerance": 0.1, "seeds": (0,)}
# the two protocols cost as much as the training: they are fitted less often and less long
_LAPTOP_DIGITS: dict[str, Any] = {"warm_up": 10, "probe_epochs": 15, "tolerance": 0.01, "seeds": (0, 1, 2)}
_SMALL_IMAGES = {"data": "synthetic_colour", "images": 600, "validation_images": 100, "width": 8, "epochs": 1}
_SMALL_IMAGES |= {"batch_size": 64, "precision": "float32", "linear_epochs": 1, "mlp_epochs": 1}
_LAPTOP_IMAGES = {"width": 16, "validation_images": 1000, "precision": "bfloat16", "mlp_epochs": 30}


def _reconstructions() -> Iterator[Experiment]:
    """Fig. 5 and 14, Table 2, and Tables 3 and 4 by architecture."""
    yield Experiment(
        "fig-5",
        "v_infomax_mnist",
        {},
        VInfoMaxDigits("alternating", decoders=("linear", "non_linear", "pixels")),
        _LAPTOP_DIGITS | {"epochs": 80, "read_at": (0, 3, 10, 30, 80)},
        _SMALL_DIGITS,
    )
    yield Experiment(
        "fig-14",
        "v_infomax_mnist",
        {},
        VInfoMaxDigits("joint"),
        _LAPTOP_DIGITS | {"epochs": 40, "read_at": (0, 1, 4, 12, 40)},
        _SMALL_DIGITS,
    )
    yield Experiment(
        "table-2",
        "v_infomax_cifar",
        {},
        VInfoMaxImages(),
        _LAPTOP_IMAGES | {"epochs": 30, "warm_up": 5},
        _SMALL_IMAGES | {"warm_up": 1, "decoders": ("linear", "none")},
    )
    small = _SMALL_IMAGES | {"images": 300, "decoders": ("linear",), "weights": ("0", "inf")}
    for architecture in ("resnet18", "plainnet18"):
        yield Experiment(
            f"table-3-{architecture}",
            "supervised_autoencoder",
            {},
            SupervisedAutoencoders("rotation", architecture),
            _LAPTOP_IMAGES | {"epochs": 3},
            small,
        )
        yield Experiment(
            f"table-4-{architecture}",
            "supervised_autoencoder",
            {},
            SupervisedAutoencoders(
                "random_labels", architecture, decoders=("linear",), batch_size=128, learning_rate=0.01, nmi_epochs=1000
            ),
            # random labels have to be memorised to do their harm, which takes fewer images, more often
            _LAPTOP_IMAGES | {"images": 5000, "epochs": 30, "nmi_epochs": 10},
            small | {"nmi_epochs": 1},
        )


IMAGES = (
    *(
        _probing(table, architecture, pretext)
        for table, architecture in (("table-1", "resnet18"), ("table-8", "plainnet18"))
        for pretext in ("rotation", "random_labels", "none")
    ),
    _in_bfloat16(_probing("table-1", "resnet18", "rotation")),
    _on_equal_data(_probing("table-1", "resnet18", "rotation")),
    _on_equal_data(_probing("table-8", "plainnet18", "rotation")),
    _learning("rotation"),
    _learning("random_labels"),
    _NOISY_MNIST,
    Experiment("fig-4", "labelings", {}, Labelings(), {}, {"data": "synthetic_colour"}),
    *_reconstructions(),
)
"""The labelings and tables of Section 4, D.1 and D.4; the figures and tables of Section 5 and D.5."""
