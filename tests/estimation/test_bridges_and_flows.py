import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from helpers import as_sequential, generators, in_tiers, refused, within_standard_errors
from torch.nn.functional import logsigmoid

import mi_lab
from mi_lab import CorrelatedGaussians, Cubic, train
from mi_lab.estimation import bounds, bridges, flows
from mi_lab.estimation.bridges import BRIDGES, TelescopingCritic
from mi_lab.estimation.catalogue import critic_for, estimator, make_task
from mi_lab.estimation.critics import Critic
from mi_lab.estimation.flows import FlowCritic
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.negatives import Batch, draw_batch, merge, read, score
from mi_lab.ground.gaussian import mi_from_correlation

TASKS = [CorrelatedGaussians(dim=3, mi=1), CorrelatedGaussians(dim=3, mi=4)]


class ExactBridges(Critic):
    """log p_k / p_(k+1) of correlated Gaussians, whose every bridge is one: of correlation rho cos(k pi / 2m)."""

    def __init__(self, task):
        super().__init__()
        self.marks = [
            CorrelatedGaussians(task.dim, correlation=task.correlation * max(0.0, math.cos(math.pi / 2 * k / BRIDGES)))
            for k in range(BRIDGES + 1)
        ]

    def pairs(self, x, y, generators=None):
        ratios = zip(self.marks[:-1], self.marks[1:], strict=True)
        return torch.stack(
            [near.log_ratio(x[k], y[k]) - far.log_ratio(x[k], y[k]) for k, (near, far) in enumerate(ratios)]
        )


def exact(mi, n=2000, negatives="derangement"):
    task = CorrelatedGaussians(dim=20, mi=mi)
    batch = draw_batch([task], n, negatives, generators(0))
    return task, batch, score(TelescopingCritic(ExactBridges(task)), batch)


@pytest.mark.parametrize("mi", [1.0, 20.0])
def test_exact_bridges_telescope_to_the_log_ratio(mi):
    task, batch, scores = exact(mi)
    assert torch.allclose(scores.positive, task.log_ratio(batch.x, batch.y), atol=1e-3)
    values = bounds.plug_in(scores.positive.T.double(), scores.negative)  # a pair a run
    assert within_standard_errors(values, mi)


@pytest.mark.parametrize("mi", [1.0, 20.0])
def test_each_exact_bridge_finds_the_divergence_of_its_two_ends(mi):
    # its mean over its near end is KL(p_k || p_(k+1)), closed for Gaussians that share their marginals
    task, _, scores = exact(mi)
    near = scores.negative[0, :, :BRIDGES].double()
    rho = [task.correlation * math.cos(math.pi / 2 * k / BRIDGES) for k in range(BRIDGES + 1)]
    for k, (a, b) in enumerate(pairwise(rho)):
        apart = 20 * ((1 - a * b) / (1 - b**2) - 1) + mi_from_correlation(a, 20) - mi_from_correlation(b, 20)
        assert within_standard_errors(near[:, k], apart)
        assert 0 < apart < mi / 3 + 0.2  # each is small against the whole


def test_the_negatives_of_each_bridge_are_the_positives_of_the_next():
    seen = []

    class Noting(Critic):
        def pairs(self, x, y, generators=None):
            seen.append((x, y))
            return y.sum(-1)

    batch = draw_batch(TASKS, 5, "derangement", generators(0, 1))
    positive, negative = TelescopingCritic(Noting()).read_and_trained(*batch)
    _, (x, y) = seen
    near, far = (half.unflatten(0, (2, BRIDGES)) for half in y.chunk(2, 1))
    assert torch.equal(near[:, 0], batch.y) and torch.equal(near[:, 1:], far[:, :-1])
    assert torch.allclose(far[:, -1], batch.y_negative, atol=1e-6)
    assert torch.equal(x.unflatten(0, (2, BRIDGES))[:, 2, :5], batch.x)
    assert torch.allclose(negative[..., 0], batch.y.sum(-1)) and torch.allclose(positive, BRIDGES * batch.y.sum(-1))
    assert torch.allclose(negative[..., BRIDGES:][..., :-1], negative[..., 1:BRIDGES])


@torch.no_grad()
def test_telescoping_ratios_are_their_formula():
    critic = critic_for("tre", "joint", TASKS, generators(0, 1), Layers((8, 6)))
    batch = draw_batch(TASKS, 5, "derangement", generators(2, 3))
    _, positive, negative = score(critic, batch)
    values = estimator("tre").fit(positive, negative)
    for run in range(2):
        nets = [as_sequential(critic.critic.mlp, run * BRIDGES + k) for k in range(BRIDGES)]
        total = objective = 0.0
        for i in range(5):
            x, y, other = batch.x[run, i], batch.y[run, i], batch.y_negative[run, i]
            a = [math.sin(k * math.pi / 2 / BRIDGES) for k in range(BRIDGES + 1)]
            marks = [math.sqrt(1 - one**2) * y + one * other for one in a]
            total += sum(float(net(torch.cat([x, y]))) for net in nets) / 5
            for k, net in enumerate(nets):
                near, far = (net(torch.cat([x, mark])) for mark in marks[k : k + 2])
                objective += float(logsigmoid(near) + logsigmoid(-far)) / 5
        found = estimator("tre").readouts["tre"](positive, negative)
        assert float(found[run]) == pytest.approx(total, abs=1e-4)
        assert float(values[run]) == pytest.approx(objective, abs=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("name", ["tre", "mienf", "minde"])
def test_their_gradient_raises_their_own_objective(name):
    own = {"tre": "separable", "mienf": "flow", "minde": "denoiser"}[name]
    critic = critic_for(name, own, TASKS, generators(0, 1), Layers((8,)))
    chosen, batch = estimator(name), draw_batch(TASKS, 64, "derangement", generators(2, 3))
    before = read(critic, batch, generators(4, 5))
    critic.pull_back(merge(*chosen.objective(before.positive, before.negative), before.whole.shape))
    gain, step = torch.zeros(2), 1e-3
    for parameter in critic.parameters():
        square = (parameter.grad**2).flatten(1).sum(1).unflatten(0, (2, -1)).sum(1)
        gain += step * square
        parameter.data += step * parameter.grad
    after = read(critic, batch, generators(4, 5))
    change = chosen.fit(after.positive, after.negative) - chosen.fit(before.positive, before.negative)
    assert (gain > 0).all() and change.tolist() == pytest.approx(gain.tolist(), rel=0.1)


@pytest.mark.parametrize(
    ("bound", "gradient"),
    [(bridges.bridged_js, bridges.bridged_js_gradient), (flows.likelihood, flows.density_gradient)],
)
def test_a_gradient_is_that_of_its_objective(bound, gradient):
    positive = torch.zeros(2, 5, dtype=torch.float64, requires_grad=True)
    negative = (3 * torch.randn(2, 5, 4, dtype=torch.float64)).requires_grad_()
    bound(positive, negative).sum().backward()
    ours = gradient(positive.detach(), negative.detach())
    assert positive.grad is None and not ours[0].any()
    assert torch.allclose(ours[1], negative.grad, atol=1e-12)


def test_a_scheme_without_one_negative_per_x_is_refused():
    for make in (
        lambda: train(TASKS[:1], 0, estimator_name="tre", batch_size=8, epochs=1, negatives="all_pairs", device="cpu"),
        lambda: mi_lab.estimate(np.zeros((50, 1)), np.zeros((50, 1)), "tre", negatives="all_pairs"),
        lambda: mi_lab.run("beyond-nwj-gaussian", "smoke", estimator="tre", negatives="all_pairs"),
    ):
        with refused("tre needs one negative per x", "all_pairs"):
            make()
    with refused("tre needs a critic that learns its bridges"):
        critic_for("tre", "optimal", TASKS, generators(0, 1))


def test_a_quadratic_critic_finds_a_gaussians_ratio_bridge_by_bridge():
    task = CorrelatedGaussians(dim=2, mi=3.0)
    settings = {"critic": "quadratic", "learning_rate": 3e-2, "negatives": "derangement", "device": "cpu"}
    (curve,) = train([task], 0, estimator_name="tre", batch_size=256, epochs=8, **settings)
    assert curve.curves["tre"]["mean"][-1] == pytest.approx(3.0, rel=0.05)


def flow(tasks=TASKS, hidden=(8,)):
    return critic_for("mienf", "flow", tasks, generators(*range(len(tasks))), Layers(hidden))


def naive_normal(z, precision):
    return torch.distributions.MultivariateNormal(torch.zeros(len(z)), precision_matrix=precision).log_prob(z)


def spoil(critic):
    """A Gaussian that is none in particular."""
    with torch.no_grad():
        noise = 0.3 * torch.randn(critic.stacked.shape, generator=torch.Generator().manual_seed(1))
        critic.stacked.add_(noise)


@torch.no_grad()
def test_flows_give_the_densities_that_torch_gives():
    from torch.func import functional_call

    critic = flow()
    spoil(critic)
    batch = draw_batch(TASKS, 5, "derangement", generators(2, 3))
    _, seen, trained = score(critic, batch)
    for run, named in enumerate(
        dict(zip(critic._named(critic.stacked), each, strict=True))
        for each in zip(*critic._named(critic.stacked).values(), strict=True)
    ):
        raw = named["factor"]
        lower = torch.tril(raw, -1) + torch.diag(torch.log1p(raw.diag().exp()))
        precision = lower @ lower.T
        covariance = torch.linalg.inv(precision)
        for i in range(5):
            sides, slopes = [], []
            for part, of in (("f", batch.x[run, i]), ("g", batch.y[run, i])):
                own = {name[2:]: value for name, value in named.items() if name.startswith(part)}
                net = getattr(critic.model[0], part)

                def through(value, net=net, own=own):
                    return functional_call(_Through(net), {f"flow.{k}": v for k, v in own.items()}, (value,))

                sides.append(through(of))
                slopes.append(torch.linalg.slogdet(torch.autograd.functional.jacobian(through, of))[1])
            both = naive_normal(torch.cat(sides), precision)
            alone = [naive_normal(sides[0], torch.linalg.inv(covariance[:3, :3]))]
            alone.append(naive_normal(sides[1], torch.linalg.inv(covariance[3:, 3:])))
            assert float(seen[run, i]) == pytest.approx(float(both - sum(alone)), abs=2e-3)
            assert float(trained[run, i, 0]) == pytest.approx(float(both + sum(slopes)), abs=2e-3)
        halves = torch.linalg.slogdet(covariance[:3, :3])[1] + torch.linalg.slogdet(covariance[3:, 3:])[1]
        closed = (halves - torch.linalg.slogdet(covariance)[1]) / 2
        assert float(critic.closed_form()[run]) == pytest.approx(float(closed), abs=1e-3)


class _Through(torch.nn.Module):
    def __init__(self, flow):
        super().__init__()
        self.flow = flow

    def forward(self, value):
        return self.flow().transform(value)


def test_the_mean_log_ratio_of_the_learnt_gaussian_is_its_closed_form():
    critic = flow(hidden=(4,))
    spoil(critic)
    factor = critic._named(critic.stacked.detach())["factor"]
    lower = factor.tril(-1) + torch.diag_embed(torch.nn.functional.softplus(factor.diagonal(dim1=1, dim2=2)))
    covariance = torch.linalg.inv(lower @ lower.mT)
    for run in range(2):
        law = torch.distributions.MultivariateNormal(torch.zeros(6), covariance[run])
        z = law.sample((20_000,))
        parts = [
            torch.distributions.MultivariateNormal(torch.zeros(3), covariance[run][s, s])
            for s in (slice(3), slice(3, 6))
        ]
        terms = law.log_prob(z) - parts[0].log_prob(z[:, :3]) - parts[1].log_prob(z[:, 3:])
        assert within_standard_errors(terms, float(critic.closed_form()[run].detach()))


MAPPED = [CorrelatedGaussians(dim=2, mi=1.0), make_task("normal_cdf", 2, 1.0)]


@pytest.mark.parametrize("task", in_tiers(MAPPED, MAPPED[1:]))
def test_flows_find_the_mi_of_what_is_gaussian_after_a_map_of_each_side(task):
    (curve,) = train(
        [task], 0, estimator_name="mienf", critic="flow", batch_size=256, epochs=4, hidden=(16,), learning_rate=1e-2,
        device="cpu",
    )  # fmt: skip
    assert curve.curves["mienf"]["mean"][-1] == pytest.approx(1.0, abs=0.06)


def test_flows_use_no_negatives():
    x, y = Cubic(TASKS[0]).sample(8, generators(0)[0])
    critic = flow(TASKS[:1])
    one, other = (score(critic, Batch(x[None], y[None], negatives)) for negatives in (None, y.flip(0)[None]))
    assert torch.equal(one.positive, other.positive) and torch.equal(one.negative, other.negative)


def test_without_zuko_a_sentence_names_the_extra(monkeypatch):
    found = __import__("importlib.util").util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "zuko" else found(name))
    with pytest.raises(ModuleNotFoundError, match=r"zuko is not installed; it comes with the extra 'flows'"):
        flow()


@pytest.mark.parametrize("name", ["tre", "mienf"])
def test_pairs_are_estimated_and_compared_like_by_any_other(name):
    x, y = CorrelatedGaussians(dim=1, mi=0.5).sample(2000, generators(0)[0])
    found = mi_lab.compare(
        x, y, [name, "nwj"], seeds=0, hidden=(16,), max_steps=600, learning_rate=1e-2, progress=False
    )
    own, nwj = found.estimates
    assert own.estimator == own.readout == name and own.lower_bound is None
    assert abs(own.mi - 0.5) < 4 * own.stderr + 0.05 and own.stderr < 0.15
    assert own.critic == ("flow" if name == "mienf" else nwj.critic)


def test_flows_refuse_labels():
    labels = np.arange(100) % 3
    with refused("mienf models the density of both sides"):
        mi_lab.estimate(labels, np.random.default_rng(0).normal(size=(100, 1)), "mienf")


def test_a_flow_is_no_critic_of_others():
    with refused("nwj needs a critic of pairs", "not 'flow'"):
        critic_for("nwj", "flow", TASKS, generators(0, 1))
    with refused("mienf needs the critic 'flow'", "not 'joint'"):
        critic_for("mienf", "joint", TASKS, generators(0, 1))
    assert isinstance(flow(), FlowCritic) and bridges.BRIDGES == 6
