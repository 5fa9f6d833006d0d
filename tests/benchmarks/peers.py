"""What other libraries say of own pairs, each run by a Python of its own: python peers.py NAME FILE ...

Each file is an .npz of x and y: numbers, (n, d), or labels, (n,). Per file one line of JSON is printed: the estimate,
or null where the library does not take such pairs, and processor seconds. Settings are the libraries' own defaults.
"""

import contextlib
import io
import json
import sys
import time
import warnings

import numpy as np


def scikit_learn(x, y):
    """KSG of two columns, Ross's estimator of columns and a label, one column at a time; or counting."""
    from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
    from sklearn.metrics import mutual_info_score

    if x.ndim == y.ndim == 1:
        return mutual_info_score(x, y)
    if x.shape[1] > 1 or (y.ndim == 2 and y.shape[1] > 1):
        return None
    if y.ndim == 1:
        return mutual_info_classif(x, y, random_state=0)[0]
    return mutual_info_regression(x, y[:, 0], random_state=0)[0]


def _one_hot(side):
    return np.eye(side.max() + 1)[side] if side.ndim == 1 else side


def torch_mist(x, y):
    """Its default, SMILE: trained on four fifths, of which it keeps a part to stop by, and read on the rest."""
    import torch
    from torch_mist.utils import estimate_mi

    torch.manual_seed(0)
    x, y = (torch.as_tensor(_one_hot(side), dtype=torch.float32) for side in (x, y))
    order = np.random.default_rng(0).permutation(len(x))
    test, train = order[: len(x) // 5], order[len(x) // 5 :]
    return estimate_mi((x[train], y[train]), "smile", test_data=(x[test], y[test]), logger=False, verbose=False)


def benchmark_mi(name):
    """An estimator of the library that goes with the paper of Czyż et al. (2023)."""

    def estimate(x, y):
        import bmi.estimators

        if name.startswith("KSG") and 1 in (x.ndim, y.ndim):
            return None
        settings = {} if name.startswith("KSG") else {"verbose": False}
        return getattr(bmi.estimators, name)(**settings).estimate(_one_hot(x), _one_hot(y))

    return estimate


def dcor(x, y):
    """The p-value of distance correlation, by as many permutations as ours."""
    import dcor

    sides = [_one_hot(side).astype(float) for side in (x, y)]
    return dcor.independence.distance_covariance_test(*sides, num_resamples=99, random_state=0).pvalue


PEERS = {
    "scikit-learn: KSG, Ross": scikit_learn,
    "benchmark-mi: KSG": benchmark_mi("KSGEnsembleFirstEstimator"),
    "benchmark-mi: InfoNCE": benchmark_mi("InfoNCEEstimator"),
    "torch-mist: SMILE": torch_mist,
}


def main(name, paths):
    """Estimate every file, and print."""
    for path in paths:
        data = np.load(path)
        begun = time.process_time()
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            value = (PEERS | {"dcor": dcor})[name](data["x"], data["y"])
        value = None if value is None else float(value)
        print(json.dumps([value, time.process_time() - begun]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
