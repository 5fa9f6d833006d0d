"""Critics T(x, y): a real score for every pair. All carry a leading run dimension.

A critic module holds K critics as one stack of tensors, one per run, so that a sweep over
true MI, seeds or regularisation trains as one batched matrix product. Runs never mix:
run k reads only slice k. Shapes: x is (K, N, dim_x), y is (K, N, dim_y).
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mi_lab.estimation.mlp import DEFAULT, Generators, Layers, draw_uniform
from mi_lab.estimation.tasks import Task
from mi_lab.ground.names import CRITICS, known

# All-pairs activations of at most this many floats per run (16 MB) are made and kept whole; more are made in chunks
# that a processor's cache holds, once for the scores and once more for the gradient. A chunk must not depend on the
# number of runs, because dropout masks are drawn chunk by chunk.
_WHOLE_FLOATS = 2**22
_CHUNK_FLOATS = 2**20


class Critic(nn.Module):
    """What negatives, bounds and trainer need of a stack of K critics."""

    drops_out = False
    """Whether any run of the stack has dropout."""
    draws = False
    """Whether it draws noise whenever it scores, and so needs generators to be read."""
    eager = False
    """Whether its step is never captured as a CUDA graph."""

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        """T(x_i, y_i) for each i: (K, N, dim_x), (K, N, dim_y) -> (K, N).

        With generators, one per run, dropout is on.
        """
        raise NotImplementedError

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        """T(x_i, y_j) for each i and j: -> (K, N, N)."""
        raise NotImplementedError

    def pull_back(self, grad: Tensor) -> None:
        """Adds the gradient of sum(grad * scores) to that of the parameters, ``scores`` being those made last.

        ``grad`` has their shape. Written out and not left to autograd, like the passes of the perceptrons.
        """
        raise NotImplementedError


class Scorer(Critic):
    """A critic that is trained on other scores than the ones that are read.

    Its objective leaves the first alone and follows the second only.
    """

    def read_and_trained(
        self, x: Tensor, y: Tensor, y_negative: Tensor | None, generators: Generators | None = None
    ) -> tuple[Tensor, Tensor]:
        """Of a batch: T(x_i, y_i), (K, N), and what is trained on, (K, N, M)."""
        raise NotImplementedError


class JointCritic(Critic):
    """One MLP on the concatenation [x; y] (Belghazi et al., 2018)."""

    def __init__(self, dim_x: int, dim_y: int, generators: Generators, layers: Layers = DEFAULT) -> None:
        super().__init__()
        self.dim_x, self.drops_out = dim_x, layers.drops_out
        self.mlp = layers.perceptron(dim_x + dim_y, 1, generators)

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return self.mlp(torch.cat([x, y], -1), generators).squeeze(-1)

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        """(K, N, N) scores. The first layer is shared, W [x; y] = Wx x + Wy y, so it costs 2N rows and not N^2, and is
        float32 in any precision. Where the activations of N^2 pairs are more than 16 MB, later layers run over chunks
        of x that are made again for the backward pass, so memory holds N^2 scores but not N^2 activations."""
        weight, bias = self.mlp.weights[0], self.mlp.biases[0]
        from_x = torch.baddbmm(bias, x, weight[:, : self.dim_x])
        from_y = y @ weight[:, self.dim_x :]
        n, width = y.shape[1], max(layer.shape[-1] for layer in self.mlp.weights)
        rows = n if n * n * width <= _WHOLE_FLOATS else max(1, _CHUNK_FLOATS // (n * width))
        chunks = from_x.split(rows, dim=1)
        self.last = _AllPairs(x, y, chunks, from_y, self._chunk_seeds(len(chunks), n, generators))
        # written into one tensor, because small results kept between large ones that are freed would split the heap
        scores = y.new_empty(len(y), n, n)
        for number, part in enumerate(scores.split(rows, dim=1)):
            part.copy_(self._chunk(number))
        return scores

    def pull_back(self, grad: Tensor) -> None:
        if grad.dim() == 2:
            self.mlp.backward(grad[..., None])
            return
        x, y, chunks, from_y, _ = self.last
        to_x, to_y = from_y.new_empty(from_y.shape), torch.zeros_like(from_y)
        rows_of_x = to_x.split(chunks[0].shape[1], dim=1)
        for number, part in enumerate(grad.split([chunk.shape[1] for chunk in chunks], dim=1)):
            if len(chunks) > 1:
                self._chunk(number)
            first = self.mlp.backward(part.reshape(len(part), -1, 1), start=1).unflatten(1, part.shape[1:])
            rows_of_x[number].copy_(first.sum(2))
            to_y += first.sum(1)
        self.mlp.weight_grads[0][:, : self.dim_x].baddbmm_(x.mT, to_x)
        self.mlp.weight_grads[0][:, self.dim_x :].baddbmm_(y.mT, to_y)
        self.mlp.bias_grads[0].add_(to_x.sum(1, keepdim=True))

    def _chunk_seeds(self, chunks: int, n: int, generators: Generators | None) -> list[list[int]] | None:
        if generators is None or not self.drops_out:
            return None
        # a chunk made again must draw the same masks again, so each chunk gets seeds and not a moving generator
        draws = [
            torch.randint(2**62, (n,), generator=g, device=g.device).tolist() if any(rates) else [0] * n
            for g, rates in zip(generators, self.mlp.rates, strict=True)
        ]
        return [[run[number * n // chunks] for run in draws] for number in range(chunks)]

    def _chunk(self, number: int) -> Tensor:
        from_x, from_y, seeds = self.last.chunks[number], self.last.from_y, self.last.seeds
        rows, n = from_x.shape[1], from_y.shape[1]
        first = self.mlp.buffer("first", 0, (len(from_x), rows * n, from_x.shape[2]), self.mlp.precisions[0])
        torch.add(from_x[:, :, None, :], from_y[:, None, :, :], out=first.unflatten(1, (rows, n)))
        generators = None
        if seeds is not None:
            generators = [torch.Generator(device=from_x.device).manual_seed(seed) for seed in seeds[number]]
        return self.mlp(first, generators, start=1).unflatten(1, (rows, n)).squeeze(-1)


class _AllPairs(NamedTuple):
    """What the backward pass of all pairs needs of the forward pass."""

    x: Tensor
    y: Tensor
    chunks: Sequence[Tensor]  # of x's part of the first pre-activations, (K, rows, width)
    from_y: Tensor  # y's part, (K, N, width)
    seeds: list[list[int]] | None  # of the dropout masks, per chunk and run


class SeparableCritic(Critic):
    """g(x)^T h(y) with two MLPs into a common space of ``embedding`` dimensions (van den Oord et al., 2018)."""

    def __init__(
        self, dim_x: int, dim_y: int, generators: Generators, layers: Layers = DEFAULT, embedding: int = 32
    ) -> None:
        super().__init__()
        self.drops_out = layers.drops_out
        self.g, self.h = (layers.perceptron(dim, embedding, generators) for dim in (dim_x, dim_y))

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        self.last = self.g(x, generators), self.h(y, generators)
        return (self.last[0] * self.last[1]).sum(-1)

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        self.last = self.g(x, generators), self.h(y, generators)
        return self.last[0] @ self.last[1].mT

    def pull_back(self, grad: Tensor) -> None:
        g, h = self.last
        self.g.backward(grad[..., None] * h if grad.dim() == 2 else grad @ h)
        self.h.backward(grad[..., None] * g if grad.dim() == 2 else grad.mT @ g)


class BilinearCritic(Critic):
    """x^T W y with one matrix W per run."""

    def __init__(self, dim_x: int, dim_y: int, generators: Generators) -> None:
        super().__init__()
        self.weight = nn.Parameter(draw_uniform((dim_x, dim_y), dim_x, generators))
        self.weight.grad = torch.zeros_like(self.weight)

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        self.last = x, y
        return (x @ self.weight.detach() * y).sum(-1)

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        self.last = x, y
        return x @ self.weight.detach() @ y.mT

    def pull_back(self, grad: Tensor) -> None:
        x, y = self.last
        assert self.weight.grad is not None
        self.weight.grad.add_(x.mT @ (grad[..., None] * y if grad.dim() == 2 else grad @ y))


class QuadraticCritic(Critic):
    """z^T W z + c of z = [x; y], what the log ratio of any Gaussians is (Rhodes et al., 2020)."""

    def __init__(self, dim_x: int, dim_y: int, generators: Generators) -> None:
        super().__init__()
        self.dim_x, dim = dim_x, dim_x + dim_y
        self.weight = nn.Parameter(draw_uniform((dim, dim), dim**2, generators))
        self.constant = nn.Parameter(torch.zeros(len(generators), 1, device=generators[0].device))
        self.weight.grad, self.constant.grad = torch.zeros_like(self.weight), torch.zeros_like(self.constant)

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        self.last = torch.cat([x, y], -1)
        return (self.last @ self.weight.detach() * self.last).sum(-1) + self.constant.detach()

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        self.last, weight = torch.cat([x, y], -1), self.weight.detach()
        (of_x, across), (back, of_y) = (rows.split((x.shape[-1], y.shape[-1]), -1) for rows in self._rows(weight))
        alone = [(side @ block * side).sum(-1) for side, block in ((x, of_x), (y, of_y))]
        mixed = x @ (across + back.mT) @ y.mT
        return mixed + alone[0][..., None] + alone[1][:, None] + self.constant.detach()[..., None]

    def pull_back(self, grad: Tensor) -> None:
        assert self.weight.grad is not None and self.constant.grad is not None
        self.constant.grad.add_(grad.flatten(1).sum(1, keepdim=True))
        if grad.dim() == 2:
            self.weight.grad.add_(self.last.mT @ (grad[..., None] * self.last))
            return
        x, y = self.last.split((self.dim_x, self.last.shape[-1] - self.dim_x), -1)
        (of_x, across), (back, of_y) = (
            rows.split((x.shape[-1], y.shape[-1]), -1) for rows in self._rows(self.weight.grad)
        )
        of_x.add_(x.mT @ (grad.sum(2)[..., None] * x))
        of_y.add_(y.mT @ (grad.sum(1)[..., None] * y))
        mixed = x.mT @ grad @ y
        across.add_(mixed)
        back.add_(mixed.mT)

    def _rows(self, weight: Tensor) -> tuple[Tensor, ...]:
        return weight.split((self.dim_x, weight.shape[1] - self.dim_x), 1)


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


def make_critic(name: str, tasks: Sequence[Task], generators: Generators, layers: Layers = DEFAULT) -> Critic:
    """A stack of ``len(tasks)`` critics, of a name in ``mi_lab.ground.names.CRITICS``.

    Each run's initial weights come from its own generator; ``layers`` are those of the first two. Raises
    ValueError for an unknown name or for tasks of different dimensions.
    """
    shapes = {(task.dim_x, task.dim_y) for task in tasks}
    if len(shapes) != 1:
        raise ValueError(f"runs of one stack need x and y of one shape, not {sorted(shapes)}.")
    dim_x, dim_y = shapes.pop()
    match known("critic", name, CRITICS):
        case "joint":
            return JointCritic(dim_x, dim_y, generators, layers)
        case "separable":
            return SeparableCritic(dim_x, dim_y, generators, layers)
        case "bilinear":
            return BilinearCritic(dim_x, dim_y, generators)
        case "quadratic":
            return QuadraticCritic(dim_x, dim_y, generators)
        case "inner_product":
            return InnerProductCritic(dim_x, dim_y)
        case _:
            return OptimalCritic(tasks)
