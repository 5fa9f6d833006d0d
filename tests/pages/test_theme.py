"""Lines are told apart without colour: by their dash, or by how light they are."""

from itertools import combinations

import pytest

from mi_lab.experiments.gaussians import BATCH_SIZES, TRUE_MI
from mi_lab.pages import theme


def lightness(colour):
    """CIE L* of a hexadecimal sRGB colour, 0 to 100."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 116 * (0.2126 * red + 0.7152 * green + 0.0722 * blue) ** (1 / 3) - 16


@pytest.mark.parametrize(
    "lines", [[theme.line_of_mi(mi) for mi in TRUE_MI], [theme.line_of_batch_size(n) for n in BATCH_SIZES]]
)
def test_no_two_sizes_look_alike_in_grey_print(lines):
    for one, other in combinations(lines, 2):
        apart = abs(lightness(one["color"]) - lightness(other["color"]))
        assert one["dash"] != other["dash"] or apart > 10, (one, other)
