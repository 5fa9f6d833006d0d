"""Verdicts on the claims of Section 5.1 and D.5 on both sides of every line, from made-up values."""

import pytest
from helpers import made_result

from mi_lab.results.claims import on_decoders
from mi_lab.results.claims.outcome import NOT_REPRODUCED, NOT_RUN, PARTLY, REPRODUCED


def digits(name, linear, mlp, losses=(0.20, 0.15), epochs=200, seeds=3, resting=False):
    """Accuracies in per cent as (linear decoder, non-linear decoder), by protocol."""

    def measure(run):
        which = {"linear": 0, "non_linear": 1, "pixels": 1}[run["decoder"]]
        # seeds differ, of one decoder the other way than of the other, and their mean is what was asked for
        jitter = 0.001 * (run["seed"] - 1) * (-1 if which else 1)
        values = {"linear": linear[which] / 100 + jitter, "mlp": mlp[which] / 100 + jitter, "l2": losses[which]}
        falling = [losses[which] * (1 + (0 if resting else 9 / (9 + epoch))) for epoch in range(epochs)]
        return {"values": values, "curves": {"l2": falling}}

    return {name: made_result(name, measure, seeds=[*range(seeds)], epochs=epochs)}


@pytest.mark.parametrize(
    ("linear", "mlp", "word"),
    [
        ((97, 95), (97, 98), REPRODUCED),
        ((97, 95), (98, 98.1), PARTLY),  # within chance
        ((97, 95), (98, 97), PARTLY),
        ((95, 97), (97, 98), PARTLY),
        ((95, 97), (98, 97), NOT_REPRODUCED),
    ],
)
def test_the_matching_decoder_wins(linear, mlp, word):
    found = on_decoders.match_wins(digits("fig-5", linear, mlp))
    assert found.word == word
    assert found.numbers["linear protocol"] == pytest.approx(linear[0] - linear[1])
    few = {"epochs": 80}
    assert on_decoders.match_wins(digits("fig-5", linear, mlp, **few)).word == NOT_RUN
    assert on_decoders.match_wins(digits("fig-5", linear, mlp, **few, resting=True)).word == word
    assert on_decoders.match_wins(digits("fig-5", linear, mlp, seeds=1)).word == NOT_RUN


def test_one_seed_shows_nothing_and_refutes_only_what_is_gross():
    for linear, word in (((99, 80), NOT_RUN), ((80, 99), NOT_REPRODUCED)):
        alone = digits("fig-5", linear, linear[::-1], seeds=1)
        assert on_decoders.match_wins(alone).word == word
    assert on_decoders.lower_loss_is_not_better(digits("fig-5", (99, 80), (97, 97), seeds=1)).word == NOT_RUN
    assert on_decoders.joint_same_story(digits("fig-14", (99, 80), (80, 99), seeds=1)).word == NOT_RUN


def test_a_lost_training_decides_nothing():
    found = digits("fig-5", (97, 95), (97, 98))
    found["fig-5"].runs[1]["values"] |= {"linear": None, "mlp": None}
    assert on_decoders.match_wins(found).word == NOT_RUN


@pytest.mark.parametrize(
    ("linear", "losses", "word"),
    [
        ((97, 95), (0.20, 0.15), REPRODUCED),
        ((97, 95), (0.20, 0.19), PARTLY),
        ((95, 96), (0.20, 0.15), PARTLY),
        ((95, 96), (0.15, 0.20), NOT_REPRODUCED),
    ],
)
def test_a_lower_loss_is_not_better(linear, losses, word):
    assert on_decoders.lower_loss_is_not_better(digits("fig-5", linear, (97, 97), losses)).word == word


@pytest.mark.parametrize(
    ("linear", "mlp", "losses", "word"),
    [
        ((97, 95), (97, 98), (0.20, 0.15), REPRODUCED),
        ((97, 95), (98, 97), (0.20, 0.15), PARTLY),  # no lead of the non-linear decoder: our own failed Fig. 5
        ((95, 96), (98, 97), (0.20, 0.20), NOT_REPRODUCED),
    ],
)
def test_joint_gradients(linear, mlp, losses, word):
    assert on_decoders.joint_same_story(digits("fig-14", linear, mlp, losses)).word == word
