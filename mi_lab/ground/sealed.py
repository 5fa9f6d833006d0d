"""Plain data in a file with its own SHA-256: what a stopped command has finished, kept for the next one."""

import json
import warnings
from pathlib import Path
from typing import Any

from mi_lab.ground.files import ResultError, digest, write_atomically


def write_sealed(path: Path, value: Any) -> None:
    """Keep a JSON value. Raises ResultError if it cannot be written."""
    text = json.dumps(value)
    write_atomically(path, f'{{"sha256": "{digest(json.loads(text))}", "value": {text}}}')


def read_sealed(path: Path) -> Any:
    """The value of a file as it was written; None if there is no such file.

    One that is damaged is set aside with a warning, and None is returned. Raises
    ResultError for a file that may not be read.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        value = document["value"]
        if digest(value) == document["sha256"]:
            return value
        reason = "its contents are not those that were written"
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ResultError(f"{path} cannot be read ({error.strerror}); make it readable, or delete it.") from error
    except (ValueError, KeyError, TypeError, RecursionError, MemoryError) as error:
        reason = type(error).__name__
    _set_aside(path, reason)
    return None


def _set_aside(path: Path, reason: str) -> None:
    try:
        path.replace(path.with_suffix(".set-aside"))
    except FileNotFoundError:
        return  # another process was faster
    warnings.warn(f"{path} is set aside and is made anew: it is damaged ({reason}).", stacklevel=3)
