import math

import torch

from mi_lab.estimation.best import Best


def test_a_run_may_have_several_rows():
    parameter = torch.zeros(4, 2)
    best = Best([parameter], 2)
    for step, values in enumerate([(2, 1), (1, 2)], start=1):
        parameter.fill_(step)
        best.see(values)
    with best.restored():
        assert parameter[:, 0].tolist() == [1, 1, 2, 2]


def test_each_run_keeps_what_it_was_at_its_highest_finite_reading_until_it_has_ended():
    parameter = torch.zeros(3, 2)
    best = Best([parameter], 3)
    for step, values in enumerate([(1, math.nan, 0), (3, math.inf, 5), (2, 4, 6)], start=1):
        parameter.fill_(step)
        best.see(values, [2] if step == 3 else [])
    assert (best.highest, best.at, best.readings) == ([3, 4, 5], [1, 2, 1], 3)
    with best.restored():
        assert parameter[:, 0].tolist() == [2, 3, 2]
    assert parameter[:, 0].tolist() == [3, 3, 3]
