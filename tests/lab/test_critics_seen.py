"""The live page of critics, and the plane it draws them on."""

import asyncio
import math

import numpy as np
import pytest
import torch
from live import executed, said, set_widgets, stop_after, train

import mi_lab
from mi_lab import CorrelatedGaussians
from mi_lab.estimation import training
from mi_lab.estimation.mlp import Layers
from mi_lab.ground.names import EXPLORED
from mi_lab.lab import critics_seen, plane
from mi_lab.lab.critics_seen import CriticsSeen

TASK = CorrelatedGaussians(dim=1, correlation=0.9)
OFFSETS = {
    "nwj": lambda x: 1,
    "js": lambda x: 0,
    "dv": lambda x: 3.7,
    "mine": lambda x: -5,
    "infonce": lambda x: 2 * torch.sin(3 * x),
}
"""What a perfect critic of each estimator may have on top of the log ratio."""


class Perfect:
    """A critic that is as good as its estimator and its negatives allow."""

    def __init__(self, estimator, batch_size=None):
        self.offset, self.batch_size = OFFSETS[estimator], batch_size

    def pairs(self, x, y):
        ratio = TASK.log_ratio(x, y).double()
        if self.batch_size:
            ratio = -torch.log(1 / self.batch_size + (1 - 1 / self.batch_size) * torch.exp(-ratio))
        return ratio.float() + self.offset(x[..., 0])


@pytest.fixture(autouse=True)
def short_epochs(monkeypatch):
    monkeypatch.setattr(training, "steps_per_epoch", lambda batch_size: 20)


@pytest.fixture
def lab():
    return CriticsSeen()


def mean_error(learned, reference):
    return plane.CELL * float(plane.squared_error(learned, reference, TASK).sum())


@pytest.mark.parametrize("estimator", EXPLORED)
@pytest.mark.parametrize("negatives", ["derangement", "shuffle"])
def test_a_perfect_critic_is_read_as_the_log_ratio_its_negatives_allow(estimator, negatives):
    n = 8
    critic = Perfect(estimator, n if negatives == "shuffle" else None)
    learned = plane.learned_log_ratio(critic, TASK, estimator, negatives, n)
    own, other = plane.true_log_ratio(TASK), plane.shuffled_log_ratio(TASK, n)
    if negatives == "shuffle":
        own, other = other, own
    assert mean_error(learned, own) < 1e-4 < 1e-2 < mean_error(learned, other)


def test_the_plane_has_y_in_its_rows_and_the_closed_form_on_it():
    learned = plane.learned_log_ratio(Tilted(), TASK, "js", "shuffle", 8)
    assert torch.allclose(learned, plane.AXIS.expand(81, 81) + 0.1 * plane.AXIS[:, None], atol=1e-6)
    at = plane.true_log_ratio(TASK)[60, 50]  # x = 1, y = 2
    rho = 0.9
    density = -math.log(1 - rho**2) / 2 - (1 - 2 * rho * 2 + 4) / (2 * (1 - rho**2)) + (1 + 4) / 2
    assert float(at) == pytest.approx(density)
    assert float(plane.shuffled_log_ratio(TASK, 8).max()) < math.log(8) < float(plane.true_log_ratio(TASK).max())


class Tilted:
    """T = x + y / 10."""

    def pairs(self, x, y):
        return (x + 0.1 * y)[..., 0]


def test_the_error_is_the_mean_under_p():
    x, y = plane.AXIS[None, :], plane.AXIS[:, None]
    reference = plane.true_log_ratio(TASK)
    assert mean_error(reference + 0.5, reference) == pytest.approx(0.25)
    assert mean_error(reference + x * y, reference) == pytest.approx(
        1 + 2 * 0.9**2, rel=0.02
    )  # E[(xy)^2], 4 sigma wide


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.99])
def test_before_a_run_the_truth_is_drawn_alone(lab, correlation):
    lab.gaussians.correlation.value = correlation
    task = CorrelatedGaussians(dim=1, mi=lab.gaussians.mi.value)
    assert lab.figure.data[0].z == pytest.approx(plane.true_log_ratio(task).numpy(), abs=1e-4)
    assert lab.figure.data[1].z is None and lab.figure.data[2].z is None and lab.error is None
    scale = lab.figure.layout.coloraxis
    assert scale.cmin == -scale.cmax < 0 and [t.coloraxis for t in lab.figure.data[:2]] == ["coloraxis"] * 2
    assert [t.contours.end for t in lab.figure.data[:2]] == [scale.cmax] * 2


@pytest.mark.parametrize("estimator", ["js", "infonce"])
def test_it_learns_and_its_numbers_are_those_of_train(lab, estimator):
    lab.gaussians.correlation.value = 0.8
    asyncio.run(train(lab, estimator=estimator, negatives="derangement", batch_size=64, width=16))
    untrained = training.Training(
        [CorrelatedGaussians(dim=1, mi=0.51)], [0], estimator_name=estimator, batch_size=64, layers=Layers((16,))
    )
    [curve] = mi_lab.train(
        [CorrelatedGaussians(dim=1, mi=0.51)],
        [0],
        estimator_name=estimator,
        negatives="derangement",
        batch_size=64,
        epochs=50,
        hidden=(16,),
        learning_rate=1e-3,
        device="cpu",
    )
    assert lab.run.record["curves"] == curve.curves
    assert said(lab) == "The critic is trained."
    before = plane.learned_log_ratio(untrained.critic, untrained.tasks[0], estimator, "derangement", 64)
    first = plane.CELL * plane.squared_error(before, plane.true_log_ratio(untrained.tasks[0]), untrained.tasks[0]).sum()
    assert lab.error < 0.3 * float(first)
    assert f"{lab.error:.3g} nats²" in lab.beside.value and "true MI 0.51" in lab.beside.value
    for readout, values in curve.curves.items():
        assert f"{readout} {values['mean'][-1]:.2f}" in lab.beside.value
    learned, wrong = lab.figure.data[1].z, lab.figure.data[2].z
    assert plane.CELL * wrong.sum() == pytest.approx(lab.error, rel=1e-4)
    assert learned.shape == (81, 81) and np.isfinite(learned).all()


def test_a_shuffle_teaches_the_ratio_to_what_it_draws(lab, monkeypatch):
    monkeypatch.setattr(training, "steps_per_epoch", lambda batch_size: 60)
    lab.gaussians.correlation.value = 0.95
    asyncio.run(train(lab, batch_size=16, width=32, estimator="js"))
    to_truth = lab.error
    lab.reference.value = "shuffle"
    assert lab.error < 0.5 * to_truth
    assert lab.figure.layout.annotations[0].text == "best possible under a shuffle"
    task = CorrelatedGaussians(dim=1, mi=lab.gaussians.mi.value)
    assert lab.figure.data[0].z == pytest.approx(plane.shuffled_log_ratio(task, 16).numpy(), abs=1e-4)


def test_it_is_drawn_while_it_trains_and_stops_within_a_second(lab, monkeypatch):
    monkeypatch.setattr(critics_seen, "EPOCHS", 10**6)
    drawn = []
    lab.figure.data[1].on_change(lambda trace, z: drawn.append(trace.z), "z")

    assert asyncio.run(stop_after(lab, 1.2)) < 1
    assert len(drawn) >= 3 and not np.array_equal(drawn[-2], drawn[-1])
    assert said(lab) == f"Stopped after {lab.run.epochs} of {10**6} epochs."


def test_a_new_setting_takes_the_old_critic_away_but_not_one_in_training(lab):
    async def drive():
        await train(lab, width=8)
        assert lab.figure.data[1].z is not None
        lab.reference.value = "shuffle"
        assert lab.figure.data[1].z is not None  # another comparison is no other critic
        set_widgets(lab, negatives="derangement")
        assert lab.run is None and lab.figure.data[1].z is None
        lab.console.start.click()
        set_widgets(lab, batch_size=64)
        assert lab.run is not None and lab.run.point["batch_size"] == 128
        await lab.console.task

    asyncio.run(drive())


def test_the_sentence_says_how_the_critic_is_read(lab):
    told = {}
    for estimator in EXPLORED:
        lab.controls["estimator"].value = estimator
        told[estimator] = lab.beside.value
    assert "1 is subtracted" in told["nwj"] and "up to a constant" in told["dv"] and "function of x" in told["infonce"]


def test_a_wrong_width_is_one_sentence(lab):
    lab.controls["width"].value = 0
    lab.console.start.click()
    assert said(lab) == "hidden must be at least 1, not 0." and lab.run is None


def test_a_critic_that_stops_being_finite_is_said_to(lab, monkeypatch):
    draw, drawn = training.draw_batch, []

    def broken(*given):
        drawn.append(1)
        batch = draw(*given)
        return batch._replace(x=batch.x * float("nan")) if len(drawn) > 30 else batch

    monkeypatch.setattr(training, "draw_batch", broken)
    asyncio.run(train(lab))
    assert said(lab) == "The critic stopped being finite in epoch 2."


@pytest.mark.slow
def test_the_notebook_runs_and_trains():
    with executed("critics-seen") as cell:
        cell("lab.controls['width'].value, lab.controls['batch_size'].value = 4, 512\nlab.console.start.click()")
        cell("import asyncio\nawait asyncio.sleep(1.5)\nlab.console.stop.click()\nawait lab.console.task")
        told = cell("print(lab.error)")
        assert float(told) < 5
