"""What a training step costs in floating-point operations, counted. Needs no torch."""

from collections.abc import Sequence
from itertools import pairwise


def steps_per_epoch(batch_size: int) -> int:
    """App. C.1's rule: 100 batches, or 51200/N of them when N < 512."""
    return 100 if batch_size >= 512 else 51_200 // batch_size


def step_flops(hidden: Sequence[int], batch_size: int, dim: int = 20, negatives: str = "shuffle") -> int:
    """Operations of the matrix products of one step of one run with a joint critic, as the method is written down.

    Forward pass, gradient of the weights, and gradient of the activations but for the input: 2 rows x fan in x
    width each. Rows are the 2N pairs of a batch, or all N^2; with all pairs the first layer has 2N rows of half the
    width only. The readout of a regularised critic, one more forward pass, is not counted.
    """
    widths = [2 * dim, *hidden, 1]
    rows = batch_size**2 if negatives == "all_pairs" else 2 * batch_size
    layers = [fan_in * width for fan_in, width in pairwise(widths)]
    first = 2 * layers[0] * (batch_size if negatives == "all_pairs" else rows)
    return 2 * (first + 3 * rows * sum(layers[1:]))
