"""K multilayer perceptrons as one stack, with the backward pass written out.

Every layer is one batched matrix product over the runs, all weights lie in one tensor, and each step works in the same
memory as the last. That is where the speed comes from: at small widths a step of autograd spends more time on its
bookkeeping than on arithmetic, and fresh memory costs a CPU as much as an activation. Tests compare both passes with
ordinary torch layers under autograd.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mi_lab.ground.names import PRECISIONS, known
from mi_lab.ground.settings import MOST_UNITS, as_type

Generators = Sequence[torch.Generator]


class Activation(NamedTuple):
    """``forward(h, out)`` writes the activation of h to out; ``backward(grad, out)`` turns grad into h's, in place."""

    forward: Callable[[Tensor, Tensor], object]
    backward: Callable[[Tensor, Tensor], object]


_PIECE = 2**16  # floats that stay in a core's own cache between the passes over them


def _elu(h: Tensor, out: Tensor) -> None:
    if h.dtype == torch.float32:
        # max(h, 2^(min(h, 0) log2 e) - 1): within 1e-7 of torch's ELU, in a third of its time on a CPU
        torch.mul(h, math.log2(math.e), out=out).clamp_(max=0).exp2_().sub_(1)
        torch.maximum(h, out, out=out)
    elif h.is_cuda:
        torch.ops.aten.elu.out(h.to(out.dtype), out=out)
    else:
        # in float32 with one rounding, since 1 is subtracted from what is nearly 1; torch's own takes twice the time
        wide, given = h.new_empty((2, _PIECE), dtype=torch.float32)
        for part, result in zip(h.flatten().split(_PIECE), out.view(-1).split(_PIECE), strict=True):
            taken, activated = wide[: len(part)].copy_(part), given[: len(part)]
            torch.clamp(taken, max=0, out=activated).exp_().sub_(1)
            result.copy_(torch.maximum(taken, activated, out=activated))


def _elu_backward(grad: Tensor, out: Tensor) -> None:
    torch.ops.aten.elu_backward.grad_input(grad, 1.0, 1.0, 1.0, True, out, grad_input=grad)


def _relu(h: Tensor, out: Tensor) -> None:
    torch.clamp(h if h.dtype == out.dtype else out.copy_(h), min=0, out=out)


def _relu_backward(grad: Tensor, out: Tensor) -> None:
    torch.ops.aten.threshold_backward.grad_input(grad, out, 0.0, grad_input=grad)


ACTIVATIONS = {"elu": Activation(_elu, _elu_backward), "relu": Activation(_relu, _relu_backward)}


class StackedMlp(nn.Module):
    """K perceptrons over (K, rows, width) tensors; run k reads only slice k.

    ``widths`` are those of input, hidden layers and output; ``dropout`` is a (K, hidden layers) tensor of rates.
    ``precision`` 'bfloat16' rounds what the hidden layers take, multiply and give, and their gradients, as autocast
    does; weights stay float32, as do the output layer, the activations it takes and the tensor that gradients are
    added to.
    Run k draws its weights from ``generators[k]`` as torch.nn.Linear would. ``stacked`` holds them as one (K, P)
    parameter; ``weights`` and ``biases`` are views of it, (K, fan in, width) and (K, 1, width), for each layer.
    """

    def __init__(
        self,
        widths: Sequence[int],
        activation: str,
        dropout: Tensor,
        generators: Generators,
        precision: str = "float32",
    ) -> None:
        super().__init__()
        if max(widths[1:-1], default=1) > MOST_UNITS:
            raise ValueError(f"hidden layers may have at most {MOST_UNITS} units each, not {max(widths[1:-1])}.")
        if min(widths) < 1:
            raise ValueError(f"hidden layers need at least one unit each, not {list(widths[1:-1])}.")
        self.activation = ACTIVATIONS[known("activation", activation, ACTIVATIONS)]
        inner: torch.dtype = getattr(torch, known("precision", precision, PRECISIONS))
        self.precisions = [*[inner] * (len(widths) - 2), torch.float32]  # of the products, by layer
        self.rates: list[list[float]] = dropout.tolist()
        drawn = []
        for fan_in, width in pairwise(widths):
            drawn += [draw_uniform(shape, fan_in, generators) for shape in ((fan_in, width), (1, width))]
        self.stacked = nn.Parameter(torch.cat([part.flatten(1) for part in drawn], 1))
        self.shapes = [part.shape[1:] for part in drawn]
        self._begin()

    def _begin(self) -> None:
        """Make what is not learnt: the gradients, the views, and no memory yet."""
        self.stacked.grad = torch.zeros_like(self.stacked)
        self.weights, self.biases = _views(self.stacked.detach(), self.shapes)
        self.weight_grads, self.bias_grads = _views(self.stacked.grad, self.shapes)
        self.memory: dict[tuple[str, int, torch.Size], Tensor] = {}
        self.inputs: list[Tensor] = []
        self.activated: list[Tensor] = []
        self.masks: list[Tensor | None] = []

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Of a copy: its views are to be of its own weights, and not copies of those views."""
        super().__setstate__(state)
        self._begin()

    def forward(self, h: Tensor, generators: Generators | None = None, start: int = 0) -> Tensor:
        """The layers from ``start`` on; ``start=1`` takes pre-activations of the first hidden layer.

        With generators, one per run, dropout is on. What ``backward`` needs is kept until the next forward pass.
        """
        rates = zip(*self.rates, strict=True)
        self.masks = [self._mask(r, layer, h.shape[1], generators) for layer, r in enumerate(rates)]
        self._round_parameters()
        # of each layer: what its weights multiply, and the same before dropout
        self.inputs, self.activated = [], []
        for layer in range(start, len(self.weights)):
            if layer > 0:
                out = self.buffer("activated", layer, h.shape, self.precisions[layer])
                self.activation.forward(h, out)
                h = out
            self.activated.append(h)
            mask = self.masks[layer - 1] if layer > 0 else None
            if mask is not None:
                h = torch.mul(h, mask, out=self.buffer("dropped", layer, h.shape, h.dtype))
            if h.dtype != self.precisions[layer]:
                h = self.buffer("input", layer, h.shape, self.precisions[layer]).copy_(h)
            self.inputs.append(h)
            h = self._linear(layer, h)
        return h

    def backward(self, grad: Tensor, start: int = 0) -> Tensor:
        """Adds to the parameters' gradients those of the sum of ``grad`` times the last output, (K, rows, width).

        Returns the gradient in what the layer ``start`` received; for ``start=0`` that is not needed, and not made.
        """
        for layer in reversed(range(start, len(self.weights))):
            h, weight = self.inputs[layer - start], self.rounded[layer][0]
            if grad.dtype != torch.float32:
                self._add_rounded(layer, h, grad)
            elif weight.shape[2] == 1:
                self.weight_grads[layer].mT.baddbmm_(grad.mT, h)
            else:
                self.weight_grads[layer].baddbmm_(h.mT, grad)
            self.bias_grads[layer].add_(grad.sum(1, keepdim=True))
            if layer > 0:
                multiply = torch.mul if weight.shape[2] == 1 else torch.bmm
                grad = multiply(grad, weight.mT, out=self.buffer("grad", layer, h.shape, grad.dtype))
                mask = self.masks[layer - 1]
                if mask is not None:
                    grad.mul_(mask)
                self.activation.backward(grad, self.activated[layer - start])
                if grad.dtype != self.precisions[layer - 1]:
                    grad = self.buffer("below", layer, h.shape, self.precisions[layer - 1]).copy_(grad)
        return grad

    def _linear(self, layer: int, h: Tensor) -> Tensor:
        weight, bias = self.rounded[layer]
        if weight.shape[2] == 1:
            # a product with a single column takes a quarter of the time if it is written as a row
            return torch.baddbmm(bias, weight.mT, h.mT).mT
        out = self.buffer("linear", layer, (*h.shape[:2], weight.shape[2]), h.dtype)
        return torch.baddbmm(bias, h, weight, out=out)

    def _round_parameters(self) -> None:
        """Weights and biases as the products take them; rounded once a step, for both passes."""
        self.rounded = []
        for layer, (weight, bias, precision) in enumerate(zip(self.weights, self.biases, self.precisions, strict=True)):
            if weight.dtype != precision:
                weight = self.buffer("weight", layer, weight.shape, precision).copy_(weight)
                bias = bias.to(precision)
            self.rounded.append((weight, bias))

    def _add_rounded(self, layer: int, h: Tensor, grad: Tensor) -> None:
        """Adds h^T grad, of less than float32, to the gradient of a layer's weights."""
        total = self.weight_grads[layer]
        product = torch.bmm(h.mT, grad, out=self.buffer("product", layer, total.shape, grad.dtype))
        total.add_(self.buffer("widened", layer, total.shape).copy_(product))  # PyTorch would widen in fresh memory

    def buffer(self, name: str, layer: int, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> Tensor:
        """Memory of a shape that is the same at every step; what it holds is overwritten by the next."""
        key = (name, layer, torch.Size(shape))
        if key not in self.memory:
            self.memory[key] = self.stacked.new_empty(shape, dtype=dtype)
        return self.memory[key]

    def _mask(self, rates: Sequence[float], layer: int, rows: int, generators: Generators | None) -> Tensor | None:
        if generators is None or not any(rates):
            return None
        shape, device = (rows, self.biases[layer].shape[2]), self.stacked.device
        # a run without dropout draws nothing, so that it is the same run beside any other
        masks = [
            (torch.rand(shape, generator=g, device=device) >= rate) / (1 - rate)
            if rate
            else torch.ones(shape, device=device)
            for rate, g in zip(rates, generators, strict=True)
        ]
        return torch.stack(masks)


@dataclass(frozen=True)
class Layers:
    """The perceptrons of a critic: the widths of their ``hidden`` layers, and all else that is chosen of them.

    ``dropout`` is one rate per hidden layer, or a (K, layers) tensor of rates to give each run its own; none by
    default. ``precision`` is that of the hidden layers' products. Raises ValueError for what is no number.
    """

    hidden: Sequence[int] = (512, 512)
    activation: str = "elu"
    dropout: Sequence[float] | Tensor = ()
    precision: str = "float32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", as_type(tuple[int, ...], "hidden", self.hidden))
        if not isinstance(self.dropout, Tensor):
            object.__setattr__(self, "dropout", as_type(tuple[float, ...], "dropout", self.dropout))

    @property
    def drops_out(self) -> bool:
        """Whether any run has dropout."""
        return bool(torch.as_tensor(self.dropout).any())

    def perceptron(self, inputs: int, outputs: int, generators: Generators) -> StackedMlp:
        """K of them, one per generator. Raises ValueError for dropout of another shape, or a rate outside [0, 1)."""
        runs, layers = len(generators), len(self.hidden)
        rates = torch.as_tensor(self.dropout, dtype=torch.float32)
        if rates.numel() == 0:
            rates = torch.zeros(layers)
        if rates.shape[-1] != layers or rates.dim() > 2 or (rates.dim() == 2 and len(rates) != runs):
            raise ValueError(
                f"dropout needs one rate for each of the {layers} hidden layers, not shape {tuple(rates.shape)}."
            )
        if ((rates < 0) | (rates >= 1)).any():
            raise ValueError(f"dropout rates must lie in [0, 1), not {rates.tolist()}.")
        widths = [inputs, *self.hidden, outputs]
        return StackedMlp(widths, self.activation, rates.expand(runs, layers), generators, self.precision)


DEFAULT = Layers()
"""Two hidden layers of 512 units."""


def _views(stacked: Tensor, shapes: Sequence[torch.Size]) -> tuple[list[Tensor], list[Tensor]]:
    parts = stacked.split([math.prod(shape) for shape in shapes], 1)
    views = [part.unflatten(1, shape) for part, shape in zip(parts, shapes, strict=True)]
    return views[::2], views[1::2]


def draw_uniform(shape: tuple[int, ...], fan_in: int, generators: Generators) -> Tensor:
    """torch.nn.Linear's initial values, (K, *shape), drawn run by run so that none depends on its stack."""
    bound = 1 / math.sqrt(fan_in)
    return torch.stack([torch.empty(shape, device=g.device).uniform_(-bound, bound, generator=g) for g in generators])
