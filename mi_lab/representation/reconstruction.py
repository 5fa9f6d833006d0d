"""Decoders that give an image back from its prelogits, their loss, and the augmentations they are trained under."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from mi_lab.representation.encoders import ResNet18
from mi_lab.representation.pretext import Normalise

NON_LINEAR = (512, 512, 512)
"""Hidden layers of the report's non-linear decoder on CIFAR-10; its linear one has none (App. C.3)."""
_READ_AT_ONCE = 1000  # images
_BORDER = 4  # pixels, as in He et al. (2015)


def make_decoder(hidden: tuple[int, ...], features: int, pixels: int, seed: int = 0) -> nn.Sequential:
    """A perceptron with ELU from features to an image, flat: (n, features) -> (n, pixels). Weights drawn by ``seed``.

    torch's own random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for fan_in, width in pairwise((features, *hidden, pixels)):
            layers += [nn.Linear(fan_in, width), nn.ELU()]
    return nn.Sequential(*layers[:-1])


def check_decoder(decoder: nn.Module, features: int, pixels: int) -> None:
    """Raise ValueError unless it takes that many features to that many pixels."""
    place = next(decoder.parameters()).device
    try:
        with torch.no_grad():
            given = tuple(decoder(torch.zeros(1, features, device=place)).shape)
    except RuntimeError as error:
        raise ValueError(f"the decoder must take {features} features: {str(error).splitlines()[0]}.") from error
    if given != (1, pixels):
        raise ValueError(f"the decoder must give {pixels} values per image, not {given[1:]}.")


def squared_errors(images: Tensor, given: Tensor) -> Tensor:
    """The mean over channels and pixels of each image's squared error, (n,): the L2 loss of the report's tables.

    Images are normalised, (n, c, h, w), so that 1 is the loss of an all-grey guess; ``given`` is (n, c * h * w).
    """
    return (images.flatten(1) - given).square().mean(1)


def reconstruction_loss(encoder: ResNet18, decoder: nn.Module, images: Tensor, normalise: Normalise) -> float:
    """The L2 loss on uint8 images, (n, c, h, w), in evaluation mode; the mode is put back."""
    place, was, total = next(encoder.parameters()).device, encoder.training, 0.0
    encoder.eval()
    with torch.inference_mode():
        for part in images.split(_READ_AT_ONCE):
            floats = normalise(part.to(place))
            total += float(squared_errors(floats, decoder(encoder.prelogits(floats))).mean()) * len(part)
    encoder.train(was)
    return total / len(images)


def augmented(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image flipped left to right or not, framed with 4 black pixels and cut to its size somewhere (He et al.).

    uint8 (n, c, h, w) on the CPU, in and out; the whole batch in one gather.
    """
    count, _, height, width = images.shape
    framed = nn.functional.pad(images, (_BORDER,) * 4)
    top, left = torch.randint(2 * _BORDER + 1, (2, count, 1), generator=generator)
    flipped = torch.randint(2, (count, 1), generator=generator).bool()
    rows, columns = torch.arange(height), torch.arange(width)
    columns = torch.where(flipped, columns.flip(0), columns)
    each = torch.arange(count)[:, None, None]
    return framed[each, :, (top + rows)[:, :, None], (left + columns)[:, None, :]].permute(0, 3, 1, 2)
