"""Critics T(x, y): a real score for every pair. All carry a leading run dimension.

A critic module holds K critics as one stack of tensors, one per run, so that a sweep over
true MI, seeds or regularisation trains as one batched matrix product. Runs never mix:
run k reads only slice k. Shapes: x is (K, N, dim_x), y is (K, N, dim_y).
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from mi_lab.estimation.tasks import Task
from mi_lab.names import CRITICS, known

Generators = Sequence[torch.Generator]

# All-pairs activations are made in chunks of at most this many floats per run (16 MB). A chunk must not
# depend on the number of runs, because dropout masks are drawn chunk by chunk.
_CHUNK_FLOATS = 2**22


class Critic(nn.Module):
    """What negatives, bounds and trainer need of a stack of K critics."""

    drops_out = False
    """Whether any run of the stack has dropout."""

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        """T(x_i, y_i) for each i: (K, N, dim_x), (K, N, dim_y) -> (K, N).

        With generators, one per run, dropout is on.
        """
        raise NotImplementedError

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        """T(x_i, y_j) for each i and j: -> (K, N, N)."""
        raise NotImplementedError


class _Elu(torch.autograd.Function):
    # torch's ELU spends 13 times longer in expm1 on a CPU; exp(h) - 1 differs from it by less than 1e-7.
    @staticmethod
    def forward(ctx, h: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        out = h.clamp(max=0).exp_().sub_(1).add_(h.clamp(min=0))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        (out,) = ctx.saved_tensors
        return out.clamp(max=0).add_(1).mul_(grad)


def _elu(h: Tensor) -> Tensor:
    return cast(Tensor, _Elu.apply(h))


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"elu": _elu, "relu": torch.relu}


def _uniform(shape: tuple[int, ...], fan_in: int, generators: Generators) -> nn.Parameter:
    # the default of torch.nn.Linear, drawn run by run so that a run does not depend on its stack
    bound = 1 / math.sqrt(fan_in)
    slices = [torch.empty(shape, device=g.device).uniform_(-bound, bound, generator=g) for g in generators]
    return nn.Parameter(torch.stack(slices))


class _Mlp(nn.Module):
    """K multilayer perceptrons over (K, rows, width) tensors."""

    def __init__(self, widths: Sequence[int], activation: str, dropout: Tensor, generators: Generators) -> None:
        super().__init__()
        if min(widths) < 1:
            raise ValueError(f"hidden layers need at least one unit each, not {list(widths[1:-1])}.")
        self.activation = ACTIVATIONS[known("activation", activation, ACTIVATIONS)]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for fan_in, width in pairwise(widths):
            self.weights.append(_uniform((fan_in, width), fan_in, generators))
            self.biases.append(_uniform((1, width), fan_in, generators))
        self.rates: list[list[float]] = dropout.tolist()  # K x hidden layers

    def forward(self, h: Tensor, generators: Generators | None = None, start: int = 0) -> Tensor:
        """The layers from ``start`` on; ``start=1`` takes pre-activations of the first hidden layer."""
        last = len(self.weights) - 1
        for layer in range(start, last + 1):
            if layer > 0:
                h = self._drop(self.activation(h), layer - 1, generators)
            h = torch.baddbmm(self.biases[layer], h, self.weights[layer])
        return h

    def _drop(self, h: Tensor, layer: int, generators: Generators | None) -> Tensor:
        rates = [run[layer] for run in self.rates]
        if generators is None or not any(rates):
            return h
        # a run without dropout draws nothing, so that it is the same run beside any other
        masks = [
            (torch.rand(h.shape[1:], generator=g, device=h.device) >= rate) / (1 - rate)
            if rate
            else torch.ones_like(h[0])
            for rate, g in zip(rates, generators, strict=True)
        ]
        return h * torch.stack(masks)


def _dropout_rates(dropout: Sequence[float] | Tensor, runs: int, layers: int) -> Tensor:
    rates = torch.as_tensor(dropout, dtype=torch.float32)
    if rates.numel() == 0:
        rates = torch.zeros(layers)
    if rates.shape[-1] != layers or rates.dim() > 2 or (rates.dim() == 2 and len(rates) != runs):
        raise ValueError(
            f"dropout needs one rate for each of the {layers} hidden layers, not shape {tuple(rates.shape)}."
        )
    if ((rates < 0) | (rates >= 1)).any():
        raise ValueError(f"dropout rates must lie in [0, 1), not {rates.tolist()}.")
    return rates.expand(runs, layers).clone()


class JointCritic(Critic):
    """One MLP on the concatenation [x; y] (Belghazi et al., 2018).

    ``hidden`` are the widths of the hidden layers, ``dropout`` one rate per hidden layer,
    or a (K, layers) tensor of rates to give each run its own.
    """

    def __init__(
        self,
        dim_x: int,
        dim_y: int,
        generators: Generators,
        hidden: Sequence[int] = (512, 512),
        activation: str = "elu",
        dropout: Sequence[float] | Tensor = (),
    ) -> None:
        super().__init__()
        self.dim_x = dim_x
        rates = _dropout_rates(dropout, len(generators), len(hidden)).to(generators[0].device)
        self.drops_out = bool(rates.any())
        self.mlp = _Mlp([dim_x + dim_y, *hidden, 1], activation, rates, generators)

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return self.mlp(torch.cat([x, y], -1), generators).squeeze(-1)

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        """(K, N, N) scores. The first layer is shared, W [x; y] = Wx x + Wy y, so it costs 2N rows and not N^2;
        later layers run over chunks of x that are recomputed in the backward pass, so memory does not hold N^2
        activations."""
        weight, bias = self.mlp.weights[0], self.mlp.biases[0]
        from_x = torch.baddbmm(bias, x, weight[:, : self.dim_x])
        from_y = y @ weight[:, self.dim_x :]
        n = from_x.shape[1]
        rows = max(1, _CHUNK_FLOATS // (n * max(layer.shape[-1] for layer in self.mlp.weights)))
        seeds = None
        if generators is not None and self.drops_out:
            # a recomputed chunk must draw the same masks again, so each chunk gets seeds and not a moving generator
            draws = [
                torch.randint(2**62, (n,), generator=g, device=g.device).tolist() if any(rates) else [0] * n
                for g, rates in zip(generators, self.mlp.rates, strict=True)
            ]
            seeds = [[run[start] for run in draws] for start in range(0, n, rows)]
        chunks = []
        for number, chunk in enumerate(from_x.split(rows, dim=1)):
            score = partial(self._chunk, seeds=None if seeds is None else seeds[number])
            if rows < n and torch.is_grad_enabled():
                chunks.append(checkpoint(score, chunk, from_y, use_reentrant=False))
            else:
                chunks.append(score(chunk, from_y))
        return torch.cat(chunks, dim=1)

    def _chunk(self, from_x: Tensor, from_y: Tensor, seeds: Sequence[int] | None) -> Tensor:
        runs, rows, width = from_x.shape
        first = (from_x[:, :, None, :] + from_y[:, None, :, :]).reshape(runs, -1, width)
        generators = None
        if seeds is not None:
            generators = [torch.Generator(device=from_x.device).manual_seed(seed) for seed in seeds]
        return self.mlp(first, generators, start=1).reshape(runs, rows, -1)


class SeparableCritic(Critic):
    """g(x)^T h(y) with two MLPs into a common space of ``embedding`` dimensions (van den Oord et al., 2018)."""

    def __init__(
        self,
        dim_x: int,
        dim_y: int,
        generators: Generators,
        hidden: Sequence[int] = (512, 512),
        activation: str = "elu",
        dropout: Sequence[float] | Tensor = (),
        embedding: int = 32,
    ) -> None:
        super().__init__()
        rates = _dropout_rates(dropout, len(generators), len(hidden)).to(generators[0].device)
        self.drops_out = bool(rates.any())
        self.g = _Mlp([dim_x, *hidden, embedding], activation, rates, generators)
        self.h = _Mlp([dim_y, *hidden, embedding], activation, rates, generators)

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return (self.g(x, generators) * self.h(y, generators)).sum(-1)

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return self.g(x, generators) @ self.h(y, generators).mT


class BilinearCritic(Critic):
    """x^T W y with one matrix W per run."""

    def __init__(self, dim_x: int, dim_y: int, generators: Generators) -> None:
        super().__init__()
        self.weight = _uniform((dim_x, dim_y), dim_x, generators)

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return (x @ self.weight * y).sum(-1)

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return x @ self.weight @ y.mT


class InnerProductCritic(Critic):
    """x^T y: nothing to learn in the critic itself; x and y must have one dimension."""

    def __init__(self, dim_x: int, dim_y: int) -> None:
        super().__init__()
        if dim_x != dim_y:
            raise ValueError(f"an inner product needs x and y of one dimension, not {dim_x} and {dim_y}.")

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return (x * y).sum(-1)

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return x @ y.mT


class OptimalCritic(Critic):
    """The true log density ratio log p(x, y) / (p(x) p(y)) of one task per run, as an ordinary critic.

    It maximises DV, JS and InfoNCE where negatives follow p(x)p(y); NWJ's own optimum is one higher (Eq. 5).
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        super().__init__()
        self.tasks = list(tasks)

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return torch.stack([task.log_ratio(x[k], y[k]) for k, task in enumerate(self.tasks)])

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        grid = [task.log_ratio(x[k, :, None, :], y[k, None, :, :]) for k, task in enumerate(self.tasks)]
        return torch.stack(grid)


def make_critic(
    name: str,
    tasks: Sequence[Task],
    generators: Generators,
    hidden: Sequence[int] = (512, 512),
    activation: str = "elu",
    dropout: Sequence[float] | Tensor = (),
) -> Critic:
    """A stack of ``len(tasks)`` critics: 'joint', 'separable', 'bilinear', 'inner_product' or 'optimal'.

    Each run's initial weights come from its own generator. Raises ValueError for an unknown
    name or for tasks of different dimensions.
    """
    shapes = {(task.dim_x, task.dim_y) for task in tasks}
    if len(shapes) != 1:
        raise ValueError(f"runs of one stack need x and y of one shape, not {sorted(shapes)}.")
    dim_x, dim_y = shapes.pop()
    match known("critic", name, CRITICS):
        case "joint":
            return JointCritic(dim_x, dim_y, generators, hidden, activation, dropout)
        case "separable":
            return SeparableCritic(dim_x, dim_y, generators, hidden, activation, dropout)
        case "bilinear":
            return BilinearCritic(dim_x, dim_y, generators)
        case "inner_product":
            return InnerProductCritic(dim_x, dim_y)
        case _:
            return OptimalCritic(tasks)
