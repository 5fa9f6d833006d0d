"""What several test files share."""

import copy
import io
import tarfile
import time
from contextlib import contextmanager

import pytest
import torch
from torch import nn

from mi_lab.experiments.registry import experiment
from mi_lab.results.store import Result


@contextmanager
def refused(*words, error=ValueError):
    """The block must raise ``error`` with one line that holds every one of ``words``."""
    with pytest.raises(error) as caught:
        yield
    message = str(caught.value)
    assert "\n" not in message and message[-1] in ".?", message
    for word in words:
        assert word in message, message


def in_tiers(cases, quick):
    """The cases of a parametrised test: those in ``quick`` are of the quick tier, the others of the slow one."""
    assert set(quick) <= set(cases)
    return [case if case in quick else pytest.param(*_whole(case), marks=pytest.mark.slow) for case in cases]


def _whole(case):
    return case if isinstance(case, tuple) else (case,)


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


class Kept:
    """A checkpoint in memory that is taken after every step, and may break the training off at one."""

    def __init__(self, stop_at=None, state=None):
        self.stop_at, self.kept, self.steps = stop_at, state, 0

    def load(self):
        return self.kept

    def offer(self, state):
        self.kept = copy.deepcopy(state())
        self.steps += 1
        if self.steps == self.stop_at:
            raise KeyboardInterrupt


PROVENANCE = {
    "git_revision": "0" * 12,
    "date": "2026-01-01",
    "python": "3.11",
    "torch": "2",
    "device": "cpu",
    "machine": "Linux",
    "threads": 1,
    "wall_seconds": 60.0,
    "steps": 1,
}


def made_result(name, measure, **settings):
    """A result of an experiment on images whose runs hold the made-up ``measure(run)``: curves and values."""
    spec = experiment(name).spec("laptop", **settings)
    runs = [{**run, "first_nonfinite_epoch": None, "curves": {}, **measure(run)} for run in spec.runs()]
    return Result(name, "laptop", settings, spec, runs, PROVENANCE)


def until(page, condition, seconds=30):
    """Wait until a JavaScript expression is true in a page of the book.

    Playwright's own waiting makes code out of text, which the pages' policy forbids.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(f"Boolean({condition})"):
        assert time.monotonic() < end, f"after {seconds} s it was still not true that {condition}"
        page.wait_for_timeout(50)


def archive(files):
    """A tar.gz of these files, under package/ as npm's are."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()
