"""Tasks: joint distributions p(x, y) that we can sample and whose MI is known, in nats."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from mi_lab.ground.gaussian import check_dim, correlation_from_mi, mi_from_correlation
from mi_lab.ground.keywords import own_keywords


class Task(Protocol):
    """What the trainer needs of a joint distribution. Data sets and images fit it too."""

    @property
    def dim_x(self) -> int: ...

    @property
    def dim_y(self) -> int: ...

    @property
    def mi(self) -> float:
        """The true mutual information in nats."""
        ...

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` independent pairs: x of shape (n, dim_x), y of shape (n, dim_y), on the generator's device."""
        ...

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """log p(x, y) / (p(x) p(y)) in nats, over any leading shape: (..., dim_x), (..., dim_y) -> (...)."""
        ...


class OfOneSize:
    """A task whose x and y have ``dim`` components each."""

    dim: int

    @property
    def dim_x(self) -> int:
        """Numbers per x."""
        return self.dim

    @property
    def dim_y(self) -> int:
        """Numbers per y."""
        return self.dim


@own_keywords
@dataclass(frozen=True)
class CorrelatedGaussians(OfOneSize):
    """Two standard Gaussian vectors whose components are correlated pairwise.

    Parameters
    ----------
    dim : int
        Components of x, and of y.
    mi : float
        The mutual information in nats; the correlation follows from MI = -(dim/2) log(1 - correlation^2).
    correlation : float
        Given in place of ``mi``, which then follows.

    Raises
    ------
    ValueError
        If both or neither of ``mi`` and ``correlation`` are given, or one is out of range.

    Examples
    --------
    >>> import torch
    >>> from mi_lab import CorrelatedGaussians
    >>> task = CorrelatedGaussians(dim=2, mi=1.0)
    >>> x, y = task.sample(5, torch.Generator().manual_seed(0))
    >>> x.shape, round(task.correlation, 3)
    (torch.Size([5, 2]), 0.795)
    """

    dim: int = 20
    mi: float = field(default=None)  # type: ignore[assignment]
    correlation: float = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        check_dim(self.dim)
        if (self.mi is None) == (self.correlation is None):
            raise ValueError("give either mi (in nats) or correlation, not both and not neither.")
        if self.correlation is None:
            object.__setattr__(self, "correlation", correlation_from_mi(self.mi, self.dim))
        else:
            object.__setattr__(self, "mi", mi_from_correlation(self.correlation, self.dim))

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, x and y each of shape (n, dim)."""
        x, noise = torch.randn(2, n, self.dim, generator=generator, device=generator.device)
        return x, noise.mul_((1 - self.correlation**2) ** 0.5).add_(x, alpha=self.correlation)

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """The exact log density ratio in nats: (..., dim), (..., dim) -> (...)."""
        rho = self.correlation
        quadratic = 2 * (x * y).sum(-1) - rho * ((x**2).sum(-1) + (y**2).sum(-1))
        return self.mi + rho / (2 * (1 - rho**2)) * quadratic

    def log_density_y(self, y: Tensor) -> Tensor:
        """log p(y) in nats: that of a standard Gaussian vector, (..., dim) -> (...)."""
        return -((y**2).sum(-1) + self.dim * math.log(2 * math.pi)) / 2


def sample_stack(tasks: Sequence[Task], n: int, generators: Sequence[torch.Generator]) -> tuple[Tensor, Tensor]:
    """``n`` pairs of each task, drawn from its own generator: x of shape (K, n, dim_x), y of shape (K, n, dim_y)."""
    if all(type(task) is CorrelatedGaussians for task in tasks):
        # the draws of ``sample``, but mixed for all runs at once
        shape, device = (2, n, tasks[0].dim_x), generators[0].device
        draws = torch.stack([torch.randn(shape, generator=g, device=device) for g in generators], 1)
        correlation, rest = _mixing(tuple(task.correlation for task in tasks), device)  # type: ignore[attr-defined]
        return draws[0], torch.addcmul(draws[1] * rest, draws[0], correlation)
    pairs = [task.sample(n, generator) for task, generator in zip(tasks, generators, strict=True)]
    return torch.stack([x for x, _ in pairs]), torch.stack([y for _, y in pairs])


@functools.lru_cache
def _mixing(correlations: tuple[float, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    rho = torch.tensor(correlations, dtype=torch.float64, device=device)[:, None, None]
    return rho.float(), (1 - rho**2).sqrt().float()
