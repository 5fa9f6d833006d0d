"""What an installed package, which lies in no checkout of its own, says of itself and writes where."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mi_lab

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(tmp_path):
    """The package in an ignored folder of another project's checkout."""
    packages = tmp_path / "project" / "packages"
    shutil.copytree(ROOT / "mi_lab", packages / "mi_lab", ignore=shutil.ignore_patterns("__pycache__"))
    (packages.parent / ".gitignore").write_text("packages\n")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "theirs"]):
        subprocess.run([*git, *words], cwd=packages.parent, check=True, capture_output=True)
    return packages


def told(packages, code, folder):
    environment = {name: value for name, value in os.environ.items() if name != "MI_LAB_RESULTS"}
    program = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(packages)!r}); {code}"]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_a_result_names_the_version_and_lies_in_the_working_folder(installed, tmp_path):
    code = "import mi_lab; print(mi_lab.run('ceiling', 'smoke', samples=50, progress=False).provenance['git_revision'])"
    assert told(installed, code, tmp_path) == f"mi_lab {mi_lab.__version__}"
    assert [path.name.split(".")[0] for path in (tmp_path / "results").iterdir()] == ["ceiling"]
    assert not (installed / "book").exists()


def test_a_missing_result_is_made_by_what_is_there(installed, tmp_path):
    code = "import mi_lab, sys; sys.excepthook = lambda kind, error, _: (print(error), sys.stdout.flush(), sys.exit(0))"
    wanted = "no result of fig-2a at profile report or laptop in results; run: mi_lab.run('fig-2a', 'laptop')."
    assert told(installed, f"{code}; mi_lab.load('fig-2a')", tmp_path) == wanted
