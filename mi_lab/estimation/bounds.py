"""Bounds on MI as functions of critic scores, and what training follows instead of them.

Every function takes scores of positives, shape (K, N), and of negatives, shape (K, N, M)
(see ``negatives.scores``), and returns one value in nats per run, shape (K,).

An *objective* is what training maximises; a *readout* is how scores become the reported estimate. They are kept apart:
MINE reports DV but follows another gradient, and one JS training has two readouts. Training needs only an objective's
gradient in each score, so that is what stands here in closed form. Readouts work in log space and in float64, because
far above log N the scores pass what float32 can exponentiate.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import softplus

from mi_lab.estimation.bridges import bridged_js, bridged_js_gradient
from mi_lab.estimation.denoising import likelihood_gain
from mi_lab.estimation.flows import density_gradient, likelihood
from mi_lab.estimation.negatives import merge
from mi_lab.ground.names import ALPHA, AVERAGE_WEIGHT

Bound = Callable[[Tensor, Tensor], Tensor]
Gradient = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
TAU = 5.0  # of SMILE


def log_mean_exp(negative: Tensor) -> Tensor:
    """log of the mean of e^T over the negatives: (K, N, M) -> (K,)."""
    return torch.logsumexp(negative.flatten(1), 1) - math.log(negative[0].numel())


def dv(positive: Tensor, negative: Tensor) -> Tensor:
    """Donsker-Varadhan, Eq. 4: E_p[T] - log E_pp[e^T] (Donsker & Varadhan, 1975)."""
    return positive.mean(1) - log_mean_exp(negative)


def nwj(positive: Tensor, negative: Tensor) -> Tensor:
    """Nguyen-Wainwright-Jordan, Eq. 5: E_p[T] - E_pp[e^(T-1)] (Nguyen et al., 2010).

    Tight at T = log ratio + 1 if the negatives follow p(x)p(y).
    """
    return positive.mean(1) - torch.exp(log_mean_exp(negative) - 1)


def js(positive: Tensor, negative: Tensor) -> Tensor:
    """The f-GAN objective, Eq. 7: -E_p[softplus(-T)] - E_pp[softplus(T)] (Nowozin et al., 2016).

    Optimal at T = log p(x, y) / q(x, y), where q is what the negatives follow: p(x)p(y), or q_N under a shuffle.
    """
    return -softplus(-positive).mean(1) - softplus(negative).flatten(1).mean(1)


def js_nwj(positive: Tensor, negative: Tensor) -> Tensor:
    """NWJ of a JS critic. Its optimum is the log ratio, NWJ's is one higher; without the +1 it loses 1/e nat."""
    return nwj(positive + 1, negative + 1)


def plug_in(positive: Tensor, negative: Tensor) -> Tensor:
    """The mean score of the positives: MI if the critic is the log ratio, and no bound at all otherwise.

    Of a JS critic it is GAN-DIME (Letizia et al., 2024), whose discriminator D is sigmoid(-T). KL-DIME is the same of a
    critic that follows ``kl_dime_gradient``.
    """
    return positive.mean(1)


def smile(positive: Tensor, negative: Tensor, tau: float = TAU) -> Tensor:
    """SMILE: DV of a JS critic, E_p[T] - log E_pp[e^clip(T, -tau, tau)] (Song & Ermon, 2020).

    Only negatives are clipped, so their mean stays within e^-tau and e^tau and its variance does not grow with MI;
    clipped positives would hold every value under 2 tau. ``tau`` is 5 by default, one of the paper's 1, 5 and infinity:
    the last gives ``dv``, and 0 gives ``plug_in``. It is no bound. At T = log ratio it is MI - log E_pp[e^clip(T)]: too
    high by what is cut off above tau, and so by all of tau if MI is large. Raises ValueError for a tau below 0.
    """
    return dv(positive, clipped(negative, tau))


def clipped(negative: Tensor, tau: float = TAU) -> Tensor:
    """SMILE's scores of the negatives, clipped to [-tau, tau]. Raises ValueError for a tau below 0."""
    if not tau >= 0:
        raise ValueError(f"tau, where SMILE clips the scores of negatives, must be at least 0, not {tau}.")
    return negative.clamp(-tau, tau)


def infonce(positive: Tensor, negative: Tensor) -> Tensor:
    """InfoNCE, Eq. 8, with each positive among its M negatives (van den Oord et al., 2018).

    At most log(M + 1): log N with all pairs, but log 2 with a scheme that gives each x one negative.
    """
    candidates = torch.cat([positive[..., None], negative], -1)
    return (positive - torch.logsumexp(candidates, -1)).mean(1) + math.log(candidates.shape[-1])


def interpolated(positive: Tensor, negative: Tensor, alpha: float = ALPHA) -> Tensor:
    """I_alpha, between NWJ (alpha = 0) and InfoNCE (alpha = 1), for use with all pairs (Poole et al., 2019).

    With the baseline b(x) = alpha m(x) + (1 - alpha) e, where m(x) is the mean of e^T over M candidates for x, it is
    1 + E_p[T - log b] - E_pp[e^T / b]. E_p takes m over the positive and all negatives but one, and averages over the
    one left out; E_pp takes it over the negatives. The paper may learn the baseline that is the constant e here.

    At most 1 + log(M / alpha): a small alpha reaches higher than InfoNCE, and then scatters like NWJ. alpha = 1 is
    InfoNCE with M candidates. Raises ValueError for an alpha outside [0, 1].
    """
    joint, product = _log_baselines(positive, negative, alpha)
    ratio = torch.exp(negative - product[..., None])
    return 1 + positive.mean(1) - joint.flatten(1).mean(1) - ratio.flatten(1).mean(1)


def club(positive: Tensor, negative: Tensor) -> Tensor:
    """CLUB, E_p[T] - E_pp[T] for T = log q(y|x) up to a function of y (Cheng et al., 2020).

    An upper bound if q is the true p(y|x), and then above MI by KL(p(x)p(y) || p(x, y)), which is far at high MI: of
    correlated Gaussians it is d rho^2 / (1 - rho^2). Of a fitted q it is no bound, and may be on either side.
    """
    return positive.mean(1) - negative.flatten(1).mean(1)


def l1out(positive: Tensor, negative: Tensor) -> Tensor:
    """L1Out, E[log q(y_i|x_i) - log mean of q(y_i|x_j) over j != i], for use with all pairs (Poole et al., 2019).

    An upper bound if q is the true p(y|x): q's mean over the batch without x_i stands for p(y_i). It is off where N
    samples of x do not cover what makes y_i likely, by MI - log N and more. Raises ValueError for other negatives.
    """
    runs, n, m = negative.shape
    if m != n - 1:
        raise ValueError(f"l1out needs all {n - 1} others of each pair as negatives, not {m}.")
    # of x_i with all y_j -> of y_j with all x_i
    matrix = merge(torch.full_like(positive, -math.inf), negative, torch.Size((runs, n, n)))
    return (positive - matrix.logsumexp(1)).mean(1) + math.log(m)


def _log_baselines(positive: Tensor, negative: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """log b for the positive of each x without each of its negatives, (K, N, M), and for its negatives, (K, N)."""
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha, the weight of InfoNCE's baseline, must lie in [0, 1], not {alpha}.")
    share, constant = _log(alpha / negative.shape[-1]), torch.full_like(positive, _log(1 - alpha) + 1)
    joint = torch.logaddexp(positive[..., None], _log_sum_exp_of_others(negative)) + share
    product = negative.logsumexp(-1) + share
    return torch.logaddexp(joint, constant[..., None]), torch.logaddexp(product, constant)


def _log_sum_exp_of_others(values: Tensor) -> Tensor:
    """Along the last axis, log of the sum of e^v over all entries but each one."""
    # Taking an entry out of the whole sum costs no digits while another is at least as large; the largest has a sum
    # of the others made for it. (Sums from both ends would do for all, but take four times as long.)
    largest = values.argmax(-1, keepdim=True)
    without = values.scatter(-1, largest, -math.inf)
    whole = values.logsumexp(-1, keepdim=True)
    return (whole + torch.log1p(-torch.exp(without - whole))).scatter(-1, largest, without.logsumexp(-1, keepdim=True))


def _log(share: float) -> float:
    return math.log(share) if share else -math.inf


def dv_gradient(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """DV's: 1/N for each positive, minus its softmax among all negatives for each negative."""
    return _evenly(positive), -negative.flatten(1).softmax(1).view_as(negative)


def nwj_gradient(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """NWJ's: 1/N, and -e^(T-1) over the number of negatives."""
    return _evenly(positive), torch.exp(negative - 1) / -negative[0].numel()


def kl_dime_gradient(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """That of E_p[T] - E_pp[e^T] + 1, KL-DIME's objective with log D = T (Letizia et al., 2024): 1/N and -e^T/NM.

    It is NWJ's at T + 1, and so are its optimum, the log ratio, and its failures: steps of the size of e^T, and log N
    under a shuffle. Read as ``plug_in`` it is spared the scatter of e^T in the value, but it is no bound.
    """
    return nwj_gradient(positive, negative + 1)


def js_gradient(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """JS's: how wrong a classifier with logit T is about each pair, sigmoid(-T)/N and -sigmoid(T)/NM."""
    return torch.sigmoid(-positive) / positive.shape[1], torch.sigmoid(negative) / -negative[0].numel()


def likelihood_gradient(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """That of E_p[T], the likelihood of q(y|x) if T = log q(y|x) up to a function of y: 1/N, and nothing."""
    return _evenly(positive), torch.zeros_like(negative)


def infonce_gradient(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """InfoNCE's: (1 - s)/N and -s/N, where s is the softmax of a score among its M+1 candidates."""
    shares = torch.cat([positive[..., None], negative], -1).softmax(-1) / positive.shape[1]
    return 1 / positive.shape[1] - shares[..., 0], -shares[..., 1:]


def interpolated_gradient(positive: Tensor, negative: Tensor, alpha: float = ALPHA) -> tuple[Tensor, Tensor]:
    """I_alpha's: each score pulls its own term, and through m the log b of every term that it is a candidate of."""
    joint, product = _log_baselines(positive, negative, alpha)
    n, m = negative.shape[1:]
    share = _log(alpha / m)
    to_positive = 1 / n - torch.exp(positive[..., None] - joint + share).mean(-1) / n
    through_joint = torch.exp(negative + _log_sum_exp_of_others(-joint) + share)
    through_product = torch.exp(negative - 2 * product[..., None] + 1 + _log(1 - alpha))
    return to_positive, -(through_joint + through_product) / (n * m)


class MovingAverageDV:
    """MINE's gradient: DV's, with a moving average in its denominator (Belghazi et al., 2018, Sec. 3.2).

    It is 1/N for each positive and -e^T / (NM a) for each negative, with a = exponential moving average of the
    batch means of e^T (the first batch starts it); ``weight``, r, is that of the newest batch, and 1 gives DV's own
    gradient. The average is kept as its logarithm, so nothing has to be clamped. Raises ValueError for a weight
    outside (0, 1]. It is the gradient of no bound; report ``dv``.

    After each batch ``log_average`` is log a, and ``log_w`` the log of w, that batch's mean of e^T over a, which is
    what negatives weigh in this gradient against 1 for positives (0 for the first batch, which is its own average);
    both are (K,), and None before the first. If log a comes to rest, E log(1 - r w) = log(1 - r), and so E[w] < 1.
    """

    def __init__(self, weight: float = AVERAGE_WEIGHT) -> None:
        if not 0 < weight <= 1:
            raise ValueError(f"average_weight, that of the newest batch, must lie in (0, 1], not {weight}.")
        self.weight = weight
        self.log_average: Tensor | None = None
        self.log_w: Tensor | None = None

    def __call__(self, positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient in each score, (K, N) and (K, N, M); moves the average on by one batch."""
        newest = log_mean_exp(negative)
        if self.log_average is None or self.log_w is None:
            self.log_average, self.log_w = newest, torch.zeros_like(newest)
        else:
            # in place, because a captured CUDA graph reads and writes the same memory at every replay
            if self.weight == 1:
                self.log_average.copy_(newest)
            else:
                kept = self.log_average + math.log1p(-self.weight)
                self.log_average.copy_(torch.logaddexp(kept, newest + math.log(self.weight)))
            torch.sub(newest, self.log_average, out=self.log_w)
        return _evenly(positive), torch.exp(negative - self.log_average[:, None, None]) / -negative[0].numel()


def _evenly(positive: Tensor) -> Tensor:
    return torch.full_like(positive, 1 / positive.shape[1])


@dataclass(frozen=True)
class Estimator:
    """What training follows, and the readouts of the trained critic, under the field's name.

    Training stops by ``fit``, which is the higher the better the critic is; not every readout is a bound.
    """

    objective: Gradient
    readouts: Mapping[str, Bound]
    fit: Bound


def _smile(tau: float = TAU) -> Estimator:
    return Estimator(js_gradient, {"smile": partial(smile, tau=tau)}, js)


def _interpolated(alpha: float = ALPHA) -> Estimator:
    bound = partial(interpolated, alpha=alpha)
    return Estimator(partial(interpolated_gradient, alpha=alpha), {"interpolated": bound}, bound)


ESTIMATORS: Mapping[str, Callable[..., Estimator]] = {
    "dv": lambda: Estimator(dv_gradient, {"dv": dv}, dv),
    "mine": lambda average_weight=AVERAGE_WEIGHT: Estimator(MovingAverageDV(average_weight), {"dv": dv}, dv),
    "nwj": lambda: Estimator(nwj_gradient, {"nwj": nwj}, nwj),
    "js": lambda: Estimator(js_gradient, {"nwj": js_nwj, "plug_in": plug_in}, js),
    "infonce": lambda: Estimator(infonce_gradient, {"infonce": infonce}, infonce),
    "smile": _smile,
    "kl_dime": lambda: Estimator(kl_dime_gradient, {"plug_in": plug_in}, js_nwj),
    "interpolated": _interpolated,
    "tuba": lambda: Estimator(kl_dime_gradient, {"tuba": js_nwj}, js_nwj),
    "flo": lambda: Estimator(kl_dime_gradient, {"flo": js_nwj}, js_nwj),
    "barber_agakov": lambda: Estimator(likelihood_gradient, {"barber_agakov": plug_in}, plug_in),
    "doe": lambda: Estimator(likelihood_gradient, {"doe": plug_in}, plug_in),
    "club": lambda: Estimator(likelihood_gradient, {"club": club}, plug_in),
    "l1out": lambda: Estimator(likelihood_gradient, {"l1out": l1out}, plug_in),
    "tre": lambda: Estimator(bridged_js_gradient, {"tre": plug_in}, bridged_js),
    "mienf": lambda: Estimator(density_gradient, {"mienf": plug_in}, likelihood),
    "minde": lambda: Estimator(density_gradient, {"minde": plug_in, "likelihood_gain": likelihood_gain}, likelihood),
}
"""By the names of ``mi_lab.ground.records``; a training calls for its own, with its option if there is one.

Those that differ in more than objective and readout:

* ``tuba``, 1 + E_p[T - b(x)] - E_pp[e^(T - b(x))] (Barber & Agakov, 2003; Poole et al., 2019), with b = log a(x) a
  learnt function of x. (A constant b would be NWJ.) It fails as NWJ does, by the variance e^MI of its last term.
* ``flo``, the same with b of the positive pair (Guo et al., 2022). T - b then is the estimated pointwise MI, which
  takes much of the variance away in training, but not the limit log N of what N negatives can show.
* ``barber_agakov``, E_p[log q(y|x)] + H(Y) for a known density of y (Barber & Agakov, 2003): a lower bound, short by
  E KL(p(y|x) || q(y|x)), so by whatever is not Gaussian in y given x.
* ``doe``, the difference of entropies of McAllester & Stratos (2020), both as cross entropies of fitted densities: no
  bound, since both may be too large; with r Gaussian it is too high where y is far from Gaussian and y given x is not.
* ``club`` and ``l1out``, upper bounds if q is right.
* ``tre``, ``mienf``, ``minde``, trained on other scores than read (``bridges``, ``flows``, ``denoising``): no bounds.
"""
