import math

import pytest
import torch
from helpers import refused

from mi_lab.representation.datasets import synthetic
from mi_lab.representation.image_rows import ImageRows, rows_entropy

# four images of two rows and two columns: two share their first row, and no two are alike
IMAGES = torch.tensor([[[1, 0], [0, 0]], [[1, 0], [9, 9]], [[2, 2], [5, 5]], [[3, 0], [7, 7]]], dtype=torch.uint8)[
    :, None
]


def drawn(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_entropy_of_rows_is_that_of_the_count():
    assert rows_entropy(IMAGES, 0) == 0
    assert rows_entropy(IMAGES, 1) == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(4))
    assert rows_entropy(IMAGES, 2) == pytest.approx(math.log(4))
    images = synthetic(images=400, channels=1, size=8).train.images
    by_rows = [rows_entropy(images, kept) for kept in range(9)]
    assert by_rows == sorted(by_rows) and by_rows[-1] <= math.log(len(images))


@pytest.mark.parametrize(
    ("rows", "independent", "mi"), [([1], False, 1.5), ([2, 1], False, 2), ([1, 1], True, 3), ([2, 0], True, 2)]
)
def test_copies_share_no_more_and_two_images_share_twice(rows, independent, mi):
    assert ImageRows(IMAGES, rows, independent).mi == pytest.approx(mi * math.log(2))


def test_y_is_x_without_its_lower_rows():
    task = ImageRows(synthetic(images=400, channels=1, size=8).train.images, [8, 3])
    x, y = task.sample(50, drawn())
    assert x.shape == y.shape == (50, task.dim_x) == (50, 128) and x.dtype == torch.float32
    assert torch.equal(x[:, :64], x[:, 64:]) and torch.equal(x[:, :64], y[:, :64])
    assert torch.equal(y[:, 64:88], x[:, 64:88]) and not y[:, 88:].any() and x.max() <= 1


def test_two_images_are_two_draws():
    task = ImageRows(IMAGES, [2, 2], independent=True)
    x, _ = task.sample(4000, drawn())
    first, second = (x * 255).unflatten(1, (2, 4)).round().unbind(1)
    pairs = torch.unique(torch.cat([first, second], 1), dim=0, return_counts=True)[1].double()
    assert len(pairs) == 16 and float(((pairs - 250) ** 2 / 250).sum()) < 37.7  # chi square, 15 degrees, 0.1 %


def test_wrong_rows_and_the_log_ratio_are_refused():
    for rows in ([], [3], [-1, 2]):
        with refused("rows must be whole numbers from 0 to 2"):
            ImageRows(IMAGES, rows)
    with refused("an optimal critic cannot read pixels"):
        ImageRows(IMAGES, [1]).log_ratio(torch.zeros(1, 4), torch.zeros(1, 4))
