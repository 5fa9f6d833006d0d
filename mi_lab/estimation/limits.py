"""What a scheme of negatives lets a critic reach at a batch size: the ceiling, the destination, the slope of batch DV.

Under a ``shuffle`` the negatives follow q_N = (1 - 1/N) p(x)p(y) + (1/N) p(x, y), so the best critic is log p/q_N.
Under the other schemes it is the pointwise mutual information log p(x, y) / (p(x) p(y)), and the ceiling is the MI.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from mi_lab.estimation.bounds import dv
from mi_lab.estimation.critics import OptimalCritic
from mi_lab.estimation.negatives import check_batch, draw_batch, log_ratio_to_shuffled, score
from mi_lab.estimation.tasks import Task
from mi_lab.ground.keywords import own_keywords

_AT_ONCE = 50_000  # pairs, so that memory stays small


class Limit(NamedTuple):
    """A mean in nats with the standard error of its Monte Carlo.

    Examples
    --------
    >>> from mi_lab import CorrelatedGaussians, ceiling
    >>> found = ceiling(CorrelatedGaussians(mi=2.0), batch_size=64, samples=2000)
    >>> found.value > found.stderr > 0
    True
    """

    value: float
    stderr: float


@own_keywords
def ceiling(task: Task, batch_size: int, samples: int = 200_000, seed: int = 0) -> Limit:
    """I_N, the information that is left between positives and the negatives of a ``shuffle``, by seeded Monte Carlo.

    I_N = KL(p || q_N) = E_p[-log(1/N + (1 - 1/N) e^{-pmi(x, y)})] <= log N. No critic lifts NWJ's expected value above
    it; DV's value over the whole distribution, and the plug-in of the best JS critic, end there too.

    Parameters
    ----------
    task : Task
        The joint distribution.
    batch_size : int
        N, the pairs that are shuffled together, at least 2.
    samples : int
        Pairs over which the mean is taken, at least 2.
    seed : int
        Of their draws.

    Returns
    -------
    Limit
        ``value`` and ``stderr``, in nats.

    Raises
    ------
    ValueError
        For a batch size under 2 or fewer than 2 samples.

    Examples
    --------
    >>> import math
    >>> from mi_lab import CorrelatedGaussians, ceiling
    >>> task = CorrelatedGaussians(dim=20, mi=10.0)
    >>> ceiling(task, batch_size=64, samples=2000).value < math.log(64)
    True
    """
    return _mean(best_scores(task, batch_size, "shuffle", samples, seed))


@own_keywords
def destination(task: Task, batch_size: int, negatives: str = "shuffle", batches: int = 1000, seed: int = 0) -> Limit:
    """Where MINE with a long memory is heading: the mean over batches of DV's value for the best critic.

    The critic's gradient is then that of the whole distribution, whose best critic is log p/q_N under a ``shuffle`` and
    the pointwise mutual information under the other schemes. What is reported is DV's value of a batch (Donsker and
    Varadhan; Belghazi et al., 2018), and the mean of that lies above the ceiling, by Jensen's inequality.

    Parameters
    ----------
    task : Task
        The joint distribution.
    batch_size : int
        N, at least 2.
    negatives : str
        The scheme: 'shuffle', 'derangement', 'all_pairs' or 'independent'.
    batches : int
        Over which the mean is taken, at least 2.
    seed : int
        Of their draws.

    Returns
    -------
    Limit
        ``value`` and ``stderr``, in nats.

    Raises
    ------
    ValueError
        For an unknown scheme, a batch size under 2 or fewer than 2 batches.

    Examples
    --------
    >>> from mi_lab import CorrelatedGaussians, ceiling, destination
    >>> task = CorrelatedGaussians(dim=20, mi=10.0)
    >>> destination(task, batch_size=64, batches=200).value > ceiling(task, batch_size=64, samples=2000).value
    True
    """
    return _mean(batch_values(task, batch_size, negatives, batches, seed))


def batch_values(task: Task, batch_size: int, negatives: str, batches: int, seed: int = 0) -> Tensor:
    """DV's value of each of so many batches with the best critic for the scheme, in nats: float64 of shape (batches,).

    Raises ValueError as ``destination`` does.
    """
    check_batch(batch_size, negatives)
    _check_count("batches", batches)
    generator = torch.Generator().manual_seed(seed)
    pairs = batch_size**2 if negatives == "all_pairs" else batch_size
    found = []
    for start in range(0, batches, stack := max(1, _AT_ONCE // pairs)):
        tasks = [task] * min(stack, batches - start)
        batch = draw_batch(tasks, batch_size, negatives, [generator] * len(tasks))
        scores = score(OptimalCritic(tasks), batch)
        best = (_best(part.double(), batch_size, negatives) for part in (scores.positive, scores.negative))
        found.append(dv(*best))
    return torch.cat(found)


def best_scores(task: Task, batch_size: int, negatives: str, samples: int, seed: int = 0) -> Tensor:
    """Scores of the best critic for the scheme on true pairs, in nats: float64 of shape (samples,); their mean is the
    ceiling.

    Raises ValueError as ``ceiling`` does.
    """
    check_batch(batch_size, negatives)
    _check_count("samples", samples)
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for start in range(0, samples, _AT_ONCE):
        x, y = task.sample(min(_AT_ONCE, samples - start), generator)
        parts.append(_best(task.log_ratio(x.double(), y.double()), batch_size, negatives))
    return torch.cat(parts)


def chi_square(task: Task, batch_size: int, samples: int = 200_000, seed: int = 0) -> float:
    """The chi-square divergence of p from q_N, E_p[p/q_N] - 1, from 0 to N - 1: the variance of a negative's p/q_N.

    A batch's mean of N of them has about the variance v = chi-square / N, which sets the drift of MINE's constant: to
    second order, what its negatives weigh is E[w] = 1 - v r (1 - r) / (2 - r). Raises ValueError as ``ceiling`` does.
    """
    return float(best_scores(task, batch_size, "shuffle", samples, seed).exp().mean()) - 1


def dv_slope(task: Task, batch_size: int, negatives: str = "shuffle", samples: int = 200_000, seed: int = 0) -> float:
    """How fast the mean batch DV grows, at best, with the score c that a critic gives to a set A and 0 elsewhere.

    max over A of P(a true pair lies in A) - P(at least one negative of a batch does), from 0 to 1: if it is above 0,
    batch DV has no limit, and else at most log N (proved in Section 3.1 of the book). A runs through the pairs with
    the highest density ratios. The negatives of a batch are taken as independent but for the fixed points of a
    shuffle, which are counted exactly. Raises ValueError as ``ceiling`` does.
    """
    ratios = best_scores(task, batch_size, "independent", samples, seed).sort(descending=True).values
    check_batch(batch_size, negatives)
    inside = torch.arange(1, samples + 1, dtype=torch.float64) / samples  # P(A) under p
    outside = ((-ratios).exp().cumsum(0) / samples).clamp(max=1)  # P(A) under p(x)p(y)
    count = batch_size * (batch_size - 1) if negatives == "all_pairs" else batch_size
    log_none = count * torch.log1p(-outside)
    if negatives == "shuffle":  # K fixed points, each in A with P(A) under p: E[z^K] = e^{z - 1}, up to 1/N!
        log_none = log_none + (outside - inside) / (1 - outside)
    return max(0.0, float((inside - 1 + log_none.exp()).nan_to_num(-1.0).max()))


def _best(pmi: Tensor, batch_size: int, negatives: str) -> Tensor:
    return log_ratio_to_shuffled(pmi, batch_size) if negatives == "shuffle" else pmi


def _check_count(name: str, count: int) -> None:
    if count < 2:
        raise ValueError(f"{name} must be at least 2 for a standard error, not {count}.")


def _mean(values: Tensor) -> Limit:
    return Limit(float(values.mean()), float(values.std() / math.sqrt(len(values))))
