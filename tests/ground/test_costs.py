"""Operations of a step, against a count of the products that really run."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from mi_lab import CorrelatedGaussians
from mi_lab.estimation.adam import Adam
from mi_lab.estimation.catalogue import estimator
from mi_lab.estimation.critics import make_critic
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.negatives import draw_batch
from mi_lab.estimation.steps import make_step
from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.experiments.sweep_costs import sweep_flops, sweep_steps
from mi_lab.ground.costs import step_flops, steps_per_epoch


class Products(TorchDispatchMode):
    """Counts the operations of all batched matrix products under it."""

    total = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if name in ("bmm", "baddbmm", "baddbmm_"):
            a, b = args[:2] if name == "bmm" else args[1:3]
            self.total += 2 * a.numel() * b.shape[-1]
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("negatives", ["shuffle", "all_pairs"])
@pytest.mark.parametrize("hidden", [(64,), (32, 48), (16, 16, 16)])
def test_the_count_is_that_of_the_products_that_run(hidden, negatives):
    generators = [torch.Generator().manual_seed(0)]
    tasks = [CorrelatedGaussians(dim=5, mi=2.0)]
    with torch.no_grad():
        critic = make_critic("joint", tasks, generators, Layers(hidden))
        adam, rates = Adam(list(critic.parameters()), 1e-4), torch.zeros(1)
        step = make_step(critic, estimator("nwj").objective, adam, rates, generators)
        batch = draw_batch(tasks, 24, negatives, generators)
    with torch.no_grad(), Products() as counter:
        step(batch)
    # the gradient of the last hidden activations is an outer product, made by a plain multiplication
    outer = 2 * (24**2 if negatives == "all_pairs" else 48) * hidden[-1]
    assert counter.total + outer == step_flops(hidden, 24, 5, negatives)


def test_a_sweep_costs_its_runs():
    sweep = EXPERIMENTS["fig-2b"].report
    assert sweep_steps(sweep) == 1000 * sum(steps_per_epoch(n) for n in sweep.batch_size)
    expected = sum(1000 * steps_per_epoch(n) * step_flops((512, 512), n) for n in sweep.batch_size)
    assert sweep_flops(sweep) == expected
