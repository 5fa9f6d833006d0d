"""What people pass as x or y, taken apart into columns: frames, series, arrays, tensors, lists. Needs no torch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mi_lab.estimation.pairs.column import EITHER, LABEL, Column, read_column
from mi_lab.ground.settings import first_line


def columns_of(side: str, value: Any) -> list[Column]:
    """x or y, which ``side`` says, column by column.

    Raises ValueError with one sentence for what is none, and what to pass instead.
    """
    _refuse_at_sight(side, value)
    if _is_frame(value):
        return _of_frame(side, list(_named_columns(value)))
    if hasattr(value, "to_numpy") and not _is_arrow(value):  # a series of pandas or polars
        if not len(value):
            raise ValueError(f"{side} is empty; it must hold a value per pair.")
        return [read_column(side, value, whole=LABEL)]
    array = _as_array(side, value)
    if array.dtype.names:  # a structured array is a frame
        return _of_frame(side, [(name, array[name]) for name in array.dtype.names])
    if array.ndim == 0 and array.dtype.kind == "O":
        raise ValueError(f"{side} is a {type(value).__name__}; it must be an array of shape (n, d), a list or a frame.")
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"{side} has shape {array.shape}; it must be (n, d), or (n,) for one column or labels.")
    if array.ndim == 1:
        return [read_column(side, array, whole=LABEL)]
    return [read_column(f"column {at} of {side}", array[:, at]) for at in range(array.shape[1])]


def _of_frame(side: str, columns: list[tuple[str, Any]]) -> list[Column]:
    if not columns or not len(columns[0][1]):
        raise ValueError(f"{side} is a frame without {'rows' if columns else 'columns'}.")
    whole = {"whole": EITHER} if len(columns) == 1 else {}
    return [read_column(f"column {name} of {side}", column, **whole) for name, column in columns]


def _is_frame(value: Any) -> bool:
    return hasattr(value, "columns") and len(getattr(value, "shape", (0, 0))) == 2


def _named_columns(value: Any) -> Iterator[tuple[str, Any]]:
    """The columns of a frame of pandas, polars or PyArrow, or of a table that was read from a file."""
    for at, name in enumerate(value.column_names if _is_arrow(value) else value.columns):
        if hasattr(value, "iloc"):
            yield str(name), value.iloc[:, at]
        elif _is_arrow(value):
            yield str(name), _objects(value.column(at))
        elif hasattr(value, "to_series"):
            yield str(name), value.to_series(at)
        else:
            kind = f"{type(value).__module__.split('.')[0]}.{type(value).__name__}"
            raise ValueError(f"{kind} is no frame that is known here; pass one of pandas or polars, or an array.")


def _is_arrow(value: Any) -> bool:
    return type(value).__module__.startswith("pyarrow")


def _objects(column: Any) -> Any:
    """A column of PyArrow as Python's own objects, whose whole numbers remain whole beside a gap."""
    objects = np.empty(len(column), object)
    objects[:] = column.to_pylist()
    return objects


def _as_array(side: str, value: Any) -> Any:
    if _is_arrow(value):
        return _objects(value)
    if isinstance(value, list | tuple):
        value = [None if one is np.ma.masked else _of_tensor(one) for one in value]
        masked = any(isinstance(one, np.ma.MaskedArray) for one in value)
    else:
        value = _of_tensor(value)
        masked = isinstance(value, np.ma.MaskedArray)
    try:
        array = np.ma.array(value) if masked else np.asarray(value)
        # NumPy makes words of the numbers and of the gaps among words
        return np.array(value, dtype=object) if array.dtype.kind in "US" and isinstance(value, list) else array
    except ValueError as error:
        raise ValueError(f"{side} has rows of different lengths; it must be an array of shape (n, d).") from error
    except Exception as error:  # of whatever library made it
        raise ValueError(
            f"{side} is a {type(value).__name__} that makes no array ({first_line(error)}); pass an array of shape "
            "(n, d), or a frame."
        ) from error


def _of_tensor(value: Any) -> Any:
    """A tensor as an array, and everything else as it is."""
    if not hasattr(value, "detach"):
        return value
    value = value.detach().cpu()
    return (value.double() if value.is_floating_point() else value).numpy()  # NumPy has no bfloat16


def _refuse_at_sight(side: str, value: Any) -> None:
    if hasattr(value, "tocsr"):
        raise ValueError(f"{side} is a sparse matrix; pass {side}.toarray() if it fits into memory.")
    if hasattr(value, "detach") and str(getattr(value, "layout", "")).startswith("torch.sparse"):
        raise ValueError(f"{side} is a sparse tensor; pass {side}.to_dense() if it fits into memory.")
    if hasattr(value, "collect_schema") and hasattr(value, "lazy") and not hasattr(value, "to_series"):
        raise ValueError(f"{side} is a LazyFrame, which holds no values yet; pass {side}.collect().")
    if hasattr(value, "levels") and hasattr(value, "to_frame"):
        raise ValueError(f"{side} is a MultiIndex; pass {side}.to_frame(), whose columns are its levels.")
    if isinstance(value, str | bytes | Path):
        raise ValueError(f"{side} is a path or a text; read a file by mi_lab.read_pairs(path).")
    if isinstance(value, dict):
        raise ValueError(f"{side} is a dict; pass a frame, or numpy.column_stack(list({side}.values())).")
    if value is None:
        raise ValueError(f"{side} is None; it must be an array of shape (n, d).")
