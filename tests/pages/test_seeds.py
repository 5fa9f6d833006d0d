"""A mean over seeds as the pages write it, and how long the runs were."""

import pytest
from helpers import made_result

from mi_lab.pages.chapters.seeds import error_bars, length, over_seeds, size_of, told


@pytest.mark.parametrize(
    ("values", "settings", "text"),
    [
        ([50.0, 51, 52], {}, "51.0 ± 0.6"),  # a deviation of 1 over the root of 3
        ([50.04], {}, "50.0"),
        ([-1.0, -2.0], {"sign": "+"}, "-1.5 ± 0.5"),
        ([1.0, 2.0], {"sign": "+"}, "+1.5 ± 0.5"),
        ([50.0, None], {}, "–"),
        ([None], {}, "–"),
    ],
)
def test_a_mean_is_told_with_its_standard_error(values, settings, text):
    assert told(values, 1, **settings) == text


def test_error_bars_are_left_out_where_there_is_one_seed():
    assert error_bars([[1.0], [2.0]]) is None
    assert error_bars([[1.0, 3.0], [2.0, None]])["array"] == [pytest.approx(1.0), None]


def encoders(name="table-1-rotation", **settings):
    return made_result(name, lambda run: {"values": {"linear": {}}}, **settings)


def test_a_caption_says_how_many_seeds_there_are():
    one, three = encoders(seeds=[4]), encoders(seeds=[0, 1, 2])
    assert over_seeds(one) == "one seed" and over_seeds(three) == "mean ± standard error of three seeds"
    mixed = over_seeds(one, three, encoders(seeds=[*range(5)]))
    assert mixed == "mean ± standard error of three seeds or 5 seeds; where none stands, one seed"


@pytest.mark.parametrize(
    ("result", "parts"),
    [
        (
            encoders(epochs=91, images=22_500),
            ("width 16 of 64", "91 of 182 epochs on 22,500 of 45,000 images, 25 % of"),
        ),
        (encoders(epochs=182), ("182 of 182 epochs on 45,000 images, 100 %",)),
        (encoders("table-8-untrained", seeds=[0, 1]), ("two seeds", "no training")),
        (encoders("noisy-mnist", critic_width=128), ("critics of 128 of 512 units",)),
        (
            encoders("fig-5", epochs=50, read_at=[50]),
            ("50 of 200 epochs", "25 % of what we take for the report's length"),
        ),
    ],
)
def test_the_length_of_a_training_is_told_beside_the_reports(result, parts):
    text = length(result)
    for part in parts:
        assert part in text
    assert size_of([result], ["table"]).data == f"*How long that is.* Table: {text}."


def test_what_all_share_is_said_once():
    text = size_of([encoders(epochs=91), encoders("table-1-untrained")], ["rotation", "untrained"]).data
    assert text.startswith("*How long that is.* All: one seed, width 16 of 64. Rotation: 91 of 182 epochs on")
    assert text.endswith("; untrained: no training.")
    same = size_of([encoders(), encoders()], ["one", "other"]).data
    assert "All: one seed, width 16 of 64, 3 of 182 epochs" in same and same.endswith("report's length.")
