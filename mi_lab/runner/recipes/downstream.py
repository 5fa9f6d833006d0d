"""What probes find at the prelogits of an encoder, for Tables 2, 3 and 4; and what its decoder gives back."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mi_lab.experiments.reconstruction_specs import SupervisedAutoencoders, VInfoMaxImages
from mi_lab.representation.datasets import Dataset, Split
from mi_lab.representation.encoders import Encoder, ResNet18
from mi_lab.representation.families import Categorical
from mi_lab.representation.information import NMI, Found
from mi_lab.representation.pretext import PretextCurve, Schedule, train_encoder
from mi_lab.representation.probes import LINEAR, MLP, Part, Probe, frozen_features, probe_readings
from mi_lab.runner.recipes.nmi import plug_in_estimates, shares
from mi_lab.runner.stages import Stages

_PICTURES = 2  # the first test image of each of this many classes


def learnt(
    encoder: Encoder, train: Split, validation: Split, data: Dataset, how: Schedule, stages: Stages, **policy: Any
) -> tuple[PretextCurve, int]:
    """Train an encoder as a stage of its own; ``policy`` are ``seed`` and ``keep_best``. The curve, and the steps."""
    places: dict[str, Any] = {"progress": stages.label, "checkpoint": stages.checkpoint("encoder")}
    curve = train_encoder(encoder, train, validation, data.normalised, how, **places, **policy)
    stages.seconds += curve.wall_seconds
    return curve, len(curve.loss) * math.ceil(len(train.labels) / how.batch_size)


def downstream(
    spec: VInfoMaxImages | SupervisedAutoencoders, data: Dataset, encoder: Encoder | None, seed: int, stages: Stages
) -> dict[str, Any]:
    """Probes of App. C.2 on the prelogits, fitted on the whole training split and read on the test split.

    ``linear`` and ``mlp`` are accuracies; with '_v' the V-information of the prelogits about the label as a share of
    H(Y), both entropies read on the test split. ``nmi`` and ``nmi_test`` are as in Table 1, if they are asked for.
    All are None of an encoder that is not ``intact``, or of none.
    """
    with_nmi = isinstance(spec, SupervisedAutoencoders) and spec.nmi_epochs > 0
    if encoder is None or not intact(encoder):
        return dict.fromkeys(("linear", "linear_v", "mlp", "mlp_v", *(("nmi", "nmi_test") if with_nmi else ())))
    parts: list[Part] = []

    def seen() -> list[Part]:
        """Prelogits (1, n, F) and labels of each split; read only if a stage is still to be done."""
        if not parts:
            place = next(encoder.parameters()).device
            for split in (data.train, data.validation, data.test):
                features = frozen_features(encoder, split.images, data.normalised)["prelogits"]
                parts.append((features[None].to(place), split.labels.to(place)))
        return parts

    null = Categorical().log_loss(
        Categorical().null(data.train.labels).expand(len(data.test.labels), -1), data.test.labels
    )
    values: dict[str, Any] = {}
    for name, probe, epochs in (("linear", LINEAR, spec.linear_epochs), ("mlp", MLP, spec.mlp_epochs)):
        chosen = dataclasses.replace(probe, epochs=epochs)
        compute = _reading(chosen, seen, seed, data.classes)
        accuracy, log_loss = stages.keep(f"{name}-{epochs}", compute)
        values |= {name: accuracy, f"{name}_v": 1 - log_loss / float(null.double().mean())}
    if with_nmi:
        assert isinstance(spec, SupervisedAutoencoders)
        critic = dataclasses.replace(NMI, epochs=spec.nmi_epochs)
        found = stages.keep(f"nmi-{spec.nmi_epochs}", lambda: plug_in_estimates(critic, seen(), [seed], data.classes))
        values |= {name: value for name, [value] in shares([Found(*one) for one in found], data.test.labels).items()}
    return values


def intact(model: torch.nn.Module) -> bool:
    """Are all its weights and running statistics finite? A training that diverged may leave others."""
    return all(bool(values.isfinite().all()) for values in model.state_dict().values())


def pictures(
    data: Dataset, encoder: ResNet18 | None = None, decoder: torch.nn.Module | None = None
) -> list[int] | None:
    """The first test image of the first two classes, or what the decoder gives back: grey values 0-255, flat.

    None are given back by networks that are not ``intact``.
    """
    chosen = torch.stack([(data.test.labels == label).nonzero()[0, 0] for label in range(_PICTURES)])
    images = data.test.images[chosen]
    if encoder is None or decoder is None:
        return images.flatten().tolist()
    if not (intact(encoder) and intact(decoder)):
        return None
    encoder.eval()
    with torch.inference_mode():
        floats = data.normalised(images.to(next(encoder.parameters()).device))
        given = decoder(encoder.prelogits(floats)).cpu().view_as(images)
    shape = (1, -1, 1, 1)
    grey: Tensor = (given * data.std.view(shape) + data.mean.view(shape)) * 255
    return grey.round().clamp(0, 255).int().flatten().tolist()


def _reading(probe: Probe, seen: Callable[[], list[Part]], seed: int, classes: int) -> Callable[[], Any]:
    return lambda: probe_readings(probe, seen()[0], seen()[2], [seed], classes)[0]
