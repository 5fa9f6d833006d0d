"""The processes that train: as many as this machine has cores for, or those of a Dask cluster."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from mi_lab.ground.cache import runs_folder
from mi_lab.ground.files import check_writable


def default_workers(device: str, cluster: Any) -> int:
    """One process per core; one on CUDA; of a cluster, as many as it has now."""
    if cluster is not None:
        return sum(cluster.nthreads().values())
    return 1 if device.startswith("cuda") else joblib.cpu_count()


def on_a_terminal() -> bool:
    """Whether bars of several processes can be drawn below each other: a notebook would keep every stroke of them."""
    return sys.stderr.isatty()


@contextlib.contextmanager
def alone_on(path: Path, what: str) -> Iterator[None]:
    """Within it no other process is at this path of the runs' folder; one that comes later says what it waits for.

    Raises ResultError for a folder that cannot be written.
    """
    check_writable(runs_folder(), "finished runs")
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tqdm.write(f"another process is training {what}; waiting for its result.", file=sys.stderr)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def backend(cluster: Any) -> Iterator[None]:
    """Within it joblib runs on the cluster of a Dask client; in processes of this machine for None."""
    if cluster is None:
        yield
        return
    with cluster.as_current(), joblib.parallel_config(backend="dask", wait_for_workers_timeout=60):
        yield
