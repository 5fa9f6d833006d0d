"""Memory over a long life: 200 smoke experiments in one process; pages and widgets are soaked in tests/book."""

import gc
import os
import statistics
from pathlib import Path

from mi_lab.runner import run

EXPERIMENTS = 200
STATM = Path("/proc/self/statm")


def memory():
    """Resident memory of this process in MB."""
    gc.collect()
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def slope(values):
    return statistics.linear_regression(range(len(values)), values).slope


def test_two_hundred_experiments_in_one_process(told):
    settings = {"hidden": [8], "epochs": 1, "batch_size": [512], "true_mi": [2.0]}
    sizes = []
    for number in range(EXPERIMENTS):
        name = ("fig-2a", "fig-1a", "fig-3ab")[number % 3]  # every estimator of the report, a new seed each time
        run(name, "smoke", workers=1, device="cpu", progress=False, seeds=[number], **settings)
        if number >= 20:  # until then libraries are still loaded
            sizes.append(memory())
    growth = slope(sizes)
    told.setdefault("memory", [["of", "MB at the end", "kB more each time"]]).append(
        [f"{EXPERIMENTS} experiments", f"{sizes[-1]:.0f}", f"{growth * 1e3:.1f}"]
    )
    assert growth < 0.05  # MB an experiment: ten thousand of them in half a gigabyte
