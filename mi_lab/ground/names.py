"""The words of the field that parameters may take, and how an unknown one is refused. Needs no torch."""

import difflib
from collections.abc import Iterable, Sequence

from mi_lab.ground.records import (
    BRIDGES,
    CROSS_FITTED,
    DENOISERS,
    DENSITY,
    FLOWS,
    KNOWN_DENSITY,
    OF_LABELS,
    RECORDS,
    UNTRAINED,
)

CRITICS = ("joint", "separable", "bilinear", "quadratic", "inner_product", "optimal")
ACTIVATIONS = ("elu", "relu")
NEGATIVES = ("shuffle", "derangement", "all_pairs", "independent")
INPUTS = ("raw", "standardised", "normal_scores")
"""How the numbers of a task reach a critic."""
OF_LABEL_TASKS = ("label_channel", "digits")
"""Tasks that share a label and nothing else, whose x and y have no density."""
DATASETS = ("cifar10", "mnist", "synthetic_colour", "synthetic_grey")
ARCHITECTURES = ("resnet18", "plainnet18", "lenet5")
PRECISIONS = ("float32", "bfloat16")
TAPS = ("B0", "B1", "B2", "B3", "B4", "prelogits")
"""Where features of a ResNet18 or PlainNet18 are read."""
LENET_TAPS = ("L0", "L1", "L2")
DECODERS = ("linear", "non_linear")
GRADIENTS = ("alternating", "joint")
PRETEXTS = ("random_labels", "rotation")
LABELINGS = ("animal", *PRETEXTS)
_OF_DATA = (UNTRAINED, OF_LABELS, CROSS_FITTED)
READOUTS = {name: one.readouts for name, one in RECORDS.items() if one.family not in _OF_DATA}
"""The estimators that train a critic on a task or on pairs, each with the readouts one training yields."""
CONTRASTIVE = {name: one.alone for name, one in RECORDS.items() if one.alone}
"""Estimators that compare a positive with many negatives, and what becomes of them with a single one."""
CONDITIONAL, FLOW, DENOISER = "conditional", "flow", "denoiser"
"""The critics of those that model densities; no other can use them."""
_CRITIC_OF = {DENSITY: CONDITIONAL, KNOWN_DENSITY: CONDITIONAL, FLOWS: FLOW, DENOISERS: DENOISER}
DENSITIES = {name: _CRITIC_OF[one.family] for name, one in RECORDS.items() if one.family in _CRITIC_OF}
"""Estimators that model densities, and the critic that each needs."""
BRIDGED = tuple(name for name, one in RECORDS.items() if one.family == BRIDGES)
"""Estimators that need one negative per x."""
OF_TASKS = tuple(name for name, one in RECORDS.items() if one.family == KNOWN_DENSITY)
"""Of these, the ones that need the true density of y, which pairs that are given do not tell."""
YARDSTICKS = tuple(name for name, one in RECORDS.items() if one.family == UNTRAINED)
"""Estimators without training, of data sets only, that take numbers on both sides."""
DATA_ESTIMATORS = tuple(name for name, one in RECORDS.items() if one.family in _OF_DATA)
"""All that are of data sets only."""
AUTO = "auto"
"""Counting for two labels, and else the cross-fitted estimate."""
OF_PAIRS = (AUTO, *(name for name in READOUTS if name not in OF_TASKS), *DATA_ESTIMATORS)
"""What may be asked of pairs."""
OPTIONS = {name: one.option for name, one in RECORDS.items() if one.option}
"""Estimators with a number of their own, and its name."""
ALPHA = 0.01
"""alpha, the weight of InfoNCE's baseline in I_alpha, unless it is said."""
AVERAGE_WEIGHT = 0.01
"""r, the weight of the newest batch in MINE's moving average, unless it is said."""
EXPLORED = tuple(name for name, one in RECORDS.items() if one.shown.explored)
"""Those of the explorer's stored grid, of its widgets and of the live notebooks on estimators and critics."""
CRITIC_BATCH = 512
"""Images of a batch of the critics that estimate information."""


def known(kind: str, name: object, names: Iterable[str]) -> str:
    """Return ``name`` if it is one of ``names``; else raise ValueError naming the nearest right one."""
    names = sorted(names)
    if name in names:
        return str(name)
    whole = " ".join(str(name).split())  # in one line, whatever it is
    shown = whole if len(whole) <= 60 else f"{whole[:60]}…"
    raise ValueError(f"unknown {kind} '{shown}'; {nearest_of(name, names)}")


def nearest_of(name: object, names: Sequence[str]) -> str:
    """The end of a sentence that refuses a name: the nearest right one, or all of them."""
    nearest = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    return f"did you mean '{nearest[0]}'?" if nearest else f"known are: {', '.join(names)}."


def check_critic(estimator: str, critic: str) -> None:
    """Raise ValueError unless the estimator can use the critic: its own for densities, any other for the rest."""
    known("critic", critic, (*CRITICS, CONDITIONAL, FLOW, DENOISER))
    own = DENSITIES.get(estimator)
    if critic != own and (own or critic in DENSITIES.values()):
        needed = f"the critic '{own}'" if own else "a critic of pairs such as 'joint'"
        raise ValueError(f"{estimator} needs {needed}, not '{critic}'.")
    if estimator in BRIDGED and critic == "optimal":
        raise ValueError(f"{estimator} needs a critic that learns its bridges, not 'optimal'.")


def check_negatives(estimator: str, negatives: str) -> None:
    """Raise ValueError unless the estimator can use the scheme of negatives."""
    known("negatives", negatives, NEGATIVES)
    if RECORDS[estimator].needs_all and negatives != "all_pairs":
        raise ValueError(f"{estimator} needs negatives 'all_pairs', since {CONTRASTIVE[estimator]}.")
    if estimator in BRIDGED and negatives == "all_pairs":
        raise ValueError(f"{estimator} needs one negative per x, such as a 'derangement', not 'all_pairs'.")


def check_precision(precision: str, critic: str) -> None:
    """Raise ValueError unless the critic's products can be of that precision."""
    known("precision", precision, PRECISIONS)
    if precision != "float32" and critic not in ("joint", "separable"):
        raise ValueError(f"precision '{precision}' is for a joint or separable critic, not '{critic}'.")


def check_option(estimator: str, option: str) -> None:
    """Raise ValueError unless the estimator has a number of that name."""
    known("option", option, OPTIONS.values())
    if OPTIONS.get(estimator) != option:
        owner = next(one for one, own in OPTIONS.items() if own == option)
        raise ValueError(f"{estimator} has no {option}; {owner} has.")
