import math
from math import exp, log
from statistics import fmean

import pytest
import torch
from helpers import generators, refused, within_standard_errors

from mi_lab import CorrelatedGaussians
from mi_lab.estimation import bounds, bridges, flows
from mi_lab.estimation.bounds import ESTIMATORS
from mi_lab.estimation.catalogue import estimator
from mi_lab.estimation.critics import OptimalCritic
from mi_lab.estimation.negatives import draw_batch, score
from mi_lab.ground.names import DENSITIES, READOUTS

# The bounds again, from their formulas: t are the scores of one run's positives, u the rows of its negatives' scores.


def naive_dv(t, u):
    return fmean(t) - log(fmean(exp(s) for row in u for s in row))


def naive_nwj(t, u):
    return fmean(t) - fmean(exp(s - 1) for row in u for s in row)


def naive_js(t, u):
    return -fmean(log(1 + exp(-s)) for s in t) - fmean(log(1 + exp(s)) for row in u for s in row)


def naive_js_nwj(t, u):
    return 1 + fmean(t) - fmean(exp(s) for row in u for s in row)


def naive_plug_in(t, u):
    return fmean(t)


def naive_infonce(t, u):
    return fmean(log(exp(s) / fmean([exp(s), *map(exp, row)])) for s, row in zip(t, u, strict=True))


def naive_smile(t, u, tau=5.0):
    return fmean(t) - log(fmean(exp(min(max(s, -tau), tau)) for row in u for s in row))


def naive_interpolated(t, u, alpha=0.01):
    joint, product = [], []
    for s, row in zip(t, u, strict=True):
        for left_out in range(len(row)):
            others = [exp(r) for j, r in enumerate(row) if j != left_out]
            joint.append(s - log(alpha * fmean([exp(s), *others]) + (1 - alpha) * exp(1)))
        product += [exp(r) / (alpha * fmean(map(exp, row)) + (1 - alpha) * exp(1)) for r in row]
    return 1 + fmean(joint) - fmean(product)


def naive_club(t, u):
    return fmean(t) - fmean(s for row in u for s in row)


def naive_l1out(t, u):
    n = len(t)
    # rows leave the positive out: the score of x_j with y_i stands one earlier if i comes after j
    of = {(j, i): u[j][i - (i > j)] for i in range(n) for j in range(n) if i != j}
    return fmean(t[i] - log(fmean(exp(of[j, i]) for j in range(n) if j != i)) for i in range(n))


NAIVE = {
    bounds.dv: naive_dv,
    bounds.nwj: naive_nwj,
    bounds.js: naive_js,
    bounds.js_nwj: naive_js_nwj,
    bounds.plug_in: naive_plug_in,
    bounds.infonce: naive_infonce,
    bounds.smile: naive_smile,
    bounds.interpolated: naive_interpolated,
    bounds.club: naive_club,
    bounds.l1out: naive_l1out,
}


def random_scores(runs, n, m, scale=3.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    draw = torch.randn(runs, n, m + 1, generator=generator, dtype=torch.float64) * scale
    return draw[..., 0], draw[..., 1:]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize(("n", "m"), [(2, 1), (5, 1), (5, 4), (7, 3), (64, 1), (64, 63)])
@pytest.mark.parametrize("bound", NAIVE, ids=lambda bound: bound.__name__)
def test_bound_agrees_with_its_formula(bound, n, m, runs, dtype):
    if bound is bounds.l1out and m != n - 1:
        with refused(f"l1out needs all {n - 1} others", f"not {m}"):
            bound(*random_scores(runs, n, m))
        return
    positive, negative = (s.to(dtype) for s in random_scores(runs, n, m))
    naive = [NAIVE[bound](positive[k].tolist(), negative[k].tolist()) for k in range(runs)]
    assert bound(positive, negative).tolist() == pytest.approx(naive, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("seed", range(10))
def test_dv_is_at_least_nwj(seed):
    positive, negative = random_scores(3, 16, 4, seed=seed)
    assert (bounds.dv(positive, negative) >= bounds.nwj(positive, negative)).all()
    level = bounds.log_mean_exp(negative)[:, None]  # a critic shifted to E[e^T] = e makes them equal
    shifted = bounds.nwj(positive - level + 1, negative - level[..., None] + 1)
    assert torch.allclose(bounds.dv(positive, negative), shifted)


def test_dv_does_not_see_a_constant():
    positive, negative = random_scores(3, 16, 4)
    assert torch.allclose(bounds.dv(positive + 300, negative + 300), bounds.dv(positive, negative))


@pytest.mark.parametrize("m", [1, 7, 63])
def test_infonce_stays_under_the_log_of_its_candidates(m):
    positive, negative = random_scores(2, 64, m)
    assert (bounds.infonce(positive, negative) <= log(m + 1)).all()
    assert bounds.infonce(positive + 100, negative).tolist() == pytest.approx(
        [log(m + 1)] * 2
    )  # a perfect critic reaches it


@pytest.mark.parametrize("shift", [500, -500])
def test_readouts_of_huge_scores_are_exact(shift):
    positive, negative = random_scores(1, 8, 3, scale=1.0)
    dv, infonce = bounds.dv(positive, negative), bounds.infonce(positive, negative)
    positive, negative = positive + shift, negative + shift
    assert torch.allclose(bounds.dv(positive, negative), dv)
    assert torch.allclose(bounds.infonce(positive, negative), infonce)
    for bound in (bounds.nwj, bounds.js_nwj):
        assert bound(positive, negative).tolist() == pytest.approx(
            [NAIVE[bound](positive[0].tolist(), negative[0].tolist())], rel=1e-9
        )


GRADIENTS = {
    bounds.dv: bounds.dv_gradient,
    bounds.nwj: bounds.nwj_gradient,
    bounds.js: bounds.js_gradient,
    bounds.js_nwj: bounds.kl_dime_gradient,
    bounds.infonce: bounds.infonce_gradient,
    bounds.interpolated: bounds.interpolated_gradient,
}


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize(("n", "m"), [(2, 1), (5, 4), (64, 1), (64, 63)])
@pytest.mark.parametrize("bound", GRADIENTS, ids=lambda bound: bound.__name__)
def test_a_gradient_is_that_of_its_bound(bound, n, m, runs):
    positive, negative = (s.requires_grad_() for s in random_scores(runs, n, m))
    bound(positive, negative).sum().backward()
    ours = GRADIENTS[bound](positive.detach(), negative.detach())
    assert torch.allclose(ours[0], positive.grad, rtol=1e-10, atol=1e-12)
    assert torch.allclose(ours[1], negative.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shift", [500.0, -500.0])
def test_all_but_nwj_train_on_huge_scores_in_float32(shift):
    for gradient in (bounds.js_gradient, bounds.dv_gradient, bounds.infonce_gradient, bounds.interpolated_gradient):
        positive, negative = gradient(*(torch.full(shape, shift) for shape in [(1, 4), (1, 4, 3)]))
        assert positive.isfinite().all() and negative.isfinite().all()


@pytest.mark.parametrize("weight", [0.01, 0.5, 1.0])
@pytest.mark.parametrize("m", [1, 3])
def test_mine_follows_the_gradient_with_the_moving_average(weight, m):
    objective, averages, w = bounds.MovingAverageDV(weight), [None, None], [1.0, 1.0]
    for step in range(4):
        positive, negative = random_scores(2, 6, m, seed=step)
        to_positive, to_negative = objective(positive, negative)
        for k in range(2):
            exponentials = negative[k].exp()
            newest = float(exponentials.mean())
            averages[k] = newest if step == 0 else (1 - weight) * averages[k] + weight * newest
            w[k] = newest / averages[k]
            # the gradient of E_p[T] - E_pp[e^T] / a in each score
            assert torch.allclose(to_positive[k], torch.full((6,), 1 / 6, dtype=torch.float64))
            assert torch.allclose(to_negative[k], -exponentials / (6 * m) / averages[k], rtol=1e-5)
        assert objective.log_average.exp().tolist() == pytest.approx(averages, rel=1e-5)
        assert objective.log_w.exp().tolist() == pytest.approx(w, rel=1e-5)


@pytest.mark.parametrize("level", [200.0, -200.0])
def test_the_moving_average_is_not_clamped(level):
    # others keep e^T itself and clamp it to [1e-4, 1e4], that is to +-9.21 in the log, or overflow at 88
    objective = bounds.MovingAverageDV()
    for _ in range(2):
        _, to_negative = objective(torch.zeros(1, 4), torch.full((1, 4, 1), level))
        assert float(objective.log_average) == pytest.approx(level, abs=1e-3)
        assert to_negative.flatten().tolist() == pytest.approx([-1 / 4] * 4, rel=1e-3)


def test_the_moving_average_stays_in_its_place():
    objective = bounds.MovingAverageDV()
    places = set()
    for step in range(3):  # a captured CUDA graph knows it by its address
        objective(*random_scores(1, 4, 1, seed=step))
        places.add(objective.log_average.data_ptr())
    assert len(places) == 1


def optimal_scores(mi, negatives, batch_size, batches):
    """Scores of the log ratio on independent batches: one run of the stack is one batch."""
    tasks = [CorrelatedGaussians(mi=mi)] * batches
    batch = draw_batch(tasks, batch_size, negatives, generators(*range(batches)))
    _, positive, negative = score(OptimalCritic(tasks), batch)
    return batch, positive.double(), negative.double()


@pytest.mark.parametrize("negatives", ["independent", "derangement", "all_pairs"])
def test_nwj_of_the_optimal_critic_is_unbiased_with_its_plus_one(negatives):
    # e^T has the finite variance e^(2 MI) - 1 = 54 under the product: 300 batches of 128 pin the mean to 4 %
    _, positive, negative = optimal_scores(2.0, negatives, 128, 300)
    right, wrong = bounds.js_nwj(positive, negative), bounds.nwj(positive, negative)
    assert right.std() / len(right) ** 0.5 < 0.05  # so 4 standard errors still tell 2 from 2 - 1/e
    assert within_standard_errors(right, 2.0)
    assert within_standard_errors(bounds.nwj(positive + 1, negative + 1), 2.0)
    assert within_standard_errors(wrong, 2.0 - 1 / math.e)
    assert not within_standard_errors(wrong, 2.0)


def test_nwj_of_the_optimal_critic_falls_short_under_a_shuffle():
    # q_N mixes 1/N of the joint into the negatives, which costs NWJ (E_p[e^pmi] - 1)/N = (e^(2 MI) - 1)/N
    _, positive, negative = optimal_scores(1.0, "shuffle", 16, 2000)
    assert within_standard_errors(bounds.js_nwj(positive, negative), 1.0 - (math.exp(2.0) - 1) / 16)
    assert not within_standard_errors(bounds.js_nwj(positive, negative), 1.0)


def test_plug_in_of_the_optimal_critic_is_the_mean_pointwise_mi():
    batch, positive, negative = optimal_scores(10.0, "shuffle", 64, 100)
    pointwise = CorrelatedGaussians(mi=10.0).log_ratio(batch.x, batch.y).double()
    assert torch.equal(bounds.plug_in(positive, negative), pointwise.mean(1))
    assert within_standard_errors(bounds.plug_in(positive, negative), 10.0)


def test_infonce_of_the_optimal_critic_is_close_below_the_truth_at_low_mi():
    _, positive, negative = optimal_scores(0.5, "all_pairs", 128, 200)
    estimates = bounds.infonce(positive, negative)
    # its bias is about (e^(2 MI) - 1)/(2N) = 0.007; the standard error of the mean is about 0.006
    assert within_standard_errors(estimates + (math.e - 1) / 256, 0.5)
    assert estimates.std() / 200**0.5 < 0.01


def test_infonce_of_the_optimal_critic_ends_at_log_n():
    _, positive, negative = optimal_scores(30.0, "all_pairs", 64, 20)
    estimates = bounds.infonce(positive, negative)
    assert (estimates <= log(64)).all() and (estimates > log(64) - 0.01).all()


def test_every_estimator_has_the_readouts_that_its_name_promises():
    assert {name: tuple(make().readouts) for name, make in ESTIMATORS.items()} == READOUTS
    objectives = {name: make().objective for name, make in ESTIMATORS.items()}
    assert isinstance(objectives.pop("mine"), bounds.MovingAverageDV)
    assert objectives.pop("interpolated").func is bounds.interpolated_gradient
    own = {bound.__name__: gradient for bound, gradient in GRADIENTS.items() if bound.__name__ in READOUTS}
    own |= {"smile": bounds.js_gradient} | dict.fromkeys(("kl_dime", "tuba", "flo"), bounds.kl_dime_gradient)
    del own["interpolated"]  # which comes with its alpha
    own |= dict.fromkeys(DENSITIES, bounds.likelihood_gradient)
    assert objectives == own | {
        "tre": bridges.bridged_js_gradient,
        "mienf": flows.density_gradient,
        "minde": flows.density_gradient,
    }
    assert estimator("js").readouts == {"nwj": bounds.js_nwj, "plug_in": bounds.plug_in}
    assert estimator("js").fit is estimator("smile").fit is bounds.js  # their readouts are no bounds
    assert estimator("mine").objective is not estimator("mine").objective  # it has a state


def test_an_unknown_estimator_is_refused():
    with refused("unknown estimator 'mime'", "'mine'"):
        estimator("mime")


def test_dv_of_the_optimal_critic_is_the_mi_in_large_batches():
    # the bias of the logarithm is about (e^{2 MI} - 1) / 2N = 0.0006 here, far under the standard error
    _, positive, negative = optimal_scores(0.5, "independent", 1500, 200)
    assert within_standard_errors(bounds.dv(positive, negative), 0.5)


RHO = 0.8


def plane(rho=RHO):
    """p(x, y) and p(x)p(y) of one correlated pair, times the area of a cell, over a fine grid."""
    grid = torch.linspace(-8, 8, 1601, dtype=torch.float64)
    x, y = torch.meshgrid(grid, grid, indexing="ij")
    q = torch.exp(-(x**2 + y**2) / 2) / (2 * math.pi)
    quadratic = (x**2 - 2 * rho * x * y + y**2) / (1 - rho**2)
    p = torch.exp(-quadratic / 2) / (2 * math.pi * (1 - rho**2) ** 0.5)
    return p * 0.01**2, q * 0.01**2


def of_the_optimal_critic(bound, rho=RHO, batches=100, batch_size=1000, negatives="independent"):
    """Values of a bound of the log ratio's scores of one correlated pair, one per batch."""
    task, generator = CorrelatedGaussians(dim=1, correlation=rho), generators(0)
    critic, values = OptimalCritic([task]), []
    for _ in range(batches):
        _, positive, negative = score(critic, draw_batch([task], batch_size, negatives, generator))
        values.append(float(bound(positive.double(), negative.double())))
    return values


def test_js_of_the_optimal_critic_is_twice_the_js_divergence_less_log_4():
    # at T = log(p/q) the objective is E_p[log p/(p+q)] + E_q[log q/(p+q)] = 2 JSD(p, q) - log 4
    p, q = plane()
    middle = (p + q) / 2
    jsd = (torch.special.xlogy(p, p / middle) + torch.special.xlogy(q, q / middle)).nan_to_num().sum() / 2
    assert within_standard_errors(of_the_optimal_critic(bounds.js), 2 * float(jsd) - math.log(4))


@pytest.mark.parametrize("tau", [0.5, 1.0, 5.0])
@pytest.mark.parametrize("negatives", ["independent", "derangement"])
def test_smile_of_the_optimal_critic_is_too_high_by_what_it_clips(negatives, tau):
    p, q = plane()
    left = float((q * (p / q).clamp(exp(-tau), exp(tau))).sum())
    mi = -math.log(1 - RHO**2) / 2
    values = of_the_optimal_critic(lambda t, u: bounds.smile(t, u, tau), negatives=negatives)
    assert within_standard_errors(values, mi - log(left))
    assert within_standard_errors(values, mi) == (tau == 5.0)


def test_smile_of_the_optimal_critic_ends_tau_above_a_large_mi():
    # all negatives lie under the clip, and a positive is not clipped: others clip both and read 2 tau at most
    _, positive, negative = optimal_scores(30.0, "derangement", 64, 20)
    estimates = bounds.smile(positive, negative)
    assert torch.allclose(estimates, bounds.plug_in(positive, negative) + 5)
    assert within_standard_errors(estimates, 35.0)


@pytest.mark.parametrize("m", [1, 3])
def test_f_dime_has_the_objectives_and_readouts_of_its_paper(m):
    # in the paper's variables: D = e^T for KL, D = sigmoid(-T) for GAN; f-DIME is E_p[log D], E_p[log (1 - D)/D]
    positive, negative = random_scores(2, 6, m)
    kl, gan = estimator("kl_dime"), estimator("js")
    d, d_negative = positive.exp(), negative.exp()
    assert torch.allclose(kl.fit(positive, negative), d.log().mean(1) - d_negative.mean((1, 2)) + 1)
    assert torch.allclose(kl.readouts["plug_in"](positive, negative), d.log().mean(1))
    d, d_negative = torch.sigmoid(-positive), torch.sigmoid(-negative)
    assert torch.allclose(gan.fit(positive, negative), (1 - d).log().mean(1) + d_negative.log().mean((1, 2)))
    assert torch.allclose(gan.readouts["plug_in"](positive, negative), ((1 - d) / d).log().mean(1))


@pytest.mark.parametrize("m", [1, 3])
def test_smile_lies_between_the_plug_in_and_dv(m):
    positive, negative = random_scores(3, 16, m)
    assert torch.allclose(bounds.smile(positive, negative, 0.0), bounds.plug_in(positive, negative))
    assert torch.equal(bounds.smile(positive, negative, math.inf), bounds.dv(positive, negative))
    assert (bounds.smile(positive, negative, 1.0) <= bounds.plug_in(positive, negative) + 1).all()


def test_alpha_runs_from_nwj_at_0_to_infonce_at_1():
    # others have it the other way round, or leave the wrong score out
    positive, negative = random_scores(3, 6, 5)
    assert torch.allclose(bounds.interpolated(positive, negative, 0.0), bounds.nwj(positive, negative))
    without_one = [negative[..., [k for k in range(5) if k != out]] for out in range(5)]
    infonce = torch.stack([bounds.infonce(positive, some) for some in without_one]).mean(0)
    assert torch.allclose(bounds.interpolated(positive, negative, 1.0), infonce)
    for ours, nwj in zip(
        bounds.interpolated_gradient(positive, negative, 0.0), bounds.nwj_gradient(positive, negative), strict=True
    ):
        assert torch.allclose(ours, nwj)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_the_gradient_of_the_interpolated_bound_is_right_for_every_alpha(alpha):
    positive, negative = (s.requires_grad_() for s in random_scores(2, 5, 4))
    bounds.interpolated(positive, negative, alpha).sum().backward()
    ours = bounds.interpolated_gradient(positive.detach(), negative.detach(), alpha)
    assert torch.allclose(ours[0], positive.grad, atol=1e-12) and torch.allclose(ours[1], negative.grad, atol=1e-12)


@pytest.mark.parametrize("size", [50.0, 300.0])
def test_leaving_one_large_score_out_leaves_no_rounding_error(size):
    # e^size is gone from the baseline that leaves it out: subtracting it from the whole sum would leave nothing at all
    positive, negative = torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, 1, 3, dtype=torch.float64)
    negative[..., 1] = size
    joint, _ = bounds._log_baselines(positive, negative, 0.5)
    small, large = log(0.5 + 0.5 * math.e), size - log(6)
    assert joint.flatten().tolist() == pytest.approx([large, small, large], rel=1e-9)


@pytest.mark.parametrize("alpha", [0.01, 0.5, 0.99])
def test_the_interpolated_bound_ends_at_one_more_than_log_m_over_alpha(alpha):
    positive, negative = random_scores(2, 16, 15, scale=10.0)
    most = 1 + log(15 / alpha)
    assert (bounds.interpolated(positive, negative, alpha) <= most).all()
    assert bounds.interpolated(positive + 500, negative - 500, alpha).tolist() == pytest.approx([most] * 2)


@pytest.mark.parametrize("alpha", [0.01, 0.3, 1.0])
def test_the_interpolated_bound_of_the_optimal_critic_is_what_its_definition_says(alpha):
    # by Monte Carlo over independent samples: x with its own y and with K = 5 others, and N = 6 in the batches
    task, [generator] = CorrelatedGaussians(dim=1, correlation=RHO), generators(1)
    x, y = task.sample(30_000, generator)
    others = task.sample(150_000, generator)[1].unflatten(0, (30_000, 5))
    t = task.log_ratio(x, y).double().exp() * math.e
    u = task.log_ratio(x[:, None].expand(-1, 5, -1), others).double().exp() * math.e
    joint = (t / (alpha * (t + u[:, 1:].sum(1)) / 5 + (1 - alpha) * math.e)).log()
    truth = 1 + joint - u[:, 0] / (alpha * u.mean(1) + (1 - alpha) * math.e)
    values = of_the_optimal_critic(
        lambda p, n: bounds.interpolated(p + 1, n + 1, alpha), batches=1000, batch_size=6, negatives="all_pairs"
    )
    values = torch.tensor(values, dtype=torch.float64)
    error = math.hypot(float(values.std()) / 1000**0.5, float(truth.std()) / 30_000**0.5)
    assert abs(float(values.mean() - truth.mean())) < 4 * error < 0.1
    assert float(values.mean()) < -math.log(1 - RHO**2) / 2 + 4 * error


def test_the_interpolated_bound_scatters_less_than_nwj_and_reaches_higher_than_infonce():
    _, positive, negative = optimal_scores(5.0, "all_pairs", 64, 100)
    values = bounds.interpolated(positive + 1, negative + 1)
    infonce, nwj = bounds.infonce(positive, negative), bounds.js_nwj(positive, negative)
    assert infonce.std() < values.std() < nwj.std() / 1.5
    assert infonce.mean() + 0.2 < values.mean() < 5.0


@pytest.mark.parametrize("alpha", [-0.1, 1.1, math.nan])
def test_an_impossible_alpha_is_refused(alpha):
    with refused("alpha", "[0, 1]"):
        bounds.interpolated(*random_scores(1, 2, 1), alpha)


@pytest.mark.parametrize("tau", [-1.0, math.nan])
def test_an_impossible_clip_is_refused(tau):
    with refused("tau", "at least 0"):
        bounds.smile(*random_scores(1, 2, 1), tau)


def test_a_moving_average_without_memory_gives_the_gradient_of_dv():
    objective = bounds.MovingAverageDV(1.0)
    for seed in range(3):
        positive, negative = random_scores(2, 6, 1, seed=seed)
        for one, other in zip(objective(positive, negative), bounds.dv_gradient(positive, negative), strict=True):
            assert torch.allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("weight", [0, -0.1, 1.5, math.nan])
def test_an_impossible_weight_of_the_average_is_refused(weight):
    with refused("average_weight", "(0, 1]"):
        estimator("mine", average_weight=weight)


def test_only_mine_has_an_average():
    with refused("nwj has no average_weight; mine has."):
        estimator("nwj", average_weight=0.1)


def test_the_upper_bounds_of_the_true_density_are_above_by_what_theory_says():
    # T = log ratio is log p(y|x) less log p(y), which both leave aside
    _, positive, negative = optimal_scores(0.5, "all_pairs", 128, 300)
    club = CorrelatedGaussians(mi=0.5).correlation ** 2
    club *= 20 / (1 - club)
    assert within_standard_errors(bounds.club(positive, negative), club)
    # the mean of N - 1 ratios has a variance of (e^(2 MI) - 1)/(N - 1), half of which the logarithm takes
    l1out = bounds.l1out(positive, negative)
    assert within_standard_errors(l1out - (math.e - 1) / 254, 0.5) and l1out.std() / 300**0.5 < 0.01


def test_options_are_those_of_the_readout_and_of_its_training():
    scores = random_scores(2, 5, 4)
    assert torch.equal(estimator("smile", tau=1.0).readouts["smile"](*scores), bounds.smile(*scores, 1.0))
    made = estimator("interpolated", alpha=0.3)
    assert torch.equal(made.fit(*scores), bounds.interpolated(*scores, 0.3))
    pairs = zip(made.objective(*scores), bounds.interpolated_gradient(*scores, 0.3), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
