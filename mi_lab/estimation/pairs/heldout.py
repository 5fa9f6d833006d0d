"""What a critic says of held-out pairs: values batch by batch, pooled where a logarithm of each would bias them."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import torch
from torch import Tensor

from mi_lab.estimation import bounds
from mi_lab.estimation.negatives import Scores


def values_of(batches: Iterable[Scores], functions: Mapping[str, bounds.Bound]) -> dict[str, Tensor]:
    """Values in nats of the batches, (batches, K) per function; DV and SMILE are pooled over all of them."""
    pooled = {name: _pooled(function) for name, function in functions.items()}
    rows: dict[str, list[Tensor]] = {name: [] for name in functions}
    means: list[Tensor] = []
    for scores in batches:
        positive, negative = scores.positive.double(), scores.negative.double()
        means.append(positive.mean(1))
        for name, function in functions.items():
            own = pooled[name]
            rows[name].append(function(positive, negative) if own is None else bounds.log_mean_exp(own(negative)))
    values = {name: torch.stack(row) for name, row in rows.items()}
    return {name: pooled_dv(torch.stack(means), row) if pooled[name] else row for name, row in values.items()}


def _pooled(readout: bounds.Bound) -> Callable[[Tensor], Tensor] | None:
    """What a readout that is E_p[T] less the log of a mean over negatives makes of their scores; None for others."""
    if readout is bounds.dv:
        return lambda negative: negative
    if getattr(readout, "func", readout) is bounds.smile:
        return partial(bounds.clipped, **getattr(readout, "keywords", {}))
    return None


def pooled_dv(positive: Tensor, log_mean_exp: Tensor) -> Tensor:
    """DV of all batches together, (batches, K) -> the same: each batch's share, whose mean is the value of the whole.

    The logarithm of a small batch's mean lies too low, by Var(e^T) / 2N for E[e^T] = 1, and so DV batch by batch lies
    as much too high. Pooled, it does not; the shares are its linearisation in the batch means.
    """
    whole = torch.logsumexp(log_mean_exp, 0) - math.log(len(log_mean_exp))
    return positive - whole - torch.expm1(log_mean_exp - whole)
