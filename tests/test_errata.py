"""The errata that can be computed, and that each entry of the page says how it was settled."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import refused

from mi_lab.experiments.registry import experiment
from mi_lab.experiments.reported import TABLE_1_ACCURACY, TABLE_2, TABLE_3, TABLE_8_ACCURACY
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.ground.discrete import entropy, information, interaction
from mi_lab.ground.names import TAPS
from mi_lab.representation.labelings import salt_and_pepper

PAGE = (Path(__file__).parents[1] / "book" / "errata.md").read_text(encoding="utf-8")
RNG = np.random.default_rng(0)
JOINT = np.array([[0.3, 0.1, 0.1], [0.05, 0.15, 0.3]])
PRODUCT = JOINT.sum(1, keepdims=True) * JOINT.sum(0)


def logarithm():
    independent = PRODUCT / PRODUCT.sum()
    assert (independent * (independent / PRODUCT)).sum() == pytest.approx(1)
    assert information(independent, 0, 1) == pytest.approx(0, abs=1e-12)
    assert (JOINT * np.log(JOINT / PRODUCT)).sum() == pytest.approx(information(JOINT, 0, 1))


def objective(scores):
    d = 1 / (1 + np.exp(-scores))
    return (JOINT * np.log(d)).sum() + (PRODUCT * np.log(1 - d)).sum()


def softplus():
    def zeta(t):
        return np.log1p(np.exp(t))

    scores = RNG.normal(size=JOINT.shape)
    negatives = (PRODUCT * zeta(scores)).sum()
    assert (JOINT * -zeta(-scores)).sum() - negatives == pytest.approx(objective(scores))
    assert (JOINT * zeta(-scores)).sum() - negatives != pytest.approx(objective(scores))
    # as printed, lower scores are always better
    assert (JOINT * zeta(9 - scores)).sum() - (PRODUCT * zeta(scores - 9)).sum() > (
        (JOINT * zeta(-scores)).sum() - negatives
    )


def js_divergence():
    middle = (JOINT + PRODUCT) / 2
    jsd = ((JOINT * np.log(JOINT / middle)).sum() + (PRODUCT * np.log(PRODUCT / middle)).sum()) / 2
    assert objective(np.log(JOINT / PRODUCT)) == pytest.approx(2 * jsd - math.log(4))
    assert 2 * jsd - math.log(4) < jsd - 0.5


def views():
    noisy = np.array([[0.4, 0.1], [0.1, 0.4]])
    assert information(noisy, 0, 1) < information(np.eye(2) / 2, 0, 1) - 0.1


def nmi():
    # four images, the label is their parity; the representation forgets everything, or keeps the parity
    label = np.zeros((4, 2))
    label[range(4), [0, 1, 0, 1]] = 1 / 4
    assert information(label, 0, 1) / entropy(label, 1) == pytest.approx(1)
    forgetful = label.sum(0, keepdims=True)
    assert information(forgetful, 0, 1) == pytest.approx(0, abs=1e-12)


def label_names():
    assert all(
        a > b for a, b in zip(TABLE_1_ACCURACY["rotation"][1:], TABLE_1_ACCURACY["random labels"][1:], strict=True)
    )
    assert all(a > b for a, b in zip(TABLE_8_ACCURACY["rotation"], TABLE_8_ACCURACY["random labels"], strict=True))


def or_sign():
    rows = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]  # X, Z, Y of Table 5
    assert all(y == x ^ z for x, z, y in rows) and not all(y == x | z for x, z, y in rows)
    gates = {name: np.zeros((2, 2, 2)) for name in ("xor", "or")}
    for x, z, _ in rows:
        gates["xor"][x, x ^ z, z] = gates["or"][x, x | z, z] = 1 / 4
    assert interaction(gates["xor"]) == pytest.approx(-math.log(2))
    assert interaction(gates["or"]) > -0.5 * math.log(2)


def v_information():
    for row in TABLE_2.values():
        for value, accuracy in ((row["linear_v"], row["linear"]), (row["mlp_v"], row["mlp"])):
            a = accuracy / 100
            evenly = math.log(10) + a * math.log(a) + (1 - a) * math.log((1 - a) / 9)
            assert value < evenly < value * math.log(10)


def two_accuracies():
    for architecture, table in (("resnet18", TABLE_1_ACCURACY), ("plainnet18", TABLE_8_ACCURACY)):
        assert TABLE_3[architecture]["none", "0"]["linear"] - table["rotation"][-1] > 10


def baseline():
    for table in (TABLE_1_ACCURACY, TABLE_8_ACCURACY):
        better = [tap for tap, a, b in zip(TAPS, table["random labels"], table["untrained"], strict=True) if a > b]
        assert better and not {"B4", "prelogits"} & set(better)
    best = [max(table, key=lambda name, t=table: t[name][0]) for table in (TABLE_1_ACCURACY, TABLE_8_ACCURACY)]
    assert best == ["random labels", "rotation"]


def decoder_units():
    assert 28 * 28 == 784


def epoch():
    assert [steps_per_epoch(n) for n in (64, 256, 512, 32768)] == [800, 200, 100, 100]
    assert experiment("fig-1b").report.epochs == experiment("fig-2b").report.epochs == 1000
    for panel in ("fig-10a", "fig-10b", "fig-11a", "fig-11b", "fig-12"):
        assert experiment(panel).report.epochs * steps_per_epoch(64) == 1000 * 100


def logistic():
    z, x = RNG.normal(size=(50, 3)), RNG.normal(size=(50, 4))
    best, residual, *_ = np.linalg.lstsq(z, x, rcond=None)
    for _ in range(20):
        assert ((x - z @ (best + 0.1 * RNG.normal(size=best.shape))) ** 2).sum() > residual.sum()
    assert ((x - x.mean(0)) / x.std(0)).min() < 0  # a logistic output lies in (0, 1)


def percentage():
    grey = torch.full((1, 1, 100, 100), 128, dtype=torch.uint8)
    assert (salt_and_pepper(grey, 0.5) != grey).float().mean() == pytest.approx(0.5, abs=0.02)
    with refused("must lie in [0, 1]", "50"):
        salt_and_pepper(grey, 50)


def imagenet():
    assert math.log(1000) < math.log(1024)


def unexpectedly():
    z = RNG.normal(size=(60, 3))
    x = RNG.normal(size=(60, 4))
    wider = np.hstack([z, z**2, np.abs(z)])
    linear, nested = (np.linalg.lstsq(features, x, rcond=None)[1].sum() for features in (z, wider))
    assert nested < linear


def decay():
    per_epoch = 45_000 / 128
    assert [round(steps / per_epoch) for steps in (32_000, 48_000, 64_000)] == [91, 137, 182]
    assert per_epoch == 4 * 45_000 / 512


CHECKS = {
    name.replace("_", "-"): check
    for name, check in {
        "logarithm": logarithm, "softplus": softplus, "js_divergence": js_divergence, "views": views, "nmi": nmi,
        "label_names": label_names, "or": or_sign, "v_information": v_information, "two_accuracies": two_accuracies,
        "baseline": baseline, "decoder_units": decoder_units, "epoch": epoch, "logistic": logistic,
        "percentage": percentage, "imagenet": imagenet, "unexpectedly": unexpectedly, "decay": decay,
    }.items()
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_it_is_as_the_page_says(name):
    CHECKS[name]()


def test_every_entry_says_how_it_was_settled_and_those_computed_are():
    entries = re.split(r"^\(erratum-(.*)\)=$", PAGE, flags=re.M)
    settled = dict(zip(entries[1::2], entries[2::2], strict=True))
    computed = {name for name, text in settled.items() if "*Computed" in text}
    assert computed == set(CHECKS)
    assert all("*Read.*" in settled[name] for name in set(settled) - computed)
