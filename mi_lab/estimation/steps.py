"""One training step of a stack: read the estimate, then update the critic. On CUDA it is one captured graph."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from mi_lab.estimation.bounds import Bound, Gradient
from mi_lab.estimation.critics import Critic
from mi_lab.estimation.negatives import Batch, merge, score

Step = Callable[[Batch], dict[str, Tensor]]
"""Takes a batch and returns each readout's estimate on it, (K,), in nats; the critic has learnt from it then."""

_WARM_UP_STEPS = 3  # what PyTorch asks for before a capture


def make_step(
    critic: Critic,
    objective: Gradient,
    readouts: Mapping[str, Bound],
    optimiser: torch.optim.Optimizer | None,
    weight_decay: Tensor,
    generators: Sequence[torch.Generator],
) -> Step:
    """The step of a stack of K runs. ``weight_decay`` holds a rate per run, (K,); no optimiser, no learning."""
    parameters = list(critic.parameters())
    decays = bool(weight_decay.any())

    def step(batch: Batch) -> dict[str, Tensor]:
        whole, positive, negative = score(critic, batch)
        in_float64 = positive.detach().double(), negative.detach().double()
        estimates = {name: readout(*in_float64) for name, readout in readouts.items()}
        if optimiser is None:
            return estimates
        if critic.drops_out:
            whole, positive, negative = score(critic, batch, generators)
        optimiser.zero_grad(set_to_none=False)
        # each run's gradient is its own, so a run that overflows leaves the others alone
        gradient = objective(positive.detach(), negative.detach())
        critic.pull_back(whole, merge(*gradient, whole.shape))
        if decays:
            _decay(parameters, weight_decay)
        optimiser.step()
        return estimates

    return step


def captured(step: Step) -> Step:
    """The same step for CUDA: run as it is for the first few batches, then captured and replayed as one graph.

    The estimates lie in the same memory at every replay, so they have to be read before the next step.
    """
    graph, side = torch.cuda.CUDAGraph(), torch.cuda.Stream()
    inputs: list[Batch] = []
    estimates: dict[str, Tensor] = {}
    warm_ups = 0

    def replay(batch: Batch) -> dict[str, Tensor]:
        nonlocal warm_ups
        if warm_ups < _WARM_UP_STEPS:
            warm_ups += 1
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                early = step(batch)
            torch.cuda.current_stream().wait_stream(side)
            return early
        if not inputs:
            inputs.append(batch._replace(**{k: v.clone() for k, v in batch._asdict().items() if v is not None}))
            with torch.cuda.graph(graph):
                estimates.update(step(inputs[0]))
        for kept, new in zip(inputs[0], batch, strict=True):
            if kept is not None and new is not None:
                kept.copy_(new)
        graph.replay()
        return estimates

    return replay


def _decay(parameters: Sequence[Tensor], rates: Tensor) -> None:
    # Adam's L2 penalty, but with a rate for each run of the stack; negative, because the objective is ascended
    for parameter in parameters:
        assert parameter.grad is not None
        by_run = rates.view(-1, *[1] * (parameter.dim() - 1)).to(parameter)
        parameter.grad.addcmul_(parameter.detach(), by_run, value=-1)
