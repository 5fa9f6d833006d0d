"""Checkpoints: the state of a training in a file, kept every few seconds, so that a killed run goes on where it was.

A file holds its own SHA-256 and what it belongs to. One that is damaged or belongs to something else is
set aside, with a sentence, and the training begins anew. Nothing is unpickled but tensors and plain data.
"""

import hashlib
import io
import os
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from mi_lab.ground.files import ResultError, write_atomically

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
        if not self.path.exists():
            return None
        try:
            return self._read()
        except _UnusableError as reason:
            aside = self.path.with_suffix(".set-aside")
            self.path.replace(aside)
            warnings.warn(f"checkpoint {aside} is set aside and its runs start anew: {reason}.", stacklevel=2)
            return None

    def offer(self, state: Callable[[], Mapping[str, Any]]) -> None:
        """Keep the state if the last was kept ``SECONDS`` ago. Raises ResultError if it cannot be written."""
        if time.monotonic() - self.last < SECONDS:
            return
        if self.owner not in (None, os.getpid(), os.getppid()):
            os._exit(1)  # its owner was killed; this worker would only stand in the way of the next one
        buffer = io.BytesIO()
        torch.save({"identity": self.identity, "state": dict(state())}, buffer)
        content = buffer.getvalue()
        write_atomically(self.path, hashlib.sha256(content).digest() + content)
        self.last = time.monotonic()

    def remove(self) -> None:
        """Forget the state, of a training that is done."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> Mapping[str, Any]:
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise ResultError(
                f"{self.path} cannot be read ({error.strerror}); make it readable, or delete it."
            ) from error
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            raise _UnusableError("it is damaged")
        try:
            with warnings.catch_warnings(action="ignore"):  # of what PyTorch thinks of a spoiled archive
                kept = torch.load(io.BytesIO(content[32:]), weights_only=True, map_location="cpu")
            identity, state = dict(kept["identity"]), dict(kept["state"])
        except Exception as error:  # of many kinds, as the archive, the pickle in it or a tensor is at fault
            raise _UnusableError("it holds something else than a checkpoint") from error
        for name, ours in self.identity.items():
            if identity.get(name) != ours:
                raise _UnusableError(f"its {name} is {identity.get(name)}, not {ours}")
        return state


class _UnusableError(Exception):
    pass
