"""Table 2: V-InfoMax with a convolutional encoder, and what probes find at its prelogits."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from mi_lab.experiments.reconstruction_specs import DECODER_STEPS, NO_DECODER, VInfoMaxImages
from mi_lab.representation.datasets import load_dataset, some
from mi_lab.representation.encoders import ResNet18, make_encoder
from mi_lab.representation.reconstruction import NON_LINEAR, make_decoder
from mi_lab.representation.v_infomax import broken_at
from mi_lab.representation.v_infomax_residual import ImageVInfoMax, train_image_v_infomax
from mi_lab.runner.recipes.downstream import downstream, pictures
from mi_lab.runner.stages import Stages


def encode_images(
    spec: VInfoMaxImages, run: Mapping[str, Any], device: torch.device, stages: Stages
) -> Mapping[str, Any]:
    """One encoder. ``curves``: ``l2``, the validation loss after the warm-up and after every epoch.

    ``values`` are those of ``downstream``, the last ``l2``, and of seed 0 the ``pictures``.
    """
    data, seed = load_dataset(spec.data), run["seed"]
    images, validation = (some(data.train, spec.images).images, some(data.validation, spec.validation_images).images)
    encoder = make_encoder(spec.architecture, data.classes, images.shape[1], spec.width, seed).to(device)
    assert isinstance(encoder, ResNet18)
    curves: dict[str, list[float]] = {}
    values: dict[str, Any] = {}
    steps, broken = 0, None
    decoder = None
    if run["decoder"] != NO_DECODER:
        hidden = NON_LINEAR if run["decoder"] == "non_linear" else ()
        decoder = make_decoder(hidden, encoder.sizes["prelogits"], images[0].numel(), seed).to(device)
        settings = ImageVInfoMax(
            spec.epochs,
            spec.warm_up,
            DECODER_STEPS[spec.gradients],
            learning_rate=spec.learning_rate,
            batch_size=spec.batch_size,
            precision=spec.precision,
        )
        losses, seconds = train_image_v_infomax(
            encoder,
            decoder,
            images,
            validation,
            data.normalised,
            settings,
            seed=seed,
            progress=stages.label,
            checkpoint=stages.checkpoint("autoencoder"),
        )
        stages.seconds += seconds
        curves, values, broken = {"l2": losses}, {"l2": losses[-1]}, broken_at(losses)
        steps = (spec.warm_up + len(losses) - 1) * math.ceil(len(images) / spec.batch_size)
    if decoder is None or (seed == 0 and broken is None):
        values["pictures"] = pictures(data, encoder, decoder)
    values |= downstream(spec, data, encoder if broken is None else None, seed, stages)
    return {"curves": curves, "values": values, "first_nonfinite_epoch": broken, "steps": steps}
