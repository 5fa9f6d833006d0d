"""People's own pairs as columns of numbers and labels: what was passed, how it was read, what was left out.

A frame, a series, an array, a tensor or a list becomes an array that an estimator takes: numbers of shape (n, d), or
the class numbers 0 ... C-1 of one label of shape (n,). Nothing is guessed in silence: ``Pairs.told`` says what was read
as what, and ``Pairs.flags`` what was left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mi_lab.estimation.pairs.column import Column, few_enough
from mi_lab.estimation.pairs.estimates import Flag
from mi_lab.estimation.pairs.passed import columns_of
from mi_lab.estimation.pairs.repeats import each_once
from mi_lab.ground.names import known

Array = NDArray[Any]
MISSING = ("refuse", "drop")
_TOO_FEW = 20  # rows; with fewer, and more columns, somebody passed the transpose
_SHOWN = 6  # names in a sentence


@dataclass(frozen=True)
class Pairs:
    """Pairs that can be used. ``x`` and ``y`` are float64 of shape (n, d), or class numbers of shape (n,).

    ``told`` says in a sentence how both were read; ``flags`` are what somebody should know of it. ``forms`` are the
    columns of x and those of y without their rows, None for one that was left out.
    """

    x: Array
    y: Array
    told: str
    flags: tuple[Flag, ...]
    forms: tuple[tuple[Column | None, ...], tuple[Column | None, ...]]

    def like(self, x: Any, y: Any) -> tuple[Array, Array]:
        """Other pairs as arrays, read as these were. Raises ValueError for what differs in kind, or lacks an entry."""
        sides = columns_of("x", x), columns_of("y", y)
        _check_rows(*sides)
        arrays = []
        for side, columns, forms in zip("xy", sides, self.forms, strict=True):
            if len(columns) != len(forms):
                s = "" if len(columns) == 1 else "s"
                raise ValueError(f"{side} has {len(columns)} column{s}; fit was given {len(forms)}.")
            if any(one.missing.any() or one.infinite.any() for one in columns):
                _refuse_missing(side, columns, "leave such pairs out")
            read = [one.like(known) for one, known in zip(columns, forms, strict=True) if known is not None]
            arrays.append(side_array(read, alone=len(forms) == 1))
        return arrays[0], arrays[1]


def read_as_pairs(x: Any, y: Any, missing: str = "refuse") -> Pairs:
    """x and y as an estimator takes them.

    Whole numbers of shape (n,), strings, booleans and categories are labels, everything else is a measurement; in a
    frame of several columns whole numbers are measurements. A label that does not stand alone becomes columns of 0 and
    1.

    Raises ValueError with one sentence that says which of the two is wrong, where, and what would be right.
    """
    sides, flags = settled_columns(x, y, missing)
    arrays, told, forms = [], [], []
    for side, columns in sides.items():
        array, sentence, more = joined(side, columns)
        arrays.append(array)
        told.append(sentence)
        flags += more
        forms.append(tuple(None if _constant(one) else one.without_rows() for one in columns))
    told += dict.fromkeys(note for note in (getattr(side, "note", "") for side in (x, y)) if note)
    first, second, repeats = each_once(*arrays)
    return Pairs(first, second, "; ".join(told), (*flags, *repeats), (forms[0], forms[1]))


def settled_columns(x: Any, y: Any, missing: str = "refuse") -> tuple[dict[str, list[Column]], tuple[Flag, ...]]:
    """The columns of both sides by 'x' and 'y', in the rows that lack nothing, and what was left out.

    Raises ValueError as ``read_as_pairs`` does, but for columns that tell nothing.
    """
    known("missing", missing, MISSING)
    sides = {"x": columns_of("x", x), "y": columns_of("y", y)}
    _check_rows(*sides.values())
    kept, flags = _present(sides, missing)
    settled = {side: [one.settled(kept) for one in columns] for side, columns in sides.items()}
    return settled, flags + _misaligned(x, y)


def _check_rows(x: Sequence[Column], y: Sequence[Column]) -> None:
    rows = {"x": len(x[0].values), "y": len(y[0].values)}
    for side, columns in (("x", x), ("y", y)):
        if len(columns) > rows[side] < _TOO_FEW:
            raise ValueError(
                f"{side} has {rows[side]} rows and {len(columns)} columns, more dimensions than pairs; "
                f"rows must be pairs, so pass {side}.T if it is transposed."
            )
    if rows["x"] != rows["y"]:
        raise ValueError(f"x has {rows['x']} rows and y has {rows['y']}; row i of x must belong to row i of y.")


def _present(sides: dict[str, list[Column]], missing: str) -> tuple[Array, tuple[Flag, ...]]:
    """The rows in which nothing is missing. Raises ValueError where that was not asked for."""
    for side, columns in sides.items():
        gone = missing == "refuse" and any(one.missing.any() for one in columns)
        if gone or any(one.infinite.any() for one in columns):
            lacking = any(one.missing.any() for one in columns) and missing == "refuse"
            cure = "pass missing='drop' to leave such pairs out" if lacking else "leave such pairs out of x and y"
            _refuse_missing(side, columns, cure, but_missing=missing == "drop")
    lost = np.any([one.missing for columns in sides.values() for one in columns], 0)
    if not lost.any():
        return ~lost, ()
    if lost.all():
        raise ValueError("every pair has a missing entry, so none is left; leave out the columns that lack most.")
    sentence = f"{lost.sum()} of {len(lost)} pairs lack an entry and were left out, as missing='drop' says."
    return ~lost, (Flag("missing values", sentence),)


def _refuse_missing(side: str, columns: Sequence[Column], cure: str, but_missing: bool = False) -> None:
    bad = np.stack([one.infinite if but_missing else one.infinite | one.missing for one in columns], 1)
    row, column = (int(at) for at in np.argwhere(bad)[0])
    count = int(bad.sum())
    where = f"row {row}" + (f", {columns[column].name}" if len(columns) > 1 else "") + " (counted from 0)"
    what = "missing, NaN or infinite"
    raise ValueError(f"{side} holds {count} entr{'y' if count == 1 else 'ies'} {what}, the first in {where}; {cure}.")


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


def joined(side: str, columns: Sequence[Column]) -> tuple[Array, str, tuple[Flag, ...]]:
    """One array of all columns, how they were read, and what was left out."""
    classes = columns[0].classes
    if len(columns) == 1 and classes is not None:
        if len(classes) == 1:
            raise ValueError(f"{side} holds a single label, which tells nothing about the other array.")
        return columns[0].values, f"{side} is a label of {len(classes)} classes", ()
    if columns[0].in_a_row:
        _ask_about_labels(side, columns[0].values)
    varying = [one for one in columns if not _constant(one)]
    constant = [one.name.removesuffix(f" of {side}") for one in columns if _constant(one)]
    if not varying:
        raise ValueError(f"{side} is constant, which tells nothing about the other array.")
    for one in varying:
        _check_scale(one)
    array = side_array(varying, alone=False)
    flags = []
    if constant:
        verb = "is" if len(constant) == 1 else "are"
        sentence = f"{_listed(constant)} of {side} {verb} constant and {'was' if verb == 'is' else 'were'} left out."
        flags.append(Flag("constant columns", sentence))
    if array.shape[1] > len(array):
        sentence = (
            f"{side} has {len(array)} rows and {array.shape[1]} columns; estimates in so many dimensions are loose, "
            f"and if rows are not pairs, pass {side}.T."
        )
        flags.append(Flag("more columns than rows", sentence))
    return array, f"{side} is {_kinds(side, varying)}", tuple(flags)


def side_array(columns: Sequence[Column], alone: bool) -> Array:
    """Settled columns as an estimator takes them: the class numbers of a label that stands ``alone``, or (n, d)."""
    if alone and columns[0].classes is not None:
        return columns[0].values
    return np.hstack([_as_numbers(one) for one in columns])


def _as_numbers(column: Column) -> Array:
    """Numbers as they are, a label of more than two classes as a column that is 1 for each of them, (n, columns)."""
    classes = 0 if column.classes is None else len(column.classes)
    return np.eye(classes)[column.values] if classes > 2 else column.values[:, None].astype(float)


def _constant(column: Column) -> bool:
    return bool(np.ptp(column.values) == 0)


def _kinds(side: str, columns: Sequence[Column]) -> str:
    numbers = sum(one.classes is None for one in columns)
    told = [f"{numbers} column{'s' * (numbers > 1)} of numbers"] if numbers else []
    sizes = [(one.name, len(one.classes)) for one in columns if one.classes is not None]
    if sizes:
        names = [f"{name.removesuffix(f' of {side}').removeprefix('column ')} ({n})" for name, n in sizes]
        told.append(f"{len(sizes)} label{'s' * (len(sizes) > 1)} as 0 and 1: {_listed(names)}")
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
    if column.classes is not None:
        return
    if np.abs(column.values).max() > 1e100:
        raise ValueError(f"{column.name} holds values beyond 1e100; scale or transform it, say by a log.")
    if column.values.std() < 1e-100:
        raise ValueError(f"{column.name} is almost constant, with a deviation below 1e-100; scale it up.")
