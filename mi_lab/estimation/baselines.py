"""Critics with a learnt baseline."""

import torch
from torch import Tensor

from mi_lab.estimation.critics import Critic
from mi_lab.estimation.mlp import Generators, StackedMlp


class BaselinedCritic(Critic):
    """T(x, y) - b, a critic less a baseline in nats, which is an MLP of x, or of the positive pair that x belongs to.

    With b = log a(x) its NWJ-like value 1 + E_p[T - b] - E_pp[e^(T - b)] is TUBA (Poole et al., 2019). With
    b = T(x, y) + u(x, y) of each positive, for all its negatives, it is FLO (Guo et al., 2022). With one negative per x
    the ``of_pairs`` baseline is read at each pair itself, so that then T - b is no more than another critic.
    """

    def __init__(self, critic: Critic, baseline: StackedMlp, of_pairs: bool) -> None:
        super().__init__()
        self.critic, self.baseline, self.of_pairs, self.drops_out = critic, baseline, of_pairs, critic.drops_out

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return self.critic.pairs(x, y, generators) - self._of(x, y)

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return self.critic.all_pairs(x, y, generators) - self._of(x, y)[..., None]

    def pull_back(self, grad: Tensor) -> None:
        self.critic.pull_back(grad)
        self.baseline.backward(-(grad if grad.dim() == 2 else grad.sum(-1))[..., None])

    def _of(self, x: Tensor, y: Tensor) -> Tensor:
        return self.baseline(torch.cat([x, y], -1) if self.of_pairs else x).squeeze(-1)
