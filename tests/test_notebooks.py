"""The experiment notebooks, run as a person runs them: with the plain papermill command, from the clone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import papermill
import pytest
from helpers import in_tiers

from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.lab import comparison
from mi_lab.results.store import read

ROOT = Path(__file__).parent.parent
OWN_DATA = ROOT / "book" / "experiments" / "your_data.ipynb"  # stores nothing, and is no family of figures
NOTEBOOKS = sorted(set((ROOT / "book" / "experiments").glob("*.ipynb")) - {OWN_DATA})
FAMILIES = {
    "mine": "fig-1d",
    "nwj": "fig-2a",
    "js": "fig-3ab",
    "ceiling": "ceiling",
    "explorer": "explorer-nwj-shuffle",
    "labelings": "fig-4",
    "labels": "table-1-untrained",
    "learning": "learning-rotation",
    "noisy_mnist": "noisy-mnist",
    "v_infomax_mnist": "fig-14",
    "v_infomax_cifar": "table-2",
    "supervised_autoencoder": "table-3-resnet18",
    "all_pairs": "fig-12",
    "beyond": "beyond-doe-gaussian",
    "staircase": "staircase-smile",
    "consistency": "consistency-nwj",
    "untrained": "untrained",
    "fair": "fair-nwj",
    "given": "given-ksg",
}


def papermill_command(notebook, *parameters, out=os.devnull):
    command = [
        Path(sys.executable).parent / "papermill",
        f"book/experiments/{notebook}.ipynb",
        out,
        "--no-progress-bar",
    ]
    for name, value in zip(parameters[::2], parameters[1::2], strict=True):
        command += ["-p", name, value]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("family", in_tiers(FAMILIES, ["mine"]))
def test_it_runs_at_smoke_size_and_stores(family, tmp_path):
    done = papermill_command(family, "profile", "smoke", "experiment", FAMILIES[family])
    assert done.returncode == 0, done.stderr[-2000:]
    [stored] = Path(os.environ["MI_LAB_RESULTS"]).glob("*.json")
    assert stored.name == f"{FAMILIES[family]}.smoke.json"
    assert read(stored).profile == "smoke"


@pytest.mark.slow
def test_other_parameters_go_to_a_file_of_their_own():
    done = papermill_command("nwj", "profile", "smoke", "true_mi", "3,4", "activation", "relu")
    assert done.returncode == 0, done.stderr[-2000:]
    [stored] = Path(os.environ["MI_LAB_RESULTS"]).glob("*.json")
    assert stored.name.startswith("fig-2a.smoke+")
    assert read(stored).overrides == {"true_mi": [3.0, 4.0], "activation": "relu"}


REFUSED = [
    ("epoch", "3", "unknown parameter 'epoch'; did you mean 'epochs'?"),
    ("batch_size", "1", "batch_size must be at least 2, not 1."),
    ("true_mi", "-3", "not -3.0."),
    ("scheduler", "tcp://127.0.0.1:9", "no Dask scheduler answers at 'tcp://127.0.0.1:9'"),
    ("negatives", "suffle", "unknown negatives 'suffle'; did you mean 'shuffle'?"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), in_tiers(REFUSED, REFUSED[:1]))
def test_a_wrong_parameter_stops_before_training(name, value, sentence):
    done = papermill_command("nwj", name, value)
    assert done.returncode != 0
    assert f"ValueError: {sentence}" in done.stderr or sentence in done.stderr
    assert not list(Path(os.environ["MI_LAB_RESULTS"]).glob("*.json"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_parameters_are_typed_explained_and_known(path):
    inferred = papermill.inspect_notebook(str(path))
    assert all(parameter["inferred_type_name"] != "None" and parameter["help"] for parameter in inferred.values())
    fields = EXPERIMENTS[FAMILIES[path.stem]].report.__dataclass_fields__
    extra = {"experiment", "profile", "device", "workers", "scheduler"}
    # every setting but the estimator, which is what the notebook is about, can be given
    assert set(fields) - {"estimator"} <= set(inferred) <= set(fields) | extra


def test_ones_own_pairs_are_read_from_a_path(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "pairs.npz", x=rng.normal(size=(200, 3)), y=np.arange(200) % 2)
    quick = ("estimators", "nwj,infonce", "seeds", "0", "max_steps", "50", "hidden", "8")
    done = papermill_command("your_data", "path", tmp_path / "pairs.npz", *quick, out=tmp_path / "out.ipynb")
    assert done.returncode == 0, done.stderr[-2000:]
    out = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    data = [output.data for cell in out.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("<td>NWJ</td>" in one.get("text/html", "") for one in data)
    [figure] = [one["application/vnd.plotly.v1+json"] for one in data if "application/vnd.plotly.v1+json" in one]
    assert figure["layout"]["meta"]["table"]["note"].startswith("120 pairs trained")
    lines = [one["text/plain"] for one in data if list(one) == ["text/plain"]]  # of a bar that is finished
    assert len(lines) == 2 and lines[0].startswith("nwj: 100%|") and lines[1].startswith("infonce: 100%|")
    assert "widget" not in str([list(one) for one in data])


@pytest.mark.slow
def test_a_wrong_parameter_of_ones_own_pairs_stops_before_training():
    done = papermill_command("your_data", "estimator", "nwj")
    assert done.returncode != 0
    assert "unknown parameter 'estimator'; did you mean 'estimators'?" in done.stderr


def test_every_setting_of_ones_own_pairs_is_a_parameter_typed_and_explained():
    inferred = papermill.inspect_notebook(str(OWN_DATA))
    assert all(parameter["inferred_type_name"] != "None" and parameter["help"] for parameter in inferred.values())
    assert set(inferred) == {"path", "path_y", "x", "y", *comparison.PARAMETERS}


@pytest.mark.parametrize("path", sorted((ROOT / "book").rglob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_are_committed_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert "tmp" not in json.dumps(notebook.metadata)
