"""The step on CUDA: captured once and replayed. Where there is no GPU, its bookkeeping is tested on a stand-in."""

import contextlib

import pytest
import torch
from helpers import generators

from mi_lab import CorrelatedGaussians, train
from mi_lab.estimation import steps, training
from mi_lab.estimation.adam import Adam
from mi_lab.estimation.catalogue import estimator
from mi_lab.estimation.critics import make_critic
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.negatives import draw_batch

TASKS = [CorrelatedGaussians(dim=3, mi=mi) for mi in (0.5, 2.0)]
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")


def stack(device, name="mine"):
    own = [torch.Generator(device=device).manual_seed(seed) for seed in (0, 1)]
    critic = make_critic("joint", TASKS, own, Layers((8,)))
    adam = Adam(list(critic.parameters()), 1e-2)
    rates = torch.tensor([0.0, 0.1], device=device)
    return steps.make_step(critic, estimator(name).objective, adam, rates, own), own


class StandIn:
    """A graph that does again what was done while it was captured, with the tensors that were there."""

    def __init__(self, step):
        self.step, self.capturing, self.call, self.kept, self.replays = step, False, None, None, 0

    @contextlib.contextmanager
    def capture(self, _, **settings):
        self.capturing = True
        yield
        self.capturing = False

    def __call__(self, batch):
        if not self.capturing:
            return self.step(batch)
        self.call, self.kept = batch, tuple(torch.zeros(2, 6, *tail) for tail in ((), (1,)))
        return self.kept

    def replay(self):
        self.replays += 1
        for kept, new in zip(self.kept, self.step(self.call), strict=True):
            kept.copy_(new)


@torch.inference_mode()
def test_a_captured_step_sees_every_batch_once(monkeypatch):
    plain, own = stack("cpu")
    again, _ = stack("cpu")
    graph = StandIn(again)

    class Stream:
        def __init__(self, device):
            pass

        def wait_stream(self, other):
            pass

    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: graph)
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "graph", graph.capture)
    replayed = steps.captured(graph, torch.device("cpu"))
    for _ in range(8):
        batch = draw_batch(TASKS, 6, "shuffle", own)
        for one, other in zip(plain(batch), replayed(batch), strict=True):
            assert torch.equal(one, other)
    assert graph.replays == 5


@needs_gpu
@torch.inference_mode()
@pytest.mark.parametrize("negatives", ["shuffle", "derangement", "all_pairs"])
@pytest.mark.parametrize("name", ["mine", "nwj", "js", "infonce"])
def test_a_captured_step_is_the_plain_step_on_a_gpu(name, negatives):
    plain, own = stack("cuda", name)
    replayed = steps.captured(stack("cuda", name)[0], torch.device("cuda"))
    for _ in range(10):
        batch = draw_batch(TASKS, 6, negatives, own)
        for one, other in zip(plain(batch), replayed(batch), strict=True):
            assert torch.allclose(one, other, rtol=1e-5, atol=1e-5)


@needs_gpu
def test_a_gpu_learns_what_a_cpu_learns(monkeypatch):
    monkeypatch.setattr(training, "steps_per_epoch", lambda batch_size: 100)
    settings = {"estimator_name": "dv", "batch_size": 256, "epochs": 5, "hidden": (32,), "learning_rate": 1e-2}
    for device in ("cpu", "cuda"):
        (curve,) = train([CorrelatedGaussians(dim=1, mi=1.0)], [0], device=device, **settings)
        assert 0.9 < curve.curves["dv"]["mean"][-1] < 1.05


@torch.inference_mode()
def test_adam_is_that_of_torch_and_ascends():
    [generator] = generators(0)
    start = torch.randn(3, 5, generator=generator)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    ours.grad = torch.zeros_like(ours)
    adam, reference = Adam([ours], 1e-2), torch.optim.Adam([theirs], 1e-2, maximize=True)
    for _ in range(5):
        gradient = torch.randn(3, 5, generator=generator)
        ours.grad.copy_(gradient)
        theirs.grad = gradient
        adam.step()
        reference.step()
        assert torch.allclose(ours, theirs, atol=1e-7) and not ours.grad.any()
