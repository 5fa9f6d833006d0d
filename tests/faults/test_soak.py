"""Memory over a long life: 100 smoke experiments in one process; pages and widgets are soaked in tests/book."""

import os
import subprocess
import sys

import pytest

EXPERIMENTS = 100
# in a process of its own, since one that has run other tests has their memory to fill and to give back
SCRIPT = """
import gc, os, sys
from pathlib import Path
from mi_lab.runner.running import run

settings = {"hidden": [8], "epochs": 1, "batch_size": [512], "true_mi": [2.0]}
for number in range(int(sys.argv[1])):
    name = ("fig-2a", "fig-1a", "fig-3ab")[number % 3]  # every estimator of the report, a new seed each time
    run(name, "smoke", workers=1, device="cpu", progress=False, seeds=[number], **settings)
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    print(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
"""


@pytest.mark.slow
def test_a_hundred_experiments_in_one_process(told, tmp_path):
    places = {"MI_LAB_CACHE": str(tmp_path / "cache"), "MI_LAB_RESULTS": str(tmp_path / "results")}
    command = [sys.executable, "-c", SCRIPT, str(EXPERIMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | places)
    sizes = [float(line) for line in done.stdout.splitlines()]  # MB of resident memory
    assert len(sizes) == EXPERIMENTS
    later = sizes[20:]  # until then libraries are still loaded
    # the allocator keeps a buffer of some MB or gives it back; what is lost for good raises the least sizes, too
    half = len(later) // 2
    growth = (min(later[half:]) - min(later[:half])) / half
    told.setdefault("memory", [["of", "MB at the end", "kB more each time"]]).append(
        [f"{EXPERIMENTS} experiments", f"{sizes[-1]:.0f}", f"{growth * 1e3:.1f}"]
    )
    assert growth < 0.05  # MB an experiment: ten thousand of them in half a gigabyte
