import math

import pytest
import torch
from helpers import as_sequential, generators, refused, within_standard_errors
from torch import nn

from mi_lab import CorrelatedGaussians, Cubic
from mi_lab.estimation.baselines import BaselinedCritic
from mi_lab.estimation.bounds import kl_dime_gradient, plug_in
from mi_lab.estimation.catalogue import critic_for, estimator, make_task
from mi_lab.estimation.critics import OptimalCritic
from mi_lab.estimation.densities import fitted_marginal, known_marginal
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.negatives import draw_batch, merge, score
from mi_lab.estimation.training import train
from mi_lab.ground.names import DENSITIES

TASKS = [CorrelatedGaussians(dim=3, mi=1), CorrelatedGaussians(dim=3, mi=4)]


def made(name, critic="joint", **settings):
    return critic_for(name, critic, TASKS, generators(0, 1), Layers((8, 6), **settings))


def batch(negatives="all_pairs", n=5):
    return draw_batch(TASKS, n, negatives, generators(2, 3))


def naive_density(critic, run, x, y):
    mean, log_variance = as_sequential(critic.q, run)(x).chunk(2)
    q = torch.distributions.Normal(mean, (log_variance / 2).exp()).log_prob(y).sum()
    return q - torch.distributions.Normal(0.0, 1.0).log_prob(y).sum()


@torch.no_grad()
@pytest.mark.parametrize("negatives", ["all_pairs", "derangement"])
def test_a_conditional_critic_is_the_difference_of_log_densities(negatives):
    critic, pairs = made("barber_agakov", "conditional"), batch(negatives)
    _, positive, negative = score(critic, pairs)
    for k in range(2):
        x, y = pairs.x[k], pairs.y[k]
        naive = torch.stack([naive_density(critic, k, x[i], y[i]) for i in range(5)])
        assert torch.allclose(positive[k], naive, atol=1e-4)
        if negatives == "all_pairs":
            others = [[naive_density(critic, k, x[i], y[j]) for j in range(5) if j != i] for i in range(5)]
        else:
            others = [[naive_density(critic, k, x[i], pairs.y_negative[k, i])] for i in range(5)]
        assert torch.allclose(negative[k], torch.tensor(others), atol=1e-4)


@pytest.mark.parametrize("negatives", ["all_pairs", "derangement"])
def test_its_gradient_is_that_of_autograd(negatives):
    critic, pairs = made("doe", "conditional"), batch(negatives)
    critic.marginal = lambda y: torch.zeros(y.shape[:2])
    _, positive, negative = score(critic, pairs)
    weights = torch.randn(positive.shape), torch.randn(negative.shape)
    critic.pull_back(merge(*weights, score(critic, pairs).whole.shape))
    for k in range(2):
        net = as_sequential(critic.q, k)
        total = 0.0
        mean, log_variance = net(pairs.x[k]).chunk(2, -1)
        density = torch.distributions.Normal(mean, (log_variance / 2).exp())
        total = (density.log_prob(pairs.y[k]).sum(-1) * weights[0][k]).sum()
        for i in range(5):
            others = (
                [pairs.y[k, j] for j in range(5) if j != i] if negatives == "all_pairs" else [pairs.y_negative[k, i]]
            )
            one = torch.distributions.Normal(mean[i], (log_variance[i] / 2).exp())
            total = total + (one.log_prob(torch.stack(others)).sum(-1) * weights[1][k, i]).sum()
        total.backward()
        linears = [layer for layer in net if isinstance(layer, nn.Linear)]
        for layer, ours, bias in zip(linears, critic.q.weight_grads, critic.q.bias_grads, strict=True):
            assert torch.allclose(layer.weight.grad.T, ours[k], rtol=1e-3, atol=1e-3)
            assert torch.allclose(layer.bias.grad, bias[k, 0], rtol=1e-3, atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize(("name", "of_pairs"), [("tuba", False), ("flo", True)])
def test_tuba_and_flo_are_their_formulas(name, of_pairs):
    critic, pairs = made(name), batch()
    _, positive, negative = score(critic, pairs)
    values = estimator(name).readouts[name](positive, negative)
    for k in range(2):
        own, baseline = as_sequential(critic.critic.mlp, k), as_sequential(critic.baseline, k)
        x, y = pairs.x[k], pairs.y[k]
        t = [[float(own(torch.cat([x[i], y[j]]))) for j in range(5)] for i in range(5)]
        b = [float(baseline(torch.cat([x[i], y[i]]) if of_pairs else x[i])) for i in range(5)]
        if of_pairs:  # FLO: 1 - E[u + e^-u mean of e^(g(x, y') - g(x, y))], with b = g + u
            u = [b[i] - t[i][i] for i in range(5)]
            means = [sum(math.exp(t[i][j] - t[i][i]) for j in range(5) if j != i) / 4 for i in range(5)]
            naive = 1 - sum(u[i] + math.exp(-u[i]) * means[i] for i in range(5)) / 5
        else:  # TUBA: 1 + E[log e^T / a] - E[e^T] / a
            first = sum(math.log(math.exp(t[i][i]) / math.exp(b[i])) for i in range(5)) / 5
            second = sum(math.exp(t[i][j]) / math.exp(b[i]) for i in range(5) for j in range(5) if j != i) / 20
            naive = 1 + first - second
        assert float(values[k]) == pytest.approx(naive, abs=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("name", ["tuba", "flo"])
@pytest.mark.parametrize("negatives", ["all_pairs", "derangement"])
def test_the_gradient_in_critic_and_baseline_raises_the_bound(name, negatives):
    critic, pairs = made(name), batch(negatives, 64)
    readout = estimator(name).readouts[name]
    before = score(critic, pairs)
    critic.pull_back(merge(*kl_dime_gradient(before.positive, before.negative), before.whole.shape))
    gain, step = torch.zeros(2), 1e-3
    for parameter in critic.parameters():
        gain += step * (parameter.grad**2).flatten(1).sum(1)
        parameter.data += step * parameter.grad
    after = score(critic, pairs)
    change = readout(after.positive, after.negative) - readout(before.positive, before.negative)
    assert change.tolist() == pytest.approx(gain.tolist(), rel=0.1)
    assert (critic.baseline.stacked.grad.abs().sum(1) > 0).all()


@torch.no_grad()
@pytest.mark.parametrize("of_pairs", [False, True])
def test_the_optimal_critic_without_a_baseline_gives_the_mi(of_pairs):
    tasks = [CorrelatedGaussians(dim=2, mi=1.0)] * 300
    baseline = Layers((3,)).perceptron(4 if of_pairs else 2, 1, generators(*range(300)))
    critic = BaselinedCritic(OptimalCritic(tasks), baseline, of_pairs)
    critic.baseline.stacked.data.zero_()
    _, positive, negative = score(critic, draw_batch(tasks, 64, "all_pairs", generators(*range(300))))
    assert within_standard_errors(estimator("flo").readouts["flo"](positive.double(), negative.double()), 1.0)


@pytest.mark.parametrize("task", [CorrelatedGaussians(dim=2, mi=1), Cubic(CorrelatedGaussians(dim=2, mi=1))])
def test_marginals_are_known_exactly_or_fitted_to_two_moments(task):
    y = task.sample(1000, generators(1)[0])[1][None]
    exact = known_marginal([task])(y)
    fitted = fitted_marginal([task], torch.device("cpu"))(y)
    # cross entropies: the fitted one is larger, by a lot for a cube
    gap = float((exact - fitted).mean())
    assert exact.shape == (1, 1000)
    assert abs(gap) < 0.01 if isinstance(task, CorrelatedGaussians) else gap > 1


def test_a_density_that_is_not_known_is_refused_for_barber_agakov_only():
    spiral = [make_task("spiral", 2, 1.0)]
    with refused("density of y", "not known"):
        critic_for("barber_agakov", "conditional", spiral, generators(0), Layers((4,)))
    assert critic_for("doe", "conditional", spiral, generators(0), Layers((4,)))


@pytest.mark.parametrize("name", [name for name, critic in DENSITIES.items() if critic == "conditional"])
def test_each_finds_its_value_of_a_gaussian_whose_conditional_is_one(name):
    task = CorrelatedGaussians(dim=2, mi=1.0)
    settings = {"hidden": (16,), "learning_rate": 5e-3, "critic": "conditional"}
    settings["negatives"] = "all_pairs" if name == "l1out" else "derangement"
    (curve,) = train([task], [0], estimator_name=name, batch_size=256, epochs=6, device="cpu", **settings)
    truth = 2 * math.expm1(1.0) if name == "club" else 1.0
    values = torch.tensor(curve.curves[name]["mean"][-2:])  # of 400 batches of 256: errors of 1 % and less
    assert float(values.mean()) == pytest.approx(truth, rel=0.06)


def test_a_plug_in_of_densities_is_not_fooled_by_the_marginal_it_subtracts():
    task = CorrelatedGaussians(dim=2, mi=0.0)
    (curve,) = train(
        [task],
        [0],
        estimator_name="doe",
        batch_size=256,
        epochs=3,
        hidden=(8,),
        learning_rate=1e-2,
        critic="conditional",
        device="cpu",
    )
    assert abs(curve.curves["doe"]["mean"][-1]) < 0.05 and estimator("doe").fit is plug_in
