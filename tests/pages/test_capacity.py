import math

from helpers import PROVENANCE, refused

from mi_lab.experiments.registry import experiment
from mi_lab.pages.chapters.capacity import by_size
from mi_lab.results.claims.outcome import CLEAR
from mi_lab.results.store import Result


def made(layers, width, level, broken=None):
    """A NWJ critic of that size whose estimates rise by 1 nat per epoch up to a level."""
    name = f"capacity-nwj-{layers}x{width}"
    spec = experiment(name).spec("smoke", true_mi=30.0, hidden=[width] * layers, epochs=40)
    [run] = spec.runs()
    run |= {"curves": {"nwj": {"mean": [min(float(epoch), level) for epoch in range(40)]}}}
    return Result(name, "smoke", {}, spec, [run | {"first_nonfinite_epoch": broken}], PROVENANCE)


def test_cells_stand_by_layers_and_units():
    figure = by_size([made(1, 64, 4.0), made(2, 64, 5.0), made(1, 128, 6.0)], "plateau")
    [cells] = figure.data
    assert list(cells.x) == ["64", "128"] and list(cells.y) == ["1", "2"]
    assert [list(row) for row in cells.z] == [[4.0, 6.0], [5.0, None]]
    assert figure.layout.meta["table"]["rows"] == [["1", "4.00", "6.00"], ["2", "5.00", "–"]]
    assert (
        "1×128: 6.00" in figure.layout.meta["alt"]
        and "capacity-nwj-1x64 and 2 more" in figure.layout.meta["provenance"]
    )


def test_the_epoch_that_passes_log_n_is_that_of_the_smoothed_curve():
    def smoothed(epoch):
        near = [(11 - abs(d), epoch + d) for d in range(-10, 11) if 0 <= epoch + d < 40]
        return sum(weight * value for weight, value in near) / sum(weight for weight, _ in near)

    first = next(epoch + 1 for epoch in range(40) if smoothed(epoch) > math.log(64) + CLEAR)
    for level, told in ((math.log(64) + 0.2, "–"), (30.0, f"{first}")):
        [cells] = by_size([made(1, 64, level)], "passes").data
        assert [list(row) for row in cells.text] == [[told]]


def test_a_run_that_stopped_being_finite_has_no_plateau():
    [cells] = by_size([made(1, 64, 4.0, broken=12), made(2, 64, 4.0)], "plateau").data
    assert [list(row) for row in cells.text] == [["–"], ["4.00"]]


def test_what_has_no_place_is_refused():
    with refused("two results have a critic of 1×64"):
        by_size([made(1, 64, 4.0), made(1, 64, 5.0)], "plateau")
    uneven = made(2, 64, 4.0)
    uneven = Result(**{**vars(uneven), "spec": experiment("capacity-nwj-2x64").spec("smoke", hidden=[64, 32])})
    with refused("layers of different widths"):
        by_size([uneven], "plateau")
