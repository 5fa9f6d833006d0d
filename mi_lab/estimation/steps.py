"""One training step of a stack: score a batch, then update the critic. On CUDA it is one captured graph."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from mi_lab.estimation.adam import Adam
from mi_lab.estimation.bounds import Gradient
from mi_lab.estimation.critics import Critic
from mi_lab.estimation.negatives import Batch, merge, read, score

Step = Callable[[Batch], tuple[Tensor, Tensor]]
"""Takes a batch and returns the scores of its positives, (K, N), and negatives, (K, N, M), as they were, with dropout
off, before the critic learnt from that batch."""

_WARM_UP_STEPS = 3  # what PyTorch asks for before a capture


def make_step(
    critic: Critic,
    objective: Gradient,
    optimiser: Adam | None,
    weight_decay: Tensor,
    generators: Sequence[torch.Generator],
) -> Step:
    """The step of a stack of K runs. ``weight_decay`` holds a rate per run, (K,); no optimiser, no learning."""
    parameters = list(critic.parameters())
    decays = bool(weight_decay.any())

    def step(batch: Batch) -> tuple[Tensor, Tensor]:
        plain = scores = read(critic, batch, generators)
        if optimiser is not None:
            if critic.drops_out:
                scores = score(critic, batch, generators)
            # each run's gradient is its own, so a run that overflows leaves the others alone
            gradient = objective(scores.positive, scores.negative)
            critic.pull_back(merge(*gradient, scores.whole.shape))
            if decays:
                _decay(parameters, weight_decay)
            optimiser.step()
        return plain.positive, plain.negative

    return step


def captured(step: Step, device: torch.device) -> Step:
    """The same step for CUDA: run as it is for the first few batches, then captured and replayed as one graph.

    The scores lie in the same memory at every replay, so they have to be read before the next step.
    """
    graph, side = torch.cuda.CUDAGraph(), torch.cuda.Stream(device)
    inputs: list[Batch] = []
    scores: list[tuple[Tensor, Tensor]] = []
    warm_ups = 0

    def replay(batch: Batch) -> tuple[Tensor, Tensor]:
        nonlocal warm_ups
        if warm_ups < _WARM_UP_STEPS:
            warm_ups += 1
            side.wait_stream(torch.cuda.current_stream(device))
            with torch.cuda.stream(side):
                early = step(batch)
            torch.cuda.current_stream(device).wait_stream(side)
            return early
        if not inputs:
            inputs.append(batch._replace(**{k: v.clone() for k, v in batch._asdict().items() if v is not None}))
            # on the stream of the warm-up, and so on its device; other threads may use the GPU meanwhile
            with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):
                scores.append(step(inputs[0]))
        for kept, new in zip(inputs[0], batch, strict=True):
            if kept is not None and new is not None:
                kept.copy_(new)
        graph.replay()
        return scores[0]

    return replay


def _decay(parameters: Sequence[Tensor], rates: Tensor) -> None:
    # Adam's L2 penalty, but with a rate for each run of the stack; negative, because the objective is ascended
    for parameter in parameters:
        assert parameter.grad is not None
        by_row = rates.repeat_interleave(len(parameter) // len(rates))  # bridges have several rows a run
        by_run = by_row.view(-1, *[1] * (parameter.dim() - 1)).to(parameter)
        parameter.grad.addcmul_(parameter.detach(), by_run, value=-1)
