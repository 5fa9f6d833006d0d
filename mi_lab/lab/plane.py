"""Functions of one pair (x, y) over the plane: the true log ratio, and the one that a trained critic stands for.

Every function returns shape (81, 81): rows are y and columns x, both from -4 to 4 standard deviations. Expectations
are sums over this grid, which for Gaussians of a correlation up to 0.99 are exact to three digits; only InfoNCE's sum
over y lacks, near the left and the right edge, what lies beyond 4.
"""

import torch
from torch import Tensor

from mi_lab.estimation.critics import Critic
from mi_lab.estimation.negatives import log_ratio_to_shuffled
from mi_lab.estimation.tasks import Task

AXIS = torch.linspace(-4, 4, 81, dtype=torch.float64)
CELL = 0.01
"""The area of the plane that one point of the grid stands for."""
LARGEST_CORRELATION = 0.99

READINGS = {
    "nwj": ("T − 1", "NWJ's optimum is one above the log ratio, so 1 is subtracted from the score T."),
    "js": ("T", "JS's optimum is the log ratio itself, so the score T is drawn as it is."),
    "dv": (
        "T − log E[e<sup>T</sup>]",
        "DV fixes T up to a constant only; its log-mean-exp over negatives is subtracted.",
    ),
    "mine": (
        "T − log E[e<sup>T</sup>]",
        "MINE fixes T up to a constant only; its log-mean-exp over negatives is subtracted.",
    ),
    "infonce": (
        "T − log E[e<sup>T</sup> | x]",
        "InfoNCE fixes T up to a function of x only; its log-mean-exp over the negatives of each x is subtracted.",
    ),
}
"""The formula and the sentence by which each estimator's critic is read as a log ratio."""


def _grid() -> tuple[Tensor, Tensor]:
    y, x = torch.meshgrid(AXIS, AXIS, indexing="ij")
    return x[..., None], y[..., None]


def true_log_ratio(task: Task) -> Tensor:
    """log p(x, y) / (p(x) p(y)) in nats."""
    return task.log_ratio(*_grid())


def shuffled_log_ratio(task: Task, batch_size: int) -> Tensor:
    """log p(x, y) / q_N(x, y) in nats, the best a critic can learn under a shuffle."""
    return log_ratio_to_shuffled(true_log_ratio(task), batch_size)


@torch.inference_mode()
def learned_log_ratio(critic: Critic, task: Task, estimator: str, negatives: str, batch_size: int) -> Tensor:
    """The log ratio in nats that a critic of one run stands for, read as ``READINGS`` says."""
    x, y = (side.float().flatten(0, 1)[None] for side in _grid())
    score = critic.pairs(x, y)[0].double().view(len(AXIS), len(AXIS))
    weight = _negative_weight(task, negatives, batch_size)
    match estimator:
        case "nwj":
            return score - 1
        case "js":
            return score
        case "infonce":
            return score - torch.logsumexp(score + (weight / weight.sum(0)).log(), 0)
        case _:
            return score - torch.logsumexp((score + weight.log()).flatten(), 0)


def squared_error(learned: Tensor, reference: Tensor, task: Task) -> Tensor:
    """p(x, y) (learned - reference)^2, in nats^2 per area: its integral is the mean squared error under p."""
    weight = _product_weight() * true_log_ratio(task).exp()
    return weight / weight.sum() / CELL * (learned - reference) ** 2


def _negative_weight(task: Task, negatives: str, batch_size: int) -> Tensor:
    """How often a negative falls on each point of the grid."""
    weight = _product_weight()
    if negatives == "shuffle":  # one in N is a positive
        weight = weight * (1 - 1 / batch_size + true_log_ratio(task).exp() / batch_size)
    return weight / weight.sum()


def _product_weight() -> Tensor:
    density = torch.exp(-(AXIS**2) / 2)
    weight = density[:, None] * density
    return weight / weight.sum()
