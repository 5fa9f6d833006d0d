import copy
from dataclasses import replace

import pytest
import torch
from helpers import Kept, refused

from mi_lab.representation.datasets import Split, synthetic
from mi_lab.representation.encoders import make_encoder
from mi_lab.representation.pretext import RANDOM_CLASSES, Schedule, accuracy, pretext_task, train_encoder

DATA = synthetic(images=160)
SHORT = Schedule(epochs=3, batch_size=32, learning_rate=0.02)


def trained(checkpoint=None, schedule=SHORT, **settings):
    encoder = make_encoder("resnet18", 4, 3, width=8)
    train, validation, _ = pretext_task(DATA, "rotation")
    curve = train_encoder(encoder, train, validation, DATA.normalised, schedule, checkpoint=checkpoint, **settings)
    return encoder, curve


def test_rotations_of_bars_are_learnt():
    encoder, curve = trained()
    train, validation, classes = pretext_task(DATA, "rotation")
    assert classes == 4 and len(train.labels) == 4 * len(DATA.train.labels)
    assert curve.validation_accuracy[-1] > 0.4 and curve.loss[-1] < curve.loss[0] < 2  # chance is a quarter
    assert accuracy(encoder, validation, DATA.normalised) == max(curve.validation_accuracy)
    assert curve.validation_accuracy.index(max(curve.validation_accuracy)) + 1 == curve.best_epoch


def test_bfloat16_learns_the_same_with_weights_of_float32():
    encoder, curve = trained(schedule=replace(SHORT, precision="bfloat16"))
    full = trained()[1]
    assert {p.dtype for p in encoder.parameters()} == {torch.float32}
    assert curve.loss != full.loss
    # products of eight bits: 1/256 a product, and the mean of many errs less until the trainings drift apart
    assert curve.loss[0] == pytest.approx(full.loss[0], rel=0.01)
    assert curve.loss == pytest.approx(full.loss, rel=0.05)


def test_random_labels_are_one_per_image_and_independent_in_the_two_parts():
    train, validation, classes = pretext_task(DATA, "random_labels", seed=1)
    again = pretext_task(DATA, "random_labels", seed=1)[0]
    assert classes == RANDOM_CLASSES and torch.equal(train.labels, again.labels)
    assert not torch.equal(train.labels[: len(validation.labels)], validation.labels)
    assert not torch.equal(train.labels, pretext_task(DATA, "random_labels", seed=2)[0].labels)


@pytest.mark.parametrize("stop_at", [*(pytest.param(step, marks=pytest.mark.slow) for step in (1, 17, 29)), 14])
def test_a_training_that_was_broken_off_ends_with_the_same_bits(stop_at):
    whole, curve = trained()
    broken = Kept(stop_at)
    with pytest.raises(KeyboardInterrupt):
        trained(broken)
    again, continued = trained(Kept(state=broken.kept))
    assert continued == curve
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_the_learning_rate_falls_at_a_half_and_at_three_quarters():
    rates = [Schedule(182, 512, 0.1).rate(epoch) for epoch in range(182)]
    assert rates[:91] == [0.1] * 91 and rates[91] == pytest.approx(0.01)
    assert [round(rate, 6) for rate in (rates[135], rates[136])] == [0.01, 0.001]  # 3/4 of 182 is 136.5


def test_the_end_is_kept_if_asked():
    encoder, curve = trained(keep_best=False)
    validation = pretext_task(DATA, "rotation")[1]
    assert accuracy(encoder, validation, DATA.normalised) == curve.validation_accuracy[-1]


def test_values_that_stop_being_finite_are_recorded():
    encoder = make_encoder("plainnet18", 4, 3, width=8)
    train, validation, _ = pretext_task(DATA, "rotation")
    wild = Schedule(epochs=3, batch_size=32, learning_rate=1e30)
    curve = train_encoder(encoder, train, validation, DATA.normalised, wild)
    assert curve.first_nonfinite_epoch == len(curve.loss) + 1 <= 3


def test_reading_accuracy_changes_neither_mode_nor_statistics():
    encoder = make_encoder("resnet18", 4, 3, width=8).train()
    before = copy.deepcopy(encoder.state_dict())
    accuracy(encoder, DATA.test, DATA.normalised)
    assert encoder.training and all(torch.equal(v, before[k]) for k, v in encoder.state_dict().items())


@pytest.mark.parametrize("settings", [(0, 8, 0.1), (1, 0, 0.1), (1, 8, 0.0), (1, 8, float("nan"))])
def test_a_schedule_out_of_range_is_refused(settings):
    with refused("epochs and batch_size must be at least 1 and learning_rate positive"):
        Schedule(*settings)


def test_an_unknown_pretext_and_an_empty_split_are_refused():
    with refused("unknown pretext 'rotations'", "'rotation'"):
        pretext_task(DATA, "rotations")
    nothing = Split(DATA.test.images[:0], DATA.test.labels[:0])
    with refused("at least one image each"):
        train_encoder(make_encoder("resnet18", 4, 3, 8), DATA.train, nothing, DATA.normalised, SHORT)
