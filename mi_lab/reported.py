"""Numbers that the report itself prints, as data; a page that shows one labels it ``report``."""

from collections.abc import Mapping

TAPS = ("B0", "B1", "B2", "B3", "B4", "prelogits")
"""Where features of a ResNet18 or PlainNet18 are read."""

TABLE_1_ACCURACY: Mapping[str, tuple[float, ...]] = {
    "rotation": (41.65, 52.51, 55.96, 57.48, 56.80, 51.04),
    "random labels": (44.10, 45.91, 39.60, 31.51, 19.98, 20.83),
    "untrained": (42.12, 42.06, 39.47, 34.91, 33.00, 32.95),
}
"""Table 1: linear downstream accuracy in per cent on CIFAR-10, by pretext and tap (ResNet18)."""
