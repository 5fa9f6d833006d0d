import numpy as np
import pytest
import torch
from helpers import refused

from mi_lab.representation import datasets, fetch
from mi_lab.representation.datasets import Split, load_dataset, make_dataset, synthetic
from mi_lab.representation.fetch import DataError


@pytest.fixture
def official(monkeypatch):
    """Official files in small: what the readers get, from a seed."""
    rng = np.random.default_rng(1)

    def labels(count):
        return (np.arange(count) % 10).astype(np.uint8)

    def cifar(count):
        pixels = rng.integers(0, 256, (count, 3072), dtype=np.uint8)
        return np.concatenate([labels(count)[:, None], pixels], 1).tobytes()

    def mnist(part, count):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        header = bytes(16)
        return {
            f"{part}-images-idx3-ubyte": header + images.tobytes(),
            f"{part}-labels-idx1-ubyte": header[:8] + labels(count).tobytes(),
        }

    files = {
        "cifar10": {**{f"data_batch_{i}.bin": cifar(40) for i in range(1, 6)}, "test_batch.bin": cifar(20)},
        "mnist": mnist("train", 120) | mnist("t10k", 20),
    }
    monkeypatch.setattr(datasets, "official_files", files.get)
    monkeypatch.setattr(datasets, "_VALIDATION", 20)
    return files


def test_cifar_is_cut_into_three_splits_in_order(official):
    data = load_dataset("cifar10")
    assert [len(split.labels) for split in (data.train, data.validation, data.test)] == [180, 20, 20]
    assert data.train.images.shape == (180, 3, 32, 32) and data.train.images.dtype == torch.uint8
    first = np.frombuffer(official["cifar10"]["data_batch_1.bin"], np.uint8)
    assert data.train.images[0, 1, 0, 5] == first[1 + 1024 + 5] and data.train.labels[:3].tolist() == [0, 1, 2]
    last = np.frombuffer(official["cifar10"]["data_batch_5.bin"], np.uint8).reshape(40, 3073)
    assert torch.equal(data.validation.images[-1].flatten(), torch.from_numpy(last[-1, 1:].copy()))


def test_mnist_has_one_channel(official):
    data = load_dataset("mnist")
    assert data.train.images.shape == (100, 1, 28, 28) and data.classes == 10
    pixels = np.frombuffer(official["mnist"]["train-images-idx3-ubyte"], np.uint8)
    assert data.train.images[2, 0, 3, 4] == pixels[16 + 2 * 784 + 3 * 28 + 4]


def test_channel_statistics_are_those_of_the_training_split_alone(official):
    data = load_dataset("cifar10")
    floats = data.train.images.double() / 255
    torch.testing.assert_close(data.mean.double(), floats.mean((0, 2, 3)), atol=1e-6, rtol=0)
    torch.testing.assert_close(data.std.double(), floats.std((0, 2, 3), correction=0), atol=1e-6, rtol=0)
    made = data.normalised(data.train.images)
    assert made.mean((0, 2, 3)).abs().max() < 1e-5 and (made.std((0, 2, 3)) - 1).abs().max() < 1e-3


@pytest.mark.parametrize(("size", "seed"), [(40, 0), (43, 1), (4, 2)])
def test_a_subset_is_balanced_seeded_and_part_of_its_split(size, seed):
    split = synthetic().train
    part = split.subset(size, seed)
    counts = torch.bincount(part.labels)
    assert len(part.labels) == size and counts.max() - counts.min() <= 1
    again, other = split.subset(size, seed), split.subset(size, seed + 7)
    assert torch.equal(part.images, again.images) and not torch.equal(part.images, other.images)
    whole = {image.numpy().tobytes() for image in split.images}
    assert all(image.numpy().tobytes() in whole for image in part.images)


def test_synthetic_data_says_what_it_is_and_is_seeded():
    data = synthetic()
    assert data.name == "synthetic" and data.classes == 4
    assert torch.equal(data.train.images, synthetic().train.images)


@pytest.mark.parametrize(
    ("act", "words", "error"),
    [
        (lambda: load_dataset("cifar"), ("unknown data set 'cifar'", "'cifar10'"), ValueError),
        (lambda: synthetic().train.subset(4000), ("there are",), ValueError),
        (lambda: synthetic().train.subset(3), ("at least one image of each of the 4 classes", "not 3"), ValueError),
        (
            lambda: synthetic().normalised(torch.zeros(2, 1, 32, 32)),
            ("(n, 3, height, width)", "(2, 1, 32, 32)"),
            ValueError,
        ),
        (lambda: synthetic().normalised(torch.zeros(3, 32, 32)), ("(3, 32, 32)",), ValueError),
    ],
)
def test_bad_requests_are_refused(act, words, error):
    with refused(*words, error=error):
        act()


def test_a_class_that_is_missing_from_a_split_is_named():
    whole, test = synthetic().train, synthetic().test
    kept = test.labels != 2
    with refused("class 2 is missing from the test split of made", error=DataError):
        make_dataset("made", whole, Split(test.images[kept], test.labels[kept]), 50)


def test_wrong_shapes_are_refused():
    whole, test = synthetic().train, synthetic().test
    with refused("uint8 images of shape (n, channels, height, width)", "torch.float32", error=DataError):
        make_dataset("made", Split(whole.images.float(), whole.labels), test, 50)


def test_the_real_data_if_this_machine_has_it(monkeypatch):
    """The hashes vouch for the bytes; this vouches for how they are read."""
    monkeypatch.delenv("MI_LAB_CACHE")
    if not (fetch.data_folder("cifar10") / "test_batch.bin").exists():
        pytest.skip("CIFAR-10 is not in this machine's cache")
    data = load_dataset("cifar10")
    assert [len(split.labels) for split in (data.train, data.validation, data.test)] == [45_000, 5000, 10_000]
    assert data.test.labels[:10].tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]
    assert torch.bincount(data.test.labels).tolist() == [1000] * 10
