"""What a newcomer meets first: the README's code, the wheel, the cache's place, a second `make book`."""

import os
import re
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
CLUSTER = "LocalCUDACluster"  # needs GPUs, SLURM or Kubernetes: only read, not run


def pairs():
    """What the README calls x and y."""
    x = np.random.default_rng(0).normal(size=(600, 2))
    return {"x": x, "y": x + 1.0}


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.split("\n")[0])
def test_the_examples_of_the_readme_run(code):
    compiled = compile(code, "README.md", "exec")
    if CLUSTER not in code:
        exec(compiled, pairs())  # noqa: S102  what the README tells a reader to run


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """A Python with nothing but the wheel of mi_lab, and what it depends on lent by this one."""
    folder = tmp_path_factory.mktemp("newcomer")
    source = folder / "source"
    shutil.copytree(ROOT / "mi_lab", source / "mi_lab", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    make = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source]
    subprocess.run(make, check=True)
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv/bin/python"
    found = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, text=True, check=True
    )
    own = Path(found.stdout.strip())
    subprocess.run([*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True)
    (own / "lent.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return python, own


def run_by(newcomer, code, folder):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([newcomer, "-c", code], cwd=folder, capture_output=True, text=True, env=environment)


@pytest.mark.slow
def test_the_wheel_in_an_empty_environment_runs_the_readmes_library_examples(newcomer, tmp_path):
    python, own = newcomer
    [library] = [code for code in EXAMPLES if "CorrelatedGaussians" in code]
    done = run_by(python, f"import mi_lab; print(mi_lab.__file__)\n{library}", tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith(str(own)), done.stdout
    assert sorted(path.name for path in Path(os.environ["MI_LAB_RESULTS"]).glob("*.json"))


@pytest.mark.slow
def test_the_wheel_holds_what_the_pages_show(newcomer):
    own = newcomer[1] / "mi_lab"
    shipped = {p.relative_to(own) for p in own.rglob("*") if p.suffix != ".pyc" and p.is_file()}
    ours = {p.relative_to(ROOT / "mi_lab") for p in (ROOT / "mi_lab").rglob("*") if p.is_file() and p.suffix != ".pyc"}
    assert shipped == ours


@pytest.mark.parametrize("words", [[], ["verfy"], ["cache", "more"]])
def test_an_unknown_command_is_answered_with_those_there_are(words):
    done = subprocess.run([sys.executable, "-m", "mi_lab", *words], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (
        2,
        "usage: python -m mi_lab estimate FILE | verify [NAME ...] | report [NAME ...] | cache\n",
    )


def told_by_the_cache():
    return subprocess.run([sys.executable, "-m", "mi_lab", "cache"], capture_output=True, text=True, cwd=ROOT).stdout


def test_the_cache_tells_its_place_and_size(tmp_path):
    folder = Path(os.environ["MI_LAB_CACHE"])
    assert told_by_the_cache() == f"{folder}: not there, nothing is kept.\n"
    (folder / "runs" / "deep").mkdir(parents=True)
    (folder / "runs" / "deep" / "one").write_bytes(bytes(2_500_000))
    assert told_by_the_cache().startswith(f"{folder}: 2.5 MB\nruns: 2.5 MB\n")


def test_a_second_make_book_builds_only_if_something_changed(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("_config.yml", "_toc.yml", "book/results/a.json", "book/b.md", "mi_lab/c.py", ".venv/bin/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("requirements.txt", "requirements-hashes.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    (tmp_path / ".venv/installed").touch()
    builder = tmp_path / ".venv/bin/jupyter-book"
    builder.write_text("#!/bin/sh\nmkdir -p _build; echo built >> builds\n")
    builder.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MI_LAB_")}

    def builds():
        subprocess.run(["make", "book"], cwd=tmp_path, check=True, capture_output=True, env=environment)
        # what is changed next is newer than the stamp, whatever the clock's grain
        old = (tmp_path / "_build/built").stat().st_mtime - 10
        for path in (p for p in tmp_path.rglob("*") if p != tmp_path / "_build/built"):
            os.utime(path, (old, old))
        return (tmp_path / "builds").read_text().count("built")

    assert (builds(), builds()) == (1, 1)
    (tmp_path / "book/results/a.json").touch()
    assert (builds(), builds()) == (2, 2)
    (tmp_path / "book/b.md").unlink()
    assert builds() == 3
    (tmp_path / "mi_lab/d.py").touch()
    assert (builds(), builds()) == (4, 4)
    environment["REPOSITORY"] = "https://github.com/owner/name"  # which every page shows
    assert (builds(), builds()) == (5, 5)


def test_make_alone_tells_every_target_in_a_line():
    told = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    [names] = re.findall(r"^\.PHONY: (.*) FORCE$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(line.split()[1] for line in told) == sorted(names.split())
    assert all(re.fullmatch(r"  make [a-z-]+ +\w.{5,90}", line) for line in told), told
