"""Stored results are found again from their provenance, and one altered number is noticed."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import pytest

from mi_lab.ground.files import digest
from mi_lab.results.schema import SEALED
from mi_lab.results.store import read
from mi_lab.runner import verify as module
from mi_lab.runner.running import run
from mi_lab.runner.verify import EQUAL, LEFT_OUT, ROUNDED, WRONG, _chosen, difference, main, verify


def altered(path, change):
    """Change the document of a stored result, and seal it anew as if it were honest."""
    document = json.loads(path.read_text())
    change(document)
    document["sha256"] = digest([document[part] for part in SEALED])
    path.write_text(json.dumps(document))
    return path


def set_to(value, *keys):
    def change(document):
        place = document
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


@pytest.mark.parametrize("name", ["fig-1d", "fig-3ab"])
def test_a_slice_of_a_stored_sweep_is_found_again(name, committed_results):
    check = verify(read(committed_results / f"{name}.laptop.json"), seconds=2)
    assert check.verdict in (EQUAL, ROUNDED) and check.largest <= module.TOLERANCE
    assert "3 of 1000 epochs of" in check.what and "all 16 ceilings" in check.what


@pytest.fixture
def smoke(tmp_path):
    """A small sweep, computed now."""
    run("fig-3ab", "smoke", progress=False, workers=1)
    return Path(os.environ["MI_LAB_RESULTS"]) / "fig-3ab.smoke.json"


def test_what_was_computed_now_is_equal_to_the_bit(smoke, capsys):
    assert main([]) == 0
    row = capsys.readouterr().out.splitlines()[1]
    assert row.startswith("fig-3ab.smoke.json") and f" {EQUAL} " in row


@pytest.mark.parametrize(
    "keys",
    [
        ("runs", -1, "curves", "plug_in", "q95", 0),
        ("runs", 0, "curves", "nwj", "mean", 1),
        ("runs", 1, "ceiling", "value"),
    ],
)
def test_one_altered_number_fails(smoke, keys, capsys):
    altered(smoke, set_to(7.654, *keys))
    read(smoke)  # nothing but computing it again could tell
    assert main(["fig-3ab"]) == 1
    out = capsys.readouterr().out
    assert WRONG in out and out.endswith("0 not recomputed, 1 wrong.\n")


def test_a_damaged_file_is_wrong_and_says_why(smoke, capsys):
    smoke.write_text(smoke.read_text().replace('"date": "2', '"date": "1'))
    assert main([]) == 1
    assert "its numbers are not those that were stored" in capsys.readouterr().out


def test_the_ceiling_table_is_exact(committed_results, tmp_path):
    stored = read(committed_results / "ceiling.laptop.json")
    few = dataclasses.replace(stored.spec, true_mi=(10.0,))
    result = dataclasses.replace(stored, spec=few, runs=stored.select(true_mi=10.0))
    assert verify(result).verdict == EQUAL
    result.runs[3] = result.runs[3] | {"value": result.runs[3]["value"] + 0.001}
    assert verify(result).verdict == WRONG  # less than a trained value may differ by


@pytest.mark.slow
def test_images_say_what_was_left_out(capsys):
    for name in ("table-1-untrained", "fig-4", "noisy-mnist", "fig-14", "table-1-rotation"):
        run(name, "smoke", progress=False, workers=1)
    assert main([]) == 0
    rows = {line.split(".")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert (
        f"{EQUAL} " in rows["table-1-untrained"]
        and "not recomputed: linear, nmi, nmi_test" in rows["table-1-untrained"]
    )
    assert "not recomputed:" not in rows["fig-4"] and f"{EQUAL} " in rows["fig-4"]
    assert "loss, picture, validation_accuracy of 1 of 2 runs; not recomputed: accuracy" in rows["noisy-mnist"]
    assert "null_l2, pixels of 2 of 2 runs" in rows["fig-14"]
    assert f" {LEFT_OUT} " in rows["table-1-rotation"] and "all training" in rows["table-1-rotation"]


def test_an_altered_image_value_fails():
    stored = run("noisy-mnist", "smoke", progress=False, workers=1)
    path = Path(os.environ["MI_LAB_RESULTS"]) / stored.file_name
    altered(path, set_to(0.9, "runs", 0, "curves", "loss", 0))
    assert main([]) == 1


def test_without_the_data_nothing_is_passed(committed_results, monkeypatch, capsys):
    monkeypatch.setattr("mi_lab.runner.verify_staged.load_dataset", _no_data)
    monkeypatch.setattr("mi_lab.runner.recipes.labeling_counts.load_dataset", _no_data)
    check = verify(read(committed_results / "fig-4.laptop.json"))
    assert check.verdict == LEFT_OUT and "cannot be had" in check.what


def _no_data(name):
    from mi_lab.representation.fetch import DataError

    raise DataError(f"{name} cannot be had.")


def test_times_are_never_passed_over_in_silence(committed_results, capsys):
    folder = Path(os.environ["MI_LAB_RESULTS"])
    folder.mkdir()
    names = [path.name for path in committed_results.glob("speed*.json")]
    assert len(names) == 2
    for name in names:
        shutil.copy(committed_results / name, folder)
    assert main([]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in names) and out.count(LEFT_OUT) >= 2
    path = folder / names[0]
    path.write_text(path.read_text(encoding="utf-8").replace('"machine": "', '"machine": "not '), encoding="utf-8")
    assert main([]) == 1


def test_a_name_stands_for_all_that_is_stored_of_it(committed_results, capsys):
    folder = Path(os.environ["MI_LAB_RESULTS"])
    folder.mkdir()
    for name in ("fig-4.laptop.json", "fig-4.laptop+ab12.json", "table-4-resnet18.laptop.json"):
        (folder / name).write_text("{}")
    assert [path.name for path in _chosen(["fig-4"])] == ["fig-4.laptop+ab12.json", "fig-4.laptop.json"]
    assert [path.name for path in _chosen(["fig-4.laptop.json"])] == ["fig-4.laptop.json"]


def test_an_unknown_name_stops_before_any_work(smoke, capsys):
    with pytest.raises(SystemExit):
        main(["fig-3abc"])
    assert "did you mean 'fig-3ab'?" in capsys.readouterr().err


def test_another_shape_differs_infinitely():
    assert difference([1.0], [1.0, 2.0]) == difference(None, 1.0) == difference({"a": 1}, {"b": 1}) == float("inf")
    assert difference([1.0, float("nan")], [1.0, 2.0]) == difference(1.0, float("nan")) == float("inf")
    assert difference({"a": [1.0, None]}, {"a": [1.001, None]}) == pytest.approx(1e-3, rel=2e-3)


def test_an_experiment_is_known_by_its_name_whatever_stands_in_it(committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))
    for name in ("fig-2a", "average-0.1-1x64-64"):
        assert [path.name for path in _chosen([name])] == [f"{name}.laptop.json"]
    assert [path.name for path in _chosen(["speed"])] == ["speed.json"]
