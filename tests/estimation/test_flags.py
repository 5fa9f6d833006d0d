import dataclasses
import math
import random
import re
import statistics
import time

import numpy as np
import pytest

from mi_lab.estimation.pairs.doubts import _correlations, doubts_of
from mi_lab.estimation.pairs.estimates import Data, Estimate, mean_and_stderr
from mi_lab.estimation.pairs.flags import flags_of

DATA = Data(train=6000, validation=2000, test=2000, batches=8, batch_size=250, dim_x=5, dim_y=5)
RISING_THEN_FLAT = (0.0, 0.5, 0.8, 0.95, *(1.0,) * 16)
MAX_STEPS = 3000


def an_estimate(**changes):
    """One that nothing speaks against, but for ``changes``."""
    values = {
        "estimator": "nwj",
        "readout": "nwj",
        "critic": "joint",
        "negatives": "derangement",
        "mi": 1.0,
        "stderr": 0.03,
        "seeds": (0, 1, 2),
        "per_seed": (0.98, 1.0, 1.02),
        "steps": tuple(range(0, 1000, 50)),
        "curves": (RISING_THEN_FLAT,) * 3,
        "stopped_at": (200, 200, 200),
        "data": DATA,
        "flags": (),
    }
    return Estimate(**(values | changes))


def flagged(max_steps=MAX_STEPS, **changes):
    return [flag.name for flag in flags_of(an_estimate(**changes), max_steps)]


def data(**changes):
    return {"data": dataclasses.replace(DATA, **changes)}


def curve(*end):
    """One seed whose critic was read at reading 4, with other values after it."""
    return {"curves": ((0.0, 0.5, 0.8, 0.95, 1.0, *end),), "per_seed": (1.0,), "stopped_at": (200,)}


@pytest.mark.parametrize(
    ("name", "on", "off"),
    [
        ("above log n", {"mi": 7.61}, {"mi": 7.59}),
        ("above log n", {"mi": 7.61, "readout": "ksg"}, {"mi": 7.61, "estimator": "gaussian"}),
        ("above the labels' entropy", {"entropy": 0.9}, {"entropy": 0.98}),
        ("saturated at I_N", {"mi": 4.84, "negatives": "shuffle"}, {"mi": 4.82, "negatives": "shuffle"}),
        ("saturated at I_N", {"mi": 4.84, "estimator": "infonce"}, {"mi": 4.84}),
        ("n too small for d", data(dim_x=40, dim_y=40), data(dim_x=30, dim_y=30)),
        ("few test batches", data(batches=4), data(batches=5)),
        ("n too small for d", data(dim_x=80, dim_y=80), data(dim_x=30, dim_y=30)),
        ("seeds disagree", {"per_seed": (0.9, 1.0, 1.11)}, {"per_seed": (0.91, 1.0, 1.1)}),
        ("seeds disagree", {"mi": 4.0, "per_seed": (3.5, 4.0, 4.4)}, {"mi": 4.0, "per_seed": (3.7, 4.0, 4.4)}),
        ("diverged", curve(0.9, math.nan), curve(0.9)),
        ("diverged", {"per_seed": (1.0, math.inf, 1.0)}, {}),
        ("fell from its maximum", curve(*(0.89,) * 5), curve(*(0.91,) * 5)),
        ("fell from its maximum", curve(0.5), curve()),
        ("fell from its maximum", curve(-1e20, math.nan), curve(0.95, math.nan)),
    ],
)
def test_a_flag_is_there_on_one_side_of_its_threshold_only(name, on, off):
    assert name in flagged(**on)
    assert name not in flagged(**off)


def test_nothing_is_said_of_an_estimate_without_fault():
    assert flagged() == []


@pytest.mark.parametrize(
    ("rise", "stderr", "max_steps", "increasing"),
    [
        (0.05, 0.03, 950, True),
        (0.05, 0.06, 950, False),  # no more than chance
        (0.01, 0.001, 950, False),  # no more than anyone would care for
        (0.05, 0.03, 3000, False),  # stopped by itself
    ],
)
def test_an_increase_counts_if_training_was_cut_off_and_it_shows(rise, stderr, max_steps, increasing):
    rising = tuple(reading * rise / 5 for reading in range(20))
    highest_before = (*rising[:10], 1.0, *rising[11:])
    changes = {"curves": (rising, highest_before, highest_before), "stopped_at": (950, 500, 500), "stderr": stderr}
    assert ("still increasing" in flagged(max_steps, **changes)) == increasing


def test_trainings_that_were_best_when_they_were_cut_off_say_so():
    at_last = (0.0, 0.5, 0.8, 0.95, *(1.0,) * 15, 1.001)
    two = {"curves": (at_last, at_last, RISING_THEN_FLAT)}
    assert "still increasing" in flagged(950, **two)
    assert "still increasing" not in flagged(950, curves=(at_last, RISING_THEN_FLAT, RISING_THEN_FLAT))
    assert "still increasing" not in flagged(3000, **two)


def of_pairs(x, y):
    return [flag.name for flag in doubts_of(x, y)]


def gaussians(n=2000, dim=1, rho=0.6, seed=0):
    x, noise = np.random.default_rng(seed).normal(size=(2, n, dim))
    return x, rho * x + math.sqrt(1 - rho**2) * noise


@pytest.mark.parametrize("outlier", [1e4, -1e6, 1e99])
def test_an_outlier_is_told_with_what_was_done_about_it(outlier):
    x, y = gaussians()
    x[7] = outlier
    [flag] = doubts_of(x, y)
    assert flag.name == "heavy tails" and "column 0 of x" in flag.sentence and "ranks" in flag.sentence
    assert "heavy tails" in of_pairs(y, np.random.default_rng(0).standard_cauchy((2000, 3)))
    assert not of_pairs(np.random.default_rng(0).exponential(size=(2000, 1)), y)


def test_two_clusters_and_a_point_of_mass_are_no_tails():
    rng = np.random.default_rng(0)
    y, near = rng.normal(size=(1000, 1)), 0.001 * rng.normal(size=(1000, 1))
    for share in (0.5, 0.05):
        assert not of_pairs(np.where(rng.random((1000, 1)) < share, 1, -1) + near, y)
    assert not of_pairs(np.maximum(rng.normal(size=(1000, 1)), -0.05), y)


@pytest.mark.parametrize(
    "function",
    [np.copy, np.exp, lambda x: -3 * x, lambda x: x**2, lambda x: np.sin(3 * x), lambda x: np.hstack([x[::-1], x])],
)
def test_a_column_that_follows_from_the_other_side_is_told(function):
    x = np.random.default_rng(0).normal(size=(2000, 1))
    assert "y follows from x" in of_pairs(x, function(x))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sin(3 * x),
        np.square,
        lambda x: np.maximum(x, 0),
        lambda x: np.where(np.arange(len(x))[:, None] % 5 < 3, x, np.random.default_rng(9).normal(size=x.shape)),
    ],
)
@pytest.mark.parametrize("others", [0, 2, 4])
def test_a_column_that_follows_from_one_of_several_is_told(function, others):
    x = np.random.default_rng(1).normal(size=(1000, 1 + others))
    # steps of a square shrink both ways, since half of a value's neighbours have its sign
    assert {"y follows from x", "x follows from y"} & set(of_pairs(x, function(x[:, :1])))


def test_a_linear_leak_is_found_in_many_dimensions():
    x = np.random.default_rng(0).normal(size=(2000, 12))
    assert "y follows from x" in of_pairs(x, np.column_stack([x @ np.arange(12.0), x[::-1, 0]]))


def test_many_columns_on_both_sides_are_looked_through_in_seconds():
    x, y = np.random.default_rng(0).normal(size=(2, 2000, 150))
    began = time.process_time()
    assert not doubts_of(x, y)
    y[:, 77] = -(x[:, 3] ** 3)
    assert "column 77 of y" in doubts_of(x, y)[0].sentence
    assert time.process_time() - began < 10  # 150 by 150 comparisons of orders would take minutes


def test_rows_sorted_by_a_rare_label_have_a_memory_that_is_a_number():
    x = np.sort(np.random.default_rng(0).normal(size=(600, 1)), 0)
    assert of_pairs(x, np.repeat([0, 1], [599, 1])) == []  # but for its last row it is constant
    assert of_pairs(x, np.repeat([0, 1], [590, 10])) == ["rows are not independent"]


def test_rows_with_memory_are_told_and_shuffled_rows_are_not():
    walks = np.random.default_rng(0).normal(size=(2000, 2)).cumsum(0)
    x, y = walks[:, :1], walks[:, 1:]
    assert "rows are not independent" in of_pairs(x, y)
    assert "rows are not independent" in of_pairs(x, np.repeat(np.arange(4), 500))
    order = np.random.default_rng(1).permutation(2000)
    assert not of_pairs(x[order], y[order])
    assert not of_pairs(x, np.random.default_rng(2).normal(size=(2000, 1)))  # on one side alone it does no harm


@pytest.mark.parametrize("period", [7, 12, 24, 100])
def test_rows_that_come_back_after_a_period_are_told(period):
    rng = np.random.default_rng(period)
    sides = [np.resize(rng.normal(size=period), (1000, 1)) + 0.7 * rng.normal(size=(1000, 1)) for _ in "xy"]
    [flag] = doubts_of(*sides)
    assert flag.name == "rows are not independent"
    assert int(re.search(r"rows (\d+) apart", flag.sentence)[1]) % period == 0
    assert not of_pairs(*(side[rng.permutation(1000)] for side in sides))


def test_few_rows_of_a_walk_are_told():
    told = [of_pairs(*np.random.default_rng(seed).normal(size=(2, 40, 1)).cumsum(1)) for seed in range(10)]
    assert sum(names == ["rows are not independent"] for names in told) >= 8


def test_the_correlations_of_a_series_with_itself_are_the_plain_ones():
    series = np.random.default_rng(0).normal(size=300).cumsum()
    centred = series - series.mean()
    plain = [centred[:-lag] @ centred[lag:] / (centred @ centred) for lag in range(1, 11)]
    assert _correlations(series, 10) == pytest.approx(plain)
    assert not _correlations(np.ones(50), 10).any()


def test_clean_pairs_are_seldom_flagged():
    # 120 data sets of Gaussians, 12 sizes and dimensions, from independent to 3 nats; 5 % are allowed
    wrong = [
        names
        for seed in range(5)
        for n in (200, 600, 2000)
        for dim in (1, 2, 3, 8)
        for rho in (0.0, 0.95)
        if (names := of_pairs(*gaussians(n, dim, rho, seed)))
    ]
    assert len(wrong) <= 6, wrong


def test_every_flag_is_one_sentence():
    bad = an_estimate(
        mi=9.0,
        negatives="shuffle",
        per_seed=(8.0, 10.0, math.nan),
        curves=((0.0, 5.0, *(1.0,) * 18), tuple(range(20)), (0.0, math.nan)),
        stopped_at=(50, 950, 0),
        data=Data(60, 20, 20, 2, 8, 20, 20),
    )
    flags = flags_of(bad, 950)
    assert len({flag.name for flag in flags}) == 8
    for flag in flags:
        assert flag.sentence.endswith(".") and "\n" not in flag.sentence and len(flag.sentence) < 260
    text = str(dataclasses.replace(bad, flags=flags))
    assert text.startswith("nwj (nwj): 9.000 ± 0.030 nats, a lower bound\n  diverged: ") and text.count("\n") == 8


def test_nothing_left_is_not_a_number():
    assert all(map(math.isnan, mean_and_stderr([])))
    lost = an_estimate(mi=math.nan, stderr=math.nan, per_seed=(math.nan,) * 3)
    [flag] = flags_of(lost, MAX_STEPS)
    assert flag.name == "diverged" and "no value is left" in flag.sentence


def test_the_standard_error_covers_batches_and_seeds():
    assert mean_and_stderr([[1.0, 3.0]]) == (2.0, 1.0)
    mean, error = mean_and_stderr([[1.0, 3.0], [2.0, 4.0]])
    assert mean == 2.5
    assert error == pytest.approx(math.sqrt(2 / 2 + 0.5 / 2))


def test_the_standard_error_is_the_spread_of_repetitions():
    rng = random.Random(0)
    repeated = []
    for _ in range(500):
        seeds, batches = ([rng.gauss(0, deviation) for _ in range(n)] for deviation, n in ((0.3, 3), (1.0, 8)))
        repeated.append(mean_and_stderr([[a + b + rng.gauss(0, 0.2) for b in batches] for a in seeds]))
    spread = statistics.stdev(mean for mean, _ in repeated)
    told = math.sqrt(statistics.fmean(error**2 for _, error in repeated))
    assert told == pytest.approx(spread, rel=0.1)
