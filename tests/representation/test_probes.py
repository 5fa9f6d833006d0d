import copy
import math
from dataclasses import replace

import pytest
import torch
from helpers import refused
from torch import nn

from mi_lab.representation.datasets import synthetic
from mi_lab.representation.encoders import make_encoder
from mi_lab.representation.probes import (
    LINEAR,
    MLP,
    MLP_MNIST,
    Probe,
    frozen_features,
    probe_accuracy,
    probe_readings,
    saga_accuracy,
)


@pytest.fixture
def clusters():
    """Features of three classes in two sets: in the first they lie apart, in the second they are noise."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(600) % 3
    apart = torch.randn(600, 5, generator=generator) + 6 * nn.functional.one_hot(labels, 5)
    noise = torch.randn(600, 5, generator=generator)
    features = torch.stack([apart, noise])
    return (features[:, :450], labels[:450]), (features[:, 450:], labels[450:])


@pytest.mark.parametrize(
    "probe",
    [replace(LINEAR, epochs=40, learning_rate=0.01), replace(MLP, hidden=(32, 32, 32), epochs=30, learning_rate=0.01)],
)
def test_a_probe_finds_what_is_there_and_nothing_else(clusters, probe):
    found = probe_accuracy(probe, *clusters, seeds=(0, 0), classes=3)
    assert found[0] > 0.99 and found[1] < 1 / 3 + 4 * (2 / 9 / 150) ** 0.5


def test_a_probe_is_ordinary_training_of_a_linear_layer(clusters):
    (features, labels), (held_out, known) = clusters
    probe = Probe((), (), epochs=3, weight_decay=0.01, batch_size=100)
    found = probe_accuracy(probe, (features, labels), (held_out, known), seeds=(5, 6), classes=3)
    for k, seed in enumerate((5, 6)):
        generator = torch.Generator().manual_seed(seed)
        layer = nn.Linear(5, 3)
        bound = 5**-0.5
        layer.weight.data = torch.empty(5, 3).uniform_(-bound, bound, generator=generator).T.clone()
        layer.bias.data = torch.empty(1, 3).uniform_(-bound, bound, generator=generator)[0].clone()
        optimiser = torch.optim.Adam(layer.parameters(), probe.learning_rate, weight_decay=probe.weight_decay)
        for _ in range(probe.epochs):
            order = torch.randperm(450, generator=generator)
            for index in order.split(100):
                optimiser.zero_grad()
                nn.functional.cross_entropy(layer(features[k][index]), labels[index]).backward()
                optimiser.step()
        assert found[k] == float((layer(held_out[k]).argmax(1) == known).double().mean())


def test_a_probe_also_reads_its_log_loss(clusters):
    probe = replace(LINEAR, epochs=200, learning_rate=0.01, weight_decay=0.0)
    apart, noise = probe_readings(probe, *clusters, seeds=(0, 0), classes=3)
    assert apart.log_loss < 0.1 and noise.log_loss == pytest.approx(math.log(3), abs=0.05)
    assert [apart.accuracy, noise.accuracy] == probe_accuracy(probe, *clusters, seeds=(0, 0), classes=3)


def test_a_probe_without_dropout_may_have_hidden_layers(clusters):
    found = probe_accuracy(replace(MLP_MNIST, epochs=20, learning_rate=0.01), *clusters, seeds=(0, 0), classes=3)
    assert found[0] > 0.99


def test_saga_is_a_logistic_regression_whatever_the_scale(clusters):
    (features, labels), (held_out, known) = clusters
    for scale in (1, 1e3):
        test = (held_out[0] * scale, known)
        first, half = saga_accuracy((features[0] * scale, labels), [test, (test[0][:75], test[1][:75])])
        assert first > 0.99 and half > 0.98
    [noise] = saga_accuracy((features[1], labels), [(held_out[1], known)])
    assert noise < 1 / 3 + 4 * (2 / 9 / 150) ** 0.5


def test_probes_of_a_stack_do_not_mix(clusters):
    (features, labels), (held_out, known) = clusters
    probe = replace(MLP, hidden=(16, 16, 16), epochs=4)
    both = probe_accuracy(probe, (features, labels), (held_out, known), seeds=(1, 2), classes=3)
    alone = [
        probe_accuracy(probe, (features[k : k + 1], labels), (held_out[k : k + 1], known), seeds=(k + 1,), classes=3)[0]
        for k in (0, 1)
    ]
    assert both == pytest.approx(alone, abs=1 / 150)


def test_probing_changes_nothing_of_the_encoder(clusters):
    data = synthetic(images=80)
    encoder = make_encoder("resnet18", 4, 3, width=8).train()
    before = copy.deepcopy(encoder.state_dict())
    features = frozen_features(encoder, data.train.images, data.normalised)
    stack = torch.stack([features["B1"], features["prelogits"]])
    probe_accuracy(replace(LINEAR, epochs=2), (stack, data.train.labels), (stack, data.train.labels), (0, 1), 4)
    assert encoder.training and all(torch.equal(v, before[k]) for k, v in encoder.state_dict().items())
    assert all(parameter.grad is None for parameter in encoder.parameters())
    assert list(features) == ["B0", "B1", "B2", "B3", "B4", "prelogits"]


def test_features_are_those_of_evaluation_mode_whatever_the_batches():
    data = synthetic(images=80)
    encoder = make_encoder("resnet18", 4, 3, width=8)
    whole = frozen_features(encoder, data.train.images, data.normalised)
    part = frozen_features(encoder, data.train.images[:7], data.normalised)
    for tap, values in part.items():
        torch.testing.assert_close(values, whole[tap][:7], atol=1e-5, rtol=1e-4)


def test_the_reports_probes_are_to_the_letter():
    assert (LINEAR.hidden, LINEAR.epochs, LINEAR.learning_rate, LINEAR.batch_size) == ((), 500, 5e-4, 512)
    assert Probe((512, 512, 512), (0.5, 0.3, 0.2), 1000, 2.5e-5, 5e-4, 512) == MLP
    assert Probe((300, 300), (), 50, 1e-5, 1e-4, 128, "relu") == MLP_MNIST


def test_what_does_not_fit_is_refused(clusters):
    (features, labels), test = clusters
    with refused("(2 seeds, 450 labels, features)", "(2, 600"):
        probe_accuracy(LINEAR, (torch.cat([features, features[:, :150]], 1), labels), test, (0, 1), 3)
    with refused("(1 seeds,"):
        probe_accuracy(LINEAR, (features, labels), test, (0,), 3)
    with refused("labels must lie from 0 to 1, not from 0 to 2"):
        probe_accuracy(LINEAR, (features, labels), test, (0, 1), 2)
