"""V-InfoMax (Eq. 15) with a ResNet18 or PlainNet18 as encoder (Table 2): one training, in alternation or jointly."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mi_lab.estimation.resuming import Checkpoint
from mi_lab.ground.names import PRECISIONS, known
from mi_lab.representation.encoders import ResNet18
from mi_lab.representation.epochs import Order, Running, check_schedule, products_in, run_to_the_end
from mi_lab.representation.pretext import Normalise
from mi_lab.representation.reconstruction import augmented, check_decoder, reconstruction_loss, squared_errors
from mi_lab.representation.v_infomax import learners


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
        check_schedule(self)
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
    running = _Images(encoder, decoder, images, validation, normalise, settings, seed)
    seconds = run_to_the_end(
        running, len(images), settings.batch_size, settings.warm_up + settings.epochs, progress, checkpoint
    )
    return running.seen["losses"], seconds


class _Images(Running):
    """The training of one convolutional encoder and its decoder."""

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
        models, decays = (self.encoder, self.decoder), (settings.weight_decay, settings.decoder_decay)
        optimisers = [
            torch.optim.Adam(model.parameters(), settings.learning_rate, weight_decay=decay)
            for model, decay in zip(models, decays, strict=True)
        ]
        self.changes = torch.Generator().manual_seed(2 * seed + 1)
        super().__init__(models, optimisers, [Order(2 * seed)], [self.changes], settings.warm_up)
        self.seen = {"losses": []}

    def finished(self) -> bool:
        losses = self.seen["losses"]
        return self.epoch >= self.settings.epochs or (bool(losses) and not math.isfinite(losses[-1]))

    def learn(self, index: Tensor) -> None:
        """One step on a batch, of the decoder, the encoder, or both; batch statistics count whoever learns."""
        who = encoder_learns, _ = learners(self.settings, self)
        images = self.normalise(augmented(self.images[index[0]], self.changes).to(self.place))
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        with products_in(self.settings.precision, self.place):
            with torch.set_grad_enabled(encoder_learns):
                features = self.encoder.prelogits(images.contiguous(memory_format=torch.channels_last))
            loss = squared_errors(images, self.decoder(features)).mean()
        loss.backward()
        for optimiser, learns in zip(self.optimisers, who, strict=True):
            if learns:
                optimiser.step()

    def note(self) -> None:
        """Note the loss as it is between two epochs, once."""
        losses = self.seen["losses"]
        if 0 <= self.epoch == len(losses):
            losses.append(reconstruction_loss(self.encoder, self.decoder, self.validation, self.normalise))
