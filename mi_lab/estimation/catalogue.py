"""Tasks, estimators and critics by the names that experiments use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from numbers import Real

import torch

from mi_lab.estimation.baselines import BaselinedCritic
from mi_lab.estimation.bounds import ESTIMATORS, Estimator
from mi_lab.estimation.bridges import BRIDGES, TelescopingCritic
from mi_lab.estimation.critics import Critic, make_critic
from mi_lab.estimation.denoising import DenoisingCritic
from mi_lab.estimation.densities import ConditionalCritic, fitted_marginal, known_marginal
from mi_lab.estimation.distributions import DISTRIBUTIONS
from mi_lab.estimation.flows import FlowCritic
from mi_lab.estimation.mlp import DEFAULT, Generators, Layers
from mi_lab.estimation.tasks import Task
from mi_lab.estimation.transforms import MAPPED
from mi_lab.ground.names import (
    BRIDGED,
    CONDITIONAL,
    DENOISER,
    FLOW,
    READOUTS,
    check_critic,
    check_option,
    check_precision,
    known,
)
from mi_lab.ground.records import BASELINE, KNOWN_DENSITY, PAIR_BASELINE, RECORDS

TASKS: Mapping[str, Callable[[int, float], Task]] = {**DISTRIBUTIONS, **MAPPED}
"""The tasks by name, as functions of ``dim`` and ``mi`` in nats."""


def make_task(name: str, dim: int, mi: float) -> Task:
    """The task of that name in ``TASKS`` with ``mi`` nats and ``dim`` components, before any map.

    Raises ValueError for another name, naming the nearest, or an MI or a dim that the task cannot have.
    """
    return TASKS[known("task", name, TASKS)](dim, mi)


def estimator(name: str, **options: float | None) -> Estimator:
    """A fresh one of that name in ``mi_lab.ground.records``, with its option: ``tau`` of SMILE, and so on.

    None leaves an option at its default. Raises ValueError for an unknown name, for an estimator that has no such
    option, and for a value that is no number or out of range.
    """
    known("estimator", name, READOUTS)
    given = {option: value for option, value in options.items() if value is not None}
    for option, value in given.items():
        check_option(name, option)
        if isinstance(value, bool) or not isinstance(value, Real):  # infinity is a number
            raise ValueError(f"{option} must be a number, not {value!r}.")
    made = ESTIMATORS[name](**given)
    for bound in made.readouts.values() if given else ():
        bound(torch.zeros(1, 1), torch.zeros(1, 1, 1))  # a value out of range is told at once
    return made


def critic_for(
    estimator: str, name: str, tasks: Sequence[Task], generators: Generators, layers: Layers = DEFAULT
) -> Critic:
    """The critic of that name with what the estimator adds: a baseline of the same hidden layers, densities, bridges.

    Baselines, flows and denoisers are float32; baselines have no dropout. Raises ValueError for what the estimator
    cannot use, and as ``make_critic`` does.
    """
    check_critic(estimator, name)
    check_precision(layers.precision, name)
    family, dim_x, dim_y = RECORDS[estimator].family, tasks[0].dim_x, tasks[0].dim_y
    if name == CONDITIONAL:
        known_one = family == KNOWN_DENSITY
        marginal = known_marginal(tasks) if known_one else fitted_marginal(tasks, generators[0].device)
        return ConditionalCritic(dim_x, dim_y, generators, marginal, layers)
    if name in (FLOW, DENOISER) and layers.drops_out:
        raise ValueError(f"{estimator} has no dropout.")
    if name == FLOW:
        return FlowCritic(dim_x, dim_y, generators, tuple(layers.hidden))
    if name == DENOISER:
        return DenoisingCritic(dim_x, dim_y, generators, Layers(layers.hidden, layers.activation))
    if estimator in BRIDGED:
        dropout = torch.as_tensor(layers.dropout)
        each = replace(layers, dropout=dropout.repeat_interleave(BRIDGES, 0) if dropout.dim() == 2 else layers.dropout)
        copies = range(BRIDGES)
        every = [task for task in tasks for _ in copies], [one for one in generators for _ in copies]
        return TelescopingCritic(make_critic(name, *every, each))
    critic = make_critic(name, tasks, generators, layers)
    if family not in (BASELINE, PAIR_BASELINE):
        return critic
    of_pairs = family == PAIR_BASELINE
    plain = Layers(layers.hidden, layers.activation)
    return BaselinedCritic(critic, plain.perceptron(dim_x + dim_y * of_pairs, 1, generators), of_pairs)
