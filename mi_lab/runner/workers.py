"""The processes that train: as many as this machine has cores for, or those of a Dask cluster."""

import contextlib
from collections.abc import Iterator
from typing import Any

import joblib


def default_workers(device: str, cluster: Any) -> int:
    """One process per core; one on CUDA; of a cluster, as many as it has now."""
    if cluster is not None:
        return sum(cluster.nthreads().values())
    return 1 if device.startswith("cuda") else joblib.cpu_count()


@contextlib.contextmanager
def backend(cluster: Any) -> Iterator[None]:
    """Within it joblib runs on the cluster of a Dask client; in processes of this machine for None."""
    if cluster is None:
        yield
        return
    with cluster.as_current(), joblib.parallel_config(backend="dask", wait_for_workers_timeout=60):
        yield
