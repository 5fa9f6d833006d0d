"""The supervised autoencoder (Eq. 16): an encoder whose prelogits tell a pretext's labels and give the image back."""

import math
from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from mi_lab.representation.encoders import Encoder, ResNet18
from mi_lab.representation.reconstruction import check_decoder, squared_errors


class SupervisedAutoencoder(Encoder):
    """A ResNet18 or PlainNet18 with a decoder beside its classification head, for ``train_encoder`` (Fig. 6).

    The loss is the cross-entropy of the pretext's labels plus ``weight`` (λ) times the L2 loss, which is a mean over
    pixels and channels; the report's own values have that size. With a weight of infinity it is the L2 loss alone.
    The best epoch is that of the highest accuracy on the pretext, or of the lowest L2 loss where nothing else is
    learnt (App. C.4). ``pixels`` are the values per image. Raises ValueError for a weight that is negative or not a
    number, or a decoder that does not fit.
    """

    def __init__(self, encoder: ResNet18, decoder: nn.Module, weight: float, pixels: int) -> None:
        super().__init__()
        if not weight >= 0:
            raise ValueError(f"the weight of the reconstruction must be a number of at least 0, or inf, not {weight}.")
        check_decoder(decoder, encoder.sizes["prelogits"], pixels)
        self.encoder, self.decoder, self.weight = encoder, decoder, weight
        self.taps, self.sizes = encoder.taps, encoder.sizes

    def features(self, images: Tensor) -> dict[str, Tensor]:  # noqa: D102
        return self.encoder.features(images)

    def forward(self, images: Tensor) -> Tensor:
        """Logits, (n, classes)."""
        return self.encoder(images)

    def loss(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Eq. 16, a mean over the images, and the logits."""
        prelogits = self.encoder.prelogits(images)
        logits = self.encoder.head(prelogits)
        if self.weight == 0:
            return cross_entropy(logits, labels), logits
        reconstruction = squared_errors(images, self.decoder(prelogits)).mean()
        if math.isinf(self.weight):
            return reconstruction, logits
        return cross_entropy(logits, labels) + self.weight * reconstruction, logits

    def measures(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Of each image, (n,): whether its label is told, and its ``l2`` loss if that is learnt."""
        prelogits = self.encoder.prelogits(images)
        found = {"accuracy": (self.encoder.head(prelogits).argmax(1) == labels).double()}
        if self.weight > 0:
            found["l2"] = squared_errors(images, self.decoder(prelogits)).double()
        return found

    def score(self, measured: Mapping[str, float]) -> float:
        """Accuracy on the pretext; minus the L2 loss where that is all that is learnt."""
        return -measured["l2"] if math.isinf(self.weight) else measured["accuracy"]
