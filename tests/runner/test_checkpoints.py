"""Checkpoints: what makes one unusable, and runs that are killed at any moment and end as if they had not been."""

import hashlib
import io
import json
import multiprocessing
import os
import random
import time
from pathlib import Path

import pytest
import torch
from helpers import refused

from mi_lab import ResultError, run
from mi_lab.ground import files
from mi_lab.runner import checkpoints
from mi_lab.runner.checkpoints import FileCheckpoint

IDENTITY = {"settings": "abc", "PyTorch version": "2.0"}
STATE = {"steps": 3, "values": torch.arange(4.0), "epochs": [{"nwj": torch.ones(2)}], "average": None}


@pytest.fixture(autouse=True)
def every_offer_is_taken(monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS", 0.0)


def kept(path, identity=IDENTITY):
    checkpoint = FileCheckpoint(path, identity)
    checkpoint.offer(lambda: STATE)
    return checkpoint


def test_a_state_comes_back_as_it_was(tmp_path):
    checkpoint = kept(tmp_path / "a.checkpoint")
    state = FileCheckpoint(checkpoint.path, IDENTITY).load()
    assert state["steps"] == 3 and state["average"] is None
    assert torch.equal(state["values"], STATE["values"]) and torch.equal(state["epochs"][0]["nwj"], torch.ones(2))
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == [] and checkpoint.load() is None


def test_states_are_taken_by_the_clock(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS", 5.0)
    now = [100.0]
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: now[0])
    checkpoint, taken = FileCheckpoint(tmp_path / "a.checkpoint", IDENTITY), []
    for second in range(12):
        now[0] = 100.0 + second
        checkpoint.offer(lambda second=second: taken.append(second) or STATE)
    assert taken == [5, 10]


@pytest.mark.parametrize(("owner", "ends"), [(None, False), ("own", False), ("parent", False), ("gone", True)])
def test_a_worker_ends_when_its_owner_is_gone_and_nobody_else_does(tmp_path, monkeypatch, owner, ends):
    ended = []
    monkeypatch.setattr(os, "_exit", ended.append)
    pids = {None: None, "own": os.getpid(), "parent": os.getppid(), "gone": 2**22 + 1}
    FileCheckpoint(tmp_path / "a.checkpoint", IDENTITY, pids[owner]).offer(lambda: STATE)
    assert bool(ended) == ends


def damage(content, how):
    match how:
        case "empty":
            return b""
        case "half":
            return content[: len(content) // 2]
        case "a bit":
            return content[:-50] + bytes([content[-50] ^ 1]) + content[-49:]
        case "a pickle":
            # what would delete a file if it were unpickled, under a right checksum
            evil = b"cos\nsystem\n(S'touch " + how.encode() + b"'\ntR."
            return hashlib.sha256(evil).hexdigest().encode() + b"\n" + evil
        case "another form":
            buffer = io.BytesIO()
            torch.save([1, 2, 3], buffer)
            return hashlib.sha256(buffer.getvalue()).hexdigest().encode() + b"\n" + buffer.getvalue()


@pytest.mark.parametrize("how", ["empty", "half", "a bit", "a pickle", "another form"])
def test_a_damaged_file_is_set_aside(tmp_path, how):
    checkpoint = kept(tmp_path / "a.checkpoint")
    checkpoint.path.write_bytes(damage(checkpoint.path.read_bytes(), how))
    with pytest.warns(UserWarning, match="is set aside and is made anew: it (is damaged|holds something else)"):
        assert checkpoint.load() is None
    assert [path.name for path in tmp_path.iterdir()] == ["a.set-aside"]
    assert not Path("a pickle").exists()


@pytest.mark.parametrize("name", IDENTITY)
def test_a_file_of_another_spec_or_version_is_set_aside(tmp_path, name):
    path = kept(tmp_path / "a.checkpoint", IDENTITY | {name: "other"}).path
    with pytest.warns(UserWarning, match=f"set aside .* its {name} is other, not {IDENTITY[name]}"):
        assert FileCheckpoint(path, IDENTITY).load() is None
    assert not path.exists()


def test_a_full_disk_stops_the_run_with_a_sentence_and_leaves_the_last_state(tmp_path, monkeypatch):
    checkpoint = kept(tmp_path / "a.checkpoint")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with refused("a.checkpoint could not be written (No space left on device)", "make room", error=ResultError):
        checkpoint.offer(lambda: STATE | {"steps": 4})
    assert checkpoint.load()["steps"] == 3 and len(list(tmp_path.iterdir())) == 1


# What follows kills real processes. They come from a server that has imported the package, so that the time goes into
# training and not into starting.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["mi_lab.runner.running"])
# every kind of state: a moving average, dropout, two stacks
SETTINGS = {"true_mi": [2.5, 10.0], "batch_size": [64, 128], "hidden": [32], "dropout": [0.5], "epochs": 2}


def smoke_run(cache, folder, seconds=0.1):
    os.environ["MI_LAB_CACHE"] = str(cache)
    checkpoints.SECONDS = seconds
    run("fig-1a", "smoke", workers=1, folder=folder, progress=False, device="cpu", **SETTINGS)


def start(*arguments):
    process = SERVER.Process(target=smoke_run, args=arguments)
    process.start()
    return process


def finish(process):
    process.join(120)
    assert process.exitcode == 0


def only_result(folder):
    [path] = folder.glob("*.json")
    return json.loads(path.read_text())["runs"]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The runs of a process that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    finish(start(folder / "cache", folder))
    return only_result(folder)


def kept_so_far(cache):
    """How far a run has come, as anyone can see it."""
    return sorted((path.name, path.stat().st_mtime_ns) for path in cache.rglob("*.[cj]*") if path.exists())


@pytest.mark.slow
def test_a_run_killed_twenty_times_ends_bit_identical(uninterrupted, tmp_path, kills):
    draw, cache, killed, results = random.Random(0), tmp_path / "cache", 0, []
    while killed < 20:
        before, process = kept_so_far(cache), start(cache, tmp_path)
        # let it get further than the last one, and kill it at any moment after that
        while kept_so_far(cache) == before and process.is_alive():
            time.sleep(0.01)
        time.sleep(draw.uniform(0, 0.3))
        process.kill()
        process.join()
        killed += 1
        if process.exitcode == 0 or list(tmp_path.glob("*.json")):
            results.append(only_result(tmp_path))
            for path in [*cache.rglob("*.sealed"), *tmp_path.glob("*.json")]:
                path.unlink()  # and begin again
    finish(start(cache, tmp_path))
    results.append(only_result(tmp_path))
    lost, half = sum(result != uninterrupted for result in results), len(list(cache.rglob("*.checkpoint")))
    kills.append(["training", str(killed), str(lost), str(half)])
    assert lost == half == 0
