"""Bounds on MI as functions of critic scores, and the estimators built from them.

Every function takes scores of positives, shape (K, N), and of negatives, shape (K, N, M)
(see ``negatives.scores``), and returns one value in nats per run, shape (K,).

An *objective* is what training maximises; a *readout* is how scores become the reported
estimate. They are kept apart: MINE reports DV but follows another gradient, and one JS
training has two readouts. Readouts work in log space and in float64, because far above
log N the scores pass what float32 can exponentiate.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from mi_lab.names import READOUTS, known

Bound = Callable[[Tensor, Tensor], Tensor]


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
    """The mean score of the positives: MI if the critic is the log ratio, and no bound at all otherwise."""
    return positive.mean(1)


def infonce(positive: Tensor, negative: Tensor) -> Tensor:
    """InfoNCE, Eq. 8, with each positive among its M negatives (van den Oord et al., 2018).

    At most log(M + 1): log N with all pairs, but log 2 with a scheme that gives each x one negative.
    """
    candidates = torch.cat([positive[..., None], negative], -1)
    return (positive - torch.logsumexp(candidates, -1)).mean(1) + math.log(candidates.shape[-1])


class MovingAverageDV:
    """MINE's objective: DV, with a moving average in the denominator of its gradient (Belghazi et al., 2018, Sec. 3.2).

    The gradient is E_p[dT] - E_pp[e^T dT] / a with a = exponential moving average of the
    batch means of e^T (the first batch starts it); ``rate`` is the weight of the newest batch, and 1 gives DV's own
    gradient. The average is kept as its logarithm, so nothing has to be clamped. Raises ValueError for a rate
    outside (0, 1].
    The value returned is only a carrier of that gradient; report ``dv``.
    """

    def __init__(self, rate: float = 0.01) -> None:
        if not 0 < rate <= 1:
            raise ValueError(f"rate, the weight of the newest batch, must lie in (0, 1], not {rate}.")
        self.rate = rate
        self.log_average: Tensor | None = None

    def __call__(self, positive: Tensor, negative: Tensor) -> Tensor:
        """The carrier of the gradient, (K,); moves the average on by one batch."""
        batch = log_mean_exp(negative)
        newest = batch.detach()
        if self.log_average is None or self.rate == 1:
            self.log_average = newest
        else:
            kept = self.log_average + math.log1p(-self.rate)
            self.log_average = torch.logaddexp(kept, newest + math.log(self.rate))
        return positive.mean(1) - torch.exp(batch - self.log_average)


@dataclass(frozen=True)
class Estimator:
    """An objective and its readouts under the field's name."""

    objective: Callable[[], Bound]  # makes a fresh one per training, since MINE's has a state
    readouts: dict[str, Bound]


def estimator(name: str) -> Estimator:
    """'dv', 'mine', 'nwj', 'js' or 'infonce'; raises ValueError otherwise, naming the nearest."""
    return ESTIMATORS[known("estimator", name, READOUTS)]


ESTIMATORS = {
    "dv": Estimator(lambda: dv, {"dv": dv}),
    "mine": Estimator(MovingAverageDV, {"dv": dv}),
    "nwj": Estimator(lambda: nwj, {"nwj": nwj}),
    "js": Estimator(lambda: js, {"nwj": js_nwj, "plug_in": plug_in}),
    "infonce": Estimator(lambda: infonce, {"infonce": infonce}),
}
