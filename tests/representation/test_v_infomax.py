import itertools
from dataclasses import replace

import pytest
import torch
from helpers import Kept, refused
from torch import nn

from mi_lab.representation.v_infomax import VInfoMax, train_v_infomax

SMALL = VInfoMax((), epochs=3, warm_up=1, decoder_steps=2, encoder=(12, 4), dropout=(0.5,), batch_size=20)


def images(count, pixels=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(pixels, pixels, generator=torch.Generator().manual_seed(9))
    return torch.randn(count, pixels, generator=generator) @ mixing


TRAIN, VALIDATION = images(90), images(40, seed=1)


def read(encode):
    return float(encode(VALIDATION).abs().sum())


def trained(settings=SMALL, seeds=(0, 1), checkpoint=None):
    return train_v_infomax(settings, TRAIN, VALIDATION, seeds, read=read, read_at=(0, 2, 3), checkpoint=checkpoint)


def test_a_linear_pair_finds_the_principal_components():
    data = images(400)
    data = data - data.mean(0)
    linear = VInfoMax((), 800, 0, 0, encoder=(3,), dropout=(), learning_rate=1e-2, weight_decay=0.0, batch_size=400)
    found = train_v_infomax(linear, data, data, [0, 1])
    discarded = torch.linalg.eigvalsh(data.double().T @ data.double() / 400)[:3].sum() / 6
    for loss in found.loss:
        assert loss[-1] == pytest.approx(float(discarded), rel=0.02)


@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("decoder", [(), (8,)])
def test_a_step_is_that_of_ordinary_torch_training(decoder, steps):
    settings = replace(SMALL, decoder=decoder, decoder_steps=steps, dropout=(0.0,), epochs=2, weight_decay=0.01)
    found = train_v_infomax(settings, TRAIN, VALIDATION, [5])
    generator, order = torch.Generator().manual_seed(10), torch.Generator().manual_seed(11)

    def layers(*widths):
        made = []
        for fan_in, width in itertools.pairwise(widths):
            linear, bound = nn.Linear(fan_in, width), fan_in**-0.5
            linear.weight.data = torch.empty(fan_in, width).uniform_(-bound, bound, generator=generator).T.clone()
            linear.bias.data = torch.empty(width).uniform_(-bound, bound, generator=generator)
            made += [linear, nn.ReLU()]
        return nn.Sequential(*made[:-1])

    encoder, decoder_layers = layers(6, 12, 4), layers(4, *decoder, 6)
    adams = [torch.optim.Adam(m.parameters(), 2.5e-4, weight_decay=0.01) for m in (encoder, decoder_layers)]
    losses, since = [], 0
    for epoch in range(-1, 2):
        if epoch >= 0:
            losses.append(float((VALIDATION - decoder_layers(encoder(VALIDATION))).square().mean().detach()))
        for index in torch.randperm(90, generator=order).split(20):
            for adam in adams:
                adam.zero_grad()
            (TRAIN[index] - decoder_layers(encoder(TRAIN[index]))).square().mean().backward()
            turn = since % (steps + 1) == steps
            if epoch >= 0 and turn:
                adams[0].step()
            if epoch < 0 or steps == 0 or not turn:
                adams[1].step()
            since += epoch >= 0
    losses.append(float((VALIDATION - decoder_layers(encoder(VALIDATION))).square().mean().detach()))
    assert found.loss[0] == pytest.approx(losses, rel=1e-5)


def test_the_warm_up_leaves_the_encoder_as_it_was_drawn():
    first = train_v_infomax(SMALL, TRAIN, VALIDATION, [0], read=read, read_at=(0,))
    without = train_v_infomax(replace(SMALL, warm_up=0), TRAIN, VALIDATION, [0], read=read, read_at=(0,))
    assert first.readings == without.readings and first.loss[0][0] < without.loss[0][0]


def test_both_decoders_begin_with_the_same_encoder():
    other = replace(SMALL, decoder=(8,))
    assert trained().readings[0] == trained(other).readings[0] != trained(other).readings[2]


@pytest.mark.parametrize("stop_at", [1, 5, 6, 13, 19])
def test_a_training_that_was_broken_off_ends_with_the_same_bits(stop_at):
    whole, broken = trained(), Kept(stop_at)
    with pytest.raises(KeyboardInterrupt):
        trained(checkpoint=broken)
    again = trained(checkpoint=Kept(state=broken.kept))
    assert again.loss == whole.loss and again.readings == whole.readings
    assert torch.equal(again.reconstruct(VALIDATION), whole.reconstruct(VALIDATION))


def test_runs_of_a_stack_do_not_mix():
    both, alone = trained(), trained(seeds=(1,))
    assert both.loss[1] == pytest.approx(alone.loss[0], rel=1e-5)


def test_a_reading_counts_epochs_from_the_end_of_the_warm_up():
    found = trained()
    assert list(found.readings) == [0, 2, 3] and [len(loss) for loss in found.loss] == [4, 4]


def test_what_does_not_fit_is_refused():
    with refused("flat, (n, D) with one D", "(90, 6) and (40, 5)"):
        train_v_infomax(SMALL, TRAIN, VALIDATION[:, :5], [0])
    with refused("at least one image each", "(0, 6)"):
        train_v_infomax(SMALL, TRAIN, VALIDATION[:0], [0])
    with refused("epochs and batch_size must be at least 1"):
        VInfoMax((), epochs=0)
    with refused("warm_up, decoder_steps and weight_decay must be at least 0", "-1"):
        VInfoMax((), epochs=1, decoder_steps=-1)
    with refused("one rate for each of the 2 hidden layers of the encoder, not 1"):
        VInfoMax((), epochs=1, dropout=(0.5,))
