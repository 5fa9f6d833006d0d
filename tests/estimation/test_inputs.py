import numpy as np
import pytest
import torch
from helpers import generators, refused
from scipy.stats import kstest

from mi_lab import CorrelatedGaussians
from mi_lab.estimation import inputs
from mi_lab.estimation.catalogue import make_task
from mi_lab.estimation.distributions import DigitPairs, SparseGaussians
from mi_lab.estimation.inputs import Prepared, prepared
from mi_lab.estimation.pairs.copula import normal_scores
from mi_lab.estimation.transforms import log_density_y

_DRAW = inputs._drawn


def sample(task, n=5000, seed=3):
    return task.sample(n, *generators(seed))


@pytest.mark.parametrize("name", ["cubic", "student", "uniform_noise", "blobs", "digits"])
@pytest.mark.parametrize("how", ["standardised", "normal_scores"])
def test_columns_rise_with_their_own_and_keep_the_mi(name, how):
    task = make_task(name, 4, 1.0)
    mapped = prepared(task, how)
    assert (mapped.dim_x, mapped.dim_y, mapped.mi) == (task.dim_x, task.dim_y, task.mi)
    for plain, seen in zip(sample(task), sample(mapped), strict=True):
        assert seen.dtype == torch.float32 and seen.shape == plain.shape
        for before, after in zip(plain.T, seen.T, strict=True):
            order = before.argsort(stable=True)
            assert (after[order].diff() >= -1e-6).all()
            if how == "standardised" and before.unique().numel() > 50 and name != "student":
                assert abs(after.mean()) < 0.1 and after.std() == pytest.approx(1.0, abs=0.1)
            if how == "normal_scores" and before.unique().numel() > 50:
                assert kstest(after.numpy(), "norm").pvalue > 1e-4
                by_hand = normal_scores(before[:, None].double().numpy())[:, 0]
                assert np.abs(by_hand - after.numpy())[np.abs(by_hand) < 2].max() < 0.15  # of two samples


@pytest.mark.parametrize("name", ["cubic", "asinh", "normal_cdf"])
def test_the_normal_scores_of_mapped_components_are_those_of_the_gaussian(name):
    # so that no run has to tell what a marginal costs after normal scores: nothing
    mapped, plain = (sample(prepared(make_task(task, 3, 2.0), "normal_scores")) for task in (name, "gaussian"))
    apart = (mapped[1] - plain[1]).abs()
    assert torch.equal(mapped[0], plain[0])
    assert apart.median() < 1e-3 and apart.max() < 0.05  # between two knots a map bends, most in the tails


def test_a_standardised_task_knows_its_ratio_and_its_density():
    task = make_task("cubic", 2, 1.0)
    mapped = Prepared(task, "standardised")
    (x, y), (u, v) = sample(task, 100), sample(mapped, 100)
    assert torch.allclose(mapped.log_ratio(u, v), task.log_ratio(x, y), atol=1e-2)
    scale = float((y[0] - y[1])[0] / (v[0] - v[1])[0]), float((y[0] - y[1])[1] / (v[0] - v[1])[1])
    expected = log_density_y(task, y.double()) + np.log(scale[0]) + np.log(scale[1])
    assert torch.allclose(mapped.log_density_y(v.double()), expected, atol=1e-2)
    with refused("the density of normal_scores is not known"):
        Prepared(task, "normal_scores").log_density_y(v)


def test_the_density_of_standardised_cubes_is_finite_and_drawn_for_once(monkeypatch):
    task = make_task("cubic", 20, 3.0)
    mapped, drawn = Prepared(task, "standardised"), []
    _, y = sample(mapped, 50_000)
    monkeypatch.setattr(inputs, "_drawn", lambda task: drawn.append(task) or _DRAW(task))
    values = mapped.log_density_y(y)
    mapped.log_density_y(y)
    assert values.isfinite().all() and len(drawn) <= 1 and values.dtype == y.dtype
    # the entropy of 20 cubes, and what scaling takes off
    scale = inputs._both_moments(task)[1][1]
    gaussian = 20 / 2 * np.log(2 * np.pi * np.e)
    slope = 20 * (np.log(3) + 2 * -0.6351814227)  # E log|y| of a standard Gaussian
    assert float(-values.double().mean()) == pytest.approx(gaussian + slope - float(scale.log().sum()), abs=0.15)


def test_raw_is_the_task_itself_and_another_name_is_refused():
    task = CorrelatedGaussians(2, 1.0)
    assert prepared(task, "raw") is task
    with refused("unknown inputs 'standardized'", "'standardised'"):
        prepared(task, "standardized")


def test_of_a_sparse_task_two_components_carry_the_mi():
    task = SparseGaussians(25, 2.0)
    x, y = sample(task, 50_000)
    r = torch.corrcoef(torch.cat([x, y], 1).T)[:25, 25:]
    assert (r[2:, 2:].abs().max() < 0.03) and r[0, 0] == pytest.approx(task.core.correlation, abs=0.01)
    assert task.core.mi == 2.0 and x.std() == pytest.approx(1.0, abs=0.01)
    with refused("dim must be at least 2"):
        SparseGaussians(1, 1.0)


def test_pairs_of_digits_follow_the_channel_of_their_labels():
    from sklearn.datasets import load_digits

    data = load_digits()
    label = {tuple(image): int(one) for image, one in zip(data.data.tolist(), data.target, strict=True)}
    assert len(label) == 1797
    task = DigitPairs(10, 1.0)
    x, y = sample(task, 4000)
    a, b = ([label[tuple(image)] for image in side.tolist()] for side in (x, y))
    agree = np.mean(np.equal(a, b))
    assert agree == pytest.approx(1 - task.labels.reroll * 0.9, abs=4 * (0.25 / 4000) ** 0.5)
    assert set(a) == set(range(10)) and len({tuple(image) for image in x.tolist()}) > 1500
    ratio = task.log_ratio(x, y)
    assert len(ratio.unique()) == 2 and torch.equal(ratio == ratio.max(), torch.tensor(np.equal(a, b)))
    with refused("dim must be 2 to 10"):
        DigitPairs(11, 1.0)
