"""People's own pairs as columns of numbers and labels: what was passed, how it was read, what was left out.

A frame, a series, an array, a tensor or a list becomes an array that an estimator takes: numbers of shape (n, d), or
the class numbers 0 ... C-1 of one label of shape (n,). Nothing is guessed in silence: ``Pairs.told`` says what was read
as what, and ``Pairs.flags`` what was left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mi_lab.estimation.pairs.column import Column, few_enough, read_column, single_column
from mi_lab.estimation.pairs.estimates import Flag
from mi_lab.estimation.pairs.repeats import each_once
from mi_lab.ground.names import known

Array = NDArray[Any]
MISSING = ("refuse", "drop")
_TOO_FEW = 20  # rows; with fewer, and more columns, somebody passed the transpose
_SHOWN = 6  # names in a sentence


@dataclass(frozen=True)
class Pairs:
    """Pairs that can be used. ``x`` and ``y`` are float64 of shape (n, d), or class numbers of shape (n,).

    ``told`` says in a sentence how both were read; ``flags`` are what somebody should know of it.
    """

    x: Array
    y: Array
    told: str
    flags: tuple[Flag, ...]


def read_as_pairs(x: Any, y: Any, missing: str = "refuse") -> Pairs:
    """x and y as an estimator takes them.

    Whole numbers of shape (n,), strings, booleans and categories are labels, everything else is a measurement; in a
    frame of several columns whole numbers are measurements. A label that does not stand alone becomes columns of 0 and
    1.

    Raises ValueError with one sentence that says which of the two is wrong, where, and what would be right.
    """
    known("missing", missing, MISSING)
    sides = {"x": _columns("x", x), "y": _columns("y", y)}
    rows = {name: len(columns[0].values) for name, columns in sides.items()}
    for name, columns in sides.items():
        if len(columns) > rows[name] < _TOO_FEW:
            raise ValueError(
                f"{name} has {rows[name]} rows and {len(columns)} columns, more dimensions than pairs; "
                f"rows must be pairs, so pass {name}.T if it is transposed."
            )
    if rows["x"] != rows["y"]:
        raise ValueError(f"x has {rows['x']} rows and y has {rows['y']}; row i of x must belong to row i of y.")
    kept, flags = _present(sides, missing)
    flags += _misaligned(x, y)
    arrays, told = {}, []
    for name, columns in sides.items():
        chosen = columns
        if not kept.all():
            chosen = [replace(one, values=one.values[kept], missing=one.missing[kept]) for one in columns]
        arrays[name], sentence, more = _joined(name, chosen, alone=len(columns) == 1)
        told.append(sentence)
        flags += more
    first, second, repeats = each_once(arrays["x"], arrays["y"])
    return Pairs(first, second, "; ".join(told), (*flags, *repeats))


def _columns(name: str, value: Any) -> list[Column]:
    """What was passed, column by column."""
    _refuse_at_sight(name, value)
    if hasattr(value, "columns"):  # a frame of pandas or polars
        names = [str(one) for one in value.columns]
        get: Callable[[int], Any] = (lambda at: value.iloc[:, at]) if hasattr(value, "iloc") else value.to_series
        if len(names) == 1:
            return _at_least_one(name, [single_column(_named(name, names[0]), get(0))])
        return _at_least_one(name, [read_column(_named(name, of), get(at)) for at, of in enumerate(names)])
    if hasattr(value, "to_numpy"):  # a series of either
        return _at_least_one(name, [read_column(name, value, alone=True)])
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu()
        value = (value.double() if value.is_floating_point() else value).numpy()  # NumPy has no bfloat16
    try:
        array = np.ma.asanyarray(value) if isinstance(value, np.ma.MaskedArray) else np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} has rows of different lengths; it must be an array of shape (n, d).") from error
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; it must be (n, d), or (n,) for one column or labels.")
    if array.ndim == 1:
        return [read_column(name, array, alone=True)]
    return [read_column(_named(name, at), array[:, at]) for at in range(array.shape[1])]


def _named(side: str, column: object) -> str:
    return f"column {column} of {side}"


def _at_least_one(name: str, columns: list[Column]) -> list[Column]:
    if not columns or not len(columns[0].values):
        raise ValueError(f"{name} is a frame without {'rows' if columns else 'columns'}.")
    return columns


def _refuse_at_sight(name: str, value: Any) -> None:
    if hasattr(value, "tocsr"):
        raise ValueError(f"{name} is a sparse matrix; pass {name}.toarray() if it fits into memory.")
    if isinstance(value, str | Path):
        raise ValueError(f"{name} is a path or a text; read a file by mi_lab.read_pairs(path).")
    if isinstance(value, dict):
        raise ValueError(f"{name} is a dict; pass a frame, or numpy.column_stack(list({name}.values())).")
    if value is None:
        raise ValueError(f"{name} is None; it must be an array of shape (n, d).")


def _present(sides: dict[str, list[Column]], missing: str) -> tuple[Array, tuple[Flag, ...]]:
    """The rows in which nothing is missing. Raises ValueError where that was not asked for."""
    for name, columns in sides.items():
        gone = np.stack([one.missing for one in columns], 1)
        if missing == "refuse" and (gone.any() or _infinite(columns).any()):
            _refuse_missing(name, columns, gone)
        if _infinite(columns).any():
            _refuse_missing(name, columns, np.zeros_like(gone))
    lost = np.any([one.missing for columns in sides.values() for one in columns], 0)
    if not lost.any():
        return ~lost, ()
    if lost.all():
        raise ValueError("every pair has a missing entry, so none is left; leave out the columns that lack most.")
    sentence = f"{lost.sum()} of {len(lost)} pairs lack an entry and were left out, as missing='drop' says."
    return ~lost, (Flag("missing values", sentence),)


def _infinite(columns: Sequence[Column]) -> Array:
    return np.stack([~one.missing & ~np.isfinite(one.values) for one in columns], 1)


def _refuse_missing(name: str, columns: Sequence[Column], gone: Array) -> None:
    bad = gone | _infinite(columns)
    row, column = (int(at) for at in np.argwhere(bad)[0])
    count = int(bad.sum())
    where = f"row {row}" + (f", {columns[column].name}" if len(columns) > 1 else "") + " (counted from 0)"
    cure = "pass missing='drop' to leave such pairs out" if gone.any() else "leave such pairs out of x and y"
    what = "missing, NaN or infinite"
    raise ValueError(f"{name} holds {count} entr{'y' if count == 1 else 'ies'} {what}, the first in {where}; {cure}.")


def _misaligned(x: Any, y: Any) -> tuple[Flag, ...]:
    indexes = [getattr(side, "index", None) for side in (x, y)]
    if not all(hasattr(index, "equals") for index in indexes) or indexes[0].equals(indexes[1]):  # type: ignore[union-attr]
        return ()
    return (
        Flag(
            "indexes differ",
            "x and y have different indexes; row i of x was paired with row i of y, so align them first if the index "
            "tells which belong together.",
        ),
    )


def _joined(name: str, columns: Sequence[Column], alone: bool) -> tuple[Array, str, tuple[Flag, ...]]:
    """One array of all columns, how they were read, and what was left out."""
    if alone and columns[0].classes:
        if columns[0].classes == 1:
            raise ValueError(f"{name} holds a single label, which tells nothing about the other array.")
        return columns[0].values, f"{name} is a label of {columns[0].classes} classes", ()
    if columns[0].in_a_row:
        _ask_about_labels(name, columns[0].values)
    varying = [one for one in columns if np.ptp(one.values) > 0]
    constant = [one.name.removesuffix(f" of {name}") for one in columns if np.ptp(one.values) == 0]
    if not varying:
        raise ValueError(f"{name} is constant, which tells nothing about the other array.")
    for one in varying:
        _check_scale(one)
    array = np.hstack([_as_numbers(one) for one in varying])
    flags = []
    if constant:
        verb = "is" if len(constant) == 1 else "are"
        sentence = f"{_listed(constant)} of {name} {verb} constant and {'was' if verb == 'is' else 'were'} left out."
        flags.append(Flag("constant columns", sentence))
    if array.shape[1] > len(array):
        sentence = (
            f"{name} has {len(array)} rows and {array.shape[1]} columns; estimates in so many dimensions are loose, "
            f"and if rows are not pairs, pass {name}.T."
        )
        flags.append(Flag("more columns than rows", sentence))
    return array, f"{name} is {_kinds(varying)}", tuple(flags)


def _as_numbers(column: Column) -> Array:
    """Numbers as they are, a label of more than two classes as a column that is 1 for each of them, (n, columns)."""
    return np.eye(column.classes)[column.values] if column.classes > 2 else column.values[:, None].astype(float)


def _kinds(columns: Sequence[Column]) -> str:
    numbers, labels = sum(not one.classes for one in columns), [one for one in columns if one.classes]
    told = [f"{numbers} column{'s' * (numbers > 1)} of numbers"] if numbers else []
    if labels:
        names = _listed([f"{one.name.split(' of ')[0].removeprefix('column ')} ({one.classes})" for one in labels])
        told.append(f"{len(labels)} label{'s' * (len(labels) > 1)} as 0 and 1: {names}")
    return " and ".join(told)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _ask_about_labels(name: str, values: Array) -> None:
    different = np.unique(values)
    if (
        len(different) > 1
        and few_enough(len(different), len(values))
        and np.array_equal(different, np.floor(different))
    ):
        raise ValueError(
            f"{name} looks like {len(different)} labels as floats; pass {name}.astype(int) if they are labels (in a "
            f"file: 1 and not 1.0), or {name}[:, None] if they are measurements."
        )


def _check_scale(column: Column) -> None:
    if column.classes:
        return
    if np.abs(column.values).max() > 1e100:
        raise ValueError(f"{column.name} holds values beyond 1e100; scale or transform it, say by a log.")
    if column.values.std() < 1e-100:
        raise ValueError(f"{column.name} is almost constant, with a deviation below 1e-100; scale it up.")
