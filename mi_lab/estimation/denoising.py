"""The critic of denoisers: information is what x adds to the sight of y through noise."""

import torch
from torch import Tensor

from mi_lab.estimation.critics import Scorer
from mi_lab.estimation.mlp import Generators, Layers

LEAST, MOST = -8.0, 12.0
"""The log signal-to-noise ratios between which y is seen. If y has unit variance, they show 6 nats per number of y."""
LEVELS = 2
"""Of a pair in a batch."""
_KNOTS = 11  # of the linear part


class DenoisingCritic(Scorer):
    """How far apart two denoisers of y are, of which one knows x (Franzese et al., 2024).

    At a log signal-to-noise ratio l one sees z = a y + s e, with Gaussian noise e, a^2 = 1 / (1 + exp(-l)) and
    s^2 = 1 - a^2. A denoiser tells v = a e - s y from z. With u(z, x) and u(z), the means of v given what is seen,

        I(X;Y) = 1/2 * integral of a^2 E|u(z, x) - u(z)|^2 over all l

    (Guo et al., 2005). Both u are one network, which is told x, or that there is none: a perceptron plus a linear
    part, whose coefficients are interpolated between levels; for Gaussians that alone suffices. What is read of a pair
    is the integrand at ``LEVELS`` levels, drawn evenly between ``LEAST`` and ``MOST``; y should have about unit
    variance. What is trained on are minus the squared errors with x and without, times a^2. No negatives, no dropout.
    """

    draws = True
    eager = True

    def __init__(self, dim_x: int, dim_y: int, generators: Generators, layers: Layers) -> None:
        super().__init__()
        self.perceptron = layers.perceptron(dim_y + dim_x + 4, dim_y, generators)
        self.linear = Layers(()).perceptron(dim_y + dim_x + 1, _KNOTS * dim_y, generators)
        for part in (*self.linear.weights, *self.linear.biases):
            part.zero_()

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return self.read_and_trained(x, y, None, generators)[0]

    def read_and_trained(
        self, x: Tensor, y: Tensor, y_negative: Tensor | None, generators: Generators | None = None
    ) -> tuple[Tensor, Tensor]:
        if generators is None:
            raise ValueError("a denoiser draws noise whenever it scores; give it a generator per run.")
        x, y = x.repeat(1, LEVELS, 1), y.repeat(1, LEVELS, 1)
        level, noise = _drawn(y, generators)
        a, s = level.sigmoid().sqrt(), (-level).sigmoid().sqrt()
        v = a * noise - s * y
        told = self._denoise(a * y + s * noise, x, torch.cat([a, s, level / MOST], -1), _hats(level))
        with_x, without = told.chunk(2, 1)
        distance = (MOST - LEAST) / 2 * ((a * (with_x - without)) ** 2).sum(-1)
        self.weight, self.error = torch.cat([a, a], 1) ** 2, torch.cat([v, v], 1) - told
        errors = -(self.weight * self.error**2).sum(-1)
        return _mean_over_levels(distance, 1)[:, 0], _mean_over_levels(errors, 2).mT

    def pull_back(self, grad: Tensor) -> None:
        n = grad.shape[1] // 3  # of what is read, and of the errors with x and without
        of_errors = grad[:, n:].unflatten(1, (2, 1, n)).expand(-1, -1, LEVELS, -1).flatten(1) / LEVELS
        of_told = 2 * self.weight * self.error * of_errors[..., None]
        self.perceptron.backward(of_told)
        self.linear.backward((of_told[..., None, :] * self.hats[..., None]).flatten(-2))

    def _denoise(self, z: Tensor, x: Tensor, levels: Tensor, hats: Tensor) -> Tensor:
        """v as told with x, and then without: (K, n, ...) -> (K, 2n, dim_y)."""
        known = torch.cat([x, torch.ones_like(x[..., :1])], -1)
        seen = torch.cat([torch.cat([z, known], -1), torch.cat([z, torch.zeros_like(known)], -1)], 1)
        self.hats = torch.cat([hats, hats], 1)
        by_knot = self.linear(seen).unflatten(-1, (_KNOTS, -1))
        return (by_knot * self.hats[..., None]).sum(-2) + self.perceptron(
            torch.cat([seen, torch.cat([levels, levels], 1)], -1)
        )


def likelihood_gain(positive: Tensor, negative: Tensor) -> Tensor:
    """Half the integral over levels of how much x lessens the squared error, of scores as ``DenoisingCritic`` has them.

    Its expected value is the MI that the levels show, plus the error that the denoiser without x has beyond the best,
    less that of the one with x. So where only the latter errs, it is a lower bound.
    """
    return (MOST - LEAST) / 2 * (negative[..., 0] - negative[..., 1]).mean(1)


def _drawn(y: Tensor, generators: Generators) -> tuple[Tensor, Tensor]:
    """A level per row, (K, n, 1), of which one lies in each n-th of their range; and noise like y."""
    level, noise = torch.empty_like(y[..., :1]), torch.empty_like(y)
    n = y.shape[1]
    for run, own in enumerate(generators):
        place = torch.randperm(n, generator=own, device=y.device) + torch.rand(n, generator=own, device=y.device)
        level[run, :, 0] = LEAST + (MOST - LEAST) / n * place
        noise[run] = torch.randn(y.shape[1:], generator=own, device=y.device)
    return level, noise


def _hats(level: Tensor) -> Tensor:
    """The weights of the knots, which interpolate between the two nearest: (K, n, 1) -> (K, n, knots)."""
    place = (level - LEAST) / (MOST - LEAST) * (_KNOTS - 1)
    return (1 - (place - torch.arange(_KNOTS, device=level.device)).abs()).clamp_min(0)


def _mean_over_levels(values: Tensor, kinds: int) -> Tensor:
    """(K, kinds LEVELS N) -> (K, kinds, N)."""
    return values.unflatten(1, (kinds, LEVELS, -1)).mean(2)
