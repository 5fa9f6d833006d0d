import pytest
import torch
from helpers import generators, refused, within_standard_errors
from scipy.stats import multivariate_normal

from mi_lab import CorrelatedGaussians, Cubic


def sample(task, n, seed=0):
    return task.sample(n, *generators(seed))


def log_ratio_by_scipy(task, x, y):
    dim, rho = task.dim, task.correlation
    joint = torch.eye(2 * dim, dtype=torch.float64)
    joint[:dim, dim:] = joint[dim:, :dim] = rho * torch.eye(dim, dtype=torch.float64)
    one = multivariate_normal(cov=torch.eye(dim).numpy())
    return multivariate_normal(cov=joint.numpy()).logpdf(torch.cat([x, y], 1)) - one.logpdf(x) - one.logpdf(y)


@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.9])
def test_samples_have_the_covariance_of_the_task(correlation):
    n = 100_000
    pairs = torch.cat(sample(CorrelatedGaussians(dim=3, correlation=correlation), n), 1)
    expected = torch.eye(6)
    expected[:3, 3:] = expected[3:, :3] = correlation * torch.eye(3)
    # a sample covariance of standard Gaussians has a standard error of at most (2/n)^0.5, a mean one of (1/n)^0.5
    assert (pairs.T.cov() - expected).abs().max() < 4 * (2 / n) ** 0.5
    assert pairs.mean(0).abs().max() < 4 * (1 / n) ** 0.5


def test_samples_follow_the_seed_and_nothing_else():
    task = CorrelatedGaussians(mi=10)
    first = sample(task, 8, seed=1)
    torch.manual_seed(123)
    assert all(torch.equal(a, b) for a, b in zip(first, sample(task, 8, seed=1), strict=True))
    assert not torch.equal(first[0], sample(task, 8, seed=2)[0])


def test_successive_draws_are_fresh():
    task, generator = CorrelatedGaussians(mi=1), generators(0)[0]
    assert not torch.equal(task.sample(4, generator)[0], task.sample(4, generator)[0])


@pytest.mark.parametrize("dim", [1, 20])
@pytest.mark.parametrize("correlation", [-0.4, 0.4, 0.795, 0.97])
def test_log_ratio_is_the_difference_of_log_densities(dim, correlation):
    task = CorrelatedGaussians(dim=dim, correlation=correlation)
    x, y = sample(task, 50)
    y = torch.cat([y[:25], y[25:].roll(1, 0)])  # pairs of the joint and of the product
    truth = log_ratio_by_scipy(task, x.double(), y.double())
    assert task.log_ratio(x.double(), y.double()).numpy() == pytest.approx(truth, abs=1e-9, rel=1e-9)
    assert task.log_ratio(x, y).numpy() == pytest.approx(truth, abs=1e-4, rel=1e-5)  # float32


def test_log_ratio_broadcasts_over_leading_shapes():
    task = CorrelatedGaussians(dim=2, mi=1)
    x, y = sample(task, 4)
    grid = task.log_ratio(x[:, None], y[None])
    assert grid.shape == (4, 4)
    assert torch.allclose(grid.diagonal(), task.log_ratio(x, y))


def test_cubic_cubes_y_and_keeps_mi_and_ratio():
    plain = CorrelatedGaussians(dim=5, correlation=-0.7)
    cubic = Cubic(plain)
    (x, y), (same_x, cubed) = sample(plain, 100), sample(cubic, 100)
    assert torch.equal(x, same_x) and torch.equal(y**3, cubed)
    assert (cubic.mi, cubic.dim_x, cubic.dim_y) == (plain.mi, 5, 5)
    x, y = x.double(), y.double()
    assert torch.allclose(cubic.log_ratio(x, y**3), plain.log_ratio(x, y), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "task", [CorrelatedGaussians(mi=2.5), CorrelatedGaussians(mi=30), Cubic(CorrelatedGaussians(dim=3, mi=4))]
)
def test_mean_log_ratio_is_the_mi(task):
    # MI is the mean of the pointwise MI, so 4 standard errors of 50,000 independent pairs are a fair margin
    x, y = sample(task, 50_000)
    assert within_standard_errors(task.log_ratio(x, y), task.mi)


def test_mi_and_correlation_follow_from_each_other():
    assert CorrelatedGaussians(dim=20, mi=10).correlation == pytest.approx(0.795060, abs=5e-7)
    assert CorrelatedGaussians(dim=1, correlation=0.9).mi == pytest.approx(0.8304, abs=5e-5)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"correlation": 1.0}, "correlation must lie strictly between -1 and 1"),
        ({"correlation": -1.2}, "correlation must lie strictly between -1 and 1"),
        ({"mi": -0.1}, "mi must be a finite number of nats, zero or more"),
        ({"dim": 0, "mi": 1}, "dim must be a whole number of at least 1"),
        ({"mi": 1, "correlation": 0.5}, "either mi (in nats) or correlation"),
        ({}, "either mi (in nats) or correlation"),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with refused(words):
        CorrelatedGaussians(**settings)
