"""Fig. 7, Tables 3 and 4: supervised autoencoders by weight of the reconstruction, probed at their prelogits."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from mi_lab.experiments.reconstruction_specs import NO_DECODER, SupervisedAutoencoders, check_weight
from mi_lab.representation.autoencoder import SupervisedAutoencoder
from mi_lab.representation.datasets import load_dataset
from mi_lab.representation.encoders import ResNet18, make_encoder
from mi_lab.representation.pretext import Schedule, pretext_task
from mi_lab.representation.reconstruction import NON_LINEAR, make_decoder
from mi_lab.runner.recipes.downstream import downstream, learnt, pictures
from mi_lab.runner.stages import Stages


def train_autoencoder(
    spec: SupervisedAutoencoders, run: Mapping[str, Any], device: torch.device, stages: Stages
) -> Mapping[str, Any]:
    """One encoder. ``curves`` by epoch: ``loss``, ``training_accuracy``, ``validation_accuracy`` and ``l2``.

    ``values`` are those of ``downstream``; ``pretext_accuracy`` and ``l2`` on the validation split at the epoch that
    was kept, which is ``epoch``; and of seed 0 the ``pictures``. Random labels keep the last epoch, as their
    validation accuracy is chance.
    """
    data, seed, weight = load_dataset(spec.data), run["seed"], check_weight(run["weight"])
    subset = data.fewer(spec.images, spec.validation_images)
    train, validation, classes = pretext_task(subset, spec.pretext, seed)
    encoder = make_encoder(spec.architecture, classes, train.images.shape[1], spec.width, seed)
    assert isinstance(encoder, ResNet18)
    pixels = train.images[0].numel()
    hidden = NON_LINEAR if run["decoder"] == "non_linear" else ()
    decoder = make_decoder(hidden, encoder.sizes["prelogits"], pixels, seed)
    model = SupervisedAutoencoder(encoder, decoder, weight, pixels).to(device)
    keep_best = spec.pretext == "rotation" or math.isinf(weight)
    how = Schedule(spec.epochs, spec.batch_size, spec.learning_rate, precision=spec.precision)
    curve, steps = learnt(model, train, validation, data, how, stages, seed=seed, keep_best=keep_best)
    curves = {"loss": curve.loss, "training_accuracy": curve.accuracy, **_named(curve.validation)}
    kept = (curve.best_epoch if keep_best else len(curve.loss)) or None
    values: dict[str, Any] = {"epoch": kept}
    for name, by_epoch in (("pretext_accuracy", "validation_accuracy"), ("l2", "l2")):
        if kept is not None and by_epoch in curves:
            values[name] = curves[by_epoch][kept - 1]
    if run["decoder"] == NO_DECODER:
        values["pictures"] = pictures(data)
    elif seed == 0:
        values["pictures"] = pictures(data, encoder, decoder)
    values |= downstream(spec, data, model, seed, stages)
    return {"curves": curves, "values": values, "first_nonfinite_epoch": curve.first_nonfinite_epoch, "steps": steps}


def _named(validation: Mapping[str, list[float]]) -> dict[str, list[float]]:
    return {"validation_accuracy" if name == "accuracy" else name: values for name, values in validation.items()}
