import pytest
import torch
from helpers import refused
from torch import nn

from mi_lab.representation.datasets import synthetic
from mi_lab.representation.encoders import make_encoder
from mi_lab.representation.reconstruction import (
    NON_LINEAR,
    augmented,
    check_decoder,
    make_decoder,
    reconstruction_loss,
    squared_errors,
)

DATA = synthetic(images=80)


def test_the_reports_decoders():
    linear, deep = make_decoder((), 8, 12), make_decoder(NON_LINEAR, 8, 12)
    assert [type(layer) for layer in linear] == [nn.Linear]
    assert [layer.out_features for layer in deep if isinstance(layer, nn.Linear)] == [512, 512, 512, 12]
    assert sum(isinstance(layer, nn.ELU) for layer in deep) == 3
    before = torch.random.get_rng_state()
    assert torch.equal(make_decoder((), 8, 12, seed=0)[0].weight, linear[0].weight)
    assert not torch.equal(make_decoder((), 8, 12, seed=1)[0].weight, linear[0].weight)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_loss_is_the_mean_over_all_values():
    images = torch.zeros(2, 3, 2, 2)
    given = torch.zeros(2, 12)
    given[0, 0] = 6.0
    assert float(squared_errors(images, given).mean()) == pytest.approx(36 / 24)
    grey = DATA.normalised(DATA.train.images)
    assert float(squared_errors(grey, torch.zeros(len(grey), 3 * 32 * 32)).mean()) == pytest.approx(1, abs=1e-4)


def test_the_loss_of_a_split_is_read_in_evaluation_mode():
    encoder = make_encoder("resnet18", 4, 3, width=8).train()
    decoder = make_decoder((), 64, 3 * 32 * 32)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    found = reconstruction_loss(encoder, decoder, DATA.test.images, DATA.normalised)
    assert encoder.training and all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    floats = DATA.normalised(DATA.test.images)
    features = encoder.eval().prelogits(floats)
    torch.testing.assert_close(features, encoder.features(floats)["prelogits"])
    assert found == pytest.approx(float(squared_errors(floats, decoder(features)).mean().detach()), rel=1e-5)


def test_every_shift_and_both_flips_occur_and_nothing_else():
    [image] = torch.arange(1, 26, dtype=torch.uint8).view(1, 1, 5, 5)
    framed = nn.functional.pad(image, (4,) * 4)[0]
    allowed = {
        tuple(turned.flatten().tolist())
        for top in range(9)
        for left in range(9)
        for cut in [framed[top : top + 5, left : left + 5]]
        for turned in (cut, cut.flip(1))
    }
    many = augmented(image.expand(5000, 1, 5, 5), torch.Generator().manual_seed(0))
    assert many.dtype == torch.uint8 and many.shape == (5000, 1, 5, 5)
    assert {tuple(one.flatten().tolist()) for one in many} == allowed


def test_channels_of_an_image_move_together():
    images = torch.arange(16, dtype=torch.uint8).view(1, 1, 4, 4).expand(6, 3, 4, 4)
    moved = augmented(images, torch.Generator().manual_seed(0))
    assert torch.equal(moved[:, 0], moved[:, 1]) and torch.equal(moved[:, 0], moved[:, 2])


def test_a_decoder_of_the_wrong_size_is_refused():
    with refused("the decoder must give 3072 values per image, not (3071,)"):
        check_decoder(make_decoder((), 64, 3071), 64, 3072)
    with refused("the decoder must take 64 features"):
        check_decoder(make_decoder((), 63, 3072), 64, 3072)
    check_decoder(make_decoder(NON_LINEAR, 64, 3072), 64, 3072)
