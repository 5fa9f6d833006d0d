"""Parameters of the experiment notebooks: work begins with a sound spec, or one sentence says why it does not."""

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoiled import FUZZ, INPUTS, JUNK

from mi_lab.estimation.catalogue import TASKS
from mi_lab.experiments.registry import EXPERIMENTS, experiment
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.names import ACTIVATIONS, CRITICS, NEGATIVES, OPTIONS, READOUTS
from mi_lab.lab.comparison import PARAMETERS, compare_parameters
from mi_lab.runner import running

pytestmark = pytest.mark.fuzz

ONE_OF_EACH = sorted({chosen.notebook: name for name, chosen in EXPERIMENTS.items()}.values())
PLAUSIBLE = st.one_of(
    st.integers(-2, 200),
    st.floats(-1, 40),
    st.sampled_from(
        ["2,4", "64", "off", "0.5", "1e-3", "cpu", "laptop", "smoke", "nwj", "all_pairs", "5e0", " 3 ", "0x10"]
    ),
    st.lists(st.integers(-1, 70) | st.floats(0, 30), max_size=4),
)


class WorkBegan(Exception):  # noqa: N818
    pass


def begin(*_, **__):
    raise WorkBegan


def _some_of(sound):
    """Up to three parameters; half of their values are the sound ones."""
    values = {key: st.just(value) | st.just(value) | PLAUSIBLE | JUNK for key, value in sound.items()}
    one = st.sampled_from(sorted(values)).flatmap(lambda key: st.tuples(st.just(key), values[key]))
    return st.lists(one, max_size=3).map(dict)


def outcome(act, counts):
    """What became of a call: work that began, or a refusal of one line."""
    try:
        act()
    except WorkBegan:
        counts["began"] += 1
    except ValueError as refusal:
        message = str(refusal)
        assert "\n" not in message and message[-1] in ".?" and len(message) < 1000, message
        counts["refused"] += 1
    else:
        raise AssertionError("neither refused nor begun")


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_they_are_refused_before_any_work_or_make_a_sound_spec(name, monkeypatch, told):
    monkeypatch.setattr(running, "_runs", begin)
    own = dataclasses.asdict(experiment(name).spec("smoke"))
    parameters = _some_of(own | {"profile": "laptop", "device": "cpu", "workers": 1, "epoch": 2, "Seeds": [0]})
    counts = {"began": 0, "refused": 0}

    @settings(FUZZ, max_examples=INPUTS // len(ONE_OF_EACH) + 1)
    @given(parameters)
    def give(chosen):
        outcome(lambda: running.run_parameters({"experiment": name, "profile": "smoke"} | chosen), counts)

    give()
    assert counts["began"] and counts["refused"]
    table = told.setdefault("parameters of notebooks", [["experiment", "refused in one sentence", "work began"]])
    table.append([name, str(counts["refused"]), str(counts["began"])])


def test_those_of_your_data(monkeypatch, tmp_path, told):
    for kind in ("fit.Fit", "crossfit.CrossFit"):
        monkeypatch.setattr(f"mi_lab.estimation.pairs.{kind}.run", begin)
    monkeypatch.chdir(tmp_path)
    sound = {"estimators": "nwj,js", "negatives": "derangement", "critic": "joint", "batch_size": 64, "hidden": [8]}
    sound |= {"null": 0, "missing": "refuse"}
    sound |= {"dropout": "off", "learning_rate": 1e-3, "max_steps": 10, "seeds": [0], "device": "cpu"}
    sound |= dict.fromkeys(OPTIONS.values())
    assert set(sound) == set(PARAMETERS)
    counts = {"began": 0, "refused": 0}

    @settings(FUZZ, max_examples=300)
    @given(_some_of(sound | {"path": "pairs.npz", "path_y": None, "paht": "pairs.npz"}))
    def give(chosen):
        outcome(lambda: compare_parameters(chosen), counts)

    give()
    assert counts["began"] and counts["refused"]
    table = told.setdefault("parameters of notebooks", [["experiment", "refused in one sentence", "work began"]])
    table.append(["your_data", str(counts["refused"]), str(counts["began"])])


@settings(FUZZ, max_examples=20)
@given(st.data())
def test_what_is_not_refused_runs(data):
    hidden = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    chosen = {
        "true_mi": data.draw(st.lists(st.floats(0.01, 40), min_size=1, max_size=2)),
        "batch_size": data.draw(st.lists(st.integers(200, 400), min_size=1, max_size=2)),
        "hidden": hidden,
        "epochs": 1,
        "seeds": data.draw(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=2)),
        "negatives": data.draw(st.sampled_from(sorted(set(NEGATIVES) - {"all_pairs"}))),
        "activation": data.draw(st.sampled_from(ACTIVATIONS)),
        "critic": data.draw(st.sampled_from(CRITICS)),
        "task": data.draw(st.sampled_from(sorted(TASKS))),
        "dropout": data.draw(st.just([]) | st.lists(st.floats(0, 0.9), min_size=len(hidden), max_size=len(hidden))),
        "weight_decay": data.draw(st.floats(0, 1)),
        "learning_rate": data.draw(st.floats(1e-6, 10)),
        "dim": data.draw(st.integers(1, 30)),
        "estimator": data.draw(st.sampled_from(sorted(READOUTS))),
    }
    try:
        result = running.run("fig-2a", "smoke", device="cpu", workers=1, progress=False, **chosen)
    except ValueError as refusal:  # such as 40 nats in one dimension, which float32 cannot draw
        assert "\n" not in str(refusal) and str(refusal)[-1] in ".?"
        return
    assert isinstance(result.spec, Sweep)
    for run in result.runs:
        values = [value for curve in run["curves"].values() for value in curve["mean"]]
        assert all(map(math.isfinite, values)) and (values or run["first_nonfinite_epoch"] == 1)
