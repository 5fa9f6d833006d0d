"""All pairs need memory for N^2 scores, and not for N^2 activations. Measured on whole processes."""

import subprocess
import sys

import pytest

SCRIPT = r"""
import re, sys
from mi_lab import CorrelatedGaussians
from mi_lab.estimation import training
training.steps_per_epoch = lambda batch_size: 1
n = int(sys.argv[1])
settings = {"batch_size": n, "epochs": 2, "hidden": (64,), "negatives": "all_pairs", "device": "cpu"}
training.train([CorrelatedGaussians(mi=10.0)], [0], estimator_name="infonce", **settings)
# of this process alone; what getrusage tells includes the process that started it
print(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
"""


def peak_megabytes(n):
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(n)], capture_output=True, text=True, check=True)
    return int(done.stdout) / 2**10  # kilobytes on Linux


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is counted in kilobytes on Linux only")
def test_infonce_over_all_pairs_of_4096_fits_in_3_gb():
    # 4096^2 pairs in a hidden layer of 64 would be 4 GB for each activation that is kept
    small, large = peak_megabytes(256), peak_megabytes(4096)
    print(f"{small:.0f} MB at N = 256, {large:.0f} MB at N = 4096")
    assert large < 3 * 2**10
    # what grows is a handful of N^2 scores: float32 in training, float64 in the readout
    assert large - small < 20 * 4096**2 * 8 / 2**20
