"""Exact information measures of a table of joint probabilities, in nats. Needs no torch.

A variable is an axis of the table. Raises ValueError for a table that is no distribution.
"""

import math

import numpy as np


def entropy(table: np.ndarray, *axes: int) -> float:
    """H of the variables on these axes together; 0 for none of them (Cover & Thomas, 2006, Sec. 2.1)."""
    check_table(table)
    others = tuple(set(range(table.ndim)) - set(axes))
    p = table.sum(axis=others)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def information(table: np.ndarray, a: int, b: int, *given: int) -> float:
    """I(a; b | given), Eq. 1 and Eq. 2: the conditional MI of two axes, given none or more others."""
    h = [entropy(table, *axes, *given) for axes in ((a,), (b,), (a, b), ())]
    return h[0] + h[1] - h[2] - h[3]


def interaction(table: np.ndarray, a: int = 0, b: int = 1, c: int = 2) -> float:
    """I(a; b; c) = I(a; c) - I(a; c | b), Eq. 3: what three variables share; negative if they are synergistic."""
    return information(table, a, c) - information(table, a, c, b)


def check_table(table: np.ndarray) -> None:
    """Raise ValueError unless the entries are probabilities, finite and not negative, that sum to 1."""
    if not np.isfinite(table).all() or (table < 0).any() or not math.isclose(float(table.sum()), 1, abs_tol=1e-9):
        raise ValueError(
            "a table of joint probabilities must hold finite numbers of at least 0 that sum to 1, "
            f"not {float(table.min()):g} to {float(table.max()):g} with sum {float(table.sum()):g}."
        )
