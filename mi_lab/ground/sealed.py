"""A file with its own SHA-256: what a stopped command has finished, or was about, kept for the next one."""

import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mi_lab.ground.files import ResultError, write_atomically


class UnusableError(Exception):
    """A whole file that is not the one that is wanted; its text says why."""


def write_sealed(path: Path, content: Any) -> None:
    """Keep bytes, or else a JSON value. Raises ResultError if it cannot be written."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    write_atomically(path, hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


def read_sealed(path: Path, decode: Callable[[bytes], Any] = json.loads) -> Any:
    """What ``decode`` makes of a file's bytes as they were written; None if there is no such file.

    One that is damaged, or of which ``decode`` says by UnusableError that it is another, is set aside with a warning,
    and None is returned. Raises ResultError for a file that may not be read.
    """
    try:
        seal, _, data = path.read_bytes().partition(b"\n")
        if hashlib.sha256(data).hexdigest().encode() != seal:
            raise UnusableError("it is damaged")
        return decode(data)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ResultError(f"{path} cannot be read ({error.strerror}); make it readable, or delete it.") from error
    except (UnusableError, ValueError, RecursionError, MemoryError) as error:
        reason = str(error) if isinstance(error, UnusableError) else type(error).__name__
    try:
        path.replace(path.with_suffix(".set-aside"))
    except FileNotFoundError:
        return None  # another process was faster
    warnings.warn(f"{path} is set aside and is made anew: {reason}.", stacklevel=2)
    return None
