"""Verdicts on Table 2 and on Section 5.2 on both sides of every line; the report's own numbers among them."""

import pytest
from helpers import made_result

from mi_lab.experiments.reported import TABLE_2, TABLE_3, TABLE_4
from mi_lab.results.claims import on_autoencoders
from mi_lab.results.claims.outcome import NOT_REPRODUCED, NOT_RUN, PARTLY, REPRODUCED

PER_CENT = ("linear", "mlp")


def scattered(value, run, seeds, cell=0):
    """An accuracy in per cent as a share, which scatters by 0.4 points over three seeds; in another order by cell."""
    return (value + (0.4 * ((run["seed"] + cell) % 3 - 1) if seeds > 1 else 0)) / 100


def second(linear, mlp, losses=(0.28, 0.14), epochs=50, seeds=3):
    """Pairs are (linear decoder, non-linear decoder)."""

    def measure(run):
        which = 1 if run["decoder"] == "non_linear" else 0
        accuracies = zip(PER_CENT, (linear[which], mlp[which]), strict=True)
        values = {name: scattered(value, run, seeds, which) for name, value in accuracies}
        return {"values": values | {"l2": losses[which]}}

    return {"table-2": made_result("table-2", measure, epochs=epochs, seeds=[*range(seeds)])}


@pytest.mark.parametrize(
    ("linear", "mlp", "losses", "settings", "word"),
    [
        ((45, 38), (54, 57), (0.28, 0.14), {}, REPRODUCED),
        ((45, 38), (54, 57), (0.28, 0.14), {"epochs": 5}, NOT_RUN),  # what is seen so early is not yet seen
        ((45, 38), (54, 57), (0.28, 0.14), {"seeds": 1}, NOT_RUN),
        ((60, 38), (37, 57), (0.28, 0.14), {"seeds": 1}, NOT_RUN),  # gross, and one seed
        ((38, 60), (57, 37), (0.28, 0.14), {"seeds": 1}, NOT_RUN),  # the loss is not decided
        ((45, 38), (57, 57), (0.28, 0.14), {}, PARTLY),
        ((44, 45), (57, 56), (0.28, 0.14), {}, PARTLY),
        ((45, 44), (57, 56), (0.295, 0.289), {}, NOT_RUN),  # no lower loss: the decoder has not learnt
        ((45, 44), (56, 57), (0.14, 0.28), {}, NOT_RUN),
    ],
)
def test_the_matching_decoder_wins_on_images(linear, mlp, losses, settings, word):
    assert on_autoencoders.match_wins_on_images(second(linear, mlp, losses, **settings)).word == word


def test_the_reports_own_table_2_is_one_seed():
    values = [[TABLE_2[decoder][name] for decoder in ("linear", "non_linear")] for name in ("linear", "mlp")]
    found = on_autoencoders.match_wins_on_images(second(*values, seeds=1))
    assert found.word == NOT_RUN and found.numbers["MLP probe"] == pytest.approx(-1.4)


def table(name, cells, epochs=182, memorised=1.0, seeds=3):
    """Accuracies in per cent by (decoder, λ); a cell that is not given has those of ('none', '0')."""

    def measure(run):
        found = cells.get((run["decoder"], run["weight"]), cells["none", "0"])
        cell = list(cells).index((run["decoder"], run["weight"])) if (run["decoder"], run["weight"]) in cells else 0
        values = {key: scattered(found[key], run, seeds, cell) for key in PER_CENT}
        return {"values": values, "curves": {"training_accuracy": [memorised]}}

    return {name: made_result(name, measure, epochs=epochs, seeds=[*range(seeds)])}


def rotations(gain, mlp_gain, name="table-3-resnet18", last=-5.0, **settings):
    cells = {
        ("none", "0"): {"linear": 50.0, "mlp": 60.0},
        ("linear", "0.25"): {"linear": 50 + gain, "mlp": 60.0},
        ("non_linear", "0.25"): {"linear": 50.0, "mlp": 60 + mlp_gain},
        ("linear", "inf"): {"linear": 50 + last, "mlp": 60.0},
    }
    return table(name, cells, **settings)


@pytest.mark.parametrize(
    ("gains", "settings", "word"),
    [
        ((3, 3), {}, REPRODUCED),
        ((2.15, 2.15), {}, REPRODUCED),  # by three standard errors
        ((2.15, 2.15), {"seeds": 1}, NOT_RUN),
        ((3, 0), {}, PARTLY),
        ((-1, -1), {}, NOT_REPRODUCED),
        ((3, 3), {"epochs": 3}, NOT_RUN),
    ],
)
def test_a_little_reconstruction_helps(gains, settings, word):
    found = on_autoencoders.helps_at_small_weight(rotations(*gains, **settings))
    assert found.word == word and found.numbers["linear probe"] == pytest.approx(gains[0])


def random_labels(*linear, **settings):
    keys = (("none", "0"), ("linear", "0.25"), ("linear", "1"), ("linear", "inf"))
    cells = {k: {"linear": v, "mlp": 30.0} for k, v in zip(keys, linear, strict=True)}
    return table("table-4-resnet18", cells, **settings)


def untrained(linear=34.0):
    def measure(run):
        return {"values": {"linear": {"prelogits": scattered(linear, run, 3)}}}

    return {"table-1-untrained": made_result("table-1-untrained", measure, seeds=[0, 1, 2])}


@pytest.mark.parametrize(
    ("last", "random", "settings", "word"),
    [
        (-5, (20, 30, 40, 45), {}, REPRODUCED),
        (5, (20, 30, 40, 45), {}, PARTLY),
        (5, (45, 40, 35, 36), {}, NOT_REPRODUCED),
        (-5, (20, 30, 33, 33), {}, NOT_RUN),  # λ = ∞ under an untrained encoder: nothing was learnt
        (-5, (20, 30, 40, 45), {"epochs": 3}, NOT_RUN),
        (-5, (20, 30, 40, 45), {"memorised": 0.5}, NOT_RUN),
        (-5, (36, 37, 38, 39), {"seeds": 1}, NOT_RUN),
    ],
)
def test_the_weight_trades_off(last, random, settings, word):
    own = {name: value for name, value in settings.items() if name != "memorised"}
    results = rotations(3, 3, last=last, **own) | random_labels(*random, **settings) | untrained()
    assert on_autoencoders.weight_trades_off(results).word == word


@pytest.mark.parametrize(
    ("residual", "plain", "settings", "word"),
    [
        (2.1, 14.8, {}, REPRODUCED),
        (3.0, 3.0, {}, PARTLY),
        (-3.0, -5.0, {}, NOT_REPRODUCED),
        (1.0, 3.0, {"seeds": 1}, NOT_RUN),
        (0.0, 40.0, {"seeds": 1}, NOT_RUN),  # gross
        (20.0, -20.0, {"seeds": 1}, NOT_REPRODUCED),  # gross, the wrong way
        (0.0, 0.0, {}, NOT_REPRODUCED),  # two standard errors are 0.8 points, and would not make it two points
        (2.1, 14.8, {"epochs": 3}, NOT_RUN),
    ],
)
def test_a_network_without_skips_gains_more(residual, plain, settings, word):
    results = rotations(residual, 0, **settings) | rotations(plain, 0, "table-3-plainnet18", **settings)
    assert on_autoencoders.helps_plainnet_more(results).word == word


def test_the_reports_own_tables_3_and_4_are_one_seed():
    third = {name: table(f"table-3-{name}", TABLE_3[name], seeds=1) for name in TABLE_3}
    assert on_autoencoders.helps_at_small_weight(third["resnet18"]).word == NOT_RUN
    found = on_autoencoders.helps_plainnet_more(third["resnet18"] | third["plainnet18"])
    assert found.word == NOT_RUN and found.numbers["PlainNet18"] == pytest.approx(59.96 - 45.12)
    fourth = table("table-4-resnet18", TABLE_4["resnet18"], seeds=1)
    found = on_autoencoders.weight_trades_off(third["resnet18"] | fourth | untrained())
    assert found.numbers["random labels, ∞ - 0"] == pytest.approx(46.96 - 27.38) and found.word != NOT_REPRODUCED
