"""Files that are written whole or not at all, and the sums that show whether one is as it was. Needs no torch."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


class ResultError(ValueError):
    """A stored result that cannot be used, or a folder that cannot hold one; one sentence says which and why.

    Examples
    --------
    >>> from pathlib import Path
    >>> from mi_lab import ResultError, load
    >>> try:
    ...     load("fig-2a", folder=Path("nowhere"))
    ... except ResultError as error:
    ...     print(error)
    no result of fig-2a at profile report or laptop in nowhere; run: papermill ...
    """


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def check_writable(folder: Path, what: str = "results") -> None:
    """Raise ResultError unless a file can be made in ``folder``, which is created if it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ResultError(
            f"{what} cannot be written to {folder} ({error.strerror}); choose a folder you may write to."
        ) from error


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a whole file or nothing: a reader never sees half of it. Raises ResultError if there is no room, say."""
    data = content.encode() if isinstance(content, str) else content
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".", suffix=".tmp", delete=False) as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).chmod(0o644)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink()
                raise
    except OSError as error:
        raise ResultError(
            f"{path} could not be written ({error.strerror}); what was stored before is untouched, "
            "so make room and repeat the command."
        ) from error
