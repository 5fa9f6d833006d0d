"""The package as others install it: archive and wheel, and what the core does where there is nothing else."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A copy of the sources in which `make dist` was called: the archive and the wheel that was made from it."""
    folder = tmp_path_factory.mktemp("sources")
    for name in (
        "Makefile",
        "MANIFEST.in",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "requirements.txt",
        "requirements-hashes.txt",
    ):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "mi_lab", folder / "mi_lab", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".venv").symlink_to(Path(sys.prefix))
    subprocess.run(["make", "dist", "--old-file=.venv/installed"], cwd=folder, check=True, capture_output=True)
    [archive] = (folder / "dist").glob("*.tar.gz")
    [wheel] = (folder / "dist").glob("*.whl")
    return archive, wheel


def test_archive_and_wheel_hold_the_whole_package(made):
    archive, wheel = made
    ours = {str(p.relative_to(ROOT)) for p in (ROOT / "mi_lab").rglob("*") if p.is_file() and p.suffix != ".pyc"}
    assert "mi_lab/py.typed" in ours
    with tarfile.open(archive) as tar:
        held = {name.split("/", 1)[-1] for name in tar.getnames()}
    assert held >= ours | {"LICENSE", "README.md", "pyproject.toml"}
    assert not [name for name in held if name.startswith("tests")]
    with zipfile.ZipFile(wheel) as file:
        assert {name for name in file.namelist() if ".dist-info" not in name} == ours


def core():
    """The distributions that the core's dependencies bring, each with all it needs itself."""
    wanted, found = list(PROJECT["dependencies"]), {}
    while wanted:
        requirement = Requirement(wanted.pop())
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = requirement.name.lower().replace("_", "-")
        if name not in found:
            found[name] = importlib.metadata.distribution(requirement.name)
            wanted += found[name].requires or []
    return found.values()


@pytest.fixture(scope="module")
def python(made, tmp_path_factory):
    """A Python with the wheel and the core's dependencies, which are lent by this one, and nothing else."""
    folder = tmp_path_factory.mktemp("core")
    venv.create(folder, with_pip=False)
    program = folder / "bin" / "python"
    code = "import site; print(site.getsitepackages()[0])"
    own = Path(subprocess.run([program, "-c", code], capture_output=True, text=True, check=True).stdout.strip())
    for distribution in core():
        for top in {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}:
            if not (own / top).exists():
                (own / top).symlink_to(distribution.locate_file(top))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python", program]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", made[1]], check=True)
    return program


def run(python, code, folder):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([python, "-c", code], cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


ESTIMATES = """
import importlib.util, sys
import numpy as np
import torch
import mi_lab
draw = np.random.default_rng(0)
x = draw.normal(size=(2000, 1))
y = x + draw.normal(size=(2000, 1))
quick = {"hidden": (16,), "seeds": 0, "max_steps": 400, "learning_rate": 1e-2, "progress": False}
print(mi_lab.estimate(x, y, "nwj", **quick).mi)
compared = mi_lab.compare(x, y, ["mine", "infonce", "ksg", "gaussian"], **quick)
print(*(one.mi for one in compared.estimates))
assert compared._repr_html_() is None
task = mi_lab.CorrelatedGaussians(dim=2, mi=1.0)
assert 0 < mi_lab.ceiling(task, 64, samples=2000).value < 1
[curve] = mi_lab.train([task], [0], estimator_name="nwj", batch_size=64, epochs=1, hidden=(8,))
labels = (task.sample(300, torch.Generator().manual_seed(0))[0][:, 0] > 0).long()
assert 0.5 < mi_lab.v_entropy(mi_lab.Categorical(), labels).value < 0.7
assert all(name in sys.modules for name in ("numpy", "scipy", "torch", "tqdm")), "the core brings more than it needs"
assert importlib.util.find_spec("plotly") is None and importlib.util.find_spec("sklearn") is None
"""


def test_the_core_alone_estimates(python, tmp_path):
    one, others = run(python, ESTIMATES, tmp_path).splitlines()
    truth = 0.3466  # log(2) / 2
    for value in map(float, [one, *others.split()]):
        assert value == pytest.approx(truth, abs=0.15)


MISSES = """
import mi_lab
import numpy as np
x, y = np.random.default_rng(0).normal(size=(2, 400, 1))
compared = mi_lab.compare(x, y, "gaussian", progress=False)
def live():
    from mi_lab.lab.your_pairs import YourPairs

for attempt in (compared.figure, lambda: mi_lab.load("fig-2a"), lambda: mi_lab.run("fig-2a", "smoke"), live):
    try:
        attempt()
    except ModuleNotFoundError as error:
        print(error)
"""


def test_the_core_alone_names_the_extra_for_everything_else(python, tmp_path):
    told = run(python, MISSES, tmp_path).splitlines()
    rest = "is not installed; it comes with the extra 'book': pip install 'mi_lab[book]'."
    live = told.pop()
    assert live.endswith(rest.replace("book", "lab")) and live.split()[0] in ("ipywidgets", "anywidget"), live
    modules = [line.removesuffix(f" {rest}") for line in told]
    assert modules[:2] == ["plotly", "fastjsonschema"] and modules[2] in ("filelock", "joblib") and len(modules) == 3


def test_the_core_alone_says_in_a_sentence_that_it_cannot_verify(python, tmp_path):
    done = subprocess.run([python, "-m", "mi_lab", "verify"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert "comes with the extra 'book'" in done.stderr
