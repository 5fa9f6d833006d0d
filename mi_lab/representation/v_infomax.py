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
from mi_lab.estimation.mlp import StackedMlp
from mi_lab.estimation.resuming import Checkpoint
from mi_lab.representation.epochs import Order, in_parts, run_to_the_end
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
        if self.epochs < 1 or self.batch_size < 1 or not self.learning_rate > 0:
            raise ValueError(
                "epochs and batch_size must be at least 1 and learning_rate positive, "
                f"not {self.epochs}, {self.batch_size} and {self.learning_rate}."
            )
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
    running = _Running(settings, images, validation, seeds, read, read_at)
    epochs = settings.warm_up + settings.epochs
    seconds = run_to_the_end(running, len(images), settings.batch_size, epochs, progress, checkpoint)
    by_run = [list(losses) for losses in zip(*running.losses, strict=True)]
    return Learnt(by_run, running.readings, running.encode, running.reconstruct, seconds)


def broken_at(loss: Sequence[float]) -> int | None:
    """The first epoch after which a loss, as in ``Learnt``, is not finite, at least 1; None if there is none."""
    return next((max(1, epoch) for epoch, value in enumerate(loss) if not math.isfinite(value)), None)


class _Running:
    """K trainings as far as they have come. Epochs below 0 are the warm-up."""

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
        self.generators = [torch.Generator(device=place).manual_seed(2 * seed) for seed in seeds]
        self.orders = [Order(2 * seed + 1, place) for seed in seeds]
        rates = torch.tensor(settings.dropout).expand(self.runs, -1)
        self.encoder = StackedMlp([pixels, *settings.encoder], "relu", rates, self.generators)
        none = torch.zeros(self.runs, len(settings.decoder))
        widths = [settings.encoder[-1], *settings.decoder, pixels]
        self.decoder = StackedMlp(widths, "relu", none, self.generators)
        self.optimisers = [
            Adam(list(model.parameters()), settings.learning_rate) for model in (self.encoder, self.decoder)
        ]
        self.epoch, self.step, self.since = -settings.warm_up, 0, 0
        self.losses: list[list[float]] = []
        self.readings: dict[int, Any] = {}

    def epochs_done(self) -> int:
        return self.epoch + self.settings.warm_up

    def finished(self) -> bool:
        lost = bool(self.losses) and not any(map(math.isfinite, self.losses[-1]))
        return lost or self.epoch >= self.settings.epochs

    def order(self, count: int) -> Tensor:
        """This epoch's order of the images for each run, (K, count)."""
        self.note()
        return torch.stack([order.draw(count) for order in self.orders])

    def learn(self, index: Tensor) -> None:
        """One step of every run on its own batch, (K, batch)."""
        images = self.images[index]
        cycle = self.settings.decoder_steps + 1
        warm = self.epoch < 0
        encoder_learns = not warm and self.since % cycle == cycle - 1
        decoder_learns = warm or cycle == 1 or not encoder_learns
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
        self.step += 1
        self.since += not warm

    def end_epoch(self) -> None:
        """The order of the next epoch is drawn from here on."""
        self.epoch, self.step = self.epoch + 1, 0
        for order in self.orders:
            order.next()
        self.note()

    def note(self) -> None:
        """Note the loss as it is between two epochs, and what is to be read then; each once."""
        if not 0 <= self.epoch == len(self.losses):
            return
        errors = in_parts(self._squared_errors, self.validation, 1).sum(1)
        if self.read is not None and self.epoch in self.read_at and errors.isfinite().all():
            self.readings[self.epoch] = self.read(self.encode)
        self.losses.append((errors / self.validation.numel()).tolist())

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

    def state(self) -> dict[str, Any]:
        """All that the steps to come depend on, and what the past ones gave."""
        return {
            "models": [self.encoder.stacked.detach(), self.decoder.stacked.detach()],
            "optimisers": [optimiser.state() for optimiser in self.optimisers],
            "generators": [g.get_state() for g in self.generators],
            "orders": [order.began for order in self.orders],
            "within": [self.epoch, self.step, self.since],
            "found": [self.losses, self.readings],
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        for model, kept in zip((self.encoder, self.decoder), state["models"], strict=True):
            model.stacked.detach().copy_(kept)
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            for own, values in zip(optimiser.state(), kept, strict=True):
                for tensor, value in zip(own, values, strict=True):
                    tensor.copy_(value)
        for generator, kept in zip(self.generators, state["generators"], strict=True):
            generator.set_state(kept)
        for order, kept in zip(self.orders, state["orders"], strict=True):
            order.began = kept
        self.epoch, self.step, self.since = state["within"]
        self.losses, self.readings = [list(values) for values in state["found"][0]], dict(state["found"][1])
