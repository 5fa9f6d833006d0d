"""Pins, hashes and the audit of known vulnerabilities."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OWN_BY_MACHINE = {"torch", "torchvision"}
SPEC = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.M)


def pins(name):
    found = SPEC.findall((ROOT / name).read_text(encoding="utf-8"))
    return {re.sub("[-_.]+", "-", package).lower(): version for package, version in found}


def test_every_requirement_is_pinned_and_has_the_hashes_of_its_version():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert all(SPEC.match(line) or line.startswith("#") for line in lines)
    hashed = pins("requirements-hashes.txt")
    assert hashed == {k: v for k, v in pins("requirements.txt").items() if k not in OWN_BY_MACHINE}
    entries = "\n".join(
        (ROOT / name).read_text(encoding="utf-8") for name in ("requirements-hashes.txt", ".ci/tools.txt")
    )
    for entry in re.split(r"\n(?=\S)", entries):
        assert entry.startswith("#") or re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


def make_audit(folder, **environment):
    (folder / ".ci").mkdir()
    for name in ("Makefile", "requirements.txt", ".ci/audit.py", ".ci/tools.txt"):
        shutil.copy(ROOT / name, folder / name)
    return lambda: subprocess.run(
        ["make", "audit", f"PYTHON={sys.executable}"],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )


def test_without_a_network_the_audit_says_that_it_did_not_happen(tmp_path):
    nowhere = "http://127.0.0.1:9"
    audit = make_audit(tmp_path, HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere, PIP_RETRIES="0", PIP_CONFIG_FILE=os.devnull)
    done = audit()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT AUDITED" in done.stdout and not (tmp_path / ".tools/installed").exists()


FOUND = '{"id": "PYSEC-1", "fix_versions": ["2"], "aliases": [], "description": ""}'


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ("""echo "requests.exceptions.ProxyError: no way" >&2; exit 1""", 0, ["ProxyError", "NOT AUDITED"]),
        ("""echo "ERROR: no such option" >&2; exit 2""", 2, ["no such option"]),
        (
            """echo '{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}'""",
            0,
            ["1 of 1 packages audited, 0 known"],
        ),
        (
            """echo '{"dependencies": [{"name": "a", "skip_reason": "not found"}]}'""",
            0,
            ["0 of 1 packages", "NOT AUDITED"],
        ),
        (
            f"""echo '{{"dependencies": [{{"name": "a", "version": "1", "vulns": [{FOUND}]}}]}}'; exit 1""",
            2,
            ["a 1: PYSEC-1, fixed in 2"],
        ),
    ],
)
def test_what_the_tool_answers_is_told(answer, code, words, tmp_path):
    """By a stand-in for pip-audit, which has a registry to ask."""
    audit = make_audit(tmp_path)
    (tmp_path / ".tools/bin").mkdir(parents=True)
    (tmp_path / ".tools/installed").touch()
    tool = tmp_path / ".tools/bin/pip-audit"
    tool.write_text(f"#!/bin/sh\n{answer}\n")
    tool.chmod(0o755)
    done = audit()
    assert done.returncode == code, done.stdout + done.stderr
    assert all(word in done.stdout for word in words), done.stdout
