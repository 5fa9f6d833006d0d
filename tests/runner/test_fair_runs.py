import dataclasses
import math

import pytest
import torch
from helpers import in_tiers, refused

from mi_lab import estimate, run
from mi_lab.estimation.catalogue import make_task
from mi_lab.experiments.fair import (
    DEAR,
    FAIR,
    GIVEN_TASKS,
    RATE,
    RATES,
    SHORT,
    TASKS,
    fresh,
    given,
    high,
    of_pairs,
    sizes,
)
from mi_lab.experiments.fair_specs import Fair, Given, scheme
from mi_lab.experiments.registry import experiment
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.ground.names import CONTRASTIVE, DENSITIES, OF_LABEL_TASKS, READOUTS
from mi_lab.results.store import load
from mi_lab.runner.sweep_training import train_runs
from mi_lab.runner.verify import EQUAL, verify

QUICK = {"workers": 1, "progress": False, "device": "cpu"}


@pytest.mark.parametrize("estimator", in_tiers(["js", "doe", "mienf"], ["js", "doe"]))
def test_a_stack_is_the_sweep_that_it_says_and_is_verified(estimator):
    small = {"true_mi": (1.0, 2.0), "seeds": (0, 3), "steps": 1600} | ({"hidden": 4} if estimator == "mienf" else {})
    result = run(fresh(estimator), "smoke", **(small if estimator != "mienf" else small | {"steps": 800}), **QUICK)
    [stack] = result.runs
    spec = result.spec_of(Fair)
    assert (stack["estimator"], stack["task"], stack["inputs"], stack["batch_size"]) == (
        estimator, "gaussian", "standardised", 64,
    )  # fmt: skip
    sweep = dataclasses.replace(spec.sweep(estimator, "gaussian", 64), seeds=spec.seeds)
    if estimator == "js":
        # standardised Gaussians are the raw ones but for a hundredth of a deviation
        one = next(iter(sweep.runs()))
        [raw] = train_runs(sweep, [one], "cpu")
        ours = stack["curves"]["plug_in 1 0"]
        assert raw["curves"]["plug_in"]["median"] == pytest.approx(ours, abs=0.1)
    for name, ends in stack["values"].items():
        if name != "milliseconds":
            median, low, high, _ = ends
            assert low < median < high and median == stack["curves"][name][-1]
    assert 0 < stack["values"]["milliseconds"] < 1000
    assert result.provenance["steps"] == 4 * sweep.epochs * 800
    assert verify(load(fresh(estimator), "smoke") if not result.overrides else result).verdict == EQUAL


def test_a_run_that_overflows_is_none_and_its_neighbours_go_on(monkeypatch):
    from mi_lab.estimation import tasks
    from mi_lab.runner.recipes import fair_comparison

    class Breaking(tasks.CorrelatedGaussians):
        def sample(self, n, generator):
            x, y = super().sample(n, generator)
            return x, y * (math.inf if n == 64 and self.mi > 1 else 1)

    monkeypatch.setattr(fair_comparison, "make_task", lambda name, dim, mi: Breaking(dim, mi))
    monkeypatch.setattr(fair_comparison, "prepared", lambda task, how: task)
    [stack] = run(fresh("js"), "smoke", true_mi=(1.0, 2.0), **QUICK).runs
    assert stack["values"]["plug_in 2 0"] is None and stack["curves"]["plug_in 2 0"] == []
    assert stack["values"]["plug_in 1 0"] and stack["first_nonfinite_epoch"] == 1


@pytest.mark.parametrize("estimator", ["nwj", "infonce", "copula", "cross_fitted"])
def test_given_pairs_are_what_estimate_says_of_them(estimator):
    result = run(given(estimator), "smoke", pairs=400, **QUICK)
    [one] = result.runs
    x, y = make_task("gaussian", 20, 2.0).sample(400, torch.Generator().manual_seed(0))
    settings = {"hidden": (8,), "max_steps": 50, "learning_rate": RATE, "seeds": 0}
    own = {
        "nwj": settings | {"critic": "separable"},
        "infonce": settings | {"critic": "separable"},
        "cross_fitted": settings,
    }.get(estimator, {})
    found = estimate(x.numpy(), y.numpy(), estimator, progress=False, **own)
    assert one["values"][found.readout] == pytest.approx(found.mi, rel=1e-3, abs=1e-3)
    assert one["values"][f"{found.readout} stderr"] == pytest.approx(found.stderr, rel=1e-3)
    assert verify(result).verdict == EQUAL


def test_every_estimator_has_its_part_and_the_same_protocol():
    assert {e.name for e in FAIR if e.name.startswith("given")} == {given(name) for name in of_pairs()}
    for name in READOUTS:
        spec = experiment(fresh(name)).spec()
        assert spec.estimators == (name,) and spec.tasks == TASKS and len(spec.seeds) == 3
        assert spec.learning_rate == RATE and spec.hidden == (64, 64) and spec.batch_size == (64,)
        assert spec.steps == (SHORT if name in DEAR else 20_000)
        sweep = spec.sweep(name, "gaussian", 64)
        assert sweep.epochs * steps_per_epoch(64) == spec.steps
        assert sweep.critic == DENSITIES.get(name, "separable")
        assert (sweep.negatives == "all_pairs") == (name in CONTRASTIVE)
        tasks = {one["task"] for one in spec.runs()}
        assert tasks == set(TASKS) - (set(OF_LABEL_TASKS) if name in DENSITIES else set()) - (
            {"uniform_noise", "spiral", "swiss_roll", "blobs"} if name == "barber_agakov" else set()
        ) - ({"swiss_roll", "blobs"} if name == "mienf" else set())
        more = experiment(high(name)).spec()
        assert more.true_mi == (10.0, 30.0) and (more.steps, more.hidden) == (spec.steps, spec.hidden)
        if name not in DEAR:
            large = experiment(sizes(name)).spec()
            assert set(large.batch_size) <= {256, 1024} and large.steps == SHORT
    assert RATE in RATES and set(GIVEN_TASKS) < set(TASKS)


def test_a_task_is_asked_for_no_more_than_it_can_have():
    spec = Fair(("nwj",), ("gaussian", "digits", "sparse"), (1.0, 2.0, 5.0, 20.0))
    assert spec.sweep("nwj", "digits", 64).true_mi == (1.0, 2.0)
    assert spec.sweep("nwj", "sparse", 64).true_mi == (1.0, 2.0, 5.0)
    assert spec.sweep("nwj", "sparse", 64).dim == 25 and spec.sweep("nwj", "digits", 64).dim == 10
    assert [one["inputs"] for one in spec.runs()] == ["standardised"] * 3
    assert scheme("infonce") == {"negatives": "all_pairs", "critic": "separable"}


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("fair-nwj", {"tasks": []}, ("tasks must hold at least one value",)),
        ("fair-nwj", {"batch_size": []}, ("batch_size must hold at least one value",)),
        ("fair-nwj", {"tasks": "digits", "true_mi": 20}, ("none of these tasks can have these true_mi",)),
        ("given-nwj", {"pairs": []}, ("pairs must hold at least one value",)),
        ("given-nwj", {"learning_rate": -1.0}, ("learning_rate must be a positive number",)),
        ("given-doe", {"tasks": "label_channel"}, ("none of these tasks",)),
        ("fair-nwj", {"inputs": "standardized"}, ("unknown inputs 'standardized'",)),
        ("fair-nwj", {"steps": 100}, ("steps must be at least 800, not 100",)),
        ("fair-nwj", {"batch_size": 1}, ("batch_size must be at least 2",)),
        ("fair-nwj", {"estimators": "nwjj"}, ("unknown estimator 'nwjj'",)),
        ("fair-nwj", {"learning_rate": 0.0}, ("learning_rate must be a positive number",)),
        ("given-nwj", {"pairs": 50}, ("pairs must be at least 100, not 50",)),
        ("given-nwj", {"tasks": []}, ("tasks must hold at least one value",)),
        ("given-nwj", {"estimator": "barber_agakov"}, ("unknown estimator 'barber_agakov'",)),
        ("given-nwj", {"steps": 0}, ("steps must be at least 1",)),
    ],
)
def test_a_wrong_setting_gets_one_sentence(name, settings, words):
    with refused(*words):
        experiment(name).spec("laptop", **settings)


def test_a_task_that_is_none_is_refused_before_any_training():
    for name in (fresh("nwj"), given("nwj")):
        with refused("unknown task 'cubix'"):
            run(name, "smoke", tasks="cubix", **QUICK)


def test_what_is_left_out_of_the_given_pairs_has_no_numbers():
    assert not {"auto", "ross", "counting", "barber_agakov"} & set(of_pairs())
    assert list(Given("doe", ("label_channel", "gaussian"), (2.0,), (500,), seeds=(0,)).runs()) == [
        {"task": "gaussian", "true_mi": 2.0, "pairs": 500, "seed": 0}
    ]
