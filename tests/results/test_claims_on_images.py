"""Verdicts on the claims of Section 4 and D.1 on both sides of every line, from made-up values."""

import math

import pytest

from mi_lab.experiments.registry import experiment
from mi_lab.ground.names import TAPS
from mi_lab.results.claims import on_images
from mi_lab.results.claims.outcome import NOT_REPRODUCED, NOT_RUN, PARTLY, REPRODUCED
from mi_lab.results.store import Result

H = math.log(10)


def encoders(pretext, linear, profile="laptop", memorised=1.0):
    found = experiment(f"table-1-{pretext}")
    spec = found.spec(profile)
    values = {"linear": {tap: linear if tap in on_images.DEEP else 0.4 for tap in TAPS}}
    run = {"seed": 0, "values": values, "curves": {"training_accuracy": [memorised]}}
    return Result(found.name, profile, {}, spec, [run], {})


def counted(rotation=0.0, random=2e-4):
    spec = experiment("fig-4").spec()
    runs = [
        {"labeling": "rotation", "values": {"counted": rotation, "expected": 1e-4}},
        {"labeling": "random_labels", "values": {"counted": random, "expected": 2e-4}},
    ]
    return Result("fig-4", "laptop", {}, spec, runs, {})


@pytest.mark.parametrize(
    ("rotation", "random", "untrained", "profile", "memorised", "word"),
    [
        (0.50, 0.20, 0.30, "laptop", 1.0, REPRODUCED),
        (0.31, 0.20, 0.30, "laptop", 1.0, PARTLY),  # within chance of the untrained one
        (0.50, 0.29, 0.30, "report", 0.5, PARTLY),
        (0.31, 0.29, 0.30, "laptop", 1.0, PARTLY),  # only the counting holds
    ],
)
def test_pretexts_that_share_nothing(rotation, random, untrained, profile, memorised, word):
    results = {
        "fig-4": counted(),
        "a": encoders("rotation", rotation, profile),
        "b": encoders("random-labels", random, profile, memorised),
        "c": encoders("untrained", untrained, profile),
    }
    assert on_images.zero_label_mi(results).word == word


def test_labelings_that_do_share_something_are_not_this_claim():
    results = {"fig-4": counted(rotation=0.1), "a": encoders("rotation", 0.3, "report")}
    results |= {"b": encoders("random-labels", 0.3, "report"), "c": encoders("untrained", 0.3, "report")}
    assert on_images.zero_label_mi(results).word == NOT_REPRODUCED
    results["b"] = encoders("random-labels", 0.3, "report", memorised=0.5)
    assert on_images.zero_label_mi(results).word == NOT_RUN


def noisy(value_of, settled=True):
    """Estimates ``value_of(name, tap, p)`` in nats."""
    found = experiment("noisy-mnist")
    spec = found.spec()
    names = ("mine", "nwj", "js_nwj", "js_plug_in")
    runs = []
    for run in spec.runs():
        values = {name: {tap: value_of(name, tap, run["p"]) for tap in ("L0", "L1", "L2")} for name in names}
        curves = {
            f"{name} {tap}": [v or 0.0] * 8 if settled else [v / 8 * step for step in range(1, 9)]
            for name, taps in values.items()
            for tap, v in taps.items()
        }
        runs.append(run | {"values": values, "curves": curves})
    return {"noisy-mnist": Result(found.name, "laptop", {}, spec, runs, {})}


@pytest.mark.parametrize(
    ("value_of", "settled", "word"),
    [
        (lambda name, tap, p: H * (1 - p), True, REPRODUCED),
        (lambda name, tap, p: H * (1 - p) - (0.2 if name == "mine" and p == 0.5 else 0), True, PARTLY),
        (lambda name, tap, p: 0.5 * H * (1 - p), True, PARTLY),
        (lambda name, tap, p: {"mine": 0.2, "nwj": 0.4}.get(name, 0) + (0.1 if p == 0.5 else 0), True, NOT_REPRODUCED),
        (lambda name, tap, p: {"mine": 0.2, "nwj": 0.4}.get(name, 0) + (0.1 if p == 0.5 else 0), False, NOT_RUN),
    ],
)
def test_mine_and_nwj_at_low_information(value_of, settled, word):
    assert on_images.estimators_agree(noisy(value_of, settled)).word == word


@pytest.mark.parametrize(
    ("shift", "word"),
    [({"js_nwj": -0.1, "js_plug_in": 0.1}, REPRODUCED), ({"js_nwj": -0.2, "js_plug_in": -0.1}, PARTLY),
     ({"js_nwj": 0.2, "js_plug_in": 0.1}, NOT_REPRODUCED)],
)  # fmt: skip
def test_an_interval_around_the_truth(shift, word):
    assert on_images.js_brackets(noisy(lambda name, tap, p: H * (1 - p) + shift.get(name, 0))).word == word


@pytest.mark.parametrize(("gain", "settled", "word"), [(0.01, True, REPRODUCED), (-0.01, True, NOT_REPRODUCED),
                                                        (-0.01, False, NOT_RUN)])  # fmt: skip
def test_a_layer_that_says_more_than_the_one_before(gain, settled, word):
    found = on_images.layers_break(noisy(lambda name, tap, p: H * (1 - p) + (gain if tap == "L1" else 0), settled))
    assert found.word == word


def test_a_lost_estimate_does_not_pass_for_a_good_one():
    lost = on_images.estimators_agree(noisy(lambda name, tap, p: None if p == 0.3 else H * (1 - p)))
    assert lost.word != REPRODUCED
