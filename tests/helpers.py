"""What several test files share."""

from contextlib import contextmanager

import pytest
import torch
from torch import nn


@contextmanager
def refused(*words, error=ValueError):
    """The block must raise ``error`` with one line that holds every one of ``words``."""
    with pytest.raises(error) as caught:
        yield
    message = str(caught.value)
    assert "\n" not in message and message[-1] in ".?", message
    for word in words:
        assert word in message, message


def generators(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def as_sequential(mlp, run):
    """Run ``run`` of a stacked ELU MLP as ordinary torch layers with copied weights."""
    layers = []
    for weight, bias in zip(mlp.weights, mlp.biases, strict=True):
        linear = nn.Linear(*weight.shape[1:])
        linear.weight.data.copy_(weight[run].T)
        linear.bias.data.copy_(bias[run, 0])
        layers += [linear, nn.ELU()]
    return nn.Sequential(*layers[:-1])


def within_standard_errors(values, truth, count=4):
    """Is the mean of independent ``values`` within ``count`` standard errors of ``truth``?"""
    values = torch.as_tensor(values, dtype=torch.float64)
    return abs(float(values.mean()) - truth) <= count * float(values.std()) / len(values) ** 0.5
