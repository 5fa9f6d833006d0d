"""Labelings of images, and how much one says about another: rotations, random labels, noise."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mi_lab.ground.discrete import information
from mi_lab.representation.datasets import Split


def rotations(split: Split) -> tuple[Split, Tensor]:
    """The report's enlarged set: each image turned by 0, 90, 180 and 270 degrees.

    Returns the images, (4n, c, h, w), with their quarter turns as labels, and the original labels, (4n,). Image i
    turned k times stands at 4i + k. Raises ValueError unless the images are square.
    """
    images = split.images
    if images.shape[-1] != images.shape[-2]:
        raise ValueError(f"only square images can be turned by 90 degrees, not {tuple(images.shape[-2:])}.")
    turned = torch.stack([images.rot90(k, (2, 3)) for k in range(4)], 1).flatten(0, 1)
    return Split(turned, torch.arange(4).repeat(len(images))), split.labels.repeat_interleave(4)


def random_labels(count: int, classes: int, seed: int = 0) -> Tensor:
    """A uniform label for each of ``count`` images, drawn once and kept: int64, (count,)."""
    return torch.randint(classes, (count,), generator=torch.Generator().manual_seed(seed))


def animals(labels: Tensor) -> Tensor:
    """Which of CIFAR-10's classes are animals (1) and which vehicles (0): int64 (n,) -> (n,)."""
    return ((labels >= 2) & (labels <= 7)).long()


def salt_and_pepper(images: Tensor, p: float, seed: int = 0) -> Tensor:
    """Each pixel becomes black or white, either with probability p/2; all its channels together (App. D.1).

    uint8 (n, c, h, w) in, a new tensor out. Raises ValueError for p outside [0, 1].
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p, the proportion of noisy pixels, must lie in [0, 1], not {p}.")
    generator = torch.Generator().manual_seed(seed)
    shape = (len(images), 1, *images.shape[2:])
    noisy = torch.rand(shape, generator=generator) < p
    white = torch.rand(shape, generator=generator) < 0.5
    return torch.where(noisy, white * images.new_tensor(255), images)


class LabelInformation(NamedTuple):
    """I(Y;Y') of two labelings in nats: counted, and what counting gives on average if they are independent."""

    counted: float
    expected: float


def label_information(first: Tensor, second: Tensor) -> LabelInformation:
    """I(Y;Y') from the table of counts of two labelings of the same images, each int64 (n,) from 0.

    Counting n independent pairs gives about (k-1)(k'-1)/2n nats instead of 0, for k and k' classes (Miller, 1955).
    Raises ValueError for labelings of different length.
    """
    if len(first) != len(second):
        raise ValueError(f"the labelings must be of the same images, but hold {len(first)} and {len(second)} labels.")
    k, other = int(first.max()) + 1, int(second.max()) + 1
    table = torch.bincount(first * other + second, minlength=k * other).view(k, other).double() / len(first)
    return LabelInformation(information(np.asarray(table), 0, 1), (k - 1) * (other - 1) / (2 * len(first)))
