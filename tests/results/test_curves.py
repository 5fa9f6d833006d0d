import numpy as np
import pytest

from mi_lab.results.curves import final, peak, smooth


def test_smoothing_is_the_reports_weighted_mean():
    values = np.random.default_rng(0).normal(size=37)
    for epoch, smoothed in enumerate(smooth(values)):
        # App. C.1 word by word: neighbours up to 10 epochs away, as far as they exist, weight (11 - d)/11
        near = [(abs(epoch - other), value) for other, value in enumerate(values) if abs(epoch - other) <= 10]
        total = sum((11 - d) / 11 for d, _ in near)
        assert smoothed == pytest.approx(sum((11 - d) / 11 * value for d, value in near) / total, abs=1e-12)


@pytest.mark.parametrize("length", [1, 2, 9, 10, 11, 30])
def test_smoothing_keeps_length_and_constants(length):
    assert smooth([3.0] * length) == pytest.approx([3.0] * length)


def test_a_run_that_was_never_finite_has_an_empty_curve():
    assert smooth([]).shape == (0,)


def run_with(mean, stopped=None):
    return {"curves": {"nwj": {"mean": mean, "median": mean}}, "first_nonfinite_epoch": stopped}


def test_final_is_the_mean_of_the_last_ten_epochs():
    assert final(run_with([100.0, *map(float, range(10))]), "nwj") == pytest.approx(4.5)


def test_final_of_a_run_that_stopped_being_finite_is_nan():
    assert np.isnan(final(run_with([1.0, 2.0], stopped=3), "nwj"))
    assert np.isnan(final(run_with([], stopped=1), "nwj"))


def test_a_run_that_was_never_finite_has_no_peak():
    epoch, height = peak({"curves": {"nwj": {"mean": []}}, "first_nonfinite_epoch": 1}, "nwj")
    assert epoch == 0 and height != height


def test_peak_is_found_on_the_smoothed_curve():
    curve = [0.0] * 40
    curve[5] = 30.0  # one wild epoch is no peak against a broad one
    curve[20:40] = [10.0] * 20
    epoch, height = peak(run_with(curve), "nwj")
    assert epoch > 25 and height == pytest.approx(10.0)
