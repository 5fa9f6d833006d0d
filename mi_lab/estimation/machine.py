"""Where a training runs: on which device, and on one thread."""

import contextlib
from collections.abc import Iterator

import torch

from mi_lab.ground.settings import as_type


def device_named(name: str) -> torch.device:
    """'auto' is CUDA where there is one, else the CPU. Raises ValueError for a device that is not there."""
    if as_type(str, "device", name) == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device '{name}' is not available here; use 'auto', or 'cpu'.") from error
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"device '{name}' is not supported; use 'auto', 'cpu' or 'cuda'.")
    return device


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread: the order of a sum no longer depends on the machine, and critics this small gain little
    from several, which lose tenfold on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
