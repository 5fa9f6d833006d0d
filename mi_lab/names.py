"""The words of the field that parameters may take, and how an unknown one is refused. Needs no torch."""

import difflib
from collections.abc import Iterable

TASKS = (
    "gaussian",
    "student",
    "uniform_noise",
    "cubic",
    "half_cube",
    "asinh",
    "normal_cdf",
    "spiral",
    "swiss_roll",
    "blobs",
)
CRITICS = ("joint", "separable", "bilinear", "inner_product", "optimal")
ACTIVATIONS = ("elu", "relu")
NEGATIVES = ("shuffle", "derangement", "all_pairs", "independent")
DATASETS = ("cifar10", "mnist", "synthetic_colour", "synthetic_grey")
ARCHITECTURES = ("resnet18", "plainnet18", "lenet5")
DECODERS = ("linear", "non_linear")
GRADIENTS = ("alternating", "joint")
PRETEXTS = ("random_labels", "rotation")
LABELINGS = ("animal", *PRETEXTS)
READOUTS = {
    "dv": ("dv",),
    "mine": ("dv",),
    "nwj": ("nwj",),
    "js": ("nwj", "plug_in"),
    "infonce": ("infonce",),
    "smile": ("smile",),
    "kl_dime": ("plug_in",),
    "interpolated": ("interpolated",),
}
"""The estimators, each with the readouts one training yields."""
CONTRASTIVE = {"infonce": "log 2", "interpolated": "1 - log α"}
"""Estimators that compare a positive with many negatives of the same x; with a single one they end at so many nats."""
EXPLORED = ("dv", "mine", "nwj", "js", "infonce")
"""Those of the explorer's stored grid, of its widgets and of the live notebooks on estimators and critics."""


def known(kind: str, name: object, names: Iterable[str]) -> str:
    """Return ``name`` if it is one of ``names``; else raise ValueError naming the nearest right one."""
    names = sorted(names)
    if name in names:
        return str(name)
    nearest = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"known are: {', '.join(names)}."
    raise ValueError(f"unknown {kind} '{name}'; {hint}")
