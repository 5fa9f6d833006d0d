"""V-InfoMax (Eq. 15) for perceptrons: an encoder and a decoder that learn to give the input back (Sec. 5.1, D.5).

K autoencoders that differ in their seed train as one stack. The loss is the squared error per pixel. Times the number
of pixels, its fall below that of the mean image is the predictive V-information of the code about the image, in nats,
for the Gaussian family whose means the decoder gives (Eq. 14).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mi_lab.estimation.adam import Adam
from mi_lab.estimation.machine import one_thread
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.resuming import Checkpoint
from mi_lab.representation.epochs import Order, Running, check_schedule, in_parts, run_to_the_end
from mi_lab.representation.probes import ascend

Encode = Callable[[Tensor], Tensor]
"""Images (n, D) -> codes (K, n, code), dropout off."""


@dataclass(frozen=True)
class VInfoMax:
    """How encoder and decoder learn. The defaults are App. C.3's for MNIST, whose decoders are () and (300, 300).

    ``encoder`` are the widths behind the input, the last that of the code; ``decoder`` those of the decoder's hidden
    layers, none for a linear one. Alternating, the decoder learns from ``decoder_steps`` batches, then the encoder
    from one; 0 steps are joint gradients, both from every batch (App. D.5). Before that the decoder alone learns for
    ``warm_up`` epochs. An epoch goes once through the images, whoever learns from them. The encoder's dropout is on
    whenever something learns. Raises ValueError for a value out of range.
    """

    decoder: tuple[int, ...]
    epochs: int
    warm_up: int = 150
    decoder_steps: int = 10
    encoder: tuple[int, ...] = (300, 300, 100)
    dropout: tuple[float, ...] = (0.5, 0.5)
    learning_rate: float = 2.5e-4
    weight_decay: float = 1e-5
    batch_size: int = 128

    def __post_init__(self) -> None:
        check_schedule(self)
        if self.warm_up < 0 or self.decoder_steps < 0 or not self.weight_decay >= 0:
            raise ValueError(
                "warm_up, decoder_steps and weight_decay must be at least 0, "
                f"not {self.warm_up}, {self.decoder_steps} and {self.weight_decay}."
            )
        if len(self.dropout) != len(self.encoder) - 1:
            raise ValueError(
                f"dropout needs one rate for each of the {len(self.encoder) - 1} hidden layers of the encoder, "
                f"not {len(self.dropout)}."
            )


@dataclass(frozen=True)
class Learnt:
    """What K trainings gave. ``loss[k]`` holds the validation loss per pixel after the warm-up and after every epoch.

    ``readings`` maps each epoch that was read, 0 for the end of the warm-up, to what ``read`` said of the codes; none
    is read whose loss is not finite, and there a training ends.
    ``encode`` gives codes; ``reconstruct`` images (n, D) as the decoders give them back, (K, n, D). ``wall_seconds``
    is the time it took, readings included.
    """

    loss: list[list[float]]
    readings: Mapping[int, Any]
    encode: Encode
    reconstruct: Callable[[Tensor], Tensor]
    wall_seconds: float


@one_thread()
@torch.inference_mode()
def train_v_infomax(
    settings: VInfoMax,
    images: Tensor,
    validation: Tensor,
    seeds: Sequence[int],
    *,
    read: Callable[[Encode], Any] | None = None,
    read_at: Sequence[int] = (),
    progress: str | None = None,
    checkpoint: Checkpoint | None = None,
) -> Learnt:
    """Train one encoder and decoder per seed on images (n, D), floats, and read the codes at the epochs ``read_at``.

    What ``read`` returns must be plain data. A training with a ``checkpoint`` goes on where that left off, to the
    same bits on the same machine. Raises ValueError for an empty part, or images that do not fit each other.
    """
    if images.dim() != 2 or not len(images) or not len(validation) or images.shape[1:] != validation.shape[1:]:
        raise ValueError(
            "training and validation images must be flat, (n, D) with one D and at least one image each, "
            f"not {tuple(images.shape)} and {tuple(validation.shape)}."
        )
    running = _Digits(settings, images, validation, seeds, read, read_at)
    epochs = settings.warm_up + settings.epochs
    seconds = run_to_the_end(running, len(images), settings.batch_size, epochs, progress, checkpoint)
    by_run = [list(losses) for losses in zip(*running.seen["losses"], strict=True)]
    return Learnt(by_run, running.seen["readings"], running.encode, running.reconstruct, seconds)


def broken_at(loss: Sequence[float]) -> int | None:
    """The first epoch after which a loss, as in ``Learnt``, is not finite, at least 1; None if there is none."""
    return next((max(1, epoch) for epoch, value in enumerate(loss) if not math.isfinite(value)), None)


def learners(settings: Any, running: Running) -> tuple[bool, bool]:
    """Who learns from the next batch, the encoder and the decoder, by ``warm_up`` and ``decoder_steps``."""
    cycle, warm = settings.decoder_steps + 1, running.epoch < 0
    encoder_learns = not warm and running.since % cycle == cycle - 1
    return encoder_learns, warm or cycle == 1 or not encoder_learns


class _Digits(Running):
    """K trainings of perceptrons."""

    def __init__(
        self,
        settings: VInfoMax,
        images: Tensor,
        validation: Tensor,
        seeds: Sequence[int],
        read: Callable[[Encode], Any] | None,
        read_at: Sequence[int],
    ) -> None:
        self.settings, self.runs = settings, len(seeds)
        self.images, self.validation, self.read, self.read_at = images, validation, read, read_at
        place, pixels = images.device, images.shape[1]
        generators = [torch.Generator(device=place).manual_seed(2 * seed) for seed in seeds]
        encoder = Layers(settings.encoder[:-1], "relu", settings.dropout)
        self.encoder = encoder.perceptron(pixels, settings.encoder[-1], generators)
        self.decoder = Layers(settings.decoder, "relu").perceptron(settings.encoder[-1], pixels, generators)
        models = (self.encoder, self.decoder)
        optimisers = [Adam(list(model.parameters()), settings.learning_rate) for model in models]
        orders = [Order(2 * seed + 1, place) for seed in seeds]
        super().__init__(models, optimisers, orders, generators, settings.warm_up)
        self.seen = {"losses": [], "readings": {}}

    def finished(self) -> bool:
        losses = self.seen["losses"]
        lost = bool(losses) and not any(map(math.isfinite, losses[-1]))
        return lost or self.epoch >= self.settings.epochs

    def learn(self, index: Tensor) -> None:
        images = self.images[index]
        encoder_learns, decoder_learns = learners(self.settings, self)
        codes = self.encoder(images, self.generators if any(self.settings.dropout) else None)
        gradient = (images - self.decoder(codes)) * (2 / images[0].numel())
        back = self.decoder.backward(gradient)
        decay = self.settings.weight_decay
        if encoder_learns:
            back = back @ self.decoder.weights[0].mT
        if decoder_learns:
            ascend(self.decoder, self.optimisers[1], decay)
        else:
            self.decoder.stacked.grad.zero_()  # type: ignore[union-attr]
        if encoder_learns:
            self.encoder.backward(back)
            ascend(self.encoder, self.optimisers[0], decay)

    def note(self) -> None:
        """Note the loss as it is between two epochs, and what is to be read then; each once."""
        losses = self.seen["losses"]
        if not 0 <= self.epoch == len(losses):
            return
        errors = in_parts(self._squared_errors, self.validation, 1).sum(1)
        if self.read is not None and self.epoch in self.read_at and errors.isfinite().all():
            self.seen["readings"][self.epoch] = self.read(self.encode)
        losses.append((errors / self.validation.numel()).tolist())

    def _squared_errors(self, images: Tensor) -> Tensor:
        return (images - self.decoder(self.encoder(self._each(images)))).double().square().sum(2)

    @torch.inference_mode()
    def encode(self, images: Tensor) -> Tensor:
        """Codes with dropout off, (n, D) -> (K, n, code)."""
        return in_parts(lambda part: self.encoder(self._each(part)).clone(), images, 1)

    @torch.inference_mode()
    def reconstruct(self, images: Tensor) -> Tensor:
        """What the decoders give back, dropout off, (n, D) -> (K, n, D)."""
        return in_parts(lambda part: self.decoder(self.encoder(self._each(part))).clone(), images, 1)

    def _each(self, images: Tensor) -> Tensor:
        return images.expand(self.runs, *images.shape)
