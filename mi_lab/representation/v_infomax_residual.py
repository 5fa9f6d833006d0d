"""V-InfoMax (Eq. 15) with a ResNet18 or PlainNet18 as encoder (Table 2): one training, in alternation or jointly."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mi_lab.estimation.resuming import Checkpoint
from mi_lab.ground.names import PRECISIONS, known
from mi_lab.representation.encoders import ResNet18
from mi_lab.representation.epochs import Order, products_in, run_to_the_end
from mi_lab.representation.pretext import Normalise
from mi_lab.representation.reconstruction import augmented, check_decoder, reconstruction_loss, squared_error


@dataclass(frozen=True)
class ImageVInfoMax:
    """How encoder and decoder learn; the defaults are App. C.3's for CIFAR-10. All else is as in ``VInfoMax``.

    ``weight_decay`` is the encoder's, ``decoder_decay`` the decoder's; ``precision`` as in ``Schedule``. Raises
    ValueError for a value out of range.
    """

    epochs: int = 50
    warm_up: int = 200
    decoder_steps: int = 10
    learning_rate: float = 1e-4
    weight_decay: float = 1e-4
    decoder_decay: float = 1e-5
    batch_size: int = 128
    precision: str = "float32"

    def __post_init__(self) -> None:
        known("precision", self.precision, PRECISIONS)
        if self.epochs < 1 or self.batch_size < 1 or not self.learning_rate > 0:
            raise ValueError(
                "epochs and batch_size must be at least 1 and learning_rate positive, "
                f"not {self.epochs}, {self.batch_size} and {self.learning_rate}."
            )
        if self.warm_up < 0 or self.decoder_steps < 0:
            raise ValueError(
                f"warm_up and decoder_steps must be at least 0, not {self.warm_up} and {self.decoder_steps}."
            )


def train_image_v_infomax(
    encoder: ResNet18,
    decoder: nn.Module,
    images: Tensor,
    validation: Tensor,
    normalise: Normalise,
    settings: ImageVInfoMax,
    *,
    seed: int = 0,
    progress: str | None = None,
    checkpoint: Checkpoint | None = None,
) -> tuple[list[float], float]:
    """Train both where they lie and leave them as they are at the end.

    Images are uint8, (n, c, h, w). Returns the L2 loss on ``validation`` after the decoder's warm-up and after every
    epoch, up to one that is not finite, and the seconds that the training took.
    A training with a ``checkpoint`` goes on where that left off, to the same bits on the same machine. Raises
    ValueError for an empty part or a decoder that does not fit encoder and images.
    """
    if not len(images) or not len(validation):
        raise ValueError("the training and the validation split must hold at least one image each.")
    check_decoder(decoder, encoder.sizes["prelogits"], images[0].numel())
    running = _Running(encoder, decoder, images, validation, normalise, settings, seed)
    seconds = run_to_the_end(
        running, len(images), settings.batch_size, settings.warm_up + settings.epochs, progress, checkpoint
    )
    return running.losses, seconds


class _Running:
    """A training as far as it has come. Epochs below 0 are the warm-up."""

    def __init__(
        self,
        encoder: ResNet18,
        decoder: nn.Module,
        images: Tensor,
        validation: Tensor,
        normalise: Normalise,
        settings: ImageVInfoMax,
        seed: int,
    ) -> None:
        self.encoder, self.decoder = encoder.to(memory_format=torch.channels_last).train(), decoder.train()
        self.images, self.validation, self.normalise, self.settings = images, validation, normalise, settings
        self.place = next(encoder.parameters()).device
        rate = settings.learning_rate
        self.optimisers = (
            torch.optim.Adam(encoder.parameters(), rate, weight_decay=settings.weight_decay),
            torch.optim.Adam(decoder.parameters(), rate, weight_decay=settings.decoder_decay),
        )
        self.orders, self.changes = Order(2 * seed), torch.Generator().manual_seed(2 * seed + 1)
        self.epoch, self.step, self.since = -settings.warm_up, 0, 0
        self.losses: list[float] = []

    def epochs_done(self) -> int:
        return self.epoch + self.settings.warm_up

    def finished(self) -> bool:
        lost = bool(self.losses) and not math.isfinite(self.losses[-1])
        return lost or self.epoch >= self.settings.epochs

    def order(self, count: int) -> Tensor:
        self.note()
        return self.orders.draw(count)

    def learn(self, index: Tensor) -> None:
        """One step on a batch, of the decoder, the encoder, or both; batch statistics count whoever learns."""
        cycle, warm = self.settings.decoder_steps + 1, self.epoch < 0
        encoder_learns = not warm and self.since % cycle == cycle - 1
        decoder_learns = warm or cycle == 1 or not encoder_learns
        images = self.normalise(augmented(self.images[index], self.changes).to(self.place))
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        with products_in(self.settings.precision, self.place):
            with torch.set_grad_enabled(encoder_learns):
                features = self.encoder.prelogits(images.contiguous(memory_format=torch.channels_last))
            loss = squared_error(images, self.decoder(features))
        loss.backward()
        for optimiser, learns in zip(self.optimisers, (encoder_learns, decoder_learns), strict=True):
            if learns:
                optimiser.step()
        self.step += 1
        self.since += not warm

    def end_epoch(self) -> None:
        self.epoch, self.step = self.epoch + 1, 0
        self.orders.next()
        self.note()

    def note(self) -> None:
        """Note the loss as it is between two epochs, once."""
        if 0 <= self.epoch == len(self.losses):
            self.losses.append(reconstruction_loss(self.encoder, self.decoder, self.validation, self.normalise))

    def state(self) -> dict[str, Any]:
        return {
            "models": [self.encoder.state_dict(), self.decoder.state_dict()],
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "order": self.orders.began,
            "changes": self.changes.get_state(),
            "within": [self.epoch, self.step, self.since],
            "losses": self.losses,
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        for model, kept in zip((self.encoder, self.decoder), state["models"], strict=True):
            model.load_state_dict(kept)
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        self.orders.began = state["order"]
        self.changes.set_state(state["changes"])
        self.epoch, self.step, self.since = state["within"]
        self.losses = list(state["losses"])
