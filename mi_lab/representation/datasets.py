"""MNIST and CIFAR-10 as tensors in memory, in the report's splits. Images are uint8, (n, channels, height, width).

They stay uint8, as that is a quarter of the memory; ``Dataset.normalised`` makes floats of a batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mi_lab.ground.names import DATASETS, known
from mi_lab.representation.fetch import DataError, Files, official_files

_VALIDATION = 5000  # the last images of the official training set (App. C.2)


class Split(NamedTuple):
    """Images, uint8 (n, channels, height, width), and their labels, int64 (n,)."""

    images: Tensor
    labels: Tensor

    def subset(self, size: int, seed: int = 0) -> "Split":
        """``size`` images, equally many of each class (one more of some where it does not divide), drawn by ``seed``.

        Raises ValueError if the split does not hold that many of each class.
        """
        classes = int(self.labels.max()) + 1
        generator = torch.Generator().manual_seed(seed)
        if isinstance(size, bool) or not isinstance(size, int) or size < classes:
            raise ValueError(f"a subset must hold at least one image of each of the {classes} classes, not {size}.")
        chosen = []
        for label in range(classes):
            members = (self.labels == label).nonzero().flatten()
            wanted = size // classes + (label < size % classes)
            if wanted > len(members):
                raise ValueError(
                    f"a subset of {size} needs {wanted} images of class {label}; there are {len(members)}."
                )
            chosen.append(members[torch.randperm(len(members), generator=generator)[:wanted]])
        index = torch.cat(chosen).sort().values
        return Split(self.images[index], self.labels[index])


def some(split: Split, count: int) -> Split:
    """``count`` images of a split, equally many of each class, always the same; the split itself if that is all."""
    return split if count == len(split.labels) else split.subset(count)


@dataclass(frozen=True)
class Dataset:
    """A data set in its three splits, with the channel statistics of the training split, (channels,), on [0, 1]."""

    name: str
    train: Split
    validation: Split
    test: Split
    mean: Tensor
    std: Tensor

    @property
    def classes(self) -> int:
        """How many classes it has."""
        return int(self.train.labels.max()) + 1

    def fewer(self, images: int, validation_images: int) -> "Dataset":
        """The same with ``some`` images of the training and of the validation split; its statistics stay."""
        train, validation = some(self.train, images), some(self.validation, validation_images)
        return replace(self, train=train, validation=validation)

    def normalised(self, images: Tensor) -> Tensor:
        """Images as floats with mean 0 and standard deviation 1 per channel: uint8 (n, c, h, w) -> (n, c, h, w)."""
        if images.dim() != 4 or images.shape[1] != len(self.mean):
            raise ValueError(
                f"images of {self.name} must have the shape (n, {len(self.mean)}, height, width), "
                f"not {tuple(images.shape)}."
            )
        shape = (1, -1, 1, 1)
        floats = images.float() / 255
        return (floats - self.mean.to(images.device).view(shape)) / self.std.to(images.device).view(shape)


def load_dataset(name: str) -> Dataset:
    """'mnist' (55,000 / 5,000 / 10,000) or 'cifar10' (45,000 / 5,000 / 10,000), whole and real.

    'synthetic_colour' and 'synthetic_grey' are made-up sets with images of their sizes, for tests. Raises
    ValueError for another name, DataError if its files cannot be had.
    """
    if known("data set", name, DATASETS).startswith("synthetic"):
        return synthetic(2400) if name == "synthetic_colour" else synthetic(2400, channels=1, size=28)
    files = official_files(name)
    whole, test = _mnist(files) if name == "mnist" else _cifar10(files)
    return make_dataset(name, whole, test, _VALIDATION)


def make_dataset(name: str, whole: Split, test: Split, validation: int) -> Dataset:
    """A data set from an official training and test part; the last ``validation`` images of the former are held out.

    Raises DataError for images and labels that do not fit, or a class that is missing from a split.
    """
    train = Split(whole.images[:-validation], whole.labels[:-validation])
    held_out = Split(whole.images[-validation:], whole.labels[-validation:])
    classes = int(whole.labels.max()) + 1
    for title, split in (("training", train), ("validation", held_out), ("test", test)):
        _check(name, title, split, classes)
    # the statistics of integers up to 255, exactly
    counts = torch.stack([torch.bincount(c.flatten(), minlength=256) for c in train.images.movedim(1, 0)]).double()
    values = torch.arange(256, dtype=torch.float64) / 255
    weights = counts / counts.sum(1, keepdim=True)
    mean = weights @ values
    std = (weights @ values**2 - mean**2).sqrt()
    return Dataset(name, train, held_out, test, mean.float(), std.float())


def _check(name: str, title: str, split: Split, classes: int) -> None:
    images, labels = split
    if images.dtype != torch.uint8 or images.dim() != 4 or len(images) != len(labels):
        raise DataError(
            f"the {title} split of {name} must hold uint8 images of shape (n, channels, height, width) and n labels, "
            f"not {images.dtype} of shape {tuple(images.shape)} and {len(labels)} labels."
        )
    missing = set(range(classes)) - set(labels.unique().tolist())
    if missing:
        raise DataError(f"class {min(missing)} is missing from the {title} split of {name}.")


def synthetic(images: int = 400, classes: int = 4, channels: int = 3, size: int = 32, seed: int = 0) -> Dataset:
    """A tiny made-up set for tests: each class is a bright bar in a place of its own, under noise. Not real data."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(images) % classes
    noise = torch.randint(0, 96, (images, channels, size, size), generator=generator, dtype=torch.uint8)
    for label in range(classes):
        start = label * size // classes
        noise[labels == label, :, :, start : start + size // classes] += 128
    order = torch.randperm(images, generator=generator)
    whole = Split(noise[order], labels[order])
    quarter = images // 4
    test = Split(whole.images[:quarter], whole.labels[:quarter])
    return make_dataset("synthetic", Split(whole.images[quarter:], whole.labels[quarter:]), test, quarter)


def _mnist(files: Files) -> tuple[Split, Split]:
    def split(part: str) -> Split:
        images = np.frombuffer(files[f"{part}-images-idx3-ubyte"], np.uint8, offset=16).reshape(-1, 1, 28, 28)
        labels = np.frombuffer(files[f"{part}-labels-idx1-ubyte"], np.uint8, offset=8)
        return Split(torch.from_numpy(images.copy()), torch.from_numpy(labels.copy()).long())

    return split("train"), split("t10k")


def _cifar10(files: Mapping[str, bytes]) -> tuple[Split, Split]:
    def split(names: list[str]) -> Split:
        rows = np.frombuffer(b"".join(files[name] for name in names), np.uint8).reshape(-1, 3073)
        images = torch.from_numpy(rows[:, 1:].reshape(-1, 3, 32, 32).copy())
        return Split(images, torch.from_numpy(rows[:, 0].copy()).long())

    return split([f"data_batch_{number}.bin" for number in range(1, 6)]), split(["test_batch.bin"])
