"""Predictive families (Xu et al., 2020; Sec. 2.6): the models that an observer may use, and their best fits."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from mi_lab.estimation.mlp import StackedMlp
from mi_lab.ground.keywords import own_keywords
from mi_lab.representation.probes import Probe, fit_stack

_READ_AT_ONCE = 1000  # pairs


class Family(Protocol):
    """A predictive family V: distributions of y, with a few numbers each, that a model computes from x.

    A predictor f gives with f[x] what its network returns at x, and with f[∅] what it returns without x.
    """

    def check(self, y: Tensor) -> None:
        """Raise ValueError unless its distributions are over values such as y, (n, ...)."""
        ...

    def null(self, y: Tensor) -> Tensor:
        """The best f[∅] for y, in closed form: (outputs,)."""
        ...

    def fit(self, x: Tensor, y: Tensor, seed: int) -> StackedMlp | None:
        """The network of the best f[x], x (n, F); None if it is f[∅] whatever x."""
        ...

    def log_loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        """-log of the density or probability of y under the distributions of ``outputs`` (n, outputs): (n,), nats."""
        ...


@own_keywords
@dataclass(frozen=True)
class Gaussian:
    """Normal distributions with covariance I/2 (Eq. 14): the log loss is the squared error plus (d/2) log π.

    Targets are floats, (n, ...), taken flat.

    Parameters
    ----------
    model : Probe, optional
        The perceptron that gives the mean; None for a linear one, fitted exactly, by least squares.

    Examples
    --------
    >>> import torch
    >>> from mi_lab import Gaussian, v_information
    >>> x, noise = torch.randn(2, 400, 1, generator=torch.Generator().manual_seed(0))
    >>> v_information(Gaussian(), x, x + 0.1 * noise).value > 0.5
    True
    """

    model: Probe | None = None

    def check(self, y: Tensor) -> None:  # noqa: D102
        if not y.is_floating_point() or y.dim() < 2:
            raise ValueError(
                f"a Gaussian family needs floats of shape (n, d) to predict, not {described(y)}; for labels take "
                "Categorical."
            )

    def null(self, y: Tensor) -> Tensor:  # noqa: D102
        return y.flatten(1).mean(0)

    def fit(self, x: Tensor, y: Tensor, seed: int) -> StackedMlp:  # noqa: D102
        y = y.flatten(1)
        if self.model is None:
            return _least_squares(x, y)

        def pull(means: Tensor, index: Tensor) -> Tensor:
            return 2 * (y[index] - means) / index.shape[1]

        return fit_stack(self.model, x[None], y.shape[1], pull, [seed])

    def log_loss(self, outputs: Tensor, y: Tensor) -> Tensor:  # noqa: D102
        y = y.flatten(1)
        return (y - outputs).square().sum(1) + y.shape[1] / 2 * math.log(math.pi)


@own_keywords
@dataclass(frozen=True)
class Categorical:
    """Distributions over labels: the softmax of logits.

    Targets are labels from 0, whole numbers of shape (n,).

    Parameters
    ----------
    model : Probe, optional
        The perceptron that gives the logits; None for a logistic regression without penalty, fitted to its optimum.

    Examples
    --------
    >>> import torch
    >>> from mi_lab import Categorical, v_information
    >>> x = torch.randn(400, 1, generator=torch.Generator().manual_seed(0))
    >>> label = (x[:, 0] > 0).long()
    >>> round(v_information(Categorical(), x, label).normalised, 1)
    1.0
    """

    model: Probe | None = None

    def check(self, y: Tensor) -> None:  # noqa: D102
        if y.dtype != torch.long or y.dim() != 1:
            raise ValueError(
                f"a Categorical family needs labels to predict, whole numbers (torch.long) of shape (n,), not "
                f"{described(y)}; for images and other vectors take Gaussian."
            )
        if int(y.min()) != 0:
            raise ValueError(f"labels must start at 0, not at {int(y.min())}.")

    def null(self, y: Tensor) -> Tensor:  # noqa: D102
        return torch.bincount(y).float().div(len(y)).log()

    def fit(self, x: Tensor, y: Tensor, seed: int) -> StackedMlp:  # noqa: D102
        classes = int(y.max()) + 1
        if self.model is None:
            return _logistic_regression(x, y, classes)

        def pull(logits: Tensor, index: Tensor) -> Tensor:
            return (one_hot(y[index], classes) - logits.softmax(2)) / index.shape[1]

        return fit_stack(self.model, x[None], classes, pull, [seed])

    def log_loss(self, outputs: Tensor, y: Tensor) -> Tensor:  # noqa: D102
        return cross_entropy(outputs, y, reduction="none")


@dataclass(frozen=True)
class Predictor:
    """A member f of a family: its network, which reads x, and its f[∅], (outputs,)."""

    family: Family
    network: StackedMlp | None
    null: Tensor

    def outputs(self, x: Tensor | None, count: int) -> Tensor:
        """f[x] for x (n, F), or f[∅] for None: the ``count`` distributions, (n, outputs)."""
        if x is None or self.network is None:
            return self.null.expand(count, -1)
        return torch.cat([self.network(part[None])[0].clone() for part in x.split(_READ_AT_ONCE)])


def _least_squares(x: Tensor, y: Tensor) -> StackedMlp:
    """The linear map with the least squared error; the smallest of them where several are."""
    at, to = x.double(), y.double()
    mean_x, mean_y = at.mean(0), to.mean(0)
    # gelsd copes with features that depend on each other, as those of pixels do
    weight = torch.linalg.lstsq((at - mean_x).cpu(), (to - mean_y).cpu(), driver="gelsd").solution.to(at)
    network = _network([x.shape[1], y.shape[1]], x.device)
    network.weights[0].copy_(weight)
    network.biases[0].copy_(mean_y - mean_x @ weight)
    return network


def _logistic_regression(x: Tensor, y: Tensor, classes: int) -> StackedMlp:
    """Logits linear in x with the least mean cross-entropy, by L-BFGS from zero; separable classes end far out."""
    at = x.double().cpu()
    mean, scale = at.mean(0), at.std(0, correction=0)
    scale[scale == 0] = 1
    at, wanted = (at - mean) / scale, one_hot(y.cpu(), classes).double()

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weight = torch.from_numpy(flat).view(-1, classes)
        logs = torch.log_softmax(at @ weight[:-1] + weight[-1], 1)
        pull = (logs.exp() - wanted) / len(at)
        slope = torch.cat([at.T @ pull, pull.sum(0, keepdim=True)])
        return float(-(wanted * logs).sum() / len(at)), slope.numpy().ravel()

    start = np.zeros((at.shape[1] + 1) * classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000, "gtol": 1e-6})
    weight = torch.from_numpy(found.x).view(-1, classes)
    network = _network([x.shape[1], classes], x.device)
    network.weights[0].copy_(weight[:-1] / scale[:, None])
    network.biases[0].copy_(weight[-1] - (mean / scale) @ weight[:-1])
    return network


def _network(widths: list[int], device: torch.device) -> StackedMlp:
    return StackedMlp(widths, "relu", torch.zeros(1, len(widths) - 2), [torch.Generator(device=device)])


def described(values: Tensor) -> str:
    """Type and shape of a tensor, for an error message."""
    return f"{str(values.dtype).removeprefix('torch.')} of shape {tuple(values.shape)}"
