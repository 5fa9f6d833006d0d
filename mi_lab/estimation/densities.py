"""The critic of the estimators that model densities instead of a ratio: log q(y|x) less log r(y)."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from mi_lab.estimation.critics import Critic
from mi_lab.estimation.mlp import Generators, Layers
from mi_lab.estimation.tasks import Task
from mi_lab.estimation.transforms import log_density_y

_MARGINAL = 10_000  # draws of y that a marginal is fitted to

Marginal = Callable[[Tensor], Tensor]
"""log r(y) in nats: (K, N, dim_y) -> (K, N)."""


class ConditionalCritic(Critic):
    """T(x, y) = log q(y|x) - log r(y), in nats, which is the log ratio if both densities are right.

    q is a Gaussian whose means and log variances, one per component of y, are the outputs of an MLP of x; r is the
    ``marginal``, which is not learnt. Training that raises the positives' scores raises the likelihood of q.
    """

    def __init__(self, dim_x: int, dim_y: int, generators: Generators, marginal: Marginal, layers: Layers) -> None:
        super().__init__()
        self.q, self.drops_out = layers.perceptron(dim_x, 2 * dim_y, generators), layers.drops_out
        self.marginal = marginal

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        mean, log_variance = self._conditional(x, y, generators)
        squares = (y - mean) ** 2 * torch.exp(-log_variance) + log_variance
        return -(squares.sum(-1) + y.shape[-1] * math.log(2 * math.pi)) / 2 - self.marginal(y)

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        mean, log_variance = self._conditional(x, y, generators)
        precision = torch.exp(-log_variance)
        # sum of (y_j - m_i)^2 / v_i, multiplied out, so that it is matrix products of (N, dim_y)
        squares = precision @ (y**2).mT - 2 * (mean * precision) @ y.mT
        constant = (mean**2 * precision + log_variance + math.log(2 * math.pi)).sum(-1, keepdim=True)
        return -(squares + constant) / 2 - self.marginal(y)[:, None]

    def pull_back(self, grad: Tensor) -> None:
        y, mean, log_variance = self.last
        precision = torch.exp(-log_variance)
        if grad.dim() == 2:
            mass, first, second = grad[..., None], grad[..., None] * y, grad[..., None] * y**2
        else:
            mass, first, second = grad.sum(-1, keepdim=True), grad @ y, grad @ y**2
        to_mean = (first - mass * mean) * precision
        to_log_variance = ((second - 2 * mean * first + mass * mean**2) * precision - mass) / 2
        self.q.backward(torch.cat([to_mean, to_log_variance], -1))

    def _conditional(self, x: Tensor, y: Tensor, generators: Generators | None) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.q(x, generators).chunk(2, -1)
        self.last = y, mean, log_variance
        return mean, log_variance


def known_marginal(tasks: Sequence[Task]) -> Marginal:
    """The tasks' own log p(y). Raises ValueError for a task whose density is not known."""
    for task in tasks:
        log_density_y(task, torch.zeros(1, task.dim_y))
    return lambda y: torch.stack([log_density_y(task, rows) for task, rows in zip(tasks, y, strict=True)])


def fitted_marginal(tasks: Sequence[Task], place: torch.device) -> Marginal:
    """A Gaussian with the mean and variance of each component of y, as 10,000 draws (or all of a data set) have them.

    That is where the likelihood of such a Gaussian is highest, so there is nothing to train.
    """
    drawn = [task.sample(_MARGINAL, torch.Generator(device=place).manual_seed(0))[1] for task in tasks]
    mean = torch.stack([y.mean(0) for y in drawn])[:, None]
    # a component that never varied in the draws has no density; 1 is as good as anything
    variance = torch.stack([torch.where(y.var(0) > 0, y.var(0), 1.0) for y in drawn])[:, None]
    return lambda y: -((y - mean) ** 2 / variance + variance.log() + math.log(2 * math.pi)).sum(-1) / 2
