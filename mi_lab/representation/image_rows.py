"""A task with real images whose MI is counted: images, and what is left of them when only their top rows are kept."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class ImageRows:
    """x is one or several images, y the same with all but their top rows black, flat and on [0, 1].

    ``rows`` says how many rows are kept of each; ``independent`` whether they are several draws or one and the same.
    The distribution is that of ``images`` themselves, uint8 (n, channels, height, width), drawn with replacement. So
    it is finite, y is a function of x, and the MI is the entropy of y, by counting: at most log n for each draw.
    """

    images: Tensor = field(repr=False)
    rows: Sequence[int]
    independent: bool = False
    mi: float = field(init=False)

    def __post_init__(self) -> None:
        height = self.images.shape[2]
        if not self.rows or not all(0 <= kept <= height for kept in self.rows):
            raise ValueError(f"rows must be whole numbers from 0 to {height}, at least one, not {list(self.rows)}.")
        kept = self.rows if self.independent else [max(self.rows)]
        object.__setattr__(self, "mi", sum(rows_entropy(self.images, count) for count in kept))

    @property
    def dim_x(self) -> int:
        """Numbers of all images together."""
        return len(self.rows) * self.images[0].numel()

    @property
    def dim_y(self) -> int:
        """The same."""
        return self.dim_x

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``n`` pairs, each (n, numbers of all images), on the generator's device."""
        draws = len(self.rows) if self.independent else 1
        index = torch.randint(len(self.images), (draws, n), generator=generator, device=generator.device)
        x = self.images[index.cpu()].expand(len(self.rows), -1, -1, -1, -1).float() / 255
        y = x.clone()
        for image, kept in zip(y, self.rows, strict=True):
            image[:, :, kept:] = 0
        return tuple(part.movedim(0, 1).flatten(1).to(generator.device) for part in (x, y))  # type: ignore[return-value]

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """Not to be had from pixels: raises ValueError."""
        raise ValueError("the log ratio of image rows is that of a count; an optimal critic cannot read pixels.")


def rows_entropy(images: Tensor, rows: int) -> float:
    """H in nats of the top rows of an image drawn from ``images``, (n, channels, height, width), by counting."""
    counts = Counter(image.tobytes() for image in images[:, :, :rows].numpy(force=True))
    n = len(images)
    return math.fsum(count / n * math.log(n / count) for count in counts.values())
