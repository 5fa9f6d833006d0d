"""MINDE: denoisers that are known exactly give the MI, and the critic is that of a plain second implementation."""

import math

import numpy as np
import pytest
import torch
from helpers import as_sequential, generators, in_tiers, refused, within_standard_errors

import mi_lab
from mi_lab import CorrelatedGaussians, train
from mi_lab.estimation import bounds, denoising
from mi_lab.estimation.catalogue import critic_for, make_task
from mi_lab.estimation.denoising import LEAST, LEVELS, MOST, likelihood_gain
from mi_lab.estimation.flows import density_gradient
from mi_lab.estimation.inputs import prepared
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.negatives import draw_batch, merge, score

TASKS = [CorrelatedGaussians(dim=3, mi=1.0), CorrelatedGaussians(dim=3, mi=4.0)]


def denoiser(tasks=TASKS, hidden=(8,), seeds=(0, 1)):
    return critic_for("minde", "denoiser", tasks, generators(*seeds), Layers(hidden))


class Exact(denoising.DenoisingCritic):
    """The denoisers of Gaussians: u(z) = 0, and u(z, x) = s (a r^2 z - r x) / (1 - a^2 r^2)."""

    def __init__(self, task):
        super().__init__(task.dim_x, task.dim_y, generators(0), Layers((1,)))
        self.r = task.correlation

    def _denoise(self, z, x, levels, hats):
        a, s = levels[..., :1], levels[..., 1:2]
        with_x = s * (a * self.r**2 * z - self.r * x) / (1 - (a * self.r) ** 2)
        return torch.cat([with_x, torch.zeros_like(with_x)], 1)


def seen(correlation, dim):
    """What the levels show of the MI: the integral over them of a^2 s^2 r^2 / 2 (1 - a^2 r^2), per component."""
    low, high = (1 / (1 + math.exp(-level)) for level in (LEAST, MOST))
    return dim / 2 * math.log((1 - low * correlation**2) / (1 - high * correlation**2))


def test_the_levels_show_nearly_all_but_of_one_number_six_nats_at_most():
    for dim, mi, rel in ((20, 20.0, 1e-3), (1, 1.0, 1e-3), (1, 3.0, 2e-3), (1, 5.0, 2e-2)):
        assert seen(CorrelatedGaussians(dim=dim, mi=mi).correlation, dim) == pytest.approx(mi, rel=rel)
    assert seen(1.0, 1) == pytest.approx(6.0, abs=0.01)


@pytest.mark.parametrize(("dim", "mi"), [(20, 1.0), (20, 20.0), (1, 3.0), (1, 6.0)])
def test_exact_denoisers_give_what_the_levels_show_by_their_distance_and_by_their_errors(dim, mi):
    task = CorrelatedGaussians(dim=dim, mi=mi)
    wanted = seen(task.correlation, dim)
    batch = draw_batch([task], 40_000, "derangement", generators(1))
    found = score(Exact(task), batch, generators(2))
    assert within_standard_errors(found.positive[0], wanted)
    gains = (MOST - LEAST) / 2 * (found.negative[0, :, 0] - found.negative[0, :, 1])
    assert within_standard_errors(gains, wanted)
    assert float(likelihood_gain(found.positive, found.negative)) == pytest.approx(float(gains.mean()), rel=1e-4)


def naive(critic, run, x, y, level, noise, parts):
    """The integrand and the two weighted squared errors of one row."""
    perceptron, linear = parts
    a, s = level.sigmoid().sqrt(), (-level).sigmoid().sqrt()
    z, v = a * y + s * noise, a * noise - s * y
    place = float((level - LEAST) / (MOST - LEAST) * 10)
    low = min(int(place), 9)
    told = []
    for known in (torch.cat([x, torch.ones(1)]), torch.zeros(len(x) + 1)):
        seen = torch.cat([z, known])
        by_knot = linear(seen).view(11, -1)
        between = (low + 1 - place) * by_knot[low] + (place - low) * by_knot[low + 1]
        told.append(between + perceptron(torch.cat([seen, torch.stack([a, s, level / MOST])])))
    distance = (MOST - LEAST) / 2 * (a * (told[0] - told[1])).square().sum()
    return distance, [-(a**2) * (v - one).square().sum() for one in told]


def test_scores_and_gradient_are_those_of_a_plain_second_implementation():
    critic = denoiser()
    for perceptron in (critic.perceptron, critic.linear):
        perceptron.stacked.data.normal_(0, 0.3, generator=generators(5)[0])
    batch = draw_batch(TASKS, 4, "derangement", generators(2, 3))
    scores = score(critic, batch, generators(7, 8))
    critic.pull_back(merge(*density_gradient(scores.positive, scores.negative), scores.whole.shape))
    levels, noise = denoising._drawn(batch.y.repeat(1, LEVELS, 1), generators(7, 8))
    for run in range(2):
        parts = as_sequential(critic.perceptron, run), as_sequential(critic.linear, run)
        total = 0.0
        for i in range(4):
            rows = [
                naive(critic, run, batch.x[run, i], batch.y[run, i], levels[run, row, 0], noise[run, row], parts)
                for row in range(i, 4 * LEVELS, 4)
            ]
            distance = torch.stack([distance for distance, _ in rows]).mean().detach()
            assert float(distance) == pytest.approx(float(scores.positive[run, i]), rel=1e-4)
            for which in (0, 1):
                own = torch.stack([errors[which] for _, errors in rows]).mean()
                assert float(own.detach()) == pytest.approx(float(scores.negative[run, i, which]), rel=1e-4)
                total = total + own / 8
        total.backward()
        for perceptron, plain in zip((critic.perceptron, critic.linear), parts, strict=True):
            by_hand = torch.cat(
                [
                    torch.cat([layer.weight.grad.T.flatten(), layer.bias.grad])
                    for layer in plain
                    if hasattr(layer, "weight")
                ]
            )
            torch.testing.assert_close(perceptron.stacked.grad[run], by_hand, atol=1e-4, rtol=1e-3)


def test_noise_is_that_of_the_generators_in_any_stack():
    critic, batch = denoiser(), draw_batch(TASKS, 15, "derangement", generators(2, 3))
    first = score(critic, batch, generators(7, 8)).positive
    assert torch.equal(first, score(critic, batch, generators(7, 8)).positive)
    other = score(critic, batch, generators(7, 9)).positive
    assert torch.equal(first[0], other[0]) and not torch.isclose(first[1], other[1]).any()
    alone = denoiser(TASKS[1:], seeds=(1,))
    alone_batch = type(batch)(*(part[1:] for part in batch))
    torch.testing.assert_close(score(alone, alone_batch, generators(8)).positive, first[1:])
    with refused("a denoiser draws noise"):
        score(critic, batch)


def test_every_row_has_a_level_of_its_own_part_of_the_range():
    level, noise = denoising._drawn(torch.zeros(2, 10, 3), generators(0, 1))
    for run in level[..., 0]:
        assert ((run - LEAST) / (MOST - LEAST) * 10).floor().sort().values.tolist() == list(range(10))
    assert not torch.equal(level[0], level[1]) and noise.shape == (2, 10, 3)


def test_pairs_of_bits_are_read_as_what_they_share_where_noise_is_new_to_every_batch():
    values = []
    for seed in range(4):  # noise that came again with the same bits would be learnt: 0.57 on average
        rng = np.random.default_rng(seed)
        y = rng.permutation(np.arange(400) % 2)[:, None].astype(float)
        x = 2 * y - 1 + rng.normal(size=(400, 1))
        quick = {"hidden": (32, 32), "max_steps": 1000, "seeds": 0, "progress": False}
        values.append(mi_lab.estimate(x, y, "minde", readout="likelihood_gain", **quick).mi)
    assert np.mean(values) < 0.45  # the truth is 0.337


@pytest.mark.parametrize("name", in_tiers(["gaussian", "normal_cdf", "asinh"], ["gaussian"]))
def test_training_finds_the_mi(name):
    task = prepared(make_task(name, 4, 2.0), "standardised")
    (curve,) = train(
        [task], 0, estimator_name="minde", critic="denoiser", batch_size=256, epochs=15 if name == "gaussian" else 30,
        hidden=(64, 64), learning_rate=1e-3, negatives="derangement", device="cpu",
    )  # fmt: skip
    # the gain loses the errors of the denoiser with x
    assert curve.curves["minde"]["mean"][-1] == pytest.approx(2.0, abs=0.2)
    assert curve.curves["likelihood_gain"]["mean"][-1] == pytest.approx(1.9, abs=0.2)


def test_of_pairs_without_information_the_gain_reads_none():
    x, y = np.random.default_rng(0).normal(size=(2, 2000, 2))
    distance, gain = (
        mi_lab.estimate(x, y, "minde", readout=name, seeds=0, hidden=(32,), progress=False)
        for name in ("minde", "likelihood_gain")
    )
    assert abs(gain.mi) < 0.05 and distance.mi < 0.2
    assert distance.bound == gain.bound == "no bound" and distance.critic == "denoiser"


def test_a_label_may_be_x_and_not_y():
    rng = np.random.default_rng(0)
    label = rng.integers(2, size=2000)
    numbers = rng.normal(size=(2000, 2)) + 6 * label[:, None]
    with refused("minde takes noise off y, and labels have none", "pass the labels as x"):
        mi_lab.estimate(numbers, label, "minde", progress=False)
    found = mi_lab.estimate(label, numbers, "minde", seeds=0, hidden=(32, 32), progress=False)
    assert 0.5 < found.mi < 0.75  # log 2 is 0.69; a gap in y is seen through little noise only


def test_what_overflows_is_not_finite_and_its_neighbour_goes_on():
    critic, batch = denoiser(), draw_batch(TASKS, 8, "derangement", generators(2, 3))
    batch.y[0, 0] = math.inf
    read = bounds.plug_in(*score(critic, batch, generators(7, 8))[1:])
    assert not read[0].isfinite() and read[1].isfinite()


def test_neither_has_flows_or_denoisers_with_dropout_nor_a_ceiling_without_negatives():
    x, y = np.random.default_rng(0).normal(size=(2, 300, 1))
    for name in ("mienf", "minde"):
        with refused(f"{name} has no dropout"):
            mi_lab.estimate(x, y, name, dropout=(0.5, 0.5), progress=False)
    found = mi_lab.estimate(x, y, "minde", negatives="shuffle", max_steps=50, seeds=0, progress=False)
    assert found.log_ceiling is None


def test_another_critic_is_refused():
    with refused("minde needs the critic 'denoiser'", "not 'joint'"):
        critic_for("minde", "joint", TASKS, generators(0, 1))
    with refused("nwj needs a critic of pairs such as 'joint', not 'denoiser'"):
        critic_for("nwj", "denoiser", TASKS, generators(0, 1))
