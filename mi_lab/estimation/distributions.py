"""Tasks that are no Gaussians: heavy tails, bounded noise, labels, mixtures and several tasks side by side."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from mi_lab.estimation.tasks import CorrelatedGaussians, OfOneSize, Task
from mi_lab.ground.gaussian import STUDENT_DEGREES, mi_from_correlation, student_correlation
from mi_lab.ground.names import UNIFORM_NATS

_MONTE_CARLO = 200_000  # pairs


@dataclass(frozen=True)
class CorrelatedStudent(OfOneSize):
    """Two Student t vectors with ``degrees`` of freedom: correlated Gaussians over one common random scale.

    MI is that of the Gaussians plus ``student_excess``, which no correlation takes away: the scale ties all components
    together (Czyż et al., 2023). Raises ValueError for an ``mi`` below the excess or one that cannot be.
    """

    dim: int
    mi: float
    degrees: float = STUDENT_DEGREES
    correlation: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "correlation", student_correlation(self.mi, self.dim, self.degrees))

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, x and y each of shape (n, dim)."""
        x, y = CorrelatedGaussians(dim=self.dim, correlation=self.correlation).sample(n, generator)
        half = torch.full((n, 1), self.degrees / 2, device=generator.device)
        scale = (torch._standard_gamma(half, generator=generator) / half).rsqrt()  # chi squared over its mean
        return x * scale, y * scale

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """The exact log density ratio in nats: (..., dim), (..., dim) -> (...)."""
        rho, nu, d = self.correlation, self.degrees, self.dim
        of_x, of_y = (x**2).sum(-1), (y**2).sum(-1)
        joint = (of_x - 2 * rho * (x * y).sum(-1) + of_y) / (1 - rho**2)
        lgamma = math.lgamma
        constant = lgamma((nu + 2 * d) / 2) + lgamma(nu / 2) - 2 * lgamma((nu + d) / 2) + mi_from_correlation(rho, d)
        tails = (nu + d) * (torch.log1p(of_x / nu) + torch.log1p(of_y / nu)) - (nu + 2 * d) * torch.log1p(joint / nu)
        return constant + tails / 2

    def log_density_y(self, y: Tensor) -> Tensor:
        """log p(y) in nats, (..., dim) -> (...)."""
        nu, d = self.degrees, self.dim
        constant = math.lgamma((nu + d) / 2) - math.lgamma(nu / 2) - d / 2 * math.log(nu * math.pi)
        return constant - (nu + d) / 2 * torch.log1p((y**2).sum(-1) / nu)


@dataclass(frozen=True)
class UniformNoise(OfOneSize):
    """x uniform on (0, 1) and y = x + u, with u uniform on (-width, width), in each of ``dim`` components.

    MI per component is 1/(4 width) for a width of at least 1/2, and width - log(2 width) below (Czyż et al., 2023).
    Scaled, it is the smoothed uniform of s = 1/(2 width): x on (0, s), u on (0, 1).
    """

    dim: int
    mi: float
    width: float = field(init=False)

    def __post_init__(self) -> None:
        share = self.mi / self.dim
        if not 0 < share < math.inf:
            raise ValueError(f"mi must be a positive number of nats, since a width is finite, not {self.mi}.")
        if share > UNIFORM_NATS:
            raise ValueError(
                f"mi must be at most {UNIFORM_NATS} nats for each of the {self.dim} components, as a narrower width "
                f"comes near float32's rounding, not {self.mi}."
            )
        width = 1 / (4 * share) if share <= 0.5 else _bisected(lambda w: w - math.log(2 * w), share, 0.0, 0.5)
        object.__setattr__(self, "width", width)

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, x and y each of shape (n, dim)."""
        x, noise = torch.rand(2, n, self.dim, generator=generator, device=generator.device)
        return x, x + self.width * (2 * noise - 1)

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """The exact log density ratio, minus infinity where y cannot come from x: (..., dim), (..., dim) -> (...)."""
        # y comes from all x in (0, 1) within the width: p(y) is that length over 2 width
        slack = torch.finfo(torch.float32).eps * (1 + self.width)  # y is rounded, and may lie just outside
        length = ((y + self.width).clamp(max=1) - (y - self.width).clamp(min=0)).clamp(min=slack)
        return torch.where((y - x).abs() <= self.width + slack, -length.log(), -math.inf).sum(-1)


@dataclass(frozen=True)
class SymmetricChannel:
    """A uniform label x, and y, which is x but for a share ``reroll`` of the draws, when it is any label. Both one-hot.

    With p = 1 - r (1 - 1/k) for a reroll r of k classes, MI = log k + p log p + (1 - p) log(r/k). Raises ValueError for
    an ``mi`` outside [0, log k].
    """

    classes: int
    mi: float
    reroll: float = field(init=False)

    def __post_init__(self) -> None:
        if not 0 <= self.mi <= math.log(self.classes):
            raise ValueError(f"mi must lie in [0, log {self.classes} = {math.log(self.classes):.4f}] nats.")
        object.__setattr__(self, "reroll", _bisected(self._mi_at, self.mi, 0.0, 1.0))

    def _mi_at(self, reroll: float) -> float:
        lost = reroll * (1 - 1 / self.classes)
        rest = lost * math.log(reroll / self.classes) if reroll else 0.0
        return math.log(self.classes) + (1 - lost) * math.log1p(-lost) + rest

    @property
    def dim_x(self) -> int:
        """Numbers per x, one for each class."""
        return self.classes

    @property
    def dim_y(self) -> int:
        """Numbers per y, one for each class."""
        return self.classes

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, x and y each of shape (n, classes)."""
        place = generator.device
        x, other = torch.randint(self.classes, (2, n), generator=generator, device=place)
        y = torch.where(torch.rand(n, generator=generator, device=place) < self.reroll, other, x)
        return one_hot(x, self.classes).float(), one_hot(y, self.classes).float()

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """log(k p) where the labels agree and log r where not: (..., classes), (..., classes) -> (...)."""
        agree = self.reroll + self.classes * (1 - self.reroll)
        return torch.log(self.reroll + (agree - self.reroll) * (x * y).sum(-1))


class MonteCarlo(NamedTuple):
    """A mean in nats with its standard error."""

    value: float
    stderr: float


@dataclass(frozen=True)
class Mixture(OfOneSize):
    """A pair from one of several correlated Gaussians, each with its share of the draws, ``weights``.

    They have the same marginals, so the density ratio is the mean of theirs and exact; MI is its Monte Carlo mean over
    200,000 pairs, ``measured`` with its standard error. Opposite correlations give dependence without correlation.
    """

    tasks: tuple[CorrelatedGaussians, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len({task.dim for task in self.tasks}) != 1:
            raise ValueError("a mixture needs correlated Gaussians of one dim, so that they share their marginals.")
        if len(self.weights) != len(self.tasks) or min(self.weights) < 0 or not math.isclose(sum(self.weights), 1):
            raise ValueError(f"weights must be {len(self.tasks)} shares that add up to 1, not {self.weights}.")

    @property
    def dim(self) -> int:  # type: ignore[override]
        """Numbers per x, and per y."""
        return self.tasks[0].dim

    @property
    def mi(self) -> float:
        """In nats, by Monte Carlo."""
        return self.measured.value

    @functools.cached_property
    def measured(self) -> MonteCarlo:
        """MI in nats with its standard error, the same at every call."""
        x, y = self.sample(_MONTE_CARLO, torch.Generator().manual_seed(0))
        values = self.log_ratio(x.double(), y.double())
        return MonteCarlo(float(values.mean()), float(values.std() / math.sqrt(len(values))))

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, x and y each of shape (n, dim)."""
        shares = torch.tensor(self.weights, device=generator.device)
        chosen = torch.multinomial(shares, n, replacement=True, generator=generator)
        rho = torch.tensor([task.correlation for task in self.tasks], device=generator.device)[chosen, None]
        x, noise = torch.randn(2, n, self.dim_x, generator=generator, device=generator.device)
        return x, rho * x + (1 - rho**2).sqrt() * noise

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """The exact log density ratio in nats: (..., dim), (..., dim) -> (...)."""
        parts = [task.log_ratio(x, y) + math.log(w) for task, w in zip(self.tasks, self.weights, strict=True) if w]
        return torch.stack(parts).logsumexp(0)


@dataclass(frozen=True)
class SideBySide:
    """Independent tasks, their x joined to one vector and their y to another: MI and log ratio add up."""

    tasks: tuple[Task, ...]

    @property
    def dim_x(self) -> int:
        """Numbers per x."""
        return sum(task.dim_x for task in self.tasks)

    @property
    def dim_y(self) -> int:
        """Numbers per y."""
        return sum(task.dim_y for task in self.tasks)

    @property
    def mi(self) -> float:
        """The sum of theirs, in nats."""
        return sum(task.mi for task in self.tasks)

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, x of shape (n, dim_x), y of shape (n, dim_y)."""
        pairs = [task.sample(n, generator) for task in self.tasks]
        return torch.cat([x for x, _ in pairs], -1), torch.cat([y for _, y in pairs], -1)

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """The sum of theirs: (..., dim_x), (..., dim_y) -> (...)."""
        xs, ys = (v.split([getattr(t, d) for t in self.tasks], -1) for v, d in ((x, "dim_x"), (y, "dim_y")))
        return torch.stack([t.log_ratio(a, b) for t, a, b in zip(self.tasks, xs, ys, strict=True)]).sum(0)


def _bisected(falling: Callable[[float], float], value: float, low: float, high: float) -> float:
    """Where a falling function takes a value."""
    for _ in range(80):  # halves an interval of length 1 down to rounding
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > value else (low, middle)
    return (low + high) / 2
