"""One column as somebody passed it: numbers, or a label, and where nothing stands. Needs no torch."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_CLASSES = 1000  # at most; more different whole numbers are counts or identifiers and not labels


@dataclass(frozen=True)
class Column:
    """One column as it was passed: floats, or the numbers of classes if it is a label, and where nothing stands."""

    name: str
    values: Array
    missing: Array
    classes: int = 0  # of a label; 0 for numbers
    in_a_row: bool = False  # of shape (n,), where whole numbers would be a label


def single_column(name: str, column: Any) -> Column:
    """The only column of a frame: whole numbers are a label there unless too many differ."""
    values = np.asarray(column)
    whole = values.dtype.kind in "iu" and few_enough(len(np.unique(values)), len(values))
    return read_column(name, column, alone=whole)


def few_enough(classes: int, pairs: int) -> bool:
    """Whether so many different values may be labels."""
    return classes <= min(_CLASSES, pairs // 10)


def read_column(name: str, column: Any, alone: bool = False) -> Column:
    """Numbers as floats, labels as the numbers of their classes; ``alone``, whole numbers are labels, too."""
    kind = str(getattr(column, "dtype", ""))
    missing = _missing(column)
    values = np.asarray(column.to_numpy() if hasattr(column, "to_numpy") else np.ma.getdata(column))
    if values.dtype.kind == "c":
        raise ValueError(f"{name} holds complex numbers; pass their real and imaginary parts as columns.")
    if values.dtype.kind in "mMV":
        raise ValueError(f"{name} holds {values.dtype.name} entries; pass times as numbers, say in seconds.")
    if kind.startswith(("category", "Categorical", "Enum")):
        return _label(name, values.astype(object), missing)
    if kind.lower().startswith(("int", "uint")) and values.dtype.kind == "f":  # whole but for its gaps
        values = np.where(missing, 0, values).astype(np.int64)
    if values.dtype.kind == "O":
        values, missing = _of_objects(name, values, missing)
    if values.dtype.kind in "bUSTO" or (alone and values.dtype.kind in "iu"):
        return _label(name, values, missing)
    numbers = values.astype(np.float64)
    return Column(name, numbers, missing | np.isnan(numbers), in_a_row=alone)


def _missing(column: Any) -> Array:
    if isinstance(column, np.ma.MaskedArray):
        return np.ma.getmaskarray(column)
    for empty in ("isna", "is_null"):  # pandas, polars
        if hasattr(column, empty):
            return np.asarray(getattr(column, empty)().to_numpy(), dtype=bool)
    return np.zeros(len(column), bool)


def _of_objects(name: str, values: Array, missing: Array) -> tuple[Array, Array]:
    """Python objects: numbers if all are numbers, else labels; None and NaN are nothing."""
    missing = missing | np.array([_is_nothing(one) for one in values.tolist()])
    present = values[~missing].tolist()
    kinds = {type(one) for one in present}
    if kinds <= {bool, np.bool_}:
        return np.where(missing, False, values).astype(bool), missing
    if all(isinstance(one, int | float | np.integer | np.floating) for one in present):
        whole = all(isinstance(one, int | np.integer) for one in present)
        filled = np.where(missing, 0 if whole else np.nan, values)
        try:
            return filled.astype(np.int64 if whole else np.float64), missing
        except OverflowError:
            return filled.astype(np.float64), missing
    wrong = next((one for one in present if not isinstance(one, str | bool | int | float | np.generic)), None)
    if wrong is not None:
        raise ValueError(f"{name} holds a {type(wrong).__name__}; it may hold numbers, strings or booleans.")
    return np.where(missing, "", values).astype(str), missing


def _is_nothing(value: Any) -> bool:
    """None, NaN, or what is neither equal to itself nor not, as pandas has it."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True


def _label(name: str, values: Array, missing: Array) -> Column:
    present = values[~missing]
    try:
        classes, numbers = np.unique(present, return_inverse=True)
    except TypeError:  # categories of several kinds cannot be ordered
        classes, numbers = np.unique(present.astype(str), return_inverse=True)
    filled = np.zeros(len(values), np.int64)
    filled[~missing] = numbers
    if not few_enough(len(classes), len(present)):
        what, cure = ("labels", "encode it as numbers, or leave it out")
        if values.dtype.kind in "iu":
            what = "whole numbers"
            cure = f"pass {name}[:, None].astype(float) if they are measurements"
        raise ValueError(
            f"{name} holds {len(classes)} different {what} in {len(present)} pairs, too many for labels; {cure}."
        )
    return Column(name, filled, missing, max(len(classes), 1))
