"""Invertible maps of a task's x or y. They leave MI and log ratio alone, and change everything that a critic sees."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from mi_lab.estimation.tasks import CorrelatedGaussians, Task
from mi_lab.ground.keywords import own_keywords

_ROLL = 1.5 * math.pi  # the angle at which the swiss roll begins, and half of what it turns
_CELL = 5  # pixels
_WIDTH = 1.25  # pixels: the standard deviation of a blob


@dataclass(frozen=True)
class Map:
    """A map of vectors with its inverse on its image, over any leading shape: (..., d) -> (..., d').

    ``log_slope`` is ``log |f'|`` of a map that acts on each component alone, (..., d) -> (..., d), from which the
    density of f(y) follows; None for others. ``components`` are how many of the result come from one of y's.
    ``of_both`` is said of a map that a task of its name applies to x, too.
    """

    name: str
    forward: Callable[[Tensor], Tensor]
    inverse: Callable[[Tensor], Tensor]
    log_slope: Callable[[Tensor], Tensor] | None = None
    components: float = 1
    of_both: bool = False

    def __repr__(self) -> str:
        return self.name


def _to_power(power: float) -> Callable[[Tensor], Tensor]:
    return lambda y: y.sign() * y.abs() ** power


def _turned(angle_per_square: float) -> Callable[[Tensor], Tensor]:
    def turn(y: Tensor) -> Tensor:
        if y.shape[-1] < 2:
            raise ValueError("a spiral needs at least 2 dimensions, to turn the first two, not 1.")
        angle = angle_per_square * (y**2).sum(-1)
        first, second = y[..., 0], y[..., 1]
        turned = (angle.cos() * first - angle.sin() * second, angle.sin() * first + angle.cos() * second)
        return torch.cat([torch.stack(turned, -1), y[..., 2:]], -1)

    return turn


def _quantile(probability: Tensor) -> Tensor:
    # what float32 rounded to 1 would be infinity
    return torch.special.ndtri(probability.clamp(2**-24, 1 - 2**-24))


def _roll(y: Tensor) -> Tensor:
    angle = _ROLL * (1 + 2 * torch.special.ndtr(y))
    return torch.stack([angle * angle.cos(), angle * angle.sin()], -1).flatten(-2) / (3 * _ROLL)


def _unroll(z: Tensor) -> Tensor:
    angle = z.unflatten(-1, (-1, 2)).norm(dim=-1) * 3 * _ROLL
    return _quantile((angle / _ROLL - 1) / 2)


def _draw(y: Tensor) -> Tensor:
    if y.shape[-1] % 2:
        raise ValueError(f"blobs take two components each, their place, so dim must be even, not {y.shape[-1]}.")
    place = 1 + (_CELL - 3) * torch.special.ndtr(y).unflatten(-1, (-1, 2))  # (..., blobs, 2): within the cell
    pixels = torch.arange(_CELL, dtype=y.dtype, device=y.device)
    falls = torch.exp(-((pixels - place[..., None]) ** 2) / (2 * _WIDTH**2))
    return (falls[..., 0, :, None] * falls[..., 1, None, :]).flatten(-3)


def _find(image: Tensor) -> Tensor:
    # the log of a blob's ratio at neighbouring pixels is linear in its place
    cells = image.unflatten(-1, (-1, _CELL, _CELL)).log()
    place = [cells.diff(dim=axis).mean((-2, -1)) * _WIDTH**2 + (_CELL - 1) / 2 for axis in (-2, -1)]
    return _quantile((torch.stack(place, -1).flatten(-2) - 1) / (_CELL - 3))


MAPS = {
    made.name: made
    for made in (
        Map("cubic", lambda y: y**3, _to_power(1 / 3), lambda y: math.log(3) + 2 * y.abs().log()),
        Map("half_cube", _to_power(1.5), _to_power(2 / 3), lambda y: math.log(1.5) + y.abs().log() / 2),
        Map("asinh", torch.asinh, torch.sinh, lambda y: -torch.log1p(y**2) / 2),
        Map("normal_cdf", torch.special.ndtr, _quantile, lambda y: -(y**2) / 2 - math.log(2 * math.pi) / 2),
        Map("spiral", _turned(1.0), _turned(-1.0)),
        Map("swiss_roll", _roll, _unroll, components=2),
        Map("blobs", _draw, _find, components=_CELL**2 / 2, of_both=True),
    )
}
"""The maps by name.

* ``cubic`` y^3, ``half_cube`` ``sign(y) |y|^(3/2)``, ``asinh`` and ``normal_cdf``, the standard normal distribution
  function, act on each component (Song & Ermon, 2020; Czyż et al., 2023).
* ``spiral`` turns the first two components by an angle of the squared length, and keeps the length (Czyż et al., 2023).
* ``swiss_roll`` rolls the normal_cdf of each component up in a plane of its own: d numbers become 2d.
* ``blobs`` makes an image: two components, through normal_cdf, are the place of a bright blob in a cell of 5 x 5
  pixels.
"""


@dataclass(frozen=True)
class Transformed:
    """Any task with y replaced by f(y), and x by g(x) if ``of_x`` is given, for invertible f and g.

    MI and log ratio are those of the task: what is invertible loses nothing.
    """

    task: Task
    of_y: Map
    of_x: Map | None = None

    @property
    def dim_x(self) -> int:
        """Numbers per x."""
        return int(self.task.dim_x * (self.of_x.components if self.of_x else 1))

    @property
    def dim_y(self) -> int:
        """Numbers per y."""
        return int(self.task.dim_y * self.of_y.components)

    @property
    def mi(self) -> float:
        """That of the task, in nats."""
        return self.task.mi

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs of the task, mapped."""
        x, y = self.task.sample(n, generator)
        return self.of_x.forward(x) if self.of_x else x, self.of_y.forward(y)

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """That of the task at the originals: (..., dim_x), (..., dim_y) -> (...)."""
        return self.task.log_ratio(self.of_x.inverse(x) if self.of_x else x, self.of_y.inverse(y))

    def log_density_y(self, y: Tensor) -> Tensor:
        """log p(y) in nats, (..., dim_y) -> (...). Raises ValueError for a map that has none, or a task."""
        original = self.of_y.inverse(y)
        if self.of_y.log_slope is None:
            raise ValueError(f"the density of y after '{self.of_y}' is not known here.")
        return log_density_y(self.task, original) - self.of_y.log_slope(original).sum(-1)


def _mapped(made: Map) -> Callable[[int, float], Transformed]:
    return lambda dim, mi: Transformed(CorrelatedGaussians(dim, mi), made, made if made.of_both else None)


MAPPED: Mapping[str, Callable[[int, float], Task]] = {name: _mapped(made) for name, made in MAPS.items()}
"""Correlated Gaussians under a map of their y, by its name, as functions of ``dim`` and ``mi`` in nats."""


@own_keywords
def Cubic(task: Task) -> Transformed:  # noqa: N802 (a task, like those beside it)
    """Any task with y replaced by y^3, component by component, which leaves its MI as it is.

    Parameters
    ----------
    task : Task
        The joint distribution whose y is mapped.

    Returns
    -------
    Transformed
        The task of x and y^3.

    References
    ----------
    Poole et al., 2019; Song and Ermon, 2020.

    Examples
    --------
    >>> import torch
    >>> from mi_lab import CorrelatedGaussians, Cubic
    >>> plain = CorrelatedGaussians(dim=2, mi=1.0)
    >>> x, y = plain.sample(5, torch.Generator().manual_seed(0))
    >>> _, cubed = Cubic(plain).sample(5, torch.Generator().manual_seed(0))
    >>> torch.allclose(cubed, y**3), Cubic(plain).mi
    (True, 1.0)
    """
    return Transformed(task, MAPS["cubic"])


def log_density_y(task: Task, y: Tensor) -> Tensor:
    """log p(y) in nats under a task's marginal, (..., dim_y) -> (...). Raises ValueError where it is not known."""
    density = getattr(task, "log_density_y", None)
    if density is None:
        raise ValueError(f"the density of y is not known for {type(task).__name__}.")
    return density(y)
