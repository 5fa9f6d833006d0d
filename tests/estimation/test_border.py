"""The sure slope of batch DV against the slope and a simulation of whole batches; the border by its definition."""

import math

import pytest
import torch
from helpers import refused

from mi_lab import CorrelatedGaussians
from mi_lab.estimation.border import border, sure_slope
from mi_lab.estimation.limits import dv_slope
from mi_lab.estimation.negatives import draw_batch

SCHEMES = ("shuffle", "derangement", "all_pairs")


@pytest.mark.parametrize("negatives", SCHEMES)
@pytest.mark.parametrize(("mi", "n"), [(2.5, 64), (5.0, 64), (10.0, 512), (30.0, 64)])
def test_what_is_sure_is_at_most_the_slope(mi, n, negatives):
    task = CorrelatedGaussians(mi=mi)
    sure, slope = (found(task, n, negatives, samples=20_000) for found in (sure_slope, dv_slope))
    assert 0 <= sure <= slope + 1e-9
    if slope < 0.01 and negatives != "shuffle":  # then A is hit seldom, and adding up loses little
        assert sure == pytest.approx(slope, rel=0.05, abs=1e-5)


@pytest.mark.parametrize(
    ("mi", "n", "negatives"), [(10.0, 64, "shuffle"), (5.0, 64, "derangement"), (5.0, 16, "all_pairs")]
)
def test_no_simulation_of_batches_falls_below_it(mi, n, negatives):
    """The best A of pairs above a level of the density ratio, by how often the negatives of whole batches hit it."""
    task, batches = CorrelatedGaussians(mi=mi), 4000
    generator = torch.Generator().manual_seed(3)
    truths = task.log_ratio(*task.sample(100_000, generator)).sort().values
    highest = []
    for _ in range(batches):
        batch = draw_batch([task], n, negatives, [generator])
        x, y = batch.x[0], batch.y[0]
        if batch.y_negative is None:
            highest.append(float(task.log_ratio(x[:, None], y[None]).fill_diagonal_(-math.inf).max()))
        else:
            highest.append(float(task.log_ratio(x, batch.y_negative[0]).max()))
    levels = torch.tensor(highest).sort().values
    above = 1 - torch.searchsorted(truths, levels) / len(truths)
    best = float((above - torch.arange(batches - 1, -1, -1) / batches).max())
    # an empirical distribution of 4000 batches strays by 0.02 at most, but for one time in twenty
    assert sure_slope(task, n, negatives) <= best + 0.02


def test_a_shuffle_ends_at_the_share_of_batches_without_a_fixed_point():
    task = CorrelatedGaussians(mi=60.0)
    assert sure_slope(task, 64) == pytest.approx(math.exp(-1), abs=1e-3)
    assert sure_slope(task, 64, "derangement") == pytest.approx(1, abs=1e-3)
    assert sure_slope(CorrelatedGaussians(mi=1.0), 512) == 0


@pytest.mark.parametrize("negatives", SCHEMES)
def test_the_border_lies_where_the_slope_passes_the_level(negatives):
    settings = {"samples": 20_000, "seed": 1}
    found = border(64, negatives, level=0.01, step=0.05, **settings)
    slopes = [sure_slope(CorrelatedGaussians(mi=mi), 64, negatives, **settings) for mi in (found - 0.05, found)]
    assert slopes[0] <= 0.01 < slopes[1]


def test_a_border_beyond_log_n_is_found_too():
    assert border(2, "shuffle", level=0.09, samples=5000, step=0.1, dim=1) > math.log(2)


def test_impossible_borders_are_refused():
    with refused("unknown negatives 'shufle'", "'shuffle'"):
        sure_slope(CorrelatedGaussians(mi=2), 64, "shufle")
    with refused("batch_size must be a whole number of at least 2", "not 1"):
        border(1)
