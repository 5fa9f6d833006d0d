"""Checkpoints: the state of a training in a file, kept every few seconds, so that a killed run goes on where it was.

A file says what it belongs to. One that is damaged or belongs to something else is set aside, with a sentence, and the
training begins anew. Nothing is unpickled but tensors and plain data.
"""

import io
import os
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from mi_lab.ground.sealed import UnusableError, read_sealed, write_sealed

SECONDS = float(os.environ.get("MI_LAB_CHECKPOINT_SECONDS", "10"))
"""The time between two checkpoints: the most that a kill can cost."""


class FileCheckpoint:
    """The checkpoint of one training in one file.

    ``identity`` says what the training is, name by name; a file is used only if it holds the same. ``owner`` is the
    process that asked for the training: a worker process of it ends when it is gone.
    """

    def __init__(self, path: Path, identity: Mapping[str, str], owner: int | None = None) -> None:
        self.path, self.identity, self.owner = path, dict(identity), owner
        self.last = time.monotonic()

    def load(self) -> Mapping[str, Any] | None:
        """The state that was kept last, or None if there is none that can be used."""
        return read_sealed(self.path, self._state)

    def offer(self, state: Callable[[], Mapping[str, Any]]) -> None:
        """Keep the state if the last was kept ``SECONDS`` ago. Raises ResultError if it cannot be written."""
        if time.monotonic() - self.last < SECONDS:
            return
        if self.owner not in (None, os.getpid(), os.getppid()):
            os._exit(1)  # its owner was killed; this worker would only stand in the way of the next one
        buffer = io.BytesIO()
        torch.save({"identity": self.identity, "state": dict(state())}, buffer)
        write_sealed(self.path, buffer.getvalue())
        self.last = time.monotonic()

    def remove(self) -> None:
        """Forget the state, of a training that is done."""
        self.path.unlink(missing_ok=True)

    def _state(self, content: bytes) -> Mapping[str, Any]:
        try:
            with warnings.catch_warnings(action="ignore"):  # of what PyTorch thinks of a spoiled archive
                kept = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
            identity, state = dict(kept["identity"]), dict(kept["state"])
        except Exception as error:  # of many kinds, as the archive, the pickle in it or a tensor is at fault
            raise UnusableError("it holds something else than a checkpoint") from error
        for name, ours in self.identity.items():
            if identity.get(name) != ours:
                raise UnusableError(f"its {name} is {identity.get(name)}, not {ours}")
        return state
