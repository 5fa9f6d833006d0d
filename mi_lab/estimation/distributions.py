"""Tasks that are no Gaussians: heavy tails, bounded noise and labels."""

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from mi_lab.estimation.tasks import CorrelatedGaussians, OfOneSize, Task
from mi_lab.ground.extras import require
from mi_lab.ground.gaussian import STUDENT_DEGREES, mi_from_correlation, student_correlation

_NATS = 8.5  # of UniformNoise per component at most: beyond, its width comes near the rounding of float32


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
        if share > _NATS:
            raise ValueError(
                f"mi must be at most {_NATS} nats for each of the {self.dim} components, as a narrower width "
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
class SymmetricChannel(OfOneSize):
    """A uniform label x, and y, which is x but for a share ``reroll`` of the draws, when it is any label. Both one-hot.

    With p = 1 - r (1 - 1/k) for a reroll r of k = ``dim`` classes, MI = log k + p log p + (1 - p) log(r/k). Raises
    ValueError for an ``mi`` outside [0, log k].
    """

    dim: int
    mi: float
    reroll: float = field(init=False)

    def __post_init__(self) -> None:
        if not 0 <= self.mi <= math.log(self.dim):
            raise ValueError(f"mi must lie in [0, log {self.dim} = {math.log(self.dim):.4f}] nats, not {self.mi}.")
        object.__setattr__(self, "reroll", _bisected(self._mi_at, self.mi, 0.0, 1.0))

    def _mi_at(self, reroll: float) -> float:
        lost = reroll * (1 - 1 / self.dim)
        rest = lost * math.log(reroll / self.dim) if reroll else 0.0
        return math.log(self.dim) + (1 - lost) * math.log1p(-lost) + rest

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, x and y each of shape (n, dim)."""
        place = generator.device
        x, other = torch.randint(self.dim, (2, n), generator=generator, device=place)
        y = torch.where(torch.rand(n, generator=generator, device=place) < self.reroll, other, x)
        return one_hot(x, self.dim).float(), one_hot(y, self.dim).float()

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """log(k p) where the labels agree and log r where not: (..., dim), (..., dim) -> (...)."""
        agree = self.reroll + self.dim * (1 - self.reroll)
        return torch.log(self.reroll + (agree - self.reroll) * (x * y).sum(-1))


@dataclass(frozen=True)
class SparseGaussians(OfOneSize):
    """Standard Gaussian vectors of which only the first ``informative`` components are correlated with their like."""

    dim: int
    mi: float
    informative: int = 2
    core: CorrelatedGaussians = field(init=False)

    def __post_init__(self) -> None:
        if self.dim < self.informative:
            raise ValueError(f"dim must be at least {self.informative}, which carry the MI, not {self.dim}.")
        object.__setattr__(self, "core", CorrelatedGaussians(self.informative, self.mi))

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, x and y each of shape (n, dim)."""
        pair = self.core.sample(n, generator)
        rest = torch.randn(2, n, self.dim - self.informative, generator=generator, device=generator.device)
        x, y = (torch.cat(parts, 1) for parts in zip(pair, rest, strict=True))
        return x, y

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """That of the correlated components: (..., dim), (..., dim) -> (...)."""
        return self.core.log_ratio(x[..., : self.informative], y[..., : self.informative])

    def log_density_y(self, y: Tensor) -> Tensor:
        """log p(y) in nats, (..., dim) -> (...)."""
        return -((y**2).sum(-1) + self.dim * math.log(2 * math.pi)) / 2


@dataclass(frozen=True)
class DigitPairs:
    """Two handwritten digits of 8 x 8 pixels, whose labels are those of a ``SymmetricChannel`` of ``dim`` classes.

    The images are scikit-learn's 1797, all different, each drawn with the same chance among those of its label. An
    image tells its label, and nothing else ties the two together, so their MI is that of the labels.
    """

    dim: int
    mi: float
    labels: SymmetricChannel = field(init=False)
    dim_x = dim_y = 64

    def __post_init__(self) -> None:
        if not 2 <= self.dim <= 10:
            raise ValueError(f"dim must be 2 to 10, the number of digits that are drawn, not {self.dim}.")
        object.__setattr__(self, "labels", SymmetricChannel(self.dim, self.mi))

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, x and y each of shape (n, 64), of pixels from 0 to 16."""
        x, y = (self._images(side, generator) for side in self.labels.sample(n, generator))
        return x, y

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """That of the labels: (..., 64), (..., 64) -> (...)."""
        return self.labels.log_ratio(*(one_hot(self._label(side), self.dim).float() for side in (x, y)))

    def _images(self, label: Tensor, generator: torch.Generator) -> Tensor:
        images, starts, counts, _, _ = (part.to(generator.device) for part in _digits())
        chosen = label.argmax(1)
        share = torch.rand(len(chosen), generator=generator, device=generator.device)
        return images[starts[chosen] + (share * counts[chosen]).long().clamp(max=counts[chosen] - 1)]

    def _label(self, image: Tensor) -> Tensor:
        images, starts, _, key, order = (part.to(image.device) for part in _digits())
        sums = (images.double() @ key)[order]
        place = order[torch.searchsorted(sums, image.double() @ key).clamp(max=len(order) - 1)]
        return torch.searchsorted(starts, place, right=True) - 1


@functools.cache
def _digits() -> tuple[Tensor, ...]:
    """All images by label, where each label starts and how many it has, and what tells one image from another."""
    require("sklearn")
    from sklearn.datasets import load_digits

    data = load_digits()
    label = torch.as_tensor(data.target)
    by_label = label.argsort(stable=True)
    images, counts = torch.as_tensor(data.data)[by_label].float(), label.bincount()
    # sums of whole pixels times whole numbers, all exact in float64 and all different
    key = torch.randint(2**40, (64,), generator=torch.Generator().manual_seed(0)).double()
    return images, counts.cumsum(0) - counts, counts, key, (images.double() @ key).argsort()


def _bisected(falling: Callable[[float], float], value: float, low: float, high: float) -> float:
    """Where a falling function takes a value."""
    for _ in range(80):  # halves an interval of length 1 down to rounding
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > value else (low, middle)
    return (low + high) / 2


DISTRIBUTIONS: Mapping[str, Callable[[int, float], Task]] = {
    "gaussian": CorrelatedGaussians,
    "student": CorrelatedStudent,
    "uniform_noise": UniformNoise,
    "label_channel": SymmetricChannel,
    "sparse": SparseGaussians,
    "digits": DigitPairs,
}
"""Tasks by name, as functions of ``dim`` and ``mi`` in nats."""
