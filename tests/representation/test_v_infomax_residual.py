from dataclasses import replace

import pytest
import torch
from helpers import Kept, refused

from mi_lab.representation.datasets import synthetic
from mi_lab.representation.encoders import make_encoder
from mi_lab.representation.reconstruction import make_decoder, reconstruction_loss
from mi_lab.representation.v_infomax_residual import ImageVInfoMax, train_image_v_infomax

DATA = synthetic(images=120, size=8)
SHORT = ImageVInfoMax(epochs=2, warm_up=1, decoder_steps=1, learning_rate=0.01, batch_size=16)


def pair(width=8):
    return make_encoder("resnet18", 4, 3, width), make_decoder((), 8 * width, 3 * 8 * 8)


def trained(settings=SHORT, checkpoint=None, **given):
    encoder, decoder = pair()
    losses, _ = train_image_v_infomax(
        encoder,
        decoder,
        DATA.train.images,
        DATA.validation.images,
        DATA.normalised,
        settings,
        checkpoint=checkpoint,
        **given,
    )
    return encoder, decoder, losses


@pytest.mark.parametrize("steps", [0, 1])
def test_the_loss_falls_and_is_that_of_the_pair_left_behind(steps):
    data = synthetic(images=400, size=16)
    encoder, decoder = make_encoder("resnet18", 4, 3, 8), make_decoder((), 64, 3 * 16 * 16)
    settings = ImageVInfoMax(epochs=6, warm_up=2, decoder_steps=steps, learning_rate=3e-3, batch_size=16)
    losses, _ = train_image_v_infomax(
        encoder, decoder, data.train.images, data.validation.images, data.normalised, settings
    )
    assert len(losses) == 7 and losses[-1] < 0.7 * losses[0]
    assert reconstruction_loss(encoder, decoder, data.validation.images, data.normalised) == losses[-1]


@pytest.mark.parametrize("steps", [0, 1])
def test_bfloat16_learns_the_same_with_weights_of_float32(steps):
    # a low rate, at which a training does not magnify the rounding of its first steps
    slow = replace(SHORT, decoder_steps=steps, learning_rate=5e-4)
    full = trained(slow)[2]
    encoder, decoder, losses = trained(replace(slow, precision="bfloat16"))
    assert {p.dtype for model in (encoder, decoder) for p in model.parameters()} == {torch.float32}
    assert losses != full and losses == pytest.approx(full, rel=0.02)


def test_the_warm_up_changes_no_weight_of_the_encoder():
    fresh, _ = pair()
    encoder, decoder, _ = trained(replace(SHORT, decoder_steps=10**6))  # the encoder's turn never comes
    for (name, one), other in zip(fresh.named_parameters(), encoder.parameters(), strict=True):
        assert torch.equal(one, other), name
    assert not torch.equal(decoder[0].weight, pair()[1][0].weight)


def test_alternating_the_encoder_learns_from_every_other_batch():
    before = [p.clone() for p in pair()[0].parameters()]
    for decoder_steps, learns in ((2, False), (1, True)):  # there are two batches; the encoder's is the last of a turn
        settings = replace(SHORT, warm_up=0, epochs=1, decoder_steps=decoder_steps, batch_size=40)
        encoder, _, _ = trained(settings)
        changed = any(not torch.equal(p, q) for p, q in zip(before, encoder.parameters(), strict=True))
        assert changed == learns


@pytest.mark.parametrize("stop_at", [1, 5, 7, 11])
def test_a_training_that_was_broken_off_ends_with_the_same_bits(stop_at):
    encoder, decoder, losses = trained()
    broken = Kept(stop_at)
    with pytest.raises(KeyboardInterrupt):
        trained(checkpoint=broken)
    again, other, continued = trained(checkpoint=Kept(state=broken.kept))
    assert continued == losses
    for one, two in ((encoder, again), (decoder, other)):
        for name, value in one.state_dict().items():
            assert torch.equal(value, two.state_dict()[name]), name


def test_what_does_not_fit_is_refused():
    encoder, _ = pair()
    parts = (DATA.train.images, DATA.validation.images)
    with refused("the decoder must give 192 values per image, not (12,)"):
        train_image_v_infomax(encoder, make_decoder((), 64, 12), *parts, DATA.normalised, SHORT)
    with refused("at least one image each"):
        train_image_v_infomax(encoder, pair()[1], parts[0], parts[1][:0], DATA.normalised, SHORT)
    with refused("warm_up and decoder_steps must be at least 0, not -1 and 10"):
        ImageVInfoMax(warm_up=-1)
    with refused("epochs and batch_size must be at least 1"):
        ImageVInfoMax(epochs=0)
    with refused("unknown precision 'float16'"):
        ImageVInfoMax(precision="float16")
