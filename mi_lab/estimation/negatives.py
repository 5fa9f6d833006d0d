"""Negatives: how pairs from the product of marginals p(x)p(y) are made out of a batch.

* ``shuffle``      y is permuted uniformly, fixed points and all (Belghazi et al., 2018; the report's scheme)
* ``derangement``  y is permuted uniformly among the permutations without a fixed point
* ``all_pairs``    all N(N-1) off-diagonal pairs (Poole et al., 2019)
* ``independent``  y from a second, independent batch

A shuffle leaves each index in place with probability 1/N, so its "negatives" really follow
q_N = (1 - 1/N) p(x)p(y) + (1/N) p(x, y), and no critic lifts NWJ's expected value, or DV's over the whole
distribution, past the ``ceiling``.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from mi_lab.estimation.critics import Critic, Scorer
from mi_lab.estimation.mlp import Generators
from mi_lab.estimation.tasks import Task, sample_stack
from mi_lab.ground.names import NEGATIVES, known


class Batch(NamedTuple):
    """One training step's pairs for K runs, with what the negatives need."""

    x: Tensor  # (K, N, dim_x)
    y: Tensor  # (K, N, dim_y), y[k, i] belongs to x[k, i]
    y_negative: Tensor | None  # (K, N, dim_y), or None for all pairs


def draw_batch(tasks: Sequence[Task], batch_size: int, negatives: str, generators: Generators) -> Batch:
    """Sample N pairs per run and arrange the negatives; run k uses only generator k.

    Raises ValueError for a batch size under 2 or an unknown scheme.
    """
    check_batch(batch_size, negatives)
    x, y = sample_stack(tasks, batch_size, generators)
    if negatives == "all_pairs":
        return Batch(x, y, None)
    if negatives == "independent":
        return Batch(x, y, sample_stack(tasks, batch_size, generators)[1])
    permute = derangement if negatives == "derangement" else shuffle
    index = torch.stack([permute(batch_size, g) for g in generators])
    index += torch.arange(len(tasks), device=index.device)[:, None] * batch_size
    return Batch(x, y, y.flatten(0, 1)[index])


class Scores(NamedTuple):
    """A critic's scores on one batch, whole and split into those of positives and negatives."""

    whole: Tensor  # as the critic gave them: (K, N, N) for all pairs, else (K, N + NM)
    positive: Tensor  # (K, N)
    negative: Tensor  # (K, N, M): negative[k, i] are the scores of x_i with its M negatives; M = N-1 or 1


def score(critic: Critic, batch: Batch, generators: Generators | None = None) -> Scores:
    """The scores of a batch's positives and negatives. Dropout is on if generators are given."""
    if isinstance(critic, Scorer):
        positive, negative = critic.read_and_trained(*batch, generators)
        return Scores(merge(positive, negative, positive.shape), positive, negative)
    if batch.y_negative is None:
        whole = critic.all_pairs(batch.x, batch.y, generators)
        return Scores(whole, whole.diagonal(dim1=-2, dim2=-1), off_diagonal(whole))
    whole = critic.pairs(torch.cat([batch.x] * 2, 1), torch.cat([batch.y, batch.y_negative], 1), generators)
    positive, negative = whole.chunk(2, 1)
    return Scores(whole, positive, negative[..., None])


def read(critic: Critic, batch: Batch, generators: Generators) -> Scores:
    """The scores that are read: dropout is off, and generators are only for a critic that draws noise."""
    return score(critic, batch, generators if critic.draws else None)


def merge(positive: Tensor, negative: Tensor, shape: torch.Size) -> Tensor:
    """The inverse of that split, for what belongs to the scores: (K, N), (K, N, M) -> the ``shape`` of the whole."""
    runs, n, _ = negative.shape
    if len(shape) == 2:
        return torch.cat([positive, negative.mT.flatten(1)], 1)
    matrix = negative.new_empty(runs, n * n)
    matrix[:, 1:].unflatten(1, (n - 1, n + 1))[..., :-1] = negative.reshape(runs, n - 1, n)
    matrix[:, :: n + 1] = positive
    return matrix.unflatten(1, (n, n))


def shuffle(n: int, generator: torch.Generator) -> Tensor:
    """A uniform permutation of 0 … n-1, shape (n,). It has one fixed point on average."""
    return torch.randperm(n, generator=generator, device=generator.device)


def derangement(n: int, generator: torch.Generator) -> Tensor:
    """A uniform permutation without fixed points, shape (n,): shuffles are drawn until one fits (about e of them)."""
    index = torch.arange(n, device=generator.device)
    while True:
        permutation = shuffle(n, generator)
        if not bool((permutation == index).any()):
            return permutation


def off_diagonal(matrix: Tensor) -> Tensor:
    """Drop the diagonal of each (N, N) matrix: (..., N, N) -> (..., N, N-1), row by row."""
    n = matrix.shape[-1]
    flat = matrix.flatten(-2)[..., 1:].unflatten(-1, (n - 1, n + 1))[..., :-1]
    return flat.reshape(*matrix.shape[:-2], n, n - 1)


def check_batch(batch_size: int, negatives: str) -> None:
    """Raise ValueError unless batch size and scheme can be used."""
    known("negatives", negatives, NEGATIVES)
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 2:
        raise ValueError(f"batch_size must be a whole number of at least 2, to have a negative pair, not {batch_size}.")


def log_ratio_to_shuffled(pmi: Tensor, batch_size: int) -> Tensor:
    """log p(x, y) / q_N(x, y) in nats, the most a critic can learn from a ``shuffle``; any shape, at most log N.

    ``pmi`` is log p(x, y) / (p(x) p(y)).
    """
    return -torch.logaddexp(torch.full_like(pmi, -math.log(batch_size)), math.log1p(-1 / batch_size) - pmi)
