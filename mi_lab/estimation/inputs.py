"""How the numbers of a task reach a critic: as they are, standardised, or as normal scores; MI is the same for all."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from mi_lab.estimation.tasks import Task
from mi_lab.estimation.transforms import log_density_y
from mi_lab.ground.names import INPUTS, known

DRAWN = 20_000
"""Pairs whose columns say how all are mapped."""

Column = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Prepared:
    """Any task with each column of x and y mapped by a rising function of its own, which leaves MI as it is.

    The function is fixed before training, by 20,000 pairs of the task: ``standardised`` takes the mean off and divides
    by the deviation; ``normal_scores`` gives a value its quantile among theirs, as one of a standard Gaussian. What
    lies farther out than all of those gets the outermost score.
    """

    task: Task
    how: str

    def __post_init__(self) -> None:
        known("inputs", self.how, INPUTS)

    @property
    def dim_x(self) -> int:
        """Numbers per x."""
        return self.task.dim_x

    @property
    def dim_y(self) -> int:
        """Numbers per y."""
        return self.task.dim_y

    @property
    def mi(self) -> float:
        """That of the task, in nats."""
        return self.task.mi

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs of the task, mapped."""
        x, y = self.task.sample(n, generator)
        of_x, of_y = _maps(self.task, self.how)  # type: ignore[arg-type]
        return of_x(x), of_y(y)

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """That of the task, of pairs as it gives them and standardised: (..., dim_x), (..., dim_y) -> (...)."""
        (mean_x, scale_x), (mean_y, scale_y) = self._scales()
        return self.task.log_ratio(x * scale_x + mean_x, y * scale_y + mean_y)

    def log_density_y(self, y: Tensor) -> Tensor:
        """log p(y) in nats, (..., dim_y) -> (...). Raises ValueError where it is not known, as of normal scores."""
        _, (mean, scale) = self._scales()
        # in float64: a mean that is added again takes the digits of what lies near 0, where a cube's density is high
        own = log_density_y(self.task, y.double() * scale.double().to(y.device) + mean.double().to(y.device))
        return (own + scale.log().sum().to(y.device)).to(y.dtype)

    def _scales(self) -> tuple[tuple[Tensor, Tensor], ...]:
        if self.how != "standardised":
            raise ValueError(f"the density of {self.how} is not known here.")
        return _both_moments(self.task)  # type: ignore[arg-type]


def prepared(task: Task, how: str) -> Task:
    """The task as it is for 'raw', and else ``Prepared``. Raises ValueError for another name."""
    return task if known("inputs", how, INPUTS) == "raw" else Prepared(task, how)


def _drawn(task: Task) -> tuple[Tensor, Tensor]:
    return task.sample(DRAWN, torch.Generator().manual_seed(0))


def _moments(side: Tensor) -> tuple[Tensor, Tensor]:
    scale = side.std(0)
    return side.mean(0), torch.where(scale > 0, scale, 1.0)


@functools.lru_cache(maxsize=64)
def _both_moments(task: Task) -> tuple[tuple[Tensor, Tensor], ...]:
    return tuple(_moments(side) for side in _drawn(task))


@functools.lru_cache(maxsize=64)
def _maps(task: Task, how: str) -> tuple[Column, Column]:
    make = _standardising if how == "standardised" else _scoring
    of_x, of_y = (make(side) for side in _drawn(task))
    return of_x, of_y


def _standardising(side: Tensor) -> Column:
    mean, scale = _moments(side)
    return lambda values: (values - mean.to(values)) / scale.to(values)


def _scoring(side: Tensor) -> Column:
    known_values = side.T.contiguous().sort(dim=1).values
    scores = torch.special.ndtri((torch.arange(DRAWN) + 0.5) / DRAWN)

    def score(values: Tensor) -> Tensor:
        sorted_values, columns = known_values.to(values), values.T.contiguous()
        above = torch.searchsorted(sorted_values, columns).clamp(1, DRAWN - 1)
        low, high = sorted_values.gather(1, above - 1), sorted_values.gather(1, above)
        share = ((columns - low) / torch.where(high > low, high - low, 1.0)).clamp(0, 1)
        table = scores.to(values)
        return torch.lerp(table[above - 1], table[above], share).T

    return score
