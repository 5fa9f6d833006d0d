"""Tasks and critics by the names that experiments use."""

from collections.abc import Sequence

from torch import Tensor

from mi_lab.estimation.baselines import BaselinedCritic
from mi_lab.estimation.critics import Critic, make_critic
from mi_lab.estimation.densities import ConditionalCritic, fitted_marginal, known_marginal
from mi_lab.estimation.distributions import CorrelatedStudent, UniformNoise
from mi_lab.estimation.mlp import Generators
from mi_lab.estimation.tasks import CorrelatedGaussians, Task
from mi_lab.estimation.transforms import MAPS, Transformed
from mi_lab.ground.names import CONDITIONAL, LEARNT_BASELINES, TASKS, check_critic, check_precision, known


def make_task(name: str, dim: int, mi: float) -> Task:
    """The task of that name with ``mi`` nats: 'gaussian', 'student', 'uniform_noise', or Gaussians under a map.

    A map's name, such as 'cubic', is for y alone; 'blobs' makes images of x and of y. Raises ValueError for another
    name, or an MI that the task cannot have.
    """
    match known("task", name, TASKS):
        case "student":
            return CorrelatedStudent(dim, mi)
        case "uniform_noise":
            return UniformNoise(dim, mi)
    gaussians = CorrelatedGaussians(dim=dim, mi=mi)
    if name == "gaussian":
        return gaussians
    return Transformed(gaussians, MAPS[name], MAPS[name] if name == "blobs" else None)


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
