"""People's own pairs: read from files or text, and checked before anything is estimated. Needs no torch."""

import csv
import importlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mi_lab.ground.keywords import own_keywords

Array = NDArray[Any]
_CLASSES = 1000  # at most; more different whole numbers are counts or identifiers and not labels


def check_pairs(x: Any, y: Any) -> tuple[Array, Array]:
    """Arrays or tensors as arrays that can be used: float64 of shape (n, d), or class numbers 0 … C-1 of shape (n,).

    Whole numbers of shape (n,) are taken for labels, everything else for measurements. Raises ValueError with one
    sentence that says which array is wrong, where, and what would be right.
    """
    first, second = _array("x", x), _array("y", y)
    for name, array in (("x", first), ("y", second)):
        if array.ndim == 2 and array.shape[1] > len(array):
            raise ValueError(
                f"{name} has {len(array)} rows and {array.shape[1]} columns, more dimensions than pairs; "
                f"rows must be pairs, so pass {name}.T if it is transposed."
            )
    if len(first) != len(second):
        raise ValueError(f"x has {len(first)} rows and y has {len(second)}; row i of x must belong to row i of y.")
    return _usable("x", first), _usable("y", second)


def _array(name: str, value: Any) -> Array:
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu()
        value = (value.double() if value.is_floating_point() else value).numpy()  # NumPy has no bfloat16
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} has rows of different lengths; it must be an array of shape (n, d).") from error
    if array.dtype.kind == "c":
        raise ValueError(f"{name} holds complex numbers; pass their real and imaginary parts as columns.")
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} holds {array.dtype.name} entries and not numbers; labels can be made whole numbers by "
            f"numpy.unique({name}, return_inverse=True)[1]."
        )
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; it must be (n, d), or (n,) for one column or labels.")
    return array


def _usable(name: str, array: Array) -> Array:
    if array.ndim == 1 and array.dtype.kind in "biu":
        return _labels(name, array)
    if array.ndim == 1:
        values = np.unique(array[np.isfinite(array)])
        if _few_enough(len(values), len(array)) and np.array_equal(values, np.floor(values)):
            raise ValueError(
                f"{name} looks like {len(values)} labels as floats; pass {name}.astype(int) if they are labels (in a "
                f"file: 1 and not 1.0), or {name}[:, None] if they are measurements."
            )
    columns = array.reshape(len(array), -1).astype(np.float64, copy=False)
    finite = np.isfinite(columns)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        count = columns.size - int(finite.sum())
        raise ValueError(
            f"{name} holds {count} entr{'y' if count == 1 else 'ies'} NaN or infinite, the first in row {row}, column "
            f"{column} (counted from 0); leave such pairs out of x and y."
        )
    low, high = columns.min(0), columns.max(0)
    if (low == high).any():
        raise ValueError(
            f"{_columns(name, low == high)} constant, which tells nothing about the other array; leave constants out."
        )
    if np.abs([low, high]).max() > 1e100:
        column = int(np.abs([low, high]).max(0).argmax())
        raise ValueError(f"column {column} of {name} holds values beyond 1e100; scale or transform it, say by a log.")
    small = columns.std(0) < 1e-100
    if small.any():
        raise ValueError(f"{_columns(name, small)} almost constant, with a deviation below 1e-100; scale it up.")
    return columns


def _columns(name: str, which: Array) -> str:
    numbers = np.flatnonzero(which)
    if len(numbers) == 1:
        return f"column {numbers[0]} of {name} is"
    shown = ", ".join(map(str, numbers[:5])) + (" …" if len(numbers) > 5 else "")
    return f"{len(numbers)} columns of {name} ({shown}, counted from 0) are"


def _labels(name: str, array: Array) -> Array:
    classes, numbers = np.unique(array, return_inverse=True)
    if len(classes) == 1:
        raise ValueError(f"{name} holds a single label, {classes[0]}, which tells nothing about the other array.")
    if not _few_enough(len(classes), len(array)):
        raise ValueError(
            f"{name} holds {len(classes)} different whole numbers in {len(array)} pairs, too many for labels; "
            f"pass {name}[:, None].astype(float) if they are measurements."
        )
    return numbers


def _few_enough(classes: int, pairs: int) -> bool:
    return classes <= min(_CLASSES, pairs // 10)


@own_keywords
def read_pairs(path: str | Path, path_y: str | Path | None = None) -> tuple[Array, Array]:
    """x and y from one file, or from two.

    Parameters
    ----------
    path : str or Path
        An ``.npz`` with arrays x and y, or a ``.csv`` or ``.parquet`` with columns whose names start with x and with y;
        of two files, an ``.npy``, ``.csv`` or ``.parquet`` that holds x.
    path_y : str or Path, optional
        The second file, which holds y.

    Returns
    -------
    x, y : array
        Of shape (n, d) or (n,). A single column of whole numbers in a table is read as labels unless too many differ.

    Raises
    ------
    ValueError
        In one sentence that names the file and what would be right.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mi_lab import read_pairs
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pairs.npz"
    ...     np.savez(path, x=np.zeros((6, 2)), y=np.arange(6) % 2)
    ...     x, y = read_pairs(path)
    >>> x.shape, y.shape
    ((6, 2), (6,))
    """
    path = Path(path)
    if path_y is not None:
        return _one(path), _one(Path(path_y))
    match _kind(path, (".npz", ".csv", ".parquet", ".npy")):
        case ".npz":
            return _npz(path)
        case ".npy":
            raise ValueError(f"{path.name} holds one array; name a second file for y, or store both in one .npz.")
        case _:
            names, columns = _table(path)
            chosen = [[c for n, c in zip(names, columns, strict=True) if n.lower().startswith(side)] for side in "xy"]
            if not all(chosen):
                raise ValueError(
                    f"{path.name} has columns {', '.join(names[:8])}; name those of x with a leading x and those of y "
                    "with a leading y, or give two files."
                )
            return _joined(chosen[0]), _joined(chosen[1])


def _one(path: Path) -> Array:
    if _kind(path, (".npy", ".csv", ".parquet")) == ".npy":
        with path.open("rb") as file:
            return _loaded(path, file, "one array, as numpy.save writes it")
    return _joined(_table(path)[1])


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
        if not {"x", "y"} <= set(arrays.files):
            found = ", ".join(arrays.files) or "nothing"
            raise ValueError(f"{path.name} holds {found}; it needs two arrays named x and y.")
        try:
            return arrays["x"], arrays["y"]
        except Exception as error:
            raise ValueError(
                f"{path.name} holds Python objects or is damaged; store plain numbers by numpy.savez(path, x=x, y=y)."
            ) from error


def _table(path: Path) -> tuple[list[str], list[Array]]:
    """Names and columns of a table."""
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not text, whatever its ending says; a .csv has a line per pair.") from error
    lines = text.splitlines()
    # what spreadsheets write where the comma is the decimal sign of other columns
    separator = ";" if lines and ";" in lines[0] else ","
    return _columns_of(dict(enumerate(csv.reader(lines, delimiter=separator), start=1)), path.name)


def _parquet(path: Path) -> tuple[list[str], list[Array]]:
    try:
        pandas = importlib.import_module("pandas")
        frame = pandas.read_parquet(path)
    except ImportError as error:
        raise ValueError(
            f"{path.name} needs pandas and pyarrow, which are not installed; install them, or store the pairs as .npz."
        ) from error
    except Exception as error:  # the readers raise errors of their own kinds
        raise ValueError(f"{path.name} cannot be read as a Parquet file, whatever its ending says.") from error
    return [str(name) for name in frame.columns], [frame[name].to_numpy() for name in frame.columns]


def parse_array(text: str, name: str) -> Array:
    """An array from pasted text: JSON lists, or a line per pair with commas, semicolons or spaces between numbers."""
    text = text.strip()
    if not text:
        raise ValueError(f"{name} is empty; paste a line per pair, or JSON lists.")
    if text.startswith("["):
        try:
            return _array(name, json.loads(text))
        except json.JSONDecodeError as error:
            raise ValueError(f"{name} starts like a JSON list but ends as none ({error.msg}).") from error
    lines = {number: line.strip() for number, line in enumerate(text.splitlines(), start=1)}
    rows = {number: re.split(r"\s*[,;]\s*|\s+", line) if line else [] for number, line in lines.items()}
    return _joined(_columns_of(rows, name)[1])


def _columns_of(rows: Mapping[int, list[str]], source: str) -> tuple[list[str], list[Array]]:
    """Rows of text by the number of their line, with or without a header, as names and columns of numbers."""
    filled = [(number, row) for number, row in rows.items() if row]
    first = filled[0][1] if filled else []
    header = bool(first) and not any(map(_is_number, first))
    names = [cell.strip() for cell in first] if header else [str(n) for n in range(len(first))]
    body = [row for _, row in filled[header:]]
    if not body:
        raise ValueError(f"{source} has no lines of numbers.")
    for number, row in filled[header:]:
        if len(row) != len(names):
            raise ValueError(f"{source}: line {number} has {len(row)} entries where there should be {len(names)}.")
        wrong = next((cell for cell in row if not _is_number(cell)), None)
        if wrong is not None:
            raise ValueError(f"{source}: line {number} holds '{wrong[:20]}', which is not a number.")
    return names, [_column(cells) for cells in zip(*body, strict=True)]


def _column(cells: Sequence[str]) -> Array:
    kinds: tuple[Callable[[str], Any], ...] = (int, float)
    for kind in kinds:
        try:
            return np.array([kind(cell) for cell in cells], dtype=np.int64 if kind is int else np.float64)
        except (ValueError, OverflowError):
            continue
    raise AssertionError("every cell was checked to be a number")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _joined(columns: Sequence[Array]) -> Array:
    """Columns side by side as measurements; a single one stays as it is if its whole numbers may be labels."""
    if len(columns) > 1:
        return np.column_stack(columns)
    [column] = columns
    whole = column.dtype.kind in "biu"
    return column[:, None] if whole and not _few_enough(len(np.unique(column)), len(column)) else column
