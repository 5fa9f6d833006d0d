"""Spoiled files: every reader of a file answers with one sentence or with what was stored, and with nothing else."""

import contextlib
import gzip
import hashlib
import io
import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import archive, refused
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from spoiled import FUZZ, INPUTS, as_text, spoiled_bytes, spoiled_json

from mi_lab import ResultError
from mi_lab.estimation.pairs.columns import read_as_pairs
from mi_lab.estimation.pairs.pair_files import read_pairs
from mi_lab.ground.files import digest
from mi_lab.ground.sealed import read_sealed, write_sealed
from mi_lab.representation import fetch
from mi_lab.results import benchmarks
from mi_lab.results.schema import SEALED
from mi_lab.results.store import read
from mi_lab.runner.checkpoints import FileCheckpoint
from mi_lab.runner.running import run

pytestmark = pytest.mark.fuzz


def megabytes(kind):
    """Resident memory of this process: 'VmRSS' now, 'VmHWM' the most since the mark was reset."""
    return int(re.search(rf"{kind}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1000


@pytest.fixture(autouse=True)
def lean():
    """No input makes a reader take a gigabyte."""
    Path("/proc/self/clear_refs").write_text("5")  # resets the mark
    before = megabytes("VmRSS")
    yield
    assert megabytes("VmHWM") - before < 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("spoiled")


@pytest.fixture
def counts(told):
    """Counts what became of the inputs of a reader, for the table at the end of the tests."""
    table = told.setdefault("spoiled inputs", [["reader", "refused in one sentence", "read"]])

    class Counts:
        refused = kept = 0

        def report(self, reader):
            assert self.refused + self.kept >= INPUTS and self.refused > INPUTS / 4
            table.append([reader, str(self.refused), str(self.kept)])

        @contextlib.contextmanager
        def one(self, error):
            """A block that reads, or raises ``error`` with one sentence."""
            try:
                yield
                self.kept += 1
            except error as refusal:
                message = str(refusal)
                assert type(refusal) is error and "\n" not in message and message[-1] in ".?", message
                assert len(message) < 1000
                self.refused += 1

    return Counts()


@pytest.fixture(scope="module")
def stored(folder):
    result = run(
        "fig-2a", "smoke", folder=folder, workers=1, progress=False, device="cpu", true_mi=[2, 4], batch_size=[64]
    )
    return folder / result.file_name


def test_results(folder, stored, counts):
    content = stored.read_bytes()
    document, whole = json.loads(content), read(stored)

    @FUZZ
    @given(st.data(), st.sampled_from(("bytes", "json", "sealed")))
    def spoil(data, how):
        if how == "bytes":
            stored.write_bytes(data.draw(spoiled_bytes(content)))
        else:
            changed = data.draw(spoiled_json(document))
            if how == "sealed" and set(SEALED) <= set(changed):  # by one who knows how
                with contextlib.suppress(ValueError):
                    changed["sha256"] = digest([changed[part] for part in SEALED])
            stored.write_text(as_text(changed))
        with counts.one(ResultError):
            result = read(stored)
            if how == "bytes":
                assert result == whole

    spoil()
    stored.write_bytes(content)
    counts.report("results")


def test_the_benchmark(tmp_path, committed_results, counts):
    content = (committed_results / "speed.json").read_bytes()
    document = json.loads(content)

    @FUZZ
    @given(st.data(), st.booleans())
    def spoil(data, as_bytes):
        if as_bytes:
            (tmp_path / "speed.json").write_bytes(data.draw(spoiled_bytes(content)))
        else:
            (tmp_path / "speed.json").write_text(as_text(data.draw(spoiled_json(document))))
        with counts.one(ResultError):
            assert json.loads(json.dumps(benchmarks.load_speed(tmp_path).document)) == document

    spoil()
    counts.report("the benchmark")


def test_checkpoints(tmp_path, counts, monkeypatch):
    monkeypatch.setattr("mi_lab.runner.checkpoints.SECONDS", 0.0)
    identity = {"settings": "abc", "PyTorch version": "2.0"}
    state = {"steps": 3, "values": torch.arange(4.0), "epochs": [{"nwj": torch.ones(2)}], "average": None}
    checkpoint = FileCheckpoint(tmp_path / "a.checkpoint", identity)
    checkpoint.offer(lambda: state)
    content = checkpoint.path.read_bytes()

    @FUZZ
    @given(spoiled_bytes(content[65:]), st.booleans())
    def spoil(inner, sealed):
        seal = hashlib.sha256(inner).hexdigest().encode() + b"\n" if sealed else content[:65]
        checkpoint.path.write_bytes(seal + inner)
        with _sentence_or(counts) as refused:
            kept = checkpoint.load()
            if kept is None:
                refused()
            elif not sealed:
                assert kept["steps"] == 3 and torch.equal(kept["values"], state["values"])

    spoil()
    counts.report("checkpoints")


def test_finished_parts(tmp_path, counts):
    value = {"value": [1.5, None, {"a": "é"}], "seconds": 0.25}
    path = tmp_path / "part.json"
    write_sealed(path, value)
    content = path.read_bytes()

    @FUZZ
    @given(st.data(), st.booleans())
    def spoil(data, as_bytes):
        if as_bytes:
            path.write_bytes(data.draw(spoiled_bytes(content)))
        else:
            path.write_bytes(content[:65] + as_text(data.draw(spoiled_json(json.loads(content[65:])))).encode())
        with _sentence_or(counts) as refused:
            kept = read_sealed(path)
            if kept is None:
                refused()
            else:
                assert kept == value

    spoil()
    counts.report("finished parts")


@contextlib.contextmanager
def _sentence_or(counts):
    """A reader that sets a file aside with a warning of one sentence counts as refusing it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        refused = []
        yield lambda: refused.append(True)
    assert len(caught) == len(refused) and all(
        "\n" not in str(c.message) and "set aside" in str(c.message) for c in caught
    )
    if refused:
        counts.refused += 1
    else:
        counts.kept += 1


def test_data_sets(monkeypatch, counts):
    """A spoiled file in the cache is fetched again; one that a source gives is no data set."""
    right = {"a.bin": bytes(range(250)), "b.bin": b"labels"}
    hashes = {file: f"sha256:{hashlib.sha256(content).hexdigest()}" for file, content in right.items()}
    monkeypatch.setattr(fetch, "HASHES", {"mnist": hashes})
    monkeypatch.setattr(fetch, "_from_npm", lambda name: {})
    fetched = []

    @FUZZ
    @given(st.sampled_from(sorted(right)).flatmap(lambda file: st.tuples(st.just(file), spoiled_bytes(right[file]))))
    def spoil(one):
        spoiled = right | dict([one])
        monkeypatch.setattr(fetch, "_from_the_web", lambda name: fetched.append(name) or right)
        fetched.clear()
        fetch.data_folder("mnist").mkdir(parents=True, exist_ok=True)
        for file, content in spoiled.items():
            (fetch.data_folder("mnist") / file).write_bytes(content)
        assert fetch.official_files("mnist") == right
        assert bool(fetched) == (spoiled != right)
        monkeypatch.setattr(fetch, "_from_the_web", lambda name: spoiled)
        (fetch.data_folder("mnist") / "a.bin").unlink()
        with counts.one(fetch.DataError):
            assert fetch.official_files("mnist") == right

    spoil()
    counts.report("data sets")


def png(width, height):
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def test_archives(monkeypatch, counts):
    """What a source sends and cannot be taken apart is a reason to ask the next one, told in one sentence."""
    pictures = {f"data_batch_{number}.png": png(1024, 2) for number in range(1, 6)} | {"test_batch.png": png(1024, 2)}
    labels = {"train_lables.json": b"[0,1,2,3,4,5,6,7,8,9]", "test_lables.json": b"[0,1]"}
    content = archive(pictures | labels)
    right = fetch._cifar_from_images(content)
    hashes = {file: f"sha256:{hashlib.sha256(each).hexdigest()}" for file, each in right.items()}
    monkeypatch.setattr(fetch, "HASHES", {"cifar10": hashes})
    monkeypatch.setattr(fetch, "_from_npm", lambda name: {})
    inner = gzip.decompress(content)

    @FUZZ
    @given(st.data(), st.booleans())
    def spoil(data, compressed):
        spoiled = data.draw(spoiled_bytes(content)) if compressed else gzip.compress(data.draw(spoiled_bytes(inner)), 1)
        monkeypatch.setattr(fetch, "_from_the_web", lambda name: fetch._cifar_from_images(spoiled))
        for file in hashes:
            (fetch.data_folder("cifar10") / file).unlink(missing_ok=True)
        with counts.one(fetch.DataError):
            assert fetch.official_files("cifar10") == right

    spoil()
    counts.report("archives of data sets")


BOMB = 32 * gzip.compress(bytes(2**26), 9)  # two gigabytes of zeros in two megabytes, as 32 members


def test_an_archive_that_would_fill_the_memory_is_refused(monkeypatch):
    with refused("more than", error=fetch.DataError):
        fetch._members(archive({"train-images-idx3-ubyte": bytes(fetch.MOST + 1)}), {"train-images-idx3-ubyte": ""})
    monkeypatch.setattr(fetch, "_download", lambda *_: BOMB)
    with refused("more than", error=fetch.DataError):
        fetch._from_the_web("mnist")


def arrays(kind, folder):
    """A file of 40 good pairs, as bytes."""
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(40, 2)), draw.normal(size=(40, 1))
    path = folder / f"good.{kind}"
    match kind:
        case "npz":
            np.savez(path, x=x, y=y)
        case "npy":
            np.save(path, x)
        case "csv":
            np.savetxt(path, np.hstack([x, y]), delimiter=",", header="x1,x2,y", comments="", fmt="%.6g")
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["npz", "npy", "csv"])
def test_peoples_own_pairs(kind, tmp_path, counts):
    content = arrays(kind, tmp_path)
    path, other = tmp_path / f"pairs.{kind}", tmp_path / "other.npy"
    np.save(other, np.arange(40.0)[:, None])

    @FUZZ
    @given(spoiled_bytes(content))
    def spoil(spoiled):
        path.write_bytes(spoiled)
        with counts.one(ValueError):
            read_as_pairs(*read_pairs(path, other if kind == "npy" else None))

    spoil()
    counts.report(f"pairs in .{kind}")
