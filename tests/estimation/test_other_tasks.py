import math

import numpy as np
import pytest
import torch
from helpers import generators, refused, within_standard_errors
from scipy import integrate
from scipy.stats import multivariate_t

from mi_lab import CorrelatedGaussians, ceiling
from mi_lab.estimation.catalogue import TASKS, make_task
from mi_lab.estimation.distributions import CorrelatedStudent, SymmetricChannel, UniformNoise
from mi_lab.estimation.transforms import MAPS, Transformed, log_density_y
from mi_lab.ground.discrete import information
from mi_lab.ground.gaussian import student_excess

TASKS_AT_LOW_MI = {
    **{name: make_task(name, 2, 0.5) for name in TASKS},
    "channel": SymmetricChannel(4, 0.5),
}


def sample(task, n, seed=0):
    return task.sample(n, *generators(seed))


@pytest.mark.parametrize("name", TASKS_AT_LOW_MI)
def test_the_mean_log_ratio_is_the_mi(name):
    task = TASKS_AT_LOW_MI[name]
    values = task.log_ratio(*(side.double() for side in sample(task, 100_000, seed=1)))
    # 5 standard errors of independent pairs, whose variance at half a nat is about 1
    assert within_standard_errors(values, task.mi, 5)


@pytest.mark.parametrize("name", TASKS_AT_LOW_MI)
def test_the_ratio_integrates_to_one_over_the_product(name):
    task = TASKS_AT_LOW_MI[name]
    x = sample(task, 100_000, seed=1)[0].double()
    ratio = task.log_ratio(x, sample(task, 100_000, seed=2)[1].double()).exp()
    assert within_standard_errors(ratio, 1.0, 5) and float(ratio.std()) / 1e5**0.5 < 0.02


@pytest.mark.parametrize("name", TASKS_AT_LOW_MI)
def test_samples_have_the_shapes_that_are_told_and_follow_the_seed(name):
    task = TASKS_AT_LOW_MI[name]
    x, y = sample(task, 7)
    assert (x.shape, y.shape) == ((7, task.dim_x), (7, task.dim_y)) and x.dtype == y.dtype == torch.float32
    assert all(torch.equal(a, b) for a, b in zip((x, y), sample(task, 7), strict=True))
    grid = task.log_ratio(x[:, None].expand(-1, 7, -1), y[None].expand(7, -1, -1))
    assert grid.shape == (7, 7) and torch.allclose(grid.diagonal(), task.log_ratio(x, y))


@pytest.mark.parametrize("name", MAPS)
def test_a_map_is_undone_by_its_inverse(name):
    z = torch.randn(1000, 4, generator=generators(0)[0], dtype=torch.float64)
    there = MAPS[name].forward(z)
    assert there.shape == (1000, 4 * MAPS[name].components)
    assert torch.allclose(MAPS[name].inverse(there), z, atol=1e-7)
    assert not torch.allclose(there[:, :4], z, atol=0.1)


@pytest.mark.parametrize("name", MAPS)
def test_a_mapped_task_keeps_mi_and_ratio(name):
    plain = CorrelatedGaussians(dim=4, correlation=0.9)
    mapped = Transformed(plain, MAPS[name], MAPS["spiral"])
    x, y = (side.double() for side in sample(plain, 200))
    images = MAPS["spiral"].forward(x), MAPS[name].forward(y)
    assert mapped.mi == plain.mi and (mapped.dim_x, mapped.dim_y) == (4, images[1].shape[1])
    assert torch.allclose(mapped.log_ratio(*images), plain.log_ratio(x, y), atol=1e-5)


@pytest.mark.parametrize("name", ["cubic", "half_cube", "asinh", "normal_cdf", "gaussian", "student"])
def test_the_density_of_y_has_the_mass_of_its_histogram(name):
    task = make_task(name, 1, 0.5)
    low, high = 0.3, 0.9
    mass, _ = integrate.quad(lambda v: math.exp(log_density_y(task, torch.tensor([v], dtype=torch.float64))), low, high)
    y = sample(task, 100_000)[1][:, 0]
    assert within_standard_errors(((y > low) & (y < high)).double(), mass, 5)


def test_a_density_that_is_not_known_is_refused():
    for name in ("spiral", "uniform_noise"):
        with refused("density of y", "not known"):
            log_density_y(make_task(name, 2, 1.0), torch.zeros(1, 2))


@pytest.mark.parametrize(("degrees", "dim", "excess"), [(1.0, 1, 0.224171), (5.0, 1, 0.0171)])
def test_the_excess_of_student_vectors_is_the_published_one(degrees, dim, excess):
    assert student_excess(degrees, dim) == pytest.approx(excess, abs=5e-5)


@pytest.mark.parametrize(("degrees", "dim"), [(1.0, 1), (3.0, 2), (30.0, 3)])
def test_the_ratio_of_student_vectors_is_that_of_scipy(degrees, dim):
    task = CorrelatedStudent(dim, 1.5, degrees)
    x, y = (side.double() for side in sample(task, 50))
    shape = np.eye(2 * dim)
    shape[:dim, dim:] = shape[dim:, :dim] = task.correlation * np.eye(dim)
    one = multivariate_t(np.zeros(dim), np.eye(dim), degrees)
    both = multivariate_t(np.zeros(2 * dim), shape, degrees)
    truth = both.logpdf(torch.cat([x, y], 1)) - one.logpdf(x) - one.logpdf(y)
    assert task.log_ratio(x, y).numpy() == pytest.approx(truth, abs=1e-9)
    assert task.log_density_y(y).numpy() == pytest.approx(one.logpdf(y), abs=1e-9)


@pytest.mark.parametrize("mi", [0.1, 0.5, 0.8, 3.0])
def test_uniform_noise_has_the_mi_of_its_integral(mi):
    width = UniformNoise(1, mi).width

    def surprise(y):
        density = (min(y + width, 1) - max(y - width, 0)) / (2 * width)
        return -density * math.log(density) if density > 0 else 0.0

    corners = [-width, width, 1 - width, 1 + width]
    entropy, _ = integrate.quad(
        surprise, -width, 1 + width, points=sorted({min(max(c, -width), 1 + width) for c in corners})
    )
    assert entropy - math.log(2 * width) == pytest.approx(mi, abs=1e-6)


@pytest.mark.parametrize("mi", [0.0, 0.7, math.log(5)])
def test_the_channel_has_the_mi_of_its_table(mi):
    table = np.full((5, 5), SymmetricChannel(5, mi).reroll / 25)
    table += np.eye(5) * (1 / 5 - table[0].sum())
    assert information(table, 0, 1) == pytest.approx(mi, abs=1e-9)


@pytest.mark.parametrize("mi", [1.0, 10.0, 42.0])
def test_uniform_noise_as_drawn_lies_in_its_own_support(mi):
    task = UniformNoise(5, mi)
    ratio = task.log_ratio(*task.sample(200_000, torch.Generator().manual_seed(0)))  # float32, as trained on
    rounding = 1e-4 * mi  # of y, beside the narrowest width
    apart = abs(float(ratio.double().mean()) - mi)
    assert ratio.isfinite().all() and apart < 5 * float(ratio.std()) / 200_000**0.5 + rounding
    assert math.isfinite(ceiling(task, 64).value)
    x = torch.full((1, 5), 0.5)
    assert task.log_ratio(x, x + 1.01 * task.width) == -math.inf


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: make_task("cubix", 2, 1.0), ("unknown task 'cubix'", "'cubic'")),
        (lambda: CorrelatedStudent(20, 0.1), ("mi must be at least 0.7926 nats",)),
        (lambda: CorrelatedStudent(2, 1.0, 0.0), ("degrees of freedom must be a positive number",)),
        (lambda: UniformNoise(2, 0.0), ("mi must be a positive number",)),
        (lambda: UniformNoise(2, 17.1), ("at most 8.5 nats for each of the 2 components",)),
        (lambda: SymmetricChannel(4, 1.5), ("[0, log 4 = 1.3863]", "not 1.5")),
        (lambda: sample(make_task("spiral", 1, 1.0), 3), ("at least 2 dimensions",)),
        (lambda: sample(make_task("blobs", 3, 1.0), 3), ("must be even, not 3",)),
    ],
)
def test_bad_settings_of_tasks_are_refused(make, words):
    with refused(*words):
        make()
