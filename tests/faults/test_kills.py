"""kill -9 at random moments while results are stored and data sets fetched; training stands in test_checkpoints.

Nothing that was stored is lost, and no reader ever sees half of anything.
"""

import hashlib
import itertools
import multiprocessing
import os
import random
import time

import pytest

from mi_lab import ResultError
from mi_lab.ground.sealed import read_sealed, write_sealed
from mi_lab.representation import fetch
from mi_lab.results.store import load_others, read, save
from mi_lab.runner.running import run

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["mi_lab.runner.running", "mi_lab.representation.fetch"])
KILLS = 10
RIGHT = {"a.bin": bytes(range(256)) * 40_000, "b.bin": b"labels" * 1000}
HASHES = {file: f"sha256:{hashlib.sha256(content).hexdigest()}" for file, content in RIGHT.items()}


def killed(target, *arguments, seen, seed):
    """Start a process, wait until ``seen`` says that it works, kill it within a fifth of a second."""
    process = SERVER.Process(target=target, args=arguments)
    process.start()
    end = time.monotonic() + 60
    while not seen():
        assert process.is_alive() and time.monotonic() < end
        time.sleep(0.005)
    time.sleep(random.Random(seed).uniform(0, 0.2))
    process.kill()
    process.join()
    assert process.exitcode == -9


def store_again_and_again(path, folder):
    result = read(path)
    for _ in itertools.count():
        save(result, folder)
        write_sealed(folder / "part.json", list(range(5000)))


@pytest.mark.slow
def test_storing(tmp_path, kills):
    settings = {"true_mi": [1.0 + k / 100 for k in range(40)], "epochs": 4, "batch_size": [64]}
    result = run("fig-2a", "smoke", folder=tmp_path / "one", workers=1, progress=False, device="cpu", **settings)
    path, folder = tmp_path / "one" / result.file_name, tmp_path / "many"
    folder.mkdir()
    lost = half = 0
    for number in range(KILLS):
        part, copy = folder / "part.json", folder / result.file_name
        before = part.stat().st_mtime_ns if part.exists() else 0
        killed(
            store_again_and_again,
            path,
            folder,
            seen=lambda part=part, before=before: part.exists() and part.stat().st_mtime_ns > before,
            seed=number,
        )
        lost += not (copy.exists() and part.exists())
        try:
            half += read(copy) != read(path) or read_sealed(part) != list(range(5000)) or len(load_others(folder)) != 1
        except ResultError:
            half += 1
    kills.append(["storing", str(KILLS), str(lost), str(half)])
    assert lost == half == 0


def fetch_again_and_again(cache):
    os.environ["MI_LAB_CACHE"] = str(cache)
    fetch.HASHES = {"mnist": HASHES}
    fetch._from_the_web = lambda name: dict(RIGHT)
    while True:
        fetch.official_files("mnist")
        for file in RIGHT:
            (fetch.data_folder("mnist") / file).unlink()


@pytest.mark.slow
def test_fetching(tmp_path, kills, monkeypatch):
    monkeypatch.setenv("MI_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(fetch, "HASHES", {"mnist": HASHES})
    fetched = []
    monkeypatch.setattr(fetch, "_from_the_web", lambda name: fetched.append(name) or dict(RIGHT))
    half = lost = 0
    for number in range(KILLS):
        folder = fetch.data_folder("mnist")
        killed(fetch_again_and_again, tmp_path, seen=lambda folder=folder: (folder / "a.bin").exists(), seed=number)
        for file, content in RIGHT.items():
            half += (folder / file).exists() and (folder / file).read_bytes() != content
        lost += fetch.official_files("mnist") != RIGHT
    kills.append(["fetching", str(KILLS), str(lost), str(half)])
    assert lost == half == 0 and fetched
