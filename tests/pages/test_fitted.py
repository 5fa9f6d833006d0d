import math

import pytest
from helpers import made_result

from mi_lab.ground.names import TAPS
from mi_lab.pages.chapters.fitted import by_fit


def probed(name, classes, training, validation, **settings):
    """A training of Table 1 whose probes read ``classes`` at every tap, a hundredth more from seed to seed."""

    def measure(run):
        curves = {"training_accuracy": training, "validation_accuracy": validation}
        return {"values": {"linear": dict.fromkeys(TAPS, classes + 0.01 * run["seed"])}, "curves": curves}

    return made_result(f"table-1-{name}", measure, **settings)


def learning(name, fits, found):
    def measure(run):
        return {"values": {"fit": fits, "linear": dict.fromkeys(TAPS, found)}}

    return made_result(f"learning-{name}", measure, read_at=[0, 1, 3], epochs=3)


def test_both_pretexts_stand_in_one_figure_by_how_well_they_are_fitted():
    results = [
        probed("rotation", 0.4, [0.6, 0.8, 0.9], [0.5, 0.7, 0.6], seeds=[0, 1]),
        probed("random-labels", 0.2, [0.5, 0.9, 0.99], [0.12, 0.1, 0.1], seeds=[0]),
        probed("untrained", 0.3, [], [], seeds=[0]),
        learning("rotation", [0.25, 0.5, 0.7], [0.3, 0.35, 0.42]),
    ]
    rotation, random, learnt, untrained = by_fit(results, "B4").data
    # of rotations the best epoch on new images was kept, of random labels the last
    assert (list(rotation.x), list(rotation.y)) == ([pytest.approx(80)], [pytest.approx(40.5)])
    assert rotation.error_y.array == pytest.approx([0.5]) and rotation.error_x.array == pytest.approx([0])
    assert (list(random.x), list(random.y)) == ([pytest.approx(99)], [pytest.approx(20)])
    assert random.error_y.array is None
    assert list(learnt.x) == pytest.approx([25, 50, 70]) and list(learnt.y) == pytest.approx([30, 35, 42])
    assert list(learnt.text) == ["0", "1", "3"] and learnt.line.color == rotation.marker.color != random.marker.color
    assert untrained.y[0] == pytest.approx(30) and untrained.line.dash == "dot"


def test_a_training_that_was_lost_ends_before():
    lost = learning("random-labels", [0.1], [0.3])
    figure = by_fit([lost], "B4")
    assert list(figure.data[0].x) == pytest.approx([10]) and not any(map(math.isnan, figure.data[0].y))
    assert figure.layout.meta["table"]["rows"] == [["random labels, as it learns", "0", "10.0 ± 0.0", "30.0 ± 0.0"]]
