import math

import pytest
import torch
from helpers import Kept, refused
from torch.nn.functional import cross_entropy

from mi_lab.representation.autoencoder import SupervisedAutoencoder
from mi_lab.representation.datasets import synthetic
from mi_lab.representation.encoders import make_encoder
from mi_lab.representation.pretext import Schedule, measured, pretext_task, train_encoder
from mi_lab.representation.probes import frozen_features
from mi_lab.representation.reconstruction import make_decoder, reconstruction_loss

DATA = synthetic(images=200, size=8)
TRAIN, VALIDATION, CLASSES = pretext_task(DATA, "rotation")
PIXELS = 3 * 8 * 8


def made(weight, architecture="resnet18", hidden=()):
    encoder = make_encoder(architecture, CLASSES, 3, width=8)
    return SupervisedAutoencoder(encoder, make_decoder(hidden, 64, PIXELS), weight, PIXELS)


def trained(weight, epochs=3, **given):
    model = made(weight)
    schedule = Schedule(epochs, 50, 0.02)
    return model, train_encoder(model, TRAIN, VALIDATION, DATA.normalised, schedule, **given)


@pytest.mark.parametrize("weight", [0.0, 0.25, 1.0, math.inf])
@pytest.mark.parametrize("architecture", ["resnet18", "plainnet18"])
def test_the_loss_is_equation_16(weight, architecture):
    model = made(weight, architecture).eval()
    images, labels = DATA.normalised(TRAIN.images[:12]), TRAIN.labels[:12]
    loss, logits = model.loss(images, labels)
    features = model.features(images)["prelogits"]
    torch.testing.assert_close(logits, model(images))
    classes = cross_entropy(logits, labels)
    l2 = sum((x.flatten() - y).square().mean() for x, y in zip(images, model.decoder(features), strict=True)) / 12
    wanted = l2 if math.isinf(weight) else classes + weight * l2
    torch.testing.assert_close(loss, wanted)


def test_a_weight_of_zero_is_the_pretext_alone_and_infinity_leaves_the_head_alone():
    model, curve = trained(0.0)
    plain = make_encoder("resnet18", CLASSES, 3, width=8)
    alone = train_encoder(plain, TRAIN, VALIDATION, DATA.normalised, Schedule(3, 50, 0.02))
    assert curve.loss == alone.loss and curve.validation == alone.validation == {"accuracy": alone.validation_accuracy}
    assert torch.equal(model.decoder[0].weight, made(0.0).decoder[0].weight)
    model, _ = trained(math.inf, keep_best=False)
    assert torch.equal(model.encoder.head.weight, made(0.0).encoder.head.weight)
    assert not torch.equal(model.decoder[0].weight, made(0.0).decoder[0].weight)


def test_the_epoch_kept_is_the_reports_choice():
    model, curve = trained(0.25, epochs=5)
    best = curve.best_epoch - 1
    assert curve.validation_accuracy[best] == max(curve.validation_accuracy)
    assert measured(model, VALIDATION, DATA.normalised) == {n: v[best] for n, v in curve.validation.items()}
    model, curve = trained(math.inf, epochs=5)
    best = curve.best_epoch - 1
    assert curve.validation["l2"][best] == min(curve.validation["l2"]) < curve.validation["l2"][0]
    found = reconstruction_loss(model.encoder, model.decoder, VALIDATION.images, DATA.normalised)
    assert found == pytest.approx(curve.validation["l2"][best], rel=1e-5)


@pytest.mark.parametrize("stop_at", [1, 13, 20])
def test_a_training_that_was_broken_off_ends_with_the_same_bits(stop_at):
    whole, curve = trained(0.25)
    broken = Kept(stop_at)
    with pytest.raises(KeyboardInterrupt):
        trained(0.25, checkpoint=broken)
    again, continued = trained(0.25, checkpoint=Kept(state=broken.kept))
    assert continued == curve
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_its_features_are_those_of_the_encoder_inside():
    model = made(1.0)
    one = frozen_features(model, DATA.test.images, DATA.normalised)
    two = frozen_features(model.encoder, DATA.test.images, DATA.normalised)
    assert list(one) == list(two) and all(torch.equal(one[tap], two[tap]) for tap in one)


@pytest.mark.parametrize("weight", [-0.5, math.nan, -math.inf])
def test_a_weight_out_of_range_is_refused(weight):
    with refused("must be a number of at least 0, or inf", str(weight)):
        made(weight)


def test_a_decoder_that_does_not_fit_is_refused():
    with refused("the decoder must give 192 values per image, not (100,)"):
        SupervisedAutoencoder(make_encoder("resnet18", 4, 3, 8), make_decoder((), 64, 100), 1.0, PIXELS)
