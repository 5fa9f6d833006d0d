import math

import numpy as np
import pytest
from helpers import refused
from joblib.externals.loky import get_reusable_executor

from mi_lab import Result, ResultError, ceiling, load
from mi_lab.estimation import training
from mi_lab.estimation.mlp import Layers
from mi_lab.estimation.readings import STATISTICS
from mi_lab.estimation.tasks import CorrelatedGaussians
from mi_lab.estimation.transforms import Cubic
from mi_lab.experiments import sweep_costs
from mi_lab.results.store import load_others, results_dir
from mi_lab.runner import running, sweep_training, sweeps
from mi_lab.runner.running import run, run_parameters

TINY = {
    "true_mi": [2.0, 5.0],
    "batch_size": 16,
    "hidden": 4,
    "epochs": 2,
    "workers": 1,
    "progress": False,
    "device": "cpu",
}


@pytest.fixture(autouse=True)
def short_epochs(monkeypatch):
    for module in (training, sweep_costs):
        monkeypatch.setattr(module, "steps_per_epoch", lambda batch_size: 4)


def refuse_to_train(*_, **__):
    raise AssertionError("nothing should be trained here")


@pytest.fixture
def no_training(monkeypatch):
    monkeypatch.setattr(sweep_training, "Training", refuse_to_train)


def curves(result):
    return np.array(
        [[run["curves"][readout][s] for s in STATISTICS] for run in result.runs for readout in run["curves"]]
    )


def test_a_profile_is_run_and_stored():
    result = run("fig-2a", "smoke", workers=1, progress=False)
    stored = load("fig-2a", "smoke")
    assert stored.spec == result.spec and stored.overrides == {}
    assert stored.provenance == result.provenance
    assert stored.provenance["steps"] == 2 * 2 * 4 and stored.provenance["wall_seconds"] >= 0
    assert 0 <= stored.provenance["processor_seconds"] <= stored.provenance["wall_seconds"] + 0.1  # one thread
    ceilings = [ceiling(CorrelatedGaussians(mi=mi), 64).value for mi in (2.5, 10.0)]
    assert [r["ceiling"]["value"] for r in stored.runs] == pytest.approx(ceilings, rel=1e-3)  # 4 digits
    assert curves(stored) == pytest.approx(curves(result), rel=1e-3)


def test_a_folder_may_be_said_in_words(tmp_path):
    result = run("ceiling", "smoke", folder=str(tmp_path), progress=False)
    assert load("ceiling", "smoke", folder=str(tmp_path)).spec == result.spec


def test_a_notebook_without_an_experiment_is_refused():
    with refused("no experiment is given; name one, such as 'fig-2a'."):
        run_parameters({"profile": "smoke"})


def test_the_curves_are_those_of_the_trainer():
    result = run("fig-3ab", "smoke", **TINY)
    settings = {"estimator_name": "js", "batch_size": 16, "epochs": 2, "hidden": (4,), "device": "cpu"}
    (alone,) = training.train([CorrelatedGaussians(mi=5.0)], [0], **settings)
    (found,) = result.select(true_mi=5.0)
    for readout in ("nwj", "plug_in"):
        for statistic in STATISTICS:
            assert found["curves"][readout][statistic] == pytest.approx(
                alone.curves[readout][statistic], rel=1e-3
            )  # 4 digits


def test_settings_reach_the_trainer(monkeypatch):
    given = {}

    def spy(tasks, seeds, **settings):
        given.update(settings, tasks=tasks, seeds=seeds)
        return training.Training(tasks, seeds, **settings)

    monkeypatch.setattr(sweep_training, "Training", spy)
    changed = {
        "negatives": "all_pairs",
        "critic": "separable",
        "activation": "relu",
        "precision": "bfloat16",
        "dropout": 0.5,
        "weight_decay": 0.1,
        "task": "cubic",
    }
    run("fig-2a", "smoke", **(TINY | changed | {"true_mi": 2.0}), learning_rate=1e-2, dim=3, seeds=[1, 2])
    assert given["tasks"] == [Cubic(CorrelatedGaussians(dim=3, mi=2.0))] * 2 and given["seeds"] == [1, 2]
    assert (given["negatives"], given["critic"]) == ("all_pairs", "separable")
    assert given["layers"] == Layers((4,), "relu", (0.5,), "bfloat16")
    assert (given["weight_decay"], given["learning_rate"]) == (0.1, 1e-2)
    assert (given["estimator_name"], given["batch_size"]) == ("nwj", 16)


def test_a_run_with_other_parameters_goes_to_its_own_file():
    own = run("fig-2a", "smoke", workers=1, progress=False)
    other = run("fig-2a", "smoke", workers=1, progress=False, learning_rate=1e-2)
    same = run("fig-2a", "smoke", workers=1, progress=False, epochs=2)  # that is what smoke says
    assert own.file_name == same.file_name == "fig-2a.smoke.json" != other.file_name
    assert load("fig-2a", "smoke").overrides == {}
    assert [result.overrides for result in load_others()] == [{"learning_rate": 1e-2}, {}]


@pytest.mark.parametrize("true_mi", [2.71828, 1 / 3])
def test_a_true_mi_of_many_digits_is_run_and_stored(true_mi):
    run("fig-2a", "smoke", **(TINY | {"true_mi": true_mi}))
    assert load_others()[0].runs[0]["true_mi"] == true_mi


@pytest.mark.parametrize("negatives", ["derangement", "all_pairs", "independent"])
def test_the_ceiling_of_a_shuffle_is_stored_for_comparison_with_every_scheme(negatives):
    shuffled, other = (run("fig-2a", "smoke", negatives=scheme, **TINY).runs for scheme in ("shuffle", negatives))
    assert [r["ceiling"] for r in other] == [r["ceiling"] for r in shuffled]


def test_finished_runs_are_not_trained_again(monkeypatch):
    first = run("fig-2a", "smoke", **TINY)
    monkeypatch.setattr(sweep_training, "Training", refuse_to_train)
    assert curves(run("fig-2a", "smoke", **TINY)).tolist() == curves(first).tolist()
    with pytest.raises(AssertionError, match="nothing should be trained"):
        run("fig-2a", "smoke", **TINY, learning_rate=1e-2)


def test_a_grid_that_grows_trains_the_new_runs_only(monkeypatch):
    run("fig-2a", "smoke", **TINY)
    trained = []

    def spy(tasks, seeds, **settings):
        trained.extend(task.mi for task in tasks)
        return training.Training(tasks, seeds, **settings)

    monkeypatch.setattr(sweep_training, "Training", spy)
    result = run("fig-2a", "smoke", **(TINY | {"true_mi": [2.0, 3.0, 5.0]}))
    assert trained == [3.0]
    assert [r["true_mi"] for r in result.runs] == [2.0, 3.0, 5.0]


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 3},
        {"seeds": 1},
        {"negatives": "derangement"},
        {"weight_decay": 0.1},
        {"hidden": 5},
        {"task": "cubic"},
        {"dim": 3},
    ],
)
def test_no_other_setting_is_served_from_the_cache(change, monkeypatch):
    run("fig-2a", "smoke", **TINY)
    monkeypatch.setattr(sweep_training, "Training", refuse_to_train)
    with pytest.raises(AssertionError, match="nothing should be trained"):
        run("fig-2a", "smoke", **(TINY | change))


def test_two_workers_give_the_curves_of_one(monkeypatch, tmp_path):
    monkeypatch.undo()  # a worker process knows nothing of what is patched here
    settings = {"batch_size": 512, "hidden": 4, "epochs": 1, "progress": False, "device": "cpu", "seeds": [0, 1]}
    found = []
    try:
        for workers in (1, 2):
            monkeypatch.setenv("MI_LAB_CACHE", str(tmp_path / f"cache{workers}"))
            found.append(run("fig-2a", "smoke", **settings, workers=workers, folder=tmp_path))
    finally:
        get_reusable_executor().shutdown(wait=True)  # its processes keep this test's cache folder
    assert [r["true_mi"] for r in found[0].runs] == [r["true_mi"] for r in found[1].runs] == [2.5, 2.5, 10.0, 10.0]
    assert curves(found[0]) == pytest.approx(curves(found[1]), rel=1e-3, abs=1e-4)


def test_stacks_share_a_batch_size_and_cover_every_run_once():
    spec = running.experiment("fig-2b").spec("report", seeds=[0, 1], true_mi=[2.5, 10, 30])
    runs = list(spec.runs())
    for workers in (1, 2, 5):
        stacks = list(sweeps.cut_into_stacks(spec, runs, "cpu", workers))
        assert all(len({r["batch_size"] for r in stack}) == 1 for stack in stacks)
        assert sorted(str(r) for stack in stacks for r in stack) == sorted(map(str, runs))


def test_the_ceiling_table_is_the_ceiling():
    result = run("ceiling", "smoke", progress=False, true_mi=[2.5, 30], batch_size=[64, 512])
    assert [(r["batch_size"], r["true_mi"]) for r in result.runs] == [(64, 2.5), (64, 30), (512, 2.5), (512, 30)]
    for r in result.runs:
        task = CorrelatedGaussians(mi=r["true_mi"])
        assert (r["value"], r["stderr"]) == ceiling(task, r["batch_size"], samples=1000)
        assert r["value"] <= math.log(r["batch_size"])
    assert isinstance(load_others()[0], Result)


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"name": "fig2a"}, ("unknown experiment 'fig2a'", "'fig-2a'")),
        ({"name": "fig-2a", "profile": "smok"}, ("unknown profile 'smok'", "'smoke'")),
        ({"name": "fig-2a", "batch_size": 1}, ("batch_size must be at least 2",)),
        ({"name": "fig-2a", "device": "cuda:99"}, ("device 'cuda:99' is not available",)),
        ({"name": "fig-2a", "workers": -1}, ("workers", "at least 1")),
    ],
)
def test_bad_input_is_refused_before_any_training(call, words):
    with refused(*words):
        run(call.pop("name"), call.pop("profile", "smoke"), **call, progress=False)


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("variable", ["MI_LAB_RESULTS", "MI_LAB_CACHE"])
def test_a_folder_that_cannot_be_written_is_refused_before_any_training(variable, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")  # a file as parent stops even root
    monkeypatch.setenv(variable, str(tmp_path / "file" / "sub"))
    with refused("cannot be written to", "sub", error=ResultError):
        run("fig-2a", "smoke", **TINY)


def notebook(**parameters):
    """The globals() of a notebook after its parameters cell."""
    kernel = {
        "__name__": "__main__",
        "_": "",
        "_i1": "1 + 1",
        "In": ["1 + 1"],
        "Out": {},
        "run_parameters": run_parameters,
        "exit": object(),
    }
    return (
        kernel
        | {"experiment": "fig-2a", "profile": "smoke", "device": "cpu", "workers": 1, "learning_rate": None}
        | parameters
    )


def test_a_notebook_runs_its_parameters(monkeypatch):
    monkeypatch.setattr(running, "run", lambda name, **given: (name, given))
    name, given = run_parameters(notebook(true_mi="2,5", epochs=3))
    assert name == "fig-2a"
    assert given == {
        "profile": "smoke",
        "device": "cpu",
        "workers": 1,
        "learning_rate": None,
        "true_mi": "2,5",
        "epochs": 3,
    }


def test_a_notebook_stores_its_result():
    result = run_parameters(notebook(true_mi="2,5", batch_size=16, hidden=4, epochs=3))
    assert result.overrides == {"true_mi": [2.0, 5.0], "batch_size": [16], "hidden": [4], "epochs": 3}
    assert [stored.file_name for stored in load_others()] == [result.file_name]


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"epoch": 3}, ("unknown parameter 'epoch'", "'epochs'")),
        ({"true_mis": [3]}, ("unknown parameter 'true_mis'", "'true_mi'")),
        ({"worker": 2}, ("unknown parameter 'worker'", "'workers'")),
        ({"experiment": "fig-2c"}, ("unknown experiment 'fig-2c'", "'fig-2")),
        ({"negatives": "shufle"}, ("unknown negatives 'shufle'", "'shuffle'")),
        ({"epochs": 0}, ("epochs must be at least 1",)),
    ],
)
def test_a_notebook_with_a_bad_parameter_fails_at_once(parameters, words):
    with refused(*words):
        run_parameters(notebook(**parameters))


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("fig-2a", {"task": "gausian"}, ("unknown task 'gausian'", "'gaussian'")),
        ("fig-2a", {"task": "student", "true_mi": 0.5}, ("mi must be at least 0.7926 nats",)),
        ("fig-2a", {"task": "uniform_noise", "true_mi": 0}, ("mi must be a positive number of nats",)),
        (
            "fig-2a",
            {"task": "uniform_noise", "dim": 2, "true_mi": 18},
            ("at most 8.5 nats for each", "not 18"),
        ),
        ("fig-2a", {"task": "label_channel", "true_mi": 3}, ("mi must lie in [0, log 20 = 2.9957] nats", "not 3")),
        ("fig-2a", {"task": "spiral", "dim": 1}, ("at least 2 dimensions", "not 1")),
        ("staircase-nwj", {"tasks": "cubic,blobs", "dim": 3}, ("dim must be even", "not 3")),
        ("staircase-nwj", {"tasks": "cubik"}, ("unknown task 'cubik'", "'cubic'")),
        ("untrained", {"tasks": "cubix"}, ("unknown task 'cubix'",)),
    ],
)
def test_a_task_that_cannot_be_is_refused_before_any_training(name, settings, words):
    with refused(*words):
        run(name, "smoke", progress=False, **settings)
    assert not list(results_dir().glob("*.json"))
