"""Critics with a learnt baseline, and which critic an estimator needs."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mi_lab.estimation.critics import Critic, make_critic
from mi_lab.estimation.densities import ConditionalCritic, fitted_marginal, known_marginal
from mi_lab.estimation.mlp import Generators, StackedMlp
from mi_lab.estimation.tasks import Task
from mi_lab.ground.names import CONDITIONAL, LEARNT_BASELINES, check_critic, check_precision


class BaselinedCritic(Critic):
    """T(x, y) - b, a critic less a baseline in nats, which is an MLP of x, or of the positive pair that x belongs to.

    With b = log a(x) its NWJ-like value 1 + E_p[T - b] - E_pp[e^(T - b)] is TUBA (Poole et al., 2019). With
    b = T(x, y) + u(x, y) of each positive, for all its negatives, it is FLO (Guo et al., 2022). With one negative per x
    the ``of_pairs`` baseline is read at each pair itself, so that then T - b is no more than another critic.
    """

    def __init__(
        self, critic: Critic, widths: Sequence[int], generators: Generators, activation: str, of_pairs: bool
    ) -> None:
        super().__init__()
        self.critic, self.of_pairs, self.drops_out = critic, of_pairs, critic.drops_out
        rates = torch.zeros(len(generators), len(widths) - 2)
        self.baseline = StackedMlp(widths, activation, rates, generators)

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return self.critic.pairs(x, y, generators) - self._of(x, y)

    def all_pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return self.critic.all_pairs(x, y, generators) - self._of(x, y)[..., None]

    def pull_back(self, grad: Tensor) -> None:
        self.critic.pull_back(grad)
        self.baseline.backward(-(grad if grad.dim() == 2 else grad.sum(-1))[..., None])

    def _of(self, x: Tensor, y: Tensor) -> Tensor:
        return self.baseline(torch.cat([x, y], -1) if self.of_pairs else x).squeeze(-1)


def critic_for(
    estimator: str,
    name: str,
    tasks: Sequence[Task],
    generators: Generators,
    hidden: Sequence[int] = (512, 512),
    activation: str = "elu",
    dropout: Sequence[float] | Tensor = (),
    precision: str = "float32",
) -> Critic:
    """The critic of that name with what the estimator adds: a baseline of the same ``hidden`` layers, or densities.

    ``precision`` is that of a joint or separable critic; a baseline is float32.

    Raises ValueError for a critic that the estimator cannot use, and as ``make_critic`` does.
    """
    check_critic(estimator, name)
    check_precision(precision, name)
    shape = tasks[0].dim_x, tasks[0].dim_y
    if name == CONDITIONAL:
        exact = estimator == "barber_agakov"
        marginal = known_marginal(tasks) if exact else fitted_marginal(tasks, generators[0].device)
        return ConditionalCritic(*shape, generators, marginal, hidden, activation, dropout)
    critic = make_critic(name, tasks, generators, hidden, activation, dropout, precision)
    if estimator not in LEARNT_BASELINES:
        return critic
    of_pairs = estimator == "flo"
    widths = [sum(shape) if of_pairs else shape[0], *hidden, 1]
    return BaselinedCritic(critic, widths, generators, activation, of_pairs)
