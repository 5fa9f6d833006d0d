"""Memory that is promised, measured on whole processes: of all pairs, and of a million own pairs."""

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
"""
OWN_PAIRS = r"""
import re, sys
import numpy as np
import mi_lab
draw = np.random.default_rng(0)
label = draw.integers(1000, size=int(sys.argv[1]))
mi_lab.estimate((label / 500 + draw.normal(size=len(label)))[:, None], label, progress=False, max_steps=200)
"""
# of this process alone; what getrusage tells includes the process that started it
PEAK = r"""
print(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
"""
LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="peak memory is counted in kilobytes on Linux only"
)


def peak_megabytes(n, script=SCRIPT):
    done = subprocess.run([sys.executable, "-c", script + PEAK, str(n)], capture_output=True, text=True, check=True)
    return int(done.stdout) / 2**10  # kilobytes on Linux


@pytest.mark.slow
@LINUX
def test_infonce_over_all_pairs_of_4096_fits_in_3_gb():
    # 4096^2 pairs in a hidden layer of 64 would be 4 GB for each activation that is kept
    small, large = peak_megabytes(256), peak_megabytes(4096)
    print(f"{small:.0f} MB at N = 256, {large:.0f} MB at N = 4096")
    assert large < 3 * 2**10
    # what grows is a handful of N^2 scores: float32 in training, float64 in the readout
    assert large - small < 20 * 4096**2 * 8 / 2**20


@pytest.mark.slow
@LINUX
def test_a_million_pairs_with_a_thousand_labels_fit_in_one_and_a_half_gb():
    assert peak_megabytes(10**6, OWN_PAIRS) < 1.5 * 2**10
