"""How a sweep's grid is cut into stacks: runs that train together as one. Needs no torch."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mi_lab.experiments.sweep_specs import Sweep

# activations of one layer in one stack: what sits in a core's cache, and 1 GB on a GPU
_FLOATS = {"cpu": 2**19, "cuda": 2**28}


def cut_into_stacks(
    spec: Sweep, runs: Sequence[Mapping[str, Any]], device: str, workers: int
) -> Iterator[list[Mapping[str, Any]]]:
    """Runs of one batch size, as many as train fastest together; the dearest first, so that no worker ends late."""
    for n in sorted({run["batch_size"] for run in runs}, reverse=True):
        same = [run for run in runs if run["batch_size"] == n]
        rows = n * n if spec.negatives == "all_pairs" else 2 * n
        fitting = max(1, _FLOATS[device.split(":")[0]] // (rows * max(spec.hidden)))
        size = min(fitting, math.ceil(len(same) / workers))
        yield from (same[i : i + size] for i in range(0, len(same), size))
