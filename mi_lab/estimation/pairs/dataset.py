"""A finite data set as a task: its split, its columns made ready for a critic, and passes through its pairs."""

import math
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from mi_lab.estimation.pairs.copula import normal_scores

_VALIDATION_BATCHES = 20  # at most, so that large data sets do not spend their time on validation


def split(n: int, batch_size: int, place: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Rows for training, validation and test: disjoint, in random order, and the same at every call.

    Raises ValueError if the test part would not hold two batches.
    """
    least = 10 * batch_size
    if n < least:
        raise ValueError(
            f"{n} pairs are too few for batches of {batch_size}: a fifth of them is kept for test and has to hold two "
            f"batches, so at least {least} are needed, or a smaller batch_size."
        )
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0)).to(place)
    test = n // 5
    validation = min(n // 5, _VALIDATION_BATCHES * batch_size)
    return order[test + validation :], order[test : test + validation], order[:test]


class Side:
    """All rows of x or of y, ready for a critic when they are asked for: numbers as they are, labels one-hot."""

    def __init__(self, rows: Tensor, classes: int | None) -> None:
        self.rows, self.classes = rows, classes
        self.dim = classes or rows.shape[1]
        self.degrees = classes - 1 if classes else rows.shape[1]  # as many as can vary

    def __getitem__(self, index: Tensor) -> Tensor:
        rows = self.rows[index]
        return one_hot(rows, self.classes).float() if self.classes else rows


def make_side(array: NDArray[Any], place: torch.device) -> Side:
    """x or y as ``columns.read_as_pairs`` gave it.

    Columns become normal scores by their ranks among all rows, which say nothing of what belongs to what.
    """
    if array.ndim == 1:
        return Side(torch.as_tensor(array, device=place), int(array.max()) + 1)
    return Side(torch.as_tensor(normal_scores(array), dtype=torch.float32, device=place), None)


class Walk:
    """A part of the data as a task: passes through its rows, in a new order each time if ``shuffled``.

    No pair comes twice in one pass, so a derangement of a batch really has none in its own place.
    """

    def __init__(self, x: Side, y: Side, order: Tensor, shuffled: bool) -> None:
        self.x, self.y, self.order, self.shuffled = x, y, order, shuffled
        self.position = len(order) if shuffled else 0

    @property
    def dim_x(self) -> int:
        """Numbers per x."""
        return self.x.dim

    @property
    def dim_y(self) -> int:
        """Numbers per y."""
        return self.y.dim

    @property
    def mi(self) -> float:
        """Not known, or nobody would estimate it."""
        return math.nan

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The next ``n`` pairs of the pass; a remainder of fewer is left out."""
        if self.position + n > len(self.order):
            if self.shuffled:
                mixed = torch.randperm(len(self.order), generator=generator, device=generator.device)
                self.order = self.order[mixed]
            self.position = 0
        index = self.order[self.position : self.position + n]
        self.position += n
        return self.x[index], self.y[index]

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """The density of a data set is not known."""
        raise NotImplementedError
