import copy
import json
import math
import shlex
from dataclasses import replace

import pytest
from helpers import refused

from mi_lab.experiments import registry
from mi_lab.experiments.registry import experiment
from mi_lab.ground.files import ResultError, digest
from mi_lab.results import store
from mi_lab.results.schema import SEALED
from mi_lab.results.store import Result, load, load_others, read, save

STATISTICS = ("mean", "median", "q05", "q95")
PROVENANCE = {
    **dict.fromkeys(("git_revision", "date", "python", "torch", "device", "machine"), "text"),
    **{"threads": 1, "wall_seconds": 1.5, "steps": 100},
}


def made(name="fig-2a", profile="smoke", value=1.0, **overrides):
    """A result with the runs of its spec and constant curves."""
    spec = experiment(name).spec(profile, **overrides)
    runs = []
    for number, run in enumerate(spec.runs()):
        curves = {readout: {s: [value + number] * spec.epochs for s in STATISTICS} for readout in spec.readouts}
        runs.append(run | {"curves": curves, "first_nonfinite_epoch": None, "ceiling": {"value": 4.1, "stderr": 0.001}})
    changed = {k: list(v) if isinstance(v := getattr(spec, k), tuple) else v for k in overrides}
    return Result(name, profile, changed, spec, runs, PROVENANCE)


def first_value(result):
    return result.runs[0]["curves"]["nwj"]["mean"][0]


@pytest.mark.parametrize("name", ["fig-2a", "fig-3ab", "fig-1a-derangement"])
def test_what_is_saved_is_what_is_loaded(name):
    result = made(name)
    path = save(result)
    assert path == store.results_dir() / f"{name}.smoke.json"
    assert load(name, "smoke") == read(path) == result


def test_a_ceiling_table_is_saved_and_loaded():
    spec = experiment("ceiling").spec("smoke")
    result = Result(
        "ceiling", "smoke", {}, spec, [{"true_mi": 2.5, "batch_size": 64, "value": 2.4, "stderr": 0.01}], PROVENANCE
    )
    assert read(save(result)) == result


def test_a_run_that_stopped_being_finite_is_saved_and_loaded():
    result = made()
    run = result.runs[0]
    run["first_nonfinite_epoch"] = 2
    run["curves"]["nwj"] = {statistic: [1.0] for statistic in STATISTICS}
    assert read(save(result)) == result


def test_the_folder_is_named_by_the_environment_or_by_the_caller(tmp_path, monkeypatch):
    assert store.results_dir() == tmp_path / "results"
    assert save(made(), tmp_path / "other").parent == tmp_path / "other"
    monkeypatch.setenv("MI_LAB_RESULTS", "")  # as if it were not set, and not the current folder
    assert store.results_dir().parts[-2:] == ("book", "results")
    monkeypatch.delenv("MI_LAB_RESULTS")
    assert store.results_dir().parts[-2:] == ("book", "results")
    assert store.lacking() == []


def test_curves_keep_four_significant_digits():
    assert first_value(read(save(made(value=1.23456789)))) == 1.235
    assert first_value(read(save(made(value=-0.000123456)))) == -0.0001235
    assert first_value(read(save(made(value=123456.0)))) == 123500


def test_a_true_mi_of_more_than_four_digits_is_kept():
    result = made(true_mi=(2.71828,))
    assert read(save(result)).runs[0]["true_mi"] == 2.71828


def test_a_panel_finds_the_result_of_its_experiment():
    save(made("fig-3ab"))
    assert load("fig-3b", "smoke").experiment == "fig-3ab"


def test_runs_are_selected_by_their_settings():
    result = made(seeds=(0, 1))
    assert [run["seed"] for run in result.select(true_mi=10.0)] == [0, 1]
    assert result.select(true_mi=10.0, seed=5) == []


def test_report_is_preferred_to_laptop_and_smoke_is_never_shown():
    save(made(profile="smoke"))
    with refused("no result of fig-2a", "papermill book/experiments/nwj.ipynb", "-p profile laptop", error=ResultError):
        load("fig-2a")
    save(made(profile="laptop"))
    assert load("fig-2a").profile == "laptop"
    save(made(profile="report"))
    assert load("fig-2a").profile == "report"
    assert load("fig-2a", "laptop").profile == "laptop"


def test_an_unknown_profile_is_refused_with_the_nearest():
    with refused("unknown profile 'laptob'", "'laptop'"):
        load("fig-2a", "laptob")


def test_a_custom_result_never_overwrites_a_profile_or_another_custom_one():
    own = save(made(value=1.0))
    first = save(made(value=2.0, learning_rate=1e-3))
    second = save(made(value=3.0, learning_rate=1e-2))
    assert len({own, first, second}) == 3
    assert save(made(value=4.0, learning_rate=1e-3)) == first  # the same parameters again
    assert first_value(load("fig-2a", "smoke")) == 1
    assert sorted(first_value(result) for result in load_others()) == [1, 3, 4]


def test_others_are_the_results_that_no_figure_shows():
    save(made(profile="report", value=1.0))
    assert load_others() == []
    save(made(profile="laptop", value=2.0))  # hidden by the larger profile
    save(made(profile="smoke", value=3.0))
    assert [first_value(result) for result in load_others()] == [2, 3]


def stored_document(**overrides):
    path = save(made(**overrides))
    return path, json.loads(path.read_text())


def reseal(path, document):
    """Write an edited document under a checksum that fits, to see what is checked besides."""
    if all(part in document for part in SEALED):
        document["sha256"] = digest([document[part] for part in SEALED])
    path.write_text(json.dumps(document))


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.9, -2])
def test_a_truncated_file_is_refused(kept):
    path, _ = stored_document()
    text = path.read_text()
    path.write_text(text[: int(kept * len(text)) if isinstance(kept, float) else kept])
    with refused("fig-2a.smoke.json is not readable JSON", error=ResultError):
        load("fig-2a", "smoke")


REMOVE = object()
CURVE = ("runs", 0, "curves", "nwj")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (("format",), 99, ("format",)),
        (("experiment",), "fig-9", ("experiment", "fig-9")),
        (("profile",), "huge", ("profile", "huge")),
        (("kind",), "swep", ("kind", "swep")),
        (("note",), "hello", ("note",)),
        (("provenance", "date"), REMOVE, ("provenance", "date")),
        (("provenance", "steps"), "many", ("provenance.steps", "many")),
        (("provenance", "who"), "me", ("provenance", "who")),
        (("runs",), [], ("runs",)),
        (("runs", 0), REMOVE, ("runs", "1 runs", "2 of its spec")),
        (("runs", 0, "true_mi"), "2.5", ("runs.0.true_mi",)),
        (("runs", 0, "true_mi"), 3.5, ("runs", "not the 2 of its spec")),
        (("runs", 1, "seed"), 7, ("runs", "not the 2 of its spec")),
        (("runs", 1, "seed"), REMOVE, ("runs.1", "seed")),
        (("runs", 1, "note"), "hello", ("runs.1", "note")),
        (("runs", 0, "ceiling", "stderr"), -1, ("runs.0.ceiling",)),
        (("runs", 0, "first_nonfinite_epoch"), 0, ("runs.0.first_nonfinite_epoch",)),
        (("runs", 0, "first_nonfinite_epoch"), 2, ("runs.0.curves.nwj.mean", "2 values where 1 epochs")),
        ((*CURVE, "mean", 1), "high", ("runs.0.curves.nwj.mean.1", "high")),
        ((*CURVE, "mean", 1), None, ("runs.0.curves.nwj.mean.1",)),
        ((*CURVE, "mean", 1), REMOVE, ("runs.0.curves.nwj.mean", "1 values where 2 epochs")),
        ((*CURVE, "q05"), REMOVE, ("runs.0.curves.nwj", "q05")),
        ((*CURVE, "mode"), [1.0, 1.0], ("runs.0.curves.nwj", "mode")),
        (CURVE, REMOVE, ("runs.0.curves",)),
        (("runs", 0, "curves", "dv"), {s: [1.0, 1.0] for s in STATISTICS}, ("runs.0.curves", "dv")),
        (("spec", "epochs"), 3, ("was made with epochs = 3", "fig-2a now says 2")),
        (("spec", "epochs"), "many", ("spec", "epochs must be a whole number")),
        (("spec", "negatives"), "shufle", ("spec", "'shuffle'")),
        (("spec", "negatives"), REMOVE, ("spec", "'negatives' is missing")),
        (("spec", "colour"), "red", ("spec", "colour")),
        (("overrides", "epoch"), 3, ("spec", "unknown parameter 'epoch'", "'epochs'")),
        (("overrides", "profile"), "smoke", ("unknown parameter 'profile'",)),
        (("overrides", "epochs"), 3, ("was made with epochs = 2",)),
    ],
)
def test_an_edited_file_is_refused_and_the_field_named(field, value, words):
    path, document = stored_document()
    *way, last = field
    place = document
    for step in way:
        place = place[step]
    if value is REMOVE:
        del place[last]
    else:
        place[last] = value
    reseal(path, document)
    with refused("fig-2a.smoke.json", *words, error=ResultError):
        load("fig-2a", "smoke")


def test_a_number_changed_by_hand_is_refused():
    path, document = stored_document()
    document["runs"][0]["curves"]["nwj"]["mean"][1] += 0.001
    path.write_text(json.dumps(document))
    with refused("fig-2a.smoke.json", "sha256", "not those that were stored", error=ResultError):
        load("fig-2a", "smoke")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_not_finite_is_refused(number):
    path, document = stored_document()
    document["runs"][0]["curves"]["nwj"]["mean"][1] = "HERE"
    path.write_text(json.dumps(document).replace('"HERE"', number))
    with refused("fig-2a.smoke.json", error=ResultError):
        load("fig-2a", "smoke")


def test_a_run_cannot_have_more_epochs_than_its_spec():
    path, document = stored_document()
    document["runs"][0] |= {"first_nonfinite_epoch": 8, "curves": {"nwj": {s: [1.0] * 7 for s in STATISTICS}}}
    reseal(path, document)
    with refused("fig-2a.smoke.json", "runs.0.first_nonfinite_epoch", error=ResultError):
        load("fig-2a", "smoke")


def test_a_readout_cannot_be_missing_even_of_a_run_that_overflowed_at_once():
    path, document = stored_document()
    document["runs"][0] |= {"first_nonfinite_epoch": 1, "curves": {"dv": {s: [] for s in STATISTICS}}}
    reseal(path, document)
    with refused("fig-2a.smoke.json", "runs.0.curves", error=ResultError):
        load("fig-2a", "smoke")


@pytest.mark.parametrize("text", ["[]", "3", "null", '"text"', "{}", "\udcff"])
def test_a_file_that_is_something_else_is_refused(text, tmp_path):
    path = tmp_path / "fig-2a.smoke.json"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with refused("fig-2a.smoke.json", error=ResultError):
        read(path)


def test_a_result_under_another_name_is_refused():
    path, _ = stored_document()
    with refused("fig-2b.smoke.json", "should be called fig-2a.smoke.json", error=ResultError):
        read(path.rename(path.with_name("fig-2b.smoke.json")))


def test_a_result_from_another_version_of_its_experiment_is_refused(monkeypatch):
    path, _ = stored_document()
    own = experiment("fig-2a")
    changed = replace(own, report=replace(own.report, learning_rate=1e-3))
    monkeypatch.setitem(registry.EXPERIMENTS, "fig-2a", changed)
    with refused(
        path.name, "learning_rate = 0.0001", "fig-2a now says 0.001", "papermill", "-p profile smoke", error=ResultError
    ):
        load("fig-2a", "smoke")


@pytest.mark.parametrize(
    "overrides", [{}, {"true_mi": (2.5, 10.0), "hidden": (8, 8), "dropout": (0.5, 0.2)}, {"epochs": 3}]
)
def test_the_command_that_is_shown_asks_for_the_same_spec(overrides):
    own = experiment("fig-2a")
    words = store.papermill_command(own, "smoke", overrides).split(" -p ")[1:]
    given = dict(word.split(" ", 1) for word in words)
    assert given.pop("experiment") == "fig-2a"
    assert own.spec(given.pop("profile"), **given) == own.spec("smoke", **overrides)


def test_the_command_for_no_dropout_has_a_value():
    own = experiment("fig-3cd")
    name, value = shlex.split(store.papermill_command(own, "report", {"dropout": ()}))[-2:]
    assert name == "dropout" and not any(own.spec("report", dropout=value).dropout)


@pytest.mark.parametrize("below", [".", "sub", "sub/sub"])
def test_a_folder_that_cannot_be_made_is_refused(below, tmp_path):
    # the parent is a file: that stops even root, who may write anywhere
    (tmp_path / "file").write_text("")
    with refused("results cannot be written to", "file", error=ResultError):
        save(made(), tmp_path / "file" / below)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(monkeypatch):
    path = save(made(value=1.0))

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with refused("could not be written (No space left on device)", "make room", error=ResultError):
        save(made(value=2.0))
    assert list(path.parent.iterdir()) == [path] and first_value(read(path)) == 1


def test_a_result_that_is_no_json_leaves_the_old_file_and_no_other():
    path = save(made(value=1.0))
    with pytest.raises(ValueError, match="JSON"):
        save(made(value=math.nan))
    assert list(path.parent.iterdir()) == [path] and first_value(read(path)) == 1


def test_saving_changes_nothing_of_the_result():
    result = made(value=1.23456)
    before = copy.deepcopy(result)
    save(result)
    assert result == before
