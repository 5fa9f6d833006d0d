"""What theory says of trained estimators far above log N: 30 nats in batches of 64, whose log is 4.2."""

import math

import numpy as np
import torch

from mi_lab import CorrelatedGaussians, ceiling, train
from mi_lab.estimation import bounds, training
from mi_lab.estimation.bounds import ESTIMATORS, Estimator

TASK = CorrelatedGaussians(mi=30.0)
N = 64
STEPS = 50


def mean_curves(monkeypatch, readout, epochs, seeds=(0, 1), **settings):
    """Means over epochs of 50 steps of a small critic at a high learning rate: (seeds, epochs)."""
    monkeypatch.setattr(training, "steps_per_epoch", lambda batch_size: STEPS)
    curves = train([TASK] * len(seeds), seeds, batch_size=N, epochs=epochs, hidden=(64,), device="cpu", **settings)
    assert all(curve.first_nonfinite_epoch is None for curve in curves)
    return np.array([curve.curves[readout]["mean"] for curve in curves])


def test_nwj_under_a_shuffle_stays_under_the_ceiling_and_under_derangements_does_not(monkeypatch):
    settings = {"estimator_name": "nwj", "epochs": 40, "learning_rate": 1e-3}
    late = slice(20, None)
    shuffled = mean_curves(monkeypatch, "nwj", negatives="shuffle", **settings)[:, late]
    deranged = mean_curves(monkeypatch, "nwj", negatives="derangement", **settings)[:, late]
    # A theorem: each batch is new to the critic, so each estimate's expected value is at most I_N whatever the critic,
    # and their differences from it are uncorrelated. So the time average passes I_N by its standard error only.
    error = shuffled.std(ddof=1) / shuffled.size**0.5
    limit = ceiling(TASK, N)
    assert shuffled.mean() <= limit.value + 4 * (error + limit.stderr)
    assert shuffled.mean() > 2  # the bound is not kept by learning nothing
    assert deranged.mean() > limit.value + 2  # and it is the fixed points that keep it


def test_dv_under_derangements_soon_exceeds_the_truth_and_under_a_shuffle_not_as_soon(monkeypatch):
    settings = {"estimator_name": "dv", "epochs": 12, "learning_rate": 1e-2}
    deranged = mean_curves(monkeypatch, "dv", negatives="derangement", **settings)
    shuffled = mean_curves(monkeypatch, "dv", negatives="shuffle", **settings)
    assert (deranged[:, -1] > TASK.mi + 5).all()
    assert (shuffled < TASK.mi).all()


def test_the_moving_average_of_mine_passes_every_clamp(monkeypatch):
    average = bounds.MovingAverageDV()
    monkeypatch.setitem(ESTIMATORS, "mine", lambda: Estimator(average, {"dv": bounds.dv}, bounds.dv))
    mean_curves(monkeypatch, "dv", 10, estimator_name="mine", negatives="derangement", learning_rate=0.1)
    assert average.log_average.shape == torch.Size([2])
    assert (average.log_average > math.log(1e4)).all()
