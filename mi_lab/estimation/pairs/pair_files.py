"""People's own pairs from files or pasted text. Needs no torch.

Two columns are x and y. Of more, those named x, x1, x_2 ... and y, y1 ... are; else somebody has to say which.
"""

import importlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mi_lab.estimation.pairs.text import Table, parse_text
from mi_lab.ground.keywords import own_keywords
from mi_lab.ground.names import nearest_of
from mi_lab.ground.settings import as_type

Array = NDArray[Any]
Names = str | int | Sequence[str | int] | None
_TABLES = (".csv", ".tsv", ".txt", ".parquet", ".feather")
_SHOWN = 8  # names in a sentence


@own_keywords
def read_pairs(
    path: str | Path, path_y: str | Path | None = None, *, x: Names = None, y: Names = None
) -> tuple[Any, Any]:
    """x and y from one file, or from two.

    Parameters
    ----------
    path : str or Path
        An ``.npz`` with two arrays, x and y or X and Y; or a table, ``.csv``, ``.tsv``, ``.txt``, ``.parquet`` or
        ``.feather``. Of two files, the one that holds x, which may be an ``.npy``, too.
    path_y : str or Path, optional
        The second file, which holds y.
    x : str, int or sequence of them, optional
        The names of the columns of x in a table, as ``"age,height"`` or a list; of a table without a header, their
        numbers, counted from 0. Not needed where there are two columns, or where they are named x, x1, ..., y, y1, ...
    y : str, int or sequence of them, optional
        Those of y.

    Returns
    -------
    x, y : array or Table
        As ``estimate`` takes them, n rows each. A single column of whole numbers is a label unless too many differ.

    Raises
    ------
    ValueError
        In one sentence that names the file and what would be right.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mi_lab import read_pairs
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "people.csv"
    ...     _ = path.write_text("age,kind,height\\n31,a,1.8\\n52,b,1.6\\n")
    ...     x, y = read_pairs(path, x="age,height", y="kind")
    >>> x.columns, len(y)
    (('age', 'height'), 2)
    """
    path = Path(path)
    of_x, of_y = _wanted(x), _wanted(y)
    if path_y is not None:
        return _one(path, "x", of_x), _one(Path(path_y), "y", of_y)
    if _kind(path, (".npz", ".npy", *_TABLES)) in (".npz", ".npy"):
        if of_x is not None or of_y is not None:
            raise ValueError(f"{path.name} has no columns with names; leave x and y out.")
        if path.suffix.lower() == ".npz":
            return _npz(path)
        raise ValueError(f"{path.name} holds one array; name a second file for y, or store both in one .npz.")
    table = _table(path, (*(of_x or ()), *(of_y or ())))
    if of_x is None and of_y is None:
        return _by_custom(table, path.name)
    if of_x is None or of_y is None:
        raise ValueError(f"{path.name}: columns are named for one side only; name those of x and those of y.")
    return _of_names(table, of_x, path.name), _of_names(table, of_y, path.name)


def _wanted(names: Names) -> tuple[str, ...] | None:
    """Names of columns as text; their numbers are the names that a table without a header has."""
    if names is None:
        return None
    several: Any = names if isinstance(names, Iterable) else [names]
    if not isinstance(names, str):
        several = [str(one) if _is_place(one) else one for one in several]
    wanted: tuple[str, ...] = as_type(tuple[str, ...], "names", several)
    return wanted


def _is_place(name: Any) -> bool:
    return isinstance(name, int | np.integer) and not isinstance(name, bool)


def _by_custom(table: Table, source: str) -> tuple[Table, Table]:
    """Two columns, or those that are named x ... and y ... Raises ValueError where nobody could tell."""
    if len(table.columns) == 2:
        return table.of([0]), table.of([1])
    sides = [
        [at for at, name in enumerate(table.columns) if re.fullmatch(rf"{side}[_ ]?\d*", name, re.IGNORECASE)]
        for side in "xy"
    ]
    if len(table.columns) == 1:
        raise ValueError(f"{source} has one column and needs one of x and one of y, or give two files.")
    if not all(sides):
        named = [name for name in table.columns if name]
        if len(named) < 2:
            many = len(table.columns)
            raise ValueError(f"{source} has {many} columns, and names for {len(named)}; write one above each.")
        shown = ", ".join(named[:_SHOWN]) + (" …" if len(named) > _SHOWN else "")
        raise ValueError(
            f"{source} has columns {shown}; say which are x and which are y, as in x={named[0]!r}, y={named[-1]!r}, or "
            "give two files."
        )
    return table.of(sides[0]), table.of(sides[1])


def _of_names(table: Table, wanted: Sequence[str], source: str) -> Table:
    for name in wanted:
        if not name or name not in table.columns:
            named = [one for one in table.columns if one]
            raise ValueError(f"{source} has no column '{name}'; {nearest_of(name, named)}")
    if not wanted:
        raise ValueError(f"{source}: no column is named; known are: {', '.join(table.columns[:_SHOWN])}.")
    return table.of([table.columns.index(name) for name in wanted])


def _one(path: Path, side: str, wanted: Sequence[str] | None) -> Any:
    if _kind(path, (".npy", *_TABLES)) == ".npy":
        if wanted is not None:
            raise ValueError(f"{path.name} has no columns with names; leave {side} out.")
        with path.open("rb") as file:
            return _loaded(path, file, "one array, as numpy.save writes it")
    table = _table(path, wanted or ())
    return table if wanted is None else _of_names(table, wanted, path.name)


def _kind(path: Path, kinds: Sequence[str]) -> str:
    if not path.is_file():
        raise ValueError(f"{path} is not a file; check its path, which is taken from {Path.cwd()}.")
    if path.suffix.lower() not in kinds:
        raise ValueError(f"{path.name} ends in '{path.suffix}'; files may end in {', '.join(kinds)}.")
    return path.suffix.lower()


def _loaded(path: Path, file: BinaryIO, what: str) -> Any:
    try:
        # objects in a file could run code when they are read
        loaded = np.load(file, allow_pickle=False)
    except Exception as error:  # of many kinds: NumPy takes a header apart as Python's own tokeniser does
        raise ValueError(f"{path.name} cannot be read as {what}, whatever its ending says, or is damaged.") from error
    if isinstance(loaded, np.ndarray) != (path.suffix.lower() == ".npy"):
        raise ValueError(f"{path.name} does not hold what its ending says; it should be {what}.")
    return loaded


def _npz(path: Path) -> tuple[Array, Array]:
    what = "arrays x and y, as numpy.savez(path, x=x, y=y) writes them"
    with path.open("rb") as file, _loaded(path, file, what) as arrays:
        by_name = {name.lower(): name for name in arrays.files}
        if not {"x", "y"} <= set(by_name):
            found = ", ".join(arrays.files) or "nothing"
            raise ValueError(f"{path.name} holds {found}; it needs two arrays named x and y.")
        try:
            return arrays[by_name["x"]], arrays[by_name["y"]]
        except Exception as error:
            raise ValueError(
                f"{path.name} holds Python objects or is damaged; store plain numbers by numpy.savez(path, x=x, y=y)."
            ) from error


def _table(path: Path, wanted: Iterable[str]) -> Table:
    if path.suffix.lower() in (".parquet", ".feather"):
        return _framed(path)
    return parse_text(_decoded(path), path.name, wanted)


def _decoded(path: Path) -> str:
    """The text of a file. Raises ValueError where it is none, or not in UTF-8."""
    content = path.read_bytes()
    halves = 3 * content.count(0) > len(content) and _is_plain(content.replace(b"\0", b""))
    if halves or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(f"{path.name} is text in UTF-16; store it as UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if not _is_plain(content):
            raise _no_text(path) from error
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path.name} is text in another encoding than UTF-8, such as Latin-1 or Windows-1252, as line {line} "
            "shows; store it as UTF-8."
        ) from error
    if not _is_plain(content):
        raise _no_text(path)
    return text


def _is_plain(content: bytes) -> bool:
    """Whether there is none of the control characters that text has not, whatever its encoding."""
    return re.search(rb"[\x00-\x08\x0e-\x19\x7f]", content) is None


def _no_text(path: Path) -> ValueError:
    return ValueError(f"{path.name} is not text, whatever its ending says; a .csv has a line per pair.")


def _framed(path: Path) -> Table:
    kind = path.suffix.lower().removeprefix(".")
    try:
        read = getattr(importlib.import_module("pandas"), f"read_{kind}")
        frame = read(path, dtype_backend="numpy_nullable")  # whole numbers remain whole beside a gap
    except ImportError as error:
        raise ValueError(
            f"{path.name} needs pandas and pyarrow, which are not installed; install them, or store the pairs as .npz."
        ) from error
    except Exception as error:  # the readers raise errors of their own kinds
        raise ValueError(f"{path.name} cannot be read as a {kind} file, whatever its ending says.") from error
    return Table(tuple(map(str, frame.columns)), tuple(frame.iloc[:, at] for at in range(frame.shape[1])))


def parse_array(text: str, name: str) -> Any:
    """An array or a table from pasted text: JSON lists, or a line per pair as in a file."""
    text = text.strip("\n\r ")
    if not text.strip():
        raise ValueError(f"{name} is empty; paste a line per pair, or JSON lists.")
    if text.startswith("["):
        try:
            return np.asarray(json.loads(text))
        except json.JSONDecodeError as error:
            raise ValueError(f"{name} starts like a JSON list but ends as none ({error.msg}).") from error
        except ValueError as error:
            raise ValueError(f"{name} has rows of different lengths; it must be an array of shape (n, d).") from error
    return parse_text(text, name)
