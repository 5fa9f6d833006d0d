"""What GitHub, Binder, Docker and pre-commit read, as far as it can be held against its schema and against the rest."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import mi_lab

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def read(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def valid(schema, *paths):
    program = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run([program, "--builtin-schema", f"vendor.{schema}", *paths], capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "paths", "spoilt"),
    [
        ("github-workflows", WORKFLOWS, ("runs-on:", "run-on:")),
        ("github-issue-forms", FORMS, ("type: textarea", "type: area")),
        ("citation-file-format", [ROOT / "CITATION.cff"], ("license: MIT", "license: ours")),
    ],
)
def test_files_are_as_their_schema_says_and_spoilt_ones_are_not(schema, paths, spoilt, tmp_path):
    assert paths
    well, told = valid(schema, *paths)
    assert well, told
    text = paths[0].read_text(encoding="utf-8")
    assert spoilt[0] in text
    (tmp_path / paths[0].name).write_text(text.replace(*spoilt))
    assert not valid(schema, tmp_path / paths[0].name)[0]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_calls_make_with_targets_that_are_there(path):
    jobs = read(path)["jobs"].values()
    steps = [step for job in jobs for step in job["steps"]]
    lines = [step["run"] for step in steps if "make " in step.get("run", "")]
    called = [re.findall(r"[a-z-]+", line.removeprefix("make").split(" PYTHON")[0]) for line in lines]
    assert called and all(target in TARGETS for targets in called for target in targets)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    pythons = {step["with"]["python-version"] for step in steps if "setup-python" in step.get("uses", "")}
    assert {f">={python}" for python in pythons - {"${{ matrix.python }}"}} <= {needed}


def test_both_tiers_run_on_linux_and_the_library_elsewhere():
    jobs = read(".github/workflows/tests.yml")["jobs"]
    ran = {name: (job["runs-on"], job["steps"][-1]["run"]) for name, job in jobs.items()}
    assert ran["quick"] == ("ubuntu-latest", "make check test")
    assert ran["all"] == ("ubuntu-latest", "make check test-all")
    rule = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ntest-library:")[1].splitlines()[1]
    *words, ground, estimation, representation, results, examples = rule.split()
    assert words == ["$(BIN)/python", "-m", "pytest", "-m", '"not', 'slow"']
    assert [ground, estimation, representation] == ["tests/ground", "tests/estimation", "tests/representation"]
    assert [results, examples] == ["tests/results", "tests/test_examples.py"] and (ROOT / examples).exists()
    browsers = [path for path in ROOT.glob("tests/results/*.py") if "browser" in path.read_text(encoding="utf-8")]
    assert not browsers
    assert ran["library"][1] == "make test-library PYTHON=python"
    matrix = jobs["library"]["strategy"]["matrix"]
    assert {"macos-latest", "windows-latest"} == set(matrix["os"])


def test_one_job_is_on_a_newer_python():
    matrix = read(".github/workflows/tests.yml")["jobs"]["library"]["strategy"]["matrix"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [newest] = matrix["include"]
    assert [f">={python}" for python in matrix["python"]] == [project["requires-python"]]
    assert newest["os"] == "ubuntu-latest" and int(newest["python"].split(".")[1]) > 11


def test_the_book_is_published_only_after_its_tests():
    book = read(".github/workflows/book.yml")
    tests = read(".github/workflows/tests.yml")
    run = book[True]["workflow_run"]  # YAML 1.1 reads `on` so
    assert run == {"workflows": [tests["name"]], "types": ["completed"], "branches": ["main"]}
    assert "main" in tests[True]["push"]["branches"]
    [job] = book["jobs"].values()
    told = "github.event.workflow_run"
    assert job["if"] == f"{told}.conclusion == 'success' && {told}.event == 'push'"  # a fork's main is no push here
    assert job["steps"][0]["with"] == {"ref": f"${{{{ {told}.head_sha }}}}"}


def test_only_a_tag_uploads_and_without_a_secret():
    release = read(".github/workflows/release.yml")
    assert release[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads `on` so
    assert release["jobs"]["upload"]["permissions"] == {"id-token": "write"}
    assert all("secrets." not in path.read_text(encoding="utf-8") for path in WORKFLOWS)


def test_the_form_for_wrong_numbers_has_the_field_that_pages_fill_in():
    assert "page" in [field["id"] for field in read(".github/ISSUE_TEMPLATE/wrong-number.yml")["body"]]


def test_a_commit_is_checked_by_the_tools_of_make_check():
    hooks = [hook for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    rule = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ncheck:")[1].split("\n\n")[0]
    checks = [line.strip().replace("$(BIN)", ".venv/bin").removesuffix(" .") for line in rule.splitlines()[1:]]
    assert [hook["entry"] for hook in hooks] == checks  # of .venv, so of the versions in requirements.txt
    assert {hook["language"] for hook in hooks} == {"system"}


def test_binder_keeps_to_the_pins():
    lines = (ROOT / ".binder/requirements.txt").read_text(encoding="utf-8").splitlines()
    assert "-c ../requirements.txt" in lines and "-e .[lab]" in lines
    assert (ROOT / ".binder/postBuild").stat().st_mode & 0o100
    assert (ROOT / ".binder/runtime.txt").read_text(encoding="utf-8") == "python-3.11\n"


def test_what_the_dockerfile_copies_and_makes_is_there():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [name for line in lines if line.startswith("COPY") for name in line.split()[2:-1]]
    assert all((ROOT / name).exists() for name in copied)
    needed = re.findall(r"^\.venv/installed: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    first = copied[: copied.index(".")]
    assert {"mi_lab", "README.md", "LICENSE", *needed[0].split()} <= set(first)


def test_one_version_and_one_date():
    citation = read("CITATION.cff")
    released = re.findall(
        r"^## \[(\d\S*)\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert citation["version"] == mi_lab.__version__
    assert released[0] == (citation["version"], str(citation["date-released"]))
