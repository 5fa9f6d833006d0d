"""The critic of marginal flows, and its objective: x and y are each made Gaussian, and together one Gaussian."""

import contextlib
import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import softplus

from mi_lab.estimation.critics import Scorer
from mi_lab.estimation.mlp import Generators
from mi_lab.ground.extras import require

_BINS = 8  # of a spline
_REACH = 5.0  # what lies farther out, zuko's splines leave as it is


class FlowCritic(Scorer):
    """log N(u, v) / (N(u) N(v)) of u = f(x), v = g(y), where f, g and the Gaussian are learnt (Butakov et al., 2024).

    f and g are invertible, so I(X;Y) = I(U;V); if (u, v) is Gaussian, that is closed. f and g are autoregressive
    rational-quadratic splines with one hidden network of ``hidden`` units each, from zuko, and the precision of the
    Gaussian, of mean 0, is L L^T. What is trained on is the log density of (x, y) that all of this implies, so its
    training is maximum likelihood, without any negatives. What is read is the log ratio of the Gaussian at (u, v); its
    mean is the ``closed_form`` where the fitted covariance is that of (u, v). No dropout.
    """

    eager = True

    def __init__(self, dim_x: int, dim_y: int, generators: Generators, hidden: tuple[int, ...]) -> None:
        super().__init__()
        require("zuko")
        from zuko.flows import NSF

        self.dim_x, self.dim = dim_x, dim_x + dim_y
        drawn = []
        with _with_autograd(), torch.random.fork_rng():
            for generator in generators:
                torch.manual_seed(int(torch.randint(2**62, (), generator=generator, device=generator.device)))
                model = _Model(dim_x, dim_y, lambda d: NSF(d, transforms=1, bins=_BINS, hidden_features=hidden))
                drawn.append(torch.cat([one.detach().flatten() for one in model.parameters()]))
            # vectors of all runs in one tensor, as the optimiser and what keeps the best of a run take them
            self.stacked = nn.Parameter(torch.stack(drawn).to(generators[0].device))
        self.stacked.grad = torch.zeros_like(self.stacked)
        self.model = [model.to(self.stacked.device)]  # in a list, since its own parameters are none of this
        self.shapes = {name: one.shape for name, one in model.named_parameters()}

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return self._scores(x, y)[0]

    def read_and_trained(
        self, x: Tensor, y: Tensor, y_negative: Tensor | None, generators: Generators | None = None
    ) -> tuple[Tensor, Tensor]:
        read, density = self._scores(x, y)
        return read, density[..., None]

    def pull_back(self, grad: Tensor) -> None:
        with _with_autograd():
            [found] = torch.autograd.grad(self.last, self.stacked, grad[:, self.last.shape[1] :].clone())
        assert self.stacked.grad is not None
        self.stacked.grad.add_(found)

    def closed_form(self) -> Tensor:
        """The MI of the learnt Gaussian in nats, (K,)."""
        factor = _triangle(self._named(self.stacked)["factor"])
        # the conditional of u has the precision of the upper corner of L
        return _half_log_det(factor[:, : self.dim_x, : self.dim_x]) - _half_log_det(_upper_marginal(factor, self.dim_x))

    def _scores(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The log ratio and the log density of each pair, (K, N)."""
        with _with_autograd():
            # what was made in inference mode cannot be differentiated by
            read, self.last = vmap(self._of_one)(self._named(self.stacked), x.clone(), y.clone())
        return read.detach(), self.last.detach()

    def _of_one(self, named: Mapping[str, Tensor], x: Tensor, y: Tensor) -> Any:
        return functional_call(self.model[0], dict(named), (x, y))

    def _named(self, stacked: Tensor) -> dict[str, Tensor]:
        parts = stacked.split([math.prod(shape) for shape in self.shapes.values()], 1)
        return {name: part.unflatten(1, shape) for part, (name, shape) in zip(parts, self.shapes.items(), strict=True)}


def likelihood(positive: Tensor, negative: Tensor) -> Tensor:
    """The mean of the scores that are trained on: log densities of the pairs, or minus squared errors of denoisers."""
    return negative.flatten(1).mean(1)


def density_gradient(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """That of ``likelihood``: nothing, and 1/N."""
    return torch.zeros_like(positive), torch.full_like(negative, 1 / negative[0].numel())


class _Model(nn.Module):
    """The flows and the Gaussian of one run."""

    def __init__(self, dim_x: int, dim_y: int, make: Any) -> None:
        super().__init__()
        self.f, self.g = make(dim_x), make(dim_y)
        # softplus of the diagonal is 1
        self.factor = nn.Parameter(math.log(math.expm1(1.0)) * torch.eye(dim_x + dim_y))

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        (u, slope_x), (v, slope_y) = (flow().transform.call_and_ladj(of) for flow, of in ((self.f, x), (self.g, y)))
        factor, k = _triangle(self.factor), x.shape[-1]
        both = _log_normal(torch.cat([u, v], -1), factor)
        # L^T (u, v) holds v alone in its last rows, so that v's own precision has the lower corner of L
        alone = _log_normal(u, _upper_marginal(factor, k)) + _log_normal(v, factor[k:, k:])
        return both - alone, both + slope_x + slope_y


def _triangle(raw: Tensor) -> Tensor:
    """A lower triangle with a positive diagonal, (..., d, d)."""
    return raw.tril(-1) + torch.diag_embed(softplus(raw.diagonal(dim1=-2, dim2=-1)))


def _upper_marginal(factor: Tensor, k: int) -> Tensor:
    """R with R R^T the precision of the first k of a Gaussian's numbers, whose own precision is L L^T: (..., k, k)."""
    size = factor.shape[-1]
    columns = torch.linalg.solve_triangular(factor, torch.eye(size, device=factor.device)[:, :k], upper=False)
    # none of these raises where a run has overflowed, since its neighbours go on
    root = torch.linalg.cholesky_ex(columns.mT @ columns).L
    return torch.linalg.solve_triangular(root, torch.eye(k, device=factor.device), upper=False).mT


def _half_log_det(factor: Tensor) -> Tensor:
    """log det of R R^T, halved, for a triangle R: (..., d, d) -> (...)."""
    return factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def _log_normal(z: Tensor, factor: Tensor) -> Tensor:
    """log density of a Gaussian of mean 0 and precision R R^T, (..., d) -> (...)."""
    return _half_log_det(factor) - ((z @ factor) ** 2).sum(-1) / 2 - z.shape[-1] / 2 * math.log(2 * math.pi)


@contextlib.contextmanager
def _with_autograd() -> Iterator[None]:
    with torch.inference_mode(False), torch.enable_grad():
        yield
