"""App. B.1: a critic that may choose every value learns the log density ratio, and B.2: the two forms are one."""

import numpy as np
import pytest
import sympy
import torch

from mi_lab.estimation import bounds
from mi_lab.ground.discrete import information

COUNTS = torch.tensor([[5, 1, 3], [2, 8, 5]])  # of 24 pairs: every probability is a multiple of 1/24


def pairs():
    """The joint distribution as 24 positives, and their product of marginals as 24 times 24 negatives, exactly."""
    cells = [(x, y) for x in range(2) for y in range(3) for _ in range(int(COUNTS[x, y]))]
    x, y = (torch.tensor(side) for side in zip(*cells, strict=True))
    return (x, y), (x[:, None].expand(24, 24), y[None].expand(24, 24))


def test_a_tabular_critic_learns_the_log_ratio():
    (x, y), (u, v) = pairs()
    joint = COUNTS.double() / 24
    product = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    table = torch.zeros(2, 3, dtype=torch.float64)
    for _ in range(100):
        to_positive, to_negative = bounds.js_gradient(table[x, y][None], table[u, v][None])
        gradient = torch.zeros_like(table)
        gradient.index_put_((x, y), to_positive[0], accumulate=True)
        gradient.index_put_((u, v), to_negative[0], accumulate=True)
        sigma = table.sigmoid()
        table += gradient / (
            (joint + product) * sigma * (1 - sigma)
        )  # Newton's step: the values do not depend on each other
    assert (table - (joint / product).log()).abs().max() < 1e-6
    mi = information(np.asarray(joint), 0, 1)
    scores = table[x, y][None], table[u, v][None]
    assert float(bounds.plug_in(*scores)) == pytest.approx(mi, abs=1e-6)
    assert float(bounds.js_nwj(*scores)) == pytest.approx(mi, abs=1e-6)
    assert float(bounds.dv(*scores)) == pytest.approx(mi, abs=1e-6)
    # and the objective is 2 D_JS - log 4 there
    middle = (joint + product) / 2
    divergence = ((joint * (joint / middle).log()).sum() + (product * (product / middle).log()).sum()) / 2
    assert float(bounds.js(*scores)) == pytest.approx(float(2 * divergence) - np.log(4), abs=1e-6)


def test_the_optimum_and_the_two_forms_by_algebra():
    p, q, d = sympy.symbols("p q D", positive=True)
    t = sympy.symbols("T", real=True)
    bracket = p * sympy.log(d) + q * sympy.log(1 - d)
    [best] = sympy.solve(sympy.diff(bracket, d), d)
    assert sympy.simplify(best - p / (p + q)) == 0
    assert sympy.simplify(sympy.diff(bracket, d, 2).subs(d, best)).is_negative
    sigma = 1 / (1 + sympy.exp(-t))
    assert sympy.simplify(sigma.subs(t, sympy.log(p / q)) - best) == 0
    for difference in (
        sympy.log(sigma) + sympy.log(1 + sympy.exp(-t)),
        sympy.log(1 - sigma) + sympy.log(1 + sympy.exp(t)),
    ):
        assert sympy.simplify(sympy.diff(difference, t)) == 0 and sympy.simplify(difference.subs(t, 0)) == 0
