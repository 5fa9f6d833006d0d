from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest
import torch
from helpers import Kept, as_sequential, generators, refused

from mi_lab import CorrelatedGaussians, train
from mi_lab.estimation import readings, training
from mi_lab.estimation.catalogue import critic_for, estimator
from mi_lab.estimation.critics import make_critic
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.negatives import draw_batch, read
from mi_lab.estimation.readings import STATISTICS
from mi_lab.ground.names import DENSITIES, NEGATIVES, PRECISIONS, READOUTS

TASKS = [CorrelatedGaussians(dim=3, mi=mi) for mi in (0.5, 2.0, 6.0)]
SEEDS = [4, 4, 7]
STEPS = 5


@pytest.fixture(autouse=True)
def short_epochs(monkeypatch):
    monkeypatch.setattr(training, "steps_per_epoch", lambda batch_size: STEPS)


def short(tasks=TASKS, seeds=SEEDS, **settings):
    settings = {
        "estimator_name": "nwj",
        "batch_size": 16,
        "epochs": 2,
        "hidden": (8, 6),
        "learning_rate": 1e-2,
        "device": "cpu",
    } | settings
    return train(tasks, seeds, **settings)


def needs(estimator_name):
    """The settings without which an estimator does not train."""
    critic = DENSITIES.get(estimator_name, "joint")
    negatives = "all_pairs" if estimator_name == "l1out" else "shuffle"
    return {"estimator_name": estimator_name, "critic": critic, "negatives": negatives}


def values(curve):
    """All estimates of a curve in one array: readouts, statistics, epochs."""
    return np.array([[curve.curves[readout][statistic] for statistic in STATISTICS] for readout in curve.curves])


def assert_stack_equals_single_runs(per_run=None, **settings):
    per_run = per_run or {}
    for k, together in enumerate(short(**settings, **per_run)):
        own = {name: value[k : k + 1] for name, value in per_run.items()}
        (alone,) = short(TASKS[k : k + 1], SEEDS[k : k + 1], **settings, **own)
        # only the order of sums within a matrix product differs
        assert values(together) == pytest.approx(values(alone), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("estimator_name", READOUTS)
@pytest.mark.parametrize("negatives", NEGATIVES)
def test_stacked_training_equals_one_by_one_training(estimator_name, negatives):
    if estimator_name == "l1out" and negatives != "all_pairs":
        pytest.skip("it has no value without all pairs")
    if estimator_name == "tre" and negatives == "all_pairs":
        pytest.skip("it has no value with them")
    assert_stack_equals_single_runs(**needs(estimator_name) | {"negatives": negatives})


@pytest.mark.parametrize("critic", ["separable", "bilinear", "quadratic", "inner_product", "optimal"])
def test_stacked_training_equals_one_by_one_training_of_other_critics(critic):
    assert_stack_equals_single_runs(critic=critic)


@pytest.mark.parametrize("negatives", ["shuffle", "all_pairs"])
@pytest.mark.parametrize(
    "dropout",
    [[[0.5, 0.2], [0.3, 0.1], [0.1, 0.6]], [[0.0, 0.0], [0.0, 0.5], [0.5, 0.0]]],
    ids=["all drop out", "some do not"],
)
def test_stacked_training_equals_one_by_one_training_with_rates_of_their_own(dropout, negatives):
    per_run = {"dropout": torch.tensor(dropout), "weight_decay": torch.tensor([0.0, 0.1, 1.0])}
    assert_stack_equals_single_runs(per_run, estimator_name="js", negatives=negatives)


def test_weight_decay_reaches_its_own_run_only():
    pairs = zip(short(epochs=3), short(epochs=3, weight_decay=[1.0, 0.0, 1.0]), strict=True)
    assert [np.allclose(values(plain), values(decayed), atol=1e-6) for plain, decayed in pairs] == [False, True, False]


def test_weight_decay_reaches_every_bridge_of_its_own_run_only():
    settings = {"estimator_name": "tre", "epochs": 3, "negatives": "derangement"}
    pairs = zip(short(**settings), short(**settings, weight_decay=[1.0, 0.0, 1.0]), strict=True)
    assert [np.allclose(values(plain), values(decayed), atol=1e-6) for plain, decayed in pairs] == [False, True, False]


def test_training_drops_out():
    pairs = zip(short(epochs=3), short(epochs=3, dropout=(0.5, 0.5)), strict=True)
    assert not any(np.allclose(values(plain), values(dropped), atol=1e-3) for plain, dropped in pairs)


def naive_nwj_training(task, seed, steps, hidden, batch_size, learning_rate, weight_decay):
    """NWJ under a shuffle in plain torch, one estimate per step; only the initial weights are ours."""
    (generator,) = generators(seed)
    net = as_sequential(make_critic("joint", [task], [generator], Layers(hidden)).mlp, 0)
    adam = torch.optim.Adam(net.parameters(), lr=learning_rate, weight_decay=weight_decay)
    estimates = []
    for _ in range(steps):
        x, y = task.sample(batch_size, generator)
        permuted = y[torch.randperm(batch_size, generator=generator)]
        estimate = net(torch.cat([x, y], 1)).mean() - (net(torch.cat([x, permuted], 1)) - 1).exp().mean()
        estimates.append(estimate.item())
        adam.zero_grad()
        (-estimate).backward()
        adam.step()
    return np.array(estimates)


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_training_equals_a_plain_torch_loop(weight_decay):
    settings = {"hidden": (8, 6), "batch_size": 16, "learning_rate": 1e-2, "weight_decay": weight_decay}
    (curve,) = short(TASKS[2:], [3], epochs=8, **settings)
    epochs = naive_nwj_training(TASKS[2], 3, 8 * STEPS, **settings).reshape(8, STEPS)
    quantiles = [np.quantile(epochs, share, 1) for share in (0.5, 0.05, 0.95)]
    expected = [epochs.mean(1), *quantiles, epochs.std(1)]
    assert STATISTICS == ("mean", "median", "q05", "q95", "std")
    assert values(curve)[0] == pytest.approx(np.array(expected), abs=1e-4)
    if weight_decay:
        assert values(curve)[0] != pytest.approx(values(short(TASKS[2:], [3], epochs=8)[0])[0], abs=1e-4)


def test_a_spread_is_finite_where_its_square_overflows():
    values = torch.tensor([[1e200], [-1e200], [1e200], [-1e200]], dtype=torch.float64)
    assert readings._statistics(values)[-1] == pytest.approx(1e200)


def naive_mine_training(task, seed, steps, hidden, batch_size, learning_rate, average_weight):
    """MINE under a shuffle in plain torch with the average as it is defined; per step the estimate, w and average."""
    (generator,) = generators(seed)
    net = as_sequential(make_critic("joint", [task], [generator], Layers(hidden)).mlp, 0).double()
    adam = torch.optim.Adam(net.parameters(), lr=learning_rate)
    average, found = None, []
    for _ in range(steps):
        x, y = task.sample(batch_size, generator)
        permuted = y[torch.randperm(batch_size, generator=generator)]
        positive = net(torch.cat([x, y], 1).double()).mean()
        mean = net(torch.cat([x, permuted], 1).double()).exp().mean()
        average = mean.item() if average is None else (1 - average_weight) * average + average_weight * mean.item()
        w = mean.item() / average
        found.append(((positive - mean.log()).item(), w, average))
        adam.zero_grad()
        (mean / average - positive).backward()
        adam.step()
    return np.array(found).T


@pytest.mark.parametrize("average_weight", [None, 0.3])
def test_mine_equals_a_plain_loop_and_tells_of_its_average(average_weight):
    settings = {"hidden": (8, 6), "batch_size": 16, "learning_rate": 1e-2}
    own = {} if average_weight is None else {"average_weight": average_weight}
    (curve,) = short(TASKS[2:], [3], epochs=8, estimator_name="mine", **settings, **own)
    naive = naive_mine_training(TASKS[2], 3, 8 * STEPS, **settings, average_weight=average_weight or 0.01)
    estimates, w, average = naive.reshape(3, 8, STEPS)
    # the first batch is its own average, so the gradient of the score's constant is 0 but for rounding, which Adam
    # makes a step of up to the learning rate; the constant is in the average, and not in DV
    assert curve.curves["dv"]["mean"] == pytest.approx(list(estimates.mean(1)), abs=2e-3)
    assert curve.moving_average["log_mean_w"] == pytest.approx(list(np.log(w.mean(1))), abs=1e-2)
    assert curve.moving_average["log_average"] == pytest.approx(list(np.log(average[:, -1])), abs=1e-2)


def test_dv_is_mine_without_memory():
    dv, mine = short(estimator_name="dv"), short(estimator_name="mine", average_weight=1.0)
    for one, other in zip(dv, mine, strict=True):
        assert values(one) == pytest.approx(values(other), abs=1e-5)
    assert dv[0].moving_average is None and "moving_average" not in dv[0].record()


@pytest.mark.parametrize("dropout", [(), (0.5, 0.5)])
@pytest.mark.parametrize("estimator_name", READOUTS)
def test_estimates_are_read_before_the_update_and_without_dropout(estimator_name, dropout, monkeypatch):
    monkeypatch.setattr(training, "steps_per_epoch", lambda batch_size: 1)
    settings = needs(estimator_name)
    if dropout and settings["critic"] in ("flow", "denoiser"):
        with refused(f"{estimator_name} has no dropout"):
            short(**settings, dropout=dropout, epochs=1)
        return
    curves = short(**settings, dropout=dropout, epochs=1)
    own = generators(*SEEDS)
    critic = critic_for(estimator_name, settings["critic"], TASKS, own, Layers((8, 6)))
    _, positive, negative = read(critic, draw_batch(TASKS, 16, settings["negatives"], own), own)
    for name, readout in estimator(estimator_name).readouts.items():
        first = [curve.curves[name]["mean"][0] for curve in curves]
        assert first == pytest.approx(readout(positive, negative).tolist(), abs=1e-5)


def test_training_learns_a_low_mi(monkeypatch):
    monkeypatch.setattr(training, "steps_per_epoch", lambda batch_size: 100)
    (curve,) = short(
        [CorrelatedGaussians(dim=1, mi=1.0)], [0], batch_size=256, epochs=5, hidden=(32,), estimator_name="dv"
    )
    # 100 batches of 256 pin the mean to about 0.01, and DV lies below the truth up to a bias of that order
    assert 0.9 < curve.curves["dv"]["mean"][-1] < 1.05


@pytest.mark.parametrize("estimator_name", ["mine", "nwj", "js", "infonce"])
def test_in_bfloat16_a_run_is_near_its_float32_self_while_it_is_young(estimator_name):
    settings = {"estimator_name": estimator_name, "learning_rate": 1e-3, "batch_size": 64, **needs(estimator_name)}
    full, rounded = (short(precision=precision, **settings) for precision in ("float32", "bfloat16"))
    for one, other in zip(full, rounded, strict=True):
        for readout, statistics in one.curves.items():
            differences = np.subtract(statistics["mean"], other.curves[readout]["mean"])
            assert 0 < np.abs(differences).max() < 0.01


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_training_that_is_broken_off_goes_on_to_the_same_bits(precision):
    settings = {"precision": precision, "dropout": (0.5, 0.1), "estimator_name": "mine"}
    whole, broken = short(**settings), Kept(stop_at=7)
    with pytest.raises(KeyboardInterrupt):
        short(**settings, checkpoint=broken)
    again = short(**settings, checkpoint=Kept(state=broken.kept))
    assert [one.curves for one in again] == [one.curves for one in whole]
    assert [one.moving_average for one in again] == [one.moving_average for one in whole]


def test_training_follows_its_seeds_and_nothing_else():
    first = [values(curve) for curve in short(dropout=(0.3, 0.3))]
    torch.manual_seed(99)
    again = [values(curve) for curve in short(dropout=(0.3, 0.3))]
    other = [values(curve) for curve in short(seeds=[1, 2, 3], dropout=(0.3, 0.3))]
    for a, b, c in zip(first, again, other, strict=True):
        assert np.array_equal(a, b) and not np.allclose(a, c)


@pytest.mark.parametrize(
    ("batch_size", "steps"), [(2, 25_600), (64, 800), (500, 102), (511, 100), (512, 100), (513, 100), (32_768, 100)]
)
def test_steps_per_epoch_follow_the_report(batch_size, steps, monkeypatch):
    monkeypatch.undo()
    assert training.steps_per_epoch(batch_size) == steps


@dataclass(frozen=True)
class BreakingTask:
    """Correlated Gaussians whose samples are no numbers from some draw on."""

    breaks_at: int
    bad: float
    task: CorrelatedGaussians = TASKS[0]
    draws: list = field(default_factory=list)
    dim_x = dim_y = 3

    def sample(self, n, generator):
        x, y = self.task.sample(n, generator)
        self.draws.append(n)
        return x, y * (self.bad if len(self.draws) > self.breaks_at else 1)

    def log_density_y(self, y):
        return self.task.log_density_y(y)


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
@pytest.mark.parametrize("estimator_name", READOUTS)
@pytest.mark.parametrize(("breaks_at", "epoch"), [(0, 1), (2 * STEPS + 3, 3)])
def test_a_run_that_overflows_is_recorded_and_leaves_the_others_alone(bad, estimator_name, breaks_at, epoch):
    settings = {**needs(estimator_name), "epochs": 4, "batch_size": 16}
    broken, neighbour = short([BreakingTask(breaks_at, bad), TASKS[1]], SEEDS[:2], **settings)
    (healthy,) = short(TASKS[:1], SEEDS[:1], **settings)
    (alone,) = short(TASKS[1:2], SEEDS[1:2], **settings)
    assert broken.first_nonfinite_epoch == epoch
    assert values(broken) == pytest.approx(values(healthy)[:, :, : epoch - 1], abs=1e-5)
    assert neighbour.first_nonfinite_epoch is alone.first_nonfinite_epoch is None
    assert values(neighbour) == pytest.approx(values(alone), abs=1e-6)


def test_progress_shows_the_current_estimates(capfd, monkeypatch):
    monkeypatch.setattr(training, "Bar", partial(training.Bar, mininterval=0))
    short(progress="a label")
    shown = capfd.readouterr().err
    assert "a label" in shown and "nwj" in shown
    short()
    assert not capfd.readouterr().err


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"estimator_name": "nwjj"}, ("unknown estimator 'nwjj'", "'nwj'")),
        ({"negatives": "shufle"}, ("unknown negatives 'shufle'", "'shuffle'")),
        ({"critic": "seperable"}, ("unknown critic 'seperable'", "'separable'")),
        ({"activation": "rely"}, ("unknown activation 'rely'", "'relu'")),
        ({"precision": "bfloat16", "critic": "bilinear"}, ("for a joint or separable critic, not 'bilinear'",)),
        ({"batch_size": 1}, ("batch_size must be a whole number of at least 2", "not 1")),
        ({"device": "cuda:99"}, ("device 'cuda:99' is not available",)),
        ({"device": "gpu"}, ("device 'gpu' is not available",)),
        ({"dropout": (0.5,)}, ("one rate for each of the 2 hidden layers",)),
        ({"epochs": 0}, ("epochs", "at least 1")),
        ({"seeds": 0}, ("3 tasks need as many seeds",)),
        ({"seeds": "a"}, ("seeds must be a whole number, not 'a'.",)),
        ({"tasks": TASKS[0]}, ("tasks must be a list of tasks, not a CorrelatedGaussians.",)),
        ({"tasks": [], "seeds": []}, ("0 tasks need",)),
        ({"hidden": "wide"}, ("hidden must be a whole number, not 'wide'.",)),
        ({"dropout": "much"}, ("dropout must be a number, not 'much'.",)),
        ({"weight_decay": "much"}, ("weight_decay must be a number, not 'much'.",)),
        ({"learning_rate": "fast"}, ("learning_rate must be a number, not 'fast'.",)),
        ({"estimator_name": "smile", "tau": "a"}, ("tau must be a number, not 'a'.",)),
        ({"tau": 1.0}, ("nwj has no tau; smile has",)),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with refused(*words):
        short(**settings)


def test_an_estimators_own_number_is_a_setting():
    [plain] = short(TASKS[2:], 3, estimator_name="smile", negatives="derangement", epochs=8, learning_rate=0.03)
    [clipped] = short(
        TASKS[2:], 3, estimator_name="smile", negatives="derangement", epochs=8, learning_rate=0.03, tau=0.0
    )
    [js] = short(TASKS[2:], 3, estimator_name="js", negatives="derangement", epochs=8, learning_rate=0.03)
    assert clipped.curves["smile"]["mean"] == pytest.approx(js.curves["plug_in"]["mean"])
    assert clipped.curves != plain.curves
