"""A task with real images and known MI: two images whose classes are tied by a symmetric channel."""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mi_lab.representation.datasets import Split


def channel_mi(error: float, classes: int) -> float:
    """MI in nats of a uniform class and what a symmetric channel makes of it.

    With probability ``error`` the class becomes one of the others, each alike:
    I = log k + (1 - e) log(1 - e) + e log(e / (k - 1)). Raises ValueError for an error outside [0, 1 - 1/k].
    """
    most = 1 - 1 / classes
    if not 0 <= error <= most:
        raise ValueError(f"error must lie in [0, {most:g}], where the channel says nothing any more, not {error}.")
    lost = error * math.log(error / (classes - 1)) if error else 0.0
    return max(0.0, math.log(classes) + (1 - error) * math.log1p(-error) + lost)


def channel_error(mi: float, classes: int) -> float:
    """The error at which the channel's MI is ``mi`` nats, by bisection; the inverse of ``channel_mi``."""
    if not 0 <= mi <= math.log(classes) + 1e-12:
        raise ValueError(f"mi must lie in [0, log {classes} = {math.log(classes):.4f}] nats, not {mi}.")
    low, high = 0.0, 1 - 1 / classes
    for _ in range(80):  # halves an interval of length 1 down to rounding
        middle = (low + high) / 2
        low, high = (middle, high) if channel_mi(middle, classes) > mi else (low, middle)
    return (low + high) / 2


@dataclass(frozen=True)
class ImagePairs:
    """Pairs of images, flat and on [0, 1], that share ``mi`` nats if the class can be seen in an image without doubt.

    x is a random image of a uniform class, y one of the class that the channel makes of it. The MI of the images is
    that of their classes, since an image determines its class and the rest is drawn independently. ``split`` are the
    images with their classes from 0. Raises ValueError for an ``mi`` above the log of their number.
    """

    split: Split = field(repr=False)
    mi: float
    error: float = field(init=False)
    _order: Tensor = field(init=False, repr=False)
    _starts: Tensor = field(init=False, repr=False)
    _counts: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        counts = torch.bincount(self.split.labels, minlength=self.classes)
        derived = {"error": channel_error(self.mi, self.classes), "_counts": counts}
        # images sorted by class, and where each class begins among them
        derived |= {"_order": self.split.labels.argsort(stable=True), "_starts": counts.cumsum(0) - counts}
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.split.labels.max()) + 1

    @property
    def dim_x(self) -> int:
        """Numbers of an image."""
        return self.split.images[0].numel()

    @property
    def dim_y(self) -> int:
        """The same."""
        return self.dim_x

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, each (n, numbers of an image), on the generator's device."""
        x, y = self.sample_classes(n, generator)
        return self._images(x, generator), self._images(y, generator)

    def sample_classes(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The classes of ``n`` pairs, int64 (n,) each."""
        k, place = self.classes, generator.device
        x = torch.randint(k, (n,), generator=generator, device=place)
        wrong = torch.rand(n, generator=generator, device=place) < self.error
        other = (x + torch.randint(1, k, (n,), generator=generator, device=place)) % k
        return x, torch.where(wrong, other, x)

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """Not to be had from pixels: raises ValueError. ``class_log_ratio`` has it from the classes."""
        raise ValueError(
            "the log ratio of image pairs follows from their classes; an optimal critic cannot read pixels."
        )

    def class_log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """log p(x, y) / (p(x) p(y)) in nats from the classes of both images: int64 (n,), (n,) -> (n,)."""
        k, error = self.classes, self.error
        same = math.log(k * (1 - error)) if error < 1 else -math.inf
        other = math.log(k * error / (k - 1)) if error else -math.inf
        return torch.where(x == y, same, other)

    def _images(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        places = torch.rand(len(labels), generator=generator, device=generator.device).cpu()
        labels = labels.cpu()
        index = self._order[self._starts[labels] + (places * self._counts[labels]).long()]
        return (self.split.images[index].flatten(1).float() / 255).to(generator.device)
