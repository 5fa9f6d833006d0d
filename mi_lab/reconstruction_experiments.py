"""The experiments of Section 5 and D.5 as plain data, for ``mi_lab.experiments``. Needs no torch."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mi_lab.reconstruction_specs import Reconstruction, SupervisedAutoencoders, VInfoMaxDigits, VInfoMaxImages


class Sizes(NamedTuple):
    """An experiment: its report spec, and what the smoke and laptop profiles change in it."""

    name: str
    notebook: str
    report: Reconstruction
    smoke: Mapping[str, Any]
    laptop: Mapping[str, Any]


_SMALL_DIGITS = {"data": "synthetic_grey", "images": 600, "hidden": 16, "code": 8, "epochs": 1, "warm_up": 1}
_SMALL_DIGITS |= {"batch_size": 64, "read_at": (0, 1), "probe_epochs": 1, "tolerance": 0.1, "seeds": (0,)}
# the two protocols cost as much as the training: they are fitted less often and less long
_LAPTOP_DIGITS: dict[str, Any] = {"warm_up": 10, "probe_epochs": 15, "tolerance": 0.01, "seeds": (0, 1, 2)}
_SMALL_IMAGES = {"data": "synthetic_colour", "images": 600, "validation_images": 100, "width": 8, "epochs": 1}
_SMALL_IMAGES |= {"batch_size": 64, "linear_epochs": 1, "mlp_epochs": 1}
_LAPTOP_IMAGES = {"width": 16, "validation_images": 1000, "mlp_epochs": 30}


def reconstructions() -> Iterator[Sizes]:
    """Fig. 5 and 14, Table 2, and Tables 3 and 4 by architecture."""
    yield Sizes(
        "fig-5",
        "v_infomax_mnist",
        VInfoMaxDigits("alternating", decoders=("linear", "non_linear", "pixels")),
        _SMALL_DIGITS,
        _LAPTOP_DIGITS | {"epochs": 80, "read_at": (0, 3, 10, 30, 80)},
    )
    yield Sizes(
        "fig-14",
        "v_infomax_mnist",
        VInfoMaxDigits("joint"),
        _SMALL_DIGITS,
        _LAPTOP_DIGITS | {"epochs": 40, "read_at": (0, 1, 4, 12, 40)},
    )
    yield Sizes(
        "table-2",
        "v_infomax_cifar",
        VInfoMaxImages(),
        _SMALL_IMAGES | {"warm_up": 1, "decoders": ("linear", "none")},
        _LAPTOP_IMAGES | {"epochs": 30, "warm_up": 5},
    )
    small = _SMALL_IMAGES | {"images": 300, "decoders": ("linear",), "weights": ("0", "inf")}
    for architecture in ("resnet18", "plainnet18"):
        yield Sizes(
            f"table-3-{architecture}",
            "supervised_autoencoder",
            SupervisedAutoencoders("rotation", architecture),
            small,
            _LAPTOP_IMAGES | {"epochs": 3},
        )
        yield Sizes(
            f"table-4-{architecture}",
            "supervised_autoencoder",
            SupervisedAutoencoders(
                "random_labels", architecture, decoders=("linear",), batch_size=128, learning_rate=0.01, nmi_epochs=1000
            ),
            small | {"nmi_epochs": 1},
            # random labels have to be memorised to do their harm, which takes fewer images, more often
            _LAPTOP_IMAGES | {"images": 5000, "epochs": 30, "nmi_epochs": 10},
        )
