"""Encoders with taps: ResNet18, PlainNet18 (the same without skips) and the report's LeNet-5.

An encoder's ``features(images)`` gives what a probe sees at every tap, flat, by name; calling it gives logits.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d, cross_entropy, relu

from mi_lab.ground.names import ARCHITECTURES, LENET_TAPS, TAPS, known

_POOLED = {8: (2, 4), 4: (2, 2), 2: (1, 2), 1: (1, 1)}  # places that make up for fewer channels than the prelogits'


class Encoder(nn.Module):
    """What training and probes need of an encoder."""

    taps: Sequence[str]
    sizes: Mapping[str, int]
    """Features per tap."""

    def features(self, images: Tensor) -> dict[str, Tensor]:
        """What stands at each tap: (n, c, h, w) floats -> (n, features) by tap."""
        raise NotImplementedError

    def loss(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """What training descends, a mean over the images, and their logits: the cross-entropy of the labels."""
        logits = self(images)
        return cross_entropy(logits, labels), logits

    def measures(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """What is measured of each image in evaluation, (n,) by name: whether its label is told."""
        return {"accuracy": (self(images).argmax(1) == labels).double()}

    def score(self, measured: Mapping[str, float]) -> float:
        """By what the best epoch is chosen, from the means of ``measures``; higher is better."""
        return measured["accuracy"]


class _Block(nn.Module):
    """Two 3x3 convolutions with batch normalisation; with or without a skip around them (He et al., 2016)."""

    def __init__(self, channels: int, width: int, stride: int, skip: bool) -> None:
        super().__init__()
        self.first = _conv(channels, width, 3, stride)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = _conv(width, width, 3, 1)
        self.second_norm = nn.BatchNorm2d(width)
        self.skip: nn.Module | None = None
        if skip:
            same = stride == 1 and channels == width
            around = [] if same else [_conv(channels, width, 1, stride), nn.BatchNorm2d(width)]
            self.skip = nn.Sequential(*around)

    def forward(self, x: Tensor) -> Tensor:
        h = relu(self.first_norm(self.first(x)), inplace=True)
        h = self.second_norm(self.second(h))
        return relu(h if self.skip is None else h + self.skip(x), inplace=True)


class ResNet18(Encoder):
    """ResNet18 with the stem of App. C.2: a 3x3 convolution of stride 1, no max-pooling.

    ``width`` is that of the first group of blocks, 64 in the report; the later ones are 2, 4 and 8 times as wide.
    ``skip=False`` gives PlainNet18. Taps: B0 behind the stem, B1-B4 behind the groups, each max-pooled to the size
    of the prelogits, and the prelogits, 8 x width features. Raises ValueError for a width that is
    no multiple of 8, or no class.
    """

    taps = TAPS

    def __init__(self, classes: int, width: int = 64, channels: int = 3, skip: bool = True) -> None:
        super().__init__()
        # PyTorch's convolutions with fewer channels in the last place crash on some processors
        if width < 8 or width % 8 or classes < 1:
            raise ValueError(f"width must be a multiple of 8 and classes at least 1, not {width} and {classes}.")
        self.stem = _conv(channels, width, 3, 1)
        self.stem_norm = nn.BatchNorm2d(width)
        widths = [width, width, 2 * width, 4 * width, 8 * width]
        self.groups = nn.ModuleList(
            nn.Sequential(_Block(before, after, 1 if g == 0 else 2, skip), _Block(after, after, 1, skip))
            for g, (before, after) in enumerate(pairwise(widths))
        )
        self.head = nn.Linear(8 * width, classes)
        self.sizes = dict.fromkeys(TAPS, 8 * width)

    def _levels(self, images: Tensor) -> list[Tensor]:
        levels = [relu(self.stem_norm(self.stem(images)), inplace=True)]
        for group in self.groups:
            levels.append(group(levels[-1]))
        return levels

    def features(self, images: Tensor) -> dict[str, Tensor]:  # noqa: D102
        levels = self._levels(images)
        size = self.sizes["prelogits"]
        flat = [adaptive_max_pool2d(level, _POOLED[size // level.shape[1]]).flatten(1) for level in levels]
        return dict(zip(TAPS, [*flat, levels[-1].mean((2, 3))], strict=True))

    def forward(self, images: Tensor) -> Tensor:
        """Logits, (n, classes)."""
        return self.head(self.prelogits(images))

    def prelogits(self, images: Tensor) -> Tensor:
        """The features at the tap of that name alone, (n, 8 x width)."""
        return self._levels(images)[-1].mean((2, 3))


class LeNet5(Encoder):
    """The LeNet-5 variant of App. D.1 for 28x28 images: L0 and L1 behind the max-pooling layers, L2 dense.

    1176, 784 and 120 features: 5x5 convolutions with 6 and 16 maps, padded to keep the size.
    """

    taps = LENET_TAPS

    def __init__(self, classes: int = 10, channels: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, 6, 5, padding=2)
        self.second = nn.Conv2d(6, 16, 5, padding=2)
        self.dense = nn.Linear(784, 120)
        self.head = nn.Linear(120, classes)
        self.sizes = dict(zip(LENET_TAPS, (1176, 784, 120), strict=True))

    def features(self, images: Tensor) -> dict[str, Tensor]:  # noqa: D102
        first = nn.functional.max_pool2d(relu(self.first(images)), 2)
        second = nn.functional.max_pool2d(relu(self.second(first)), 2)
        dense = relu(self.dense(second.flatten(1)))
        return dict(zip(LENET_TAPS, (first.flatten(1), second.flatten(1), dense), strict=True))

    def forward(self, images: Tensor) -> Tensor:
        """Logits, (n, classes)."""
        return self.head(self.features(images)["L2"])


def make_encoder(name: str, classes: int, channels: int, width: int = 64, seed: int = 0) -> Encoder:
    """'resnet18', 'plainnet18' or 'lenet5' with weights drawn by ``seed``; raises ValueError for another name.

    ``width`` counts for the first two. torch's own random state is left as it was.
    """
    known("architecture", name, ARCHITECTURES)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if name == "lenet5":
            return LeNet5(classes, channels)
        encoder = ResNet18(classes, width, channels, skip=name == "resnet18")
        for module in encoder.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        return encoder


def _conv(channels: int, width: int, size: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(channels, width, size, stride, padding=size // 2, bias=False)
