"""Places that fail: a disk that is full, a folder that is read-only, a clock that jumps, two commands at one figure."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mi_lab.results.store import read
from mi_lab.runner.running import run

ROOT = Path(__file__).parent.parent.parent
SETTINGS = {"true_mi": [2.0, 4.0], "batch_size": [64], "hidden": [32], "epochs": 2}
RUN = f"""
import sys
from mi_lab.runner.running import run
try:
    run("fig-2a", "smoke", workers=1, progress=False, device="cpu", **{SETTINGS})
except ValueError as refusal:
    sys.exit(f"REFUSED {{refusal}}")
"""


def command(code, prepare="", limit=None, **variables):
    """Run Python code in another process; after ``prepare``, which a shell does, with mounts of its own."""
    call = [sys.executable, "-c", code]
    if prepare:
        call = ["unshare", "-Urm", "sh", "-c", f'{prepare}\nexec "$@"', "sh", *call]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | {name: str(value) for name, value in variables.items()}
    return subprocess.run(call, capture_output=True, text=True, env=environment, timeout=120, preexec_fn=limit)


def sentence(done):
    """What a refused command said: one line, and nothing of a traceback."""
    assert done.returncode == 1, done.stderr
    *before, last = done.stderr.strip().splitlines()
    assert last.startswith("REFUSED ") and not any("Traceback" in line for line in before), done.stderr
    return last


@pytest.fixture(scope="module")
def mounts():
    """Skip where this user may not mount anything even for itself."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode:
        pytest.skip("this machine lets no user mount a file system of its own")


@pytest.mark.slow
@pytest.mark.parametrize("place", ["MI_LAB_CACHE", "MI_LAB_RESULTS"])
def test_a_full_disk(place, tmp_path, mounts):
    disk, other = tmp_path / "disk", tmp_path / "other"
    disk.mkdir()
    places = {"MI_LAB_CACHE": other, "MI_LAB_RESULTS": other, "MI_LAB_CHECKPOINT_SECONDS": "0"} | {place: disk}
    full = f'mount -t tmpfs -o size=64k none "{disk}" && echo kept > "{disk}/old" && head -c 60k /dev/zero > "{disk}/f"'
    after = f"import pathlib\nassert pathlib.Path({str(disk / 'old')!r}).read_text() == 'kept\\n'\n"
    done = command(RUN.replace("sys.exit(", after.replace("\n", "\n    ") + "sys.exit("), full, **places)
    assert "No space left on device" in sentence(done)
    assert "make room" in sentence(done) or "choose a folder" in sentence(done)


@pytest.mark.slow
def test_a_disk_that_fills_up_while_training(tmp_path):
    """Files over 20 kB cannot be written here, and so no checkpoint; after that the same command goes on."""

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    places = {"MI_LAB_CACHE": tmp_path / "cache", "MI_LAB_RESULTS": tmp_path, "MI_LAB_CHECKPOINT_SECONDS": "0"}
    assert "(File too large)" in sentence(command(RUN, limit=small_files, **places))
    assert not list(tmp_path.glob("*.json")) and not list(tmp_path.rglob("*.tmp"))
    assert command(RUN, **places).returncode == 0
    [stored] = tmp_path.glob("*.json")
    assert len(read(stored).runs) == 2


@pytest.mark.parametrize("place", ["MI_LAB_CACHE", "MI_LAB_RESULTS"])
def test_a_read_only_folder(place, tmp_path, mounts):
    shut, other = tmp_path / "shut", tmp_path / "other"
    shut.mkdir()
    lock = f'mount --bind "{shut}" "{shut}" && mount -o remount,ro,bind "{shut}"'
    done = command(RUN, lock, **({"MI_LAB_CACHE": other, "MI_LAB_RESULTS": other} | {place: shut}))
    assert "cannot be written" in sentence(done) and "Read-only file system" in sentence(done)
    assert not list(other.rglob("*.json"))  # before any training


@pytest.mark.slow
def test_a_clock_that_jumps(monkeypatch):
    expected = run("fig-2a", "smoke", workers=1, progress=False, device="cpu", **SETTINGS)
    shutil.rmtree(os.environ["MI_LAB_CACHE"])
    now, jumps = time.time(), iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: now + (-1) ** next(jumps) * 1e8)  # three years back, three forward
    monkeypatch.setattr("mi_lab.runner.checkpoints.SECONDS", 0.0)
    found = run("fig-2a", "smoke", workers=1, progress=False, device="cpu", **SETTINGS)
    assert found.runs == expected.runs
    assert 0 <= found.provenance["wall_seconds"] < 600


@pytest.mark.slow
def test_two_papermill_runs_of_one_figure_at_once(tmp_path):
    call = [Path(sys.executable).parent / "papermill", "book/experiments/nwj.ipynb", "--no-progress-bar", os.devnull]
    call += ["-p", "profile", "smoke"]
    both = [subprocess.Popen(call, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(2)]
    errors = [process.communicate(timeout=300)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    [stored] = Path(os.environ["MI_LAB_RESULTS"]).glob("*.json")
    together = stored.read_text()
    shutil.rmtree(os.environ["MI_LAB_CACHE"])
    alone = run("fig-2a", "smoke", workers=1, progress=False, device="cpu", folder=tmp_path)
    assert read(tmp_path / alone.file_name).runs == json.loads(together)["runs"]
