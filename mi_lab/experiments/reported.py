"""Numbers that the report itself prints, as data; a page that shows one labels it ``report``."""

from collections.abc import Mapping

Rows = Mapping[str, tuple[float, ...]]

TABLE_1_ACCURACY: Rows = {
    "rotation": (41.65, 52.51, 55.96, 57.48, 56.80, 51.04),
    "random labels": (44.10, 45.91, 39.60, 31.51, 19.98, 20.83),
    "untrained": (42.12, 42.06, 39.47, 34.91, 33.00, 32.95),
}
"""Table 1: linear downstream accuracy in per cent on CIFAR-10, by pretext and tap (ResNet18)."""

TABLE_1_NMI: Rows = {
    "rotation": (0.50, 0.61, 0.65, 0.67, 0.62, 0.62),
    "random labels": (0.52, 0.53, 0.44, 0.28, 0.06, 0.11),
    "untrained": (0.50, 0.47, 0.39, 0.32, 0.27, 0.29),
}
"""Table 1: estimated I(e(X);Y) / H(Y), by pretext and tap (ResNet18)."""

TABLE_8_ACCURACY: Rows = {
    "rotation": (43.83, 51.78, 57.45, 59.94, 35.12, 32.53),
    "random labels": (36.34, 38.10, 35.64, 27.60, 17.12, 17.28),
    "untrained": (40.72, 38.35, 32.39, 26.76, 23.07, 19.03),
}
"""Table 8: as Table 1, for PlainNet18."""

TABLE_8_NMI: Rows = {
    "rotation": (0.53, 0.59, 0.69, 0.69, 0.45, 0.46),
    "random labels": (0.43, 0.42, 0.37, 0.21, 0.01, 0.04),
    "untrained": (0.49, 0.40, 0.30, 0.24, 0.20, 0.16),
}
"""Table 8: as Table 1, for PlainNet18."""

TABLE_6: Mapping[float, float] = {
    0.0: 99.15,
    0.1: 98.51,
    0.2: 97.92,
    0.3: 96.59,
    0.4: 94.25,
    0.5: 89.09,
    0.6: 81.51,
    0.7: 67.74,
    0.8: 46.13,
    0.9: 23.77,
    1.0: 11.37,
}
"""Table 6: LeNet-5's accuracy in per cent on noisy MNIST, by the proportion p of noisy pixels."""

TABLE_7: Rows = {"MINE": (2.212, 2.227, 2.212), "NWJ": (2.207, 2.213, 2.206)}
"""Table 7: the highest estimate of I(e(X);Y) in nats at p = 0, by estimator at L0, L1 and L2."""

TABLE_2: Mapping[str, Mapping[str, float]] = {
    "linear": {"linear": 44.8, "linear_v": 0.29, "mlp": 56.14, "mlp_v": 0.44, "l2": 0.28},
    "non_linear": {"linear": 38.24, "linear_v": 0.19, "mlp": 57.54, "mlp_v": 0.46, "l2": 0.14},
    "none": {"linear": 40.12, "linear_v": 0.23, "mlp": 50.9, "mlp_v": 0.38},
}
"""Table 2: prelogits of a ResNet18 by decoder. Accuracies in per cent on CIFAR-10; V-information ('_v') as a share of
H(Y), which is how its rows fit their accuracies; the L2 loss is a mean over pixels and channels."""

Cells = Mapping[tuple[str, str], Mapping[str, float]]
"""Measures by decoder and weight λ of the reconstruction."""

TABLE_3: Mapping[str, Cells] = {
    "resnet18": {
        ("none", "0"): {"linear": 71.25, "mlp": 79.86, "pretext_accuracy": 75.94},
        ("linear", "0.25"): {"linear": 73.32, "mlp": 79.24, "l2": 0.32, "pretext_accuracy": 76.26},
        ("non_linear", "0.25"): {"linear": 72.42, "mlp": 80.35, "l2": 0.44, "pretext_accuracy": 76.11},
    },
    "plainnet18": {
        ("none", "0"): {"linear": 45.12, "mlp": 66.6, "pretext_accuracy": 75.55},
        ("linear", "0.25"): {"linear": 59.96, "mlp": 68.48, "l2": 0.34, "pretext_accuracy": 75.80},
        ("non_linear", "0.25"): {"linear": 52.68, "mlp": 68.62, "l2": 0.46, "pretext_accuracy": 75.65},
    },
}
"""Table 3: supervised autoencoders on rotations, by architecture. Accuracies in per cent on CIFAR-10."""

TABLE_4: Mapping[str, Cells] = {
    "resnet18": {
        ("none", "0"): {"linear": 27.38, "mlp": 32.14, "nmi": 0.18},
        ("linear", "0.25"): {"linear": 36.72, "mlp": 43.46, "nmi": 0.33},
        ("linear", "1"): {"linear": 45.74, "mlp": 53.54, "nmi": 0.45},
        ("linear", "inf"): {"linear": 46.96, "mlp": 60.70, "nmi": 0.49},
    },
    "plainnet18": {
        ("none", "0"): {"linear": 15.26, "mlp": 19.82, "nmi": 0.04},
        ("linear", "0.25"): {"linear": 32.58, "mlp": 35.44, "nmi": 0.25},
        ("linear", "1"): {"linear": 44.56, "mlp": 50.16, "nmi": 0.42},
        ("linear", "inf"): {"linear": 47.80, "mlp": 61.44, "nmi": 0.50},
    },
}
"""Table 4: the same on random labels, and the estimated I(e(X);Y) / H(Y)."""

PIXELS_MNIST = {"linear": 92.35, "mlp": 98.16}
"""Fig. 5's caption: accuracy in per cent of its two protocols on the pixels of MNIST."""
