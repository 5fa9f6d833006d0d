"""NMI of features and label, Eq. 11: a JS critic's plug-in estimates as shares of H(Y)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mi_lab.representation.information import Found, InformationProbe, Part, estimated_information


def plug_in_estimates(
    probe: InformationProbe, parts: Sequence[Part], seeds: Sequence[int], classes: int
) -> list[Found]:
    """I(features; label) in nats for K sets of features; ``parts`` are training, validation and test."""
    train, validation, test = parts
    return estimated_information(probe, train, validation, test, seeds, classes)["plug_in"]


def shares(found: Sequence[Found], labels: Tensor) -> dict[str, list[float | None]]:
    """The best estimates, ``nmi``, and the same critics' on the test part, ``nmi_test``, over the entropy of labels.

    None stands for an estimate that was never finite.
    """
    frequencies = torch.bincount(labels).double() / len(labels)
    entropy = float(torch.special.entr(frequencies).sum())
    return {
        "nmi": [one.best / entropy if math.isfinite(one.best) else None for one in found],
        "nmi_test": [one.test / entropy if math.isfinite(one.test) else None for one in found],
    }
