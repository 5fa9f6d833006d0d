"""Verdicts on the claims of Section 4 and D.1 on both sides of every line, from made-up values."""

import dataclasses
import math
from itertools import product

import pytest

from mi_lab.experiments.registry import experiment
from mi_lab.ground.names import TAPS
from mi_lab.results.claims import on_images
from mi_lab.results.claims.outcome import NOT_REPRODUCED, NOT_RUN, PARTLY, REPRODUCED, SEEN, UNDECIDED
from mi_lab.results.store import Result

H = math.log(10)


def encoders(pretext, linear, profile="report", memorised=1.0, seeds=3, rising=0.0, scatter=0.005, **settings):
    """Accuracies that scatter by half a point over the seeds, in another order by pretext."""
    found = experiment(f"table-1-{pretext}")
    order = ("rotation", "random-labels", "untrained").index(pretext)
    runs = []
    for seed in range(seeds):
        off = scatter * ((seed + order) % 3 - 1) if seeds > 1 else 0
        values = {tap: (linear if tap in on_images.DEEP else 0.4) + off for tap in TAPS}
        curves = {"training_accuracy": [memorised]}
        curves["validation_accuracy"] = [0.6 + rising * epoch for epoch in range(30)]
        runs.append({"seed": seed, "values": {"linear": values}, "curves": curves})
    return Result(found.name, profile, settings, found.spec(profile, **settings), runs, {})


def counted(rotation=0.0, random=2e-4):
    spec = experiment("fig-4").spec()
    runs = [
        {"labeling": "rotation", "values": {"counted": rotation, "expected": 1e-4}},
        {"labeling": "random_labels", "values": {"counted": random, "expected": 2e-4}},
    ]
    return Result("fig-4", "laptop", {}, spec, runs, {})


@pytest.mark.parametrize(
    ("rotation", "random", "untrained", "settings", "word"),
    [
        (0.50, 0.20, 0.30, {}, REPRODUCED),
        (0.30, 0.20, 0.30, {}, PARTLY),  # known to be that of the untrained one
        (0.25, 0.35, 0.30, {}, PARTLY),  # only the counting holds
        (0.50, 0.20, 0.30, {"epochs": 3}, NOT_RUN),
        (0.50, 0.20, 0.30, {"epochs": 30}, REPRODUCED),  # at rest
        (0.50, 0.20, 0.30, {"epochs": 30, "rising": 0.003}, NOT_RUN),
        (0.50, 0.20, 0.30, {"scatter": 0.2}, NOT_RUN),  # its seeds do not carry it
        (0.50, 0.20, 0.30, {"memorised": 0.5}, NOT_RUN),
        (0.36, 0.24, 0.30, {"seeds": 1}, NOT_RUN),
        (0.60, 0.15, 0.30, {"seeds": 1}, NOT_RUN),  # gross, and one seed
        (0.15, 0.60, 0.30, {"seeds": 1}, PARTLY),  # gross, the wrong way: only the counting holds
    ],
)
def test_pretexts_that_share_nothing(rotation, random, untrained, settings, word):
    shared = {name: value for name, value in settings.items() if name != "memorised"}
    results = {
        "fig-4": counted(),
        "a": encoders("rotation", rotation, **shared),
        "b": encoders("random-labels", random, **settings),
        "c": encoders("untrained", untrained, **shared),
    }
    assert on_images.zero_label_mi(results).word == word


@pytest.mark.parametrize(("short", "long", "word"), [(0.20, 0.50, REPRODUCED), (0.50, 0.25, PARTLY)])
def test_of_rotations_on_several_numbers_of_images_those_count_that_have_learnt(short, long, word):
    results = {"fig-4": counted(), "a": encoders("rotation", short, epochs=3), "b": encoders("random-labels", 0.2)}
    results |= {"c": encoders("untrained", 0.3), "d": encoders("rotation", long, epochs=30, images=5000)}
    results["d"] = dataclasses.replace(results["d"], experiment="table-1-rotation-5000")
    found = on_images.zero_label_mi(results)
    assert found.word == word and "5,000 images (30 epochs, 3 seeds)" in found.sentence
    assert found.numbers["table-1-rotation-5000, B4"] == pytest.approx(100 * (long - 0.3))


def test_labelings_that_do_share_something_are_not_this_claim():
    results = {"fig-4": counted(rotation=0.1), "a": encoders("rotation", 0.3)}
    results |= {"b": encoders("random-labels", 0.3), "c": encoders("untrained", 0.3)}
    assert on_images.zero_label_mi(results).word == NOT_REPRODUCED
    results["b"] = encoders("random-labels", 0.3, memorised=0.5)
    assert on_images.zero_label_mi(results).word == NOT_RUN


def noisy(value_of, settled=True, scatter=0.002, seeds=(0, 1, 2)):
    """Estimates ``value_of(name, tap, p)`` in nats, which scatter over the seeds, each in an order of its own."""
    found = experiment("noisy-mnist")
    spec = found.spec(seeds=list(seeds))
    names = ("mine", "nwj", "js_nwj", "js_plug_in")
    runs = []
    for run in spec.runs():
        values = {name: {tap: value_of(name, tap, run["p"]) for tap in ("L0", "L1", "L2")} for name in names}
        for (number, name), tap in product(enumerate(names), ("L0", "L1", "L2")):
            if values[name][tap] is not None and len(seeds) > 1:
                values[name][tap] += scatter * ((run["seed"] + number + int(tap[1]) + int(10 * run["p"])) % 3 - 1)
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
        (lambda name, tap, p: H * (1 - p), False, NOT_RUN),  # five epochs, and still rising
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
    def value(name, tap, p):
        return H * (1 - p) + shift.get(name, 0)

    assert on_images.js_brackets(noisy(value)).word == word
    assert on_images.js_brackets(noisy(value, settled=False)).word == NOT_RUN


@pytest.mark.parametrize(
    ("gain", "read", "word"),
    [(0.01, 2.2, REPRODUCED), (-0.01, 2.2, NOT_REPRODUCED), (0.2, 1.7, NOT_RUN), (-0.01, 1.7, NOT_RUN)],
)
def test_a_layer_that_says_more_than_the_one_before(gain, read, word):
    found = on_images.layers_break(noisy(lambda name, tap, p: read * (1 - p) + (gain if tap == "L1" else 0)))
    assert found.word == word  # a critic that has not learnt at L0 tells nothing


def test_seeds_that_scatter_decide_nothing_of_layers():
    slight = noisy(lambda name, tap, p: 2.2 * (1 - p) + (0.01 if tap == "L1" else 0))
    for run in slight["noisy-mnist"].runs:
        for name in ("mine", "nwj"):
            run["values"][name]["L1"] += 0.2 * (run["seed"] - 1)
    assert on_images.layers_break(slight).word == NOT_RUN


def test_a_lost_estimate_does_not_pass_for_a_good_one():
    lost = on_images.estimators_agree(noisy(lambda name, tap, p: None if p == 0.3 else H * (1 - p)))
    assert lost.word != REPRODUCED


@pytest.mark.parametrize("judge", [on_images.estimators_agree, on_images.js_brackets, on_images.layers_break])
def test_one_seed_shows_nothing_of_noisy_digits(judge):
    def value(name, tap, p):
        return 2.25 * (1 - p) + (0.01 if tap == "L1" else 0) + {"js_nwj": -0.1, "js_plug_in": 0.1}.get(name, 0)

    assert judge(noisy(value)).word == REPRODUCED
    assert judge(noisy(value, seeds=[0])).word == NOT_RUN


def test_a_difference_within_two_standard_errors_of_the_line_is_undecided():
    def apart(name, tap, p):
        return H * (1 - p) - (0.1 if name == "mine" and p == 0.5 else 0)

    states = {one.says: one.state for one in on_images.estimators_agree(noisy(apart, scatter=0.02)).parts}
    assert states["MINE and NWJ agree."] == UNDECIDED and states["In between they fall."] == SEEN
