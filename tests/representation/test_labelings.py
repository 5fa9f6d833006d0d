import pytest
import torch
from helpers import refused

from mi_lab.representation.datasets import Split, synthetic
from mi_lab.representation.labelings import label_information, random_labels, rotations, salt_and_pepper


def test_each_image_is_turned_four_times():
    split = synthetic().train
    turned, objects = rotations(split)
    assert turned.images.shape == (4 * len(split.labels), 3, 32, 32)
    assert turned.labels[:8].tolist() == [0, 1, 2, 3] * 2 and objects[:4].tolist() == [int(split.labels[0])] * 4
    image = split.images[5]
    for k in range(4):
        assert torch.equal(turned.images[20 + k], image.rot90(k, (1, 2)))
    assert torch.equal(turned.images[21][:, 0, 0], image[:, 0, -1])  # the top right corner comes to the top left


def test_rotations_say_nothing_about_the_object():
    turned, objects = rotations(synthetic().train)
    assert label_information(turned.labels, objects).counted == pytest.approx(0, abs=1e-12)


def test_random_labels_are_fixed_uniform_and_independent_up_to_counting():
    labels = random_labels(20_000, 10, seed=3)
    assert torch.equal(labels, random_labels(20_000, 10, seed=3)) and not torch.equal(
        labels, random_labels(20_000, 10, 4)
    )
    counts = torch.bincount(labels).double()
    assert float(((counts - 2000) ** 2 / 2000).sum()) < 27.9  # chi square with 9 degrees of freedom, 0.1 %
    found = [label_information(random_labels(5000, 10, seed), torch.arange(5000) % 10) for seed in range(40)]
    # 2n times the counted information is chi square with 81 degrees of freedom; the mean of 40 has a deviation of 2.0
    assert sum(f.counted for f in found) / 40 == pytest.approx(found[0].expected, abs=4 * 2.0 / 10_000)
    assert found[0].expected == 81 / 10_000


def test_a_copy_says_everything():
    labels = random_labels(1000, 10)
    counts = torch.bincount(labels).double() / 1000
    assert label_information(labels, labels).counted == pytest.approx(float(-(counts * counts.log()).sum()))


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_noise_hits_its_share_of_pixels_with_black_and_white(p):
    images = torch.full((50, 3, 32, 32), 100, dtype=torch.uint8)
    noisy = salt_and_pepper(images, p, seed=1)
    hit = noisy != 100
    assert torch.equal(hit[:, 0], hit[:, 2])  # all channels of a pixel together
    share = float(hit[:, 0].double().mean())
    assert share == pytest.approx(p, abs=4 * (p * (1 - p) / 51_200) ** 0.5 + 1e-12)
    assert set(noisy.unique().tolist()) <= {0, 100, 255}
    if p:
        assert float((noisy[hit] == 255).double().mean()) == pytest.approx(0.5, abs=4 * 0.5 / (51_200 * p) ** 0.5)
    assert torch.equal(noisy, salt_and_pepper(images, p, seed=1)) and images.unique().tolist() == [100]


@pytest.mark.parametrize("p", [-0.1, 1.01, float("nan")])
def test_a_proportion_outside_its_range_is_refused(p):
    with refused("p, the proportion of noisy pixels, must lie in [0, 1]"):
        salt_and_pepper(torch.zeros(1, 1, 4, 4, dtype=torch.uint8), p)


def test_what_cannot_be_is_refused():
    with refused("only square images", "(4, 5)"):
        rotations(Split(torch.zeros(1, 1, 4, 5, dtype=torch.uint8), torch.zeros(1, dtype=torch.long)))
    with refused("of the same images", "3 and 4"):
        label_information(torch.zeros(3, dtype=torch.long), torch.zeros(4, dtype=torch.long))
