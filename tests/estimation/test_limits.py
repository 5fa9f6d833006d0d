"""Ceiling, destination and slope against integration, enumeration of all batches, and a second naive computation."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from helpers import in_tiers, refused, within_standard_errors
from scipy.integrate import trapezoid
from scipy.stats import multivariate_normal, norm

from mi_lab import CorrelatedGaussians, ceiling, correlation_from_mi, destination
from mi_lab.estimation.bounds import MovingAverageDV
from mi_lab.estimation.limits import batch_values, chi_square, dv_slope
from mi_lab.ground.names import NEGATIVES

TASKS = [CorrelatedGaussians(dim=3, mi=1), CorrelatedGaussians(dim=3, mi=4)]


def ceiling_by_integration(rho, batch_size):
    """I_N of one pair of scalars: the integral of p log(p/q_N) over a grid, densities from scipy."""
    # the integrand is smooth and dies out at the edge, where the trapezoid rule converges faster than any power
    axis = np.arange(-8, 8, 0.02)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    p = multivariate_normal(cov=[[1, rho], [rho, 1]]).pdf(np.dstack([x, y]))
    q = (1 - 1 / batch_size) * norm.pdf(x) * norm.pdf(y) + p / batch_size
    integrand = np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / q), 0)
    return trapezoid(trapezoid(integrand, axis), axis)


@pytest.mark.parametrize(("rho", "batch_size"), [*itertools.product([0.5, -0.9, 0.99], [2, 64, 10**6])])
def test_ceiling_agrees_with_numerical_integration(rho, batch_size):
    value, stderr = ceiling(CorrelatedGaussians(dim=1, correlation=rho), batch_size)
    assert stderr < 0.003
    assert abs(value - ceiling_by_integration(rho, batch_size)) < 4 * stderr + 1e-6


@pytest.mark.parametrize("mi", [0.5, 5, 30])
def test_ceiling_lies_under_log_n_and_under_the_mi(mi):
    sizes = (2, 64, 4096, 10**25)
    values = [ceiling(CorrelatedGaussians(mi=mi), n, samples=20_000) for n in sizes]
    for n, (value, stderr) in zip(sizes, values, strict=True):
        assert value <= math.log(n) + 1e-12 and value <= mi + 4 * stderr
    assert values == sorted(values)
    assert values[-1].value == pytest.approx(mi, abs=4 * values[-1].stderr)  # no ceiling is left


def test_ceiling_follows_its_seed_and_reports_its_standard_error():
    task = CorrelatedGaussians(mi=4)
    assert ceiling(task, 64, 1000, seed=3) == ceiling(task, 64, 1000, seed=3)
    repeats = torch.tensor([ceiling(task, 64, 1000, seed=seed) for seed in range(60)], dtype=torch.float64)
    # the spread of 60 repeats estimates the standard error to about 1/(2*60)^0.5 = 9 %
    assert float(repeats[:, 0].std()) == pytest.approx(float(repeats[:, 1].mean()), rel=0.36)


def test_ceiling_is_the_same_function_in_more_than_one_piece():
    # 50,001 samples are drawn in two pieces, the second of one pair
    task = CorrelatedGaussians(mi=4)
    whole, more = ceiling(task, 64, 50_000), ceiling(task, 64, 50_001)
    assert more != whole and more.value == pytest.approx(whole.value, abs=1e-3)


def test_impossible_ceilings_are_refused():
    with refused("batch_size must be a whole number of at least 2", "not 1"):
        ceiling(TASKS[0], 1)
    with refused("samples must be at least 2", "not 1"):
        ceiling(TASKS[0], 64, samples=1)


@dataclass(frozen=True)
class Coins:
    """Two fair coins that differ with probability ``flip``: a task whose batches can be enumerated."""

    flip: float
    dim_x: int = 1
    dim_y: int = 1

    @property
    def mi(self):
        return math.log(2) + self.flip * math.log(self.flip) + (1 - self.flip) * math.log1p(-self.flip)

    def sample(self, n, generator):
        x = torch.randint(2, (n, 1), generator=generator)
        return x, x ^ (torch.rand(n, 1, generator=generator) < self.flip).long()

    def log_ratio(self, x, y):
        return torch.log(torch.where(x == y, 2 - 2 * self.flip, 2 * self.flip))[..., 0]


def enumerated(flip, n, negatives):
    """The mean batch DV of the best critic: a sum over every batch and every arrangement of its negatives."""

    def best(x, y):
        ratio = 2 * (1 - flip) if x == y else 2 * flip
        return math.log(ratio / (ratio / n + 1 - 1 / n)) if negatives == "shuffle" else math.log(ratio)

    orders = [
        p for p in itertools.permutations(range(n)) if negatives == "shuffle" or all(i != j for i, j in enumerate(p))
    ]
    others = list(itertools.product((0, 1), repeat=n)) if negatives == "independent" else [None]
    total = 0.0
    for x in itertools.product((0, 1), repeat=n):
        for y in itertools.product((0, 1), repeat=n):
            chance = math.prod(((1 - flip) if a == b else flip) / 2 for a, b in zip(x, y, strict=True))
            positive = sum(map(best, x, y)) / n
            if negatives == "all_pairs":
                drawn = [[(x[i], y[j]) for i in range(n) for j in range(n) if i != j]]
            elif negatives == "independent":
                drawn = [list(zip(x, other, strict=True)) for other in others]
            else:
                drawn = [[(x[i], y[order[i]]) for i in range(n)] for order in orders]
            means = [math.log(sum(math.exp(best(*pair)) for pair in pairs) / len(pairs)) for pairs in drawn]
            total += chance * (positive - sum(means) / len(means))
    return total


@pytest.mark.parametrize("negatives", NEGATIVES)
@pytest.mark.parametrize("n", in_tiers([2, 3, 4], [3]))
def test_the_destination_of_coins_is_that_of_all_their_batches(n, negatives):
    value, stderr = destination(Coins(0.1), n, negatives, batches=40_000)
    assert abs(value - enumerated(0.1, n, negatives)) < 4 * stderr < 0.03


def naive_destination(mi, n, batches):
    """Plain numpy, another generator, the densities written out: shuffled negatives, 20 dimensions."""
    rng, rho, values = np.random.default_rng(1), correlation_from_mi(mi, 20), []
    for _ in range(batches):
        x = rng.normal(size=(n, 20))
        y = rho * x + math.sqrt(1 - rho**2) * rng.normal(size=(n, 20))
        both = norm(scale=math.sqrt(1 - rho**2))

        def best(x, y, both=both):
            ratio = (both.logpdf(y - rho * x) - norm.logpdf(y)).sum(1)
            return ratio - np.logaddexp(math.log(1 - 1 / n), ratio - math.log(n))

        negative = best(x, y[rng.permutation(n)])
        values.append(best(x, y).mean() - math.log(np.exp(negative - negative.max()).mean()) - negative.max())
    return np.array(values)


@pytest.mark.parametrize(("mi", "n"), [(2.5, 64), (10.0, 64), (10.0, 512)])
def test_the_destination_agrees_with_a_naive_one(mi, n):
    values = naive_destination(mi, n, 400)
    value, stderr = destination(CorrelatedGaussians(mi=mi), n, batches=2000)
    error = math.hypot(stderr, float(values.std()) / 400**0.5)
    assert abs(value - values.mean()) < 4 * error


def test_the_destination_lies_above_the_ceiling_and_at_30_nats_above_the_truth():
    for mi in (2.5, 10.0, 30.0):
        task = CorrelatedGaussians(mi=mi)
        found = destination(task, 512)
        assert found.value > ceiling(task, 512).value - 4 * found.stderr
    assert found.value - 4 * found.stderr > 30


def test_a_batch_has_its_value_in_whatever_stack():
    whole = batch_values(CorrelatedGaussians(mi=4), 30_000, "shuffle", 3)  # one at a time
    assert len(whole) == 3 and len(set(whole.tolist())) == 3
    assert within_standard_errors(
        batch_values(TASKS[0], 16, "all_pairs", 500), destination(TASKS[0], 16, "all_pairs", 4000, seed=1).value
    )


def simulated_slope(mi, n, negatives, batches=4000):
    """The largest distance by which true pairs score above the highest negative of a batch: a one-sided KS distance."""
    task, generator = CorrelatedGaussians(mi=mi), torch.Generator().manual_seed(2)
    true = task.log_ratio(*task.sample(100_000, generator)).sort().values
    highest = []
    for _ in range(batches):
        x, y = task.sample(n, generator)
        if negatives == "all_pairs":
            grid = task.log_ratio(x[:, None], y[None]).fill_diagonal_(-math.inf)
            highest.append(float(grid.max()))
        else:
            order = torch.randperm(n, generator=generator)
            while negatives == "derangement" and bool((order == torch.arange(n)).any()):
                order = torch.randperm(n, generator=generator)
            highest.append(float(task.log_ratio(x, y[order]).max()))
    levels = torch.tensor(highest).sort().values
    above = 1 - torch.searchsorted(true, levels) / len(true)
    return max(0.0, float((above - torch.arange(batches - 1, -1, -1) / batches).max()))


@pytest.mark.parametrize(
    ("mi", "n", "negatives"),
    [
        (5.0, 64, "shuffle"),
        (10.0, 64, "shuffle"),
        (30.0, 64, "shuffle"),
        (5.0, 64, "derangement"),
        (10.0, 16, "all_pairs"),
    ],
)
def test_the_slope_agrees_with_a_simulation(mi, n, negatives):
    # an empirical distribution of 4000 batches strays by 0.02 at most, but for one time in twenty
    assert dv_slope(CorrelatedGaussians(mi=mi), n, negatives) == pytest.approx(
        simulated_slope(mi, n, negatives), abs=0.03
    )


def test_the_slope_ends_at_the_share_of_batches_without_a_fixed_point():
    task = CorrelatedGaussians(mi=60.0)
    assert dv_slope(task, 64) == pytest.approx(math.exp(-1), abs=1e-3)
    assert dv_slope(task, 64, "derangement") == pytest.approx(1, abs=1e-3)
    assert dv_slope(CorrelatedGaussians(mi=1.0), 512) == 0


def test_chi_square_agrees_with_numerical_integration():
    rho, n, axis = 0.9, 16, np.arange(-8, 8, 0.02)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    p = multivariate_normal(cov=[[1, rho], [rho, 1]]).pdf(np.dstack([x, y]))
    q = (1 - 1 / n) * norm.pdf(x) * norm.pdf(y) + p / n
    wanted = trapezoid(trapezoid(np.where(q > 0, p * p / np.where(q > 0, q, 1), 0), axis), axis) - 1
    assert chi_square(CorrelatedGaussians(dim=1, correlation=rho), n) == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize("weight", [0.01, 0.1, 0.5])
def test_what_negatives_weigh_in_mine_averages_below_one(weight):
    """E log(1 - r w) = log(1 - r) and E[w] < 1 whatever the scores; in second order 1 - E[w] = v r (1-r) / (2-r)."""
    n, steps, objective = 16, 40_000, MovingAverageDV(weight)
    generator, w = torch.Generator().manual_seed(0), []
    for _ in range(steps):
        scores = torch.randn(1, n, 1, generator=generator, dtype=torch.float64)
        objective(scores[..., 0], scores)
        w.append(float(objective.log_w.exp()))
    w = torch.tensor(w, dtype=torch.float64)[1000:]
    drift = torch.log(1 - weight * w) - math.log(1 - weight)
    assert float(drift.mean()) == pytest.approx(0, abs=1e-3)
    variance = (math.e - 1) / n  # of a log-normal over its squared mean, of N
    assert 1 - float(w.mean()) > 0
    if weight <= 0.1:  # beyond, the first order is not enough
        assert 1 - float(w.mean()) == pytest.approx(weight / 2 * variance, rel=0.2, abs=2e-4)


def test_impossible_limits_are_refused():
    with refused("batch_size must be a whole number of at least 2", "not 1"):
        destination(TASKS[0], 1)
    with refused("batches must be at least 2", "not 1"):
        destination(TASKS[0], 64, batches=1)
    with refused("unknown negatives 'shufle'", "'shuffle'"):
        dv_slope(TASKS[0], 64, "shufle")
