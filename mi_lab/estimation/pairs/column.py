"""One column as somebody passed it: numbers, or a label, and where nothing stands. Needs no torch."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
NUMBERS, LABEL, EITHER = "numbers", "label", "either"
"""What a column is. EITHER holds whole numbers and is the only one of its table: a label unless too many differ."""
_CLASSES = 1000  # at most; more different whole numbers are counts or identifiers and not labels
_EACH = 10  # pairs per class of a label, on average


@dataclass(frozen=True)
class Column:
    """One column: floats, or a label as it was passed, until ``settled`` counts its classes and numbers them."""

    name: str
    kind: str
    values: Array
    missing: Array
    classes: Array | None = None
    in_a_row: bool = False  # of shape (n,), where whole numbers are a label

    @property
    def infinite(self) -> Array:
        """Where neither a finite number nor a label stands, though something does."""
        return ~self.missing & ~np.isfinite(self.values) if self.kind == NUMBERS else np.zeros_like(self.missing)

    def settled(self, kept: Array) -> "Column":
        """The rows that are kept, in which nothing is missing; of a label the classes that are left, 0 ... C-1.

        Raises ValueError for a label of too many classes.
        """
        values = self.values if kept.all() else self.values[kept]
        chosen = replace(self, values=values, missing=np.zeros(len(values), bool))
        if self.kind == NUMBERS:
            return chosen
        classes, numbers = np.unique(values, return_inverse=True)
        if few_enough(len(classes), len(values)):
            return replace(chosen, kind=LABEL, values=numbers, classes=classes)
        if self.kind == LABEL:
            _refuse_label(self, len(classes), len(values))
        return replace(chosen, kind=NUMBERS, values=values.astype(np.float64))

    def without_rows(self) -> "Column":
        """What is to be known of it to read other pairs alike."""
        return replace(self, values=np.empty(0, self.values.dtype), missing=np.empty(0, bool))

    def like(self, known: "Column") -> "Column":
        """This column, in which nothing is missing, as a settled one of other pairs was read.

        Raises ValueError for a label that those did not have.
        """
        words, expected = (one is not None and one.dtype.kind in "UST" for one in (self.values, known.classes))
        if words != expected:
            kinds = ("words", "numbers") if words else ("numbers", "words")
            raise ValueError(f"{self.name} holds {kinds[0]}; fit was given {kinds[1]}.")
        if known.classes is None:
            return replace(self, kind=NUMBERS, values=self.values.astype(np.float64))
        numbers = np.searchsorted(known.classes, self.values).clip(max=len(known.classes) - 1)
        strange = self.values[known.classes[numbers] != self.values]
        if len(strange):
            raise ValueError(f"{self.name} holds the label {min(strange.tolist())!r}, which fit did not see.")
        return replace(self, kind=LABEL, values=numbers, classes=known.classes)


def few_enough(classes: int, pairs: int) -> bool:
    """Whether so many different values may be labels."""
    return classes <= min(_CLASSES, pairs // _EACH)


def read_column(name: str, column: Any, whole: str = NUMBERS) -> Column:
    """Numbers as floats, labels as they are; ``whole`` is what whole numbers are, LABEL in an array of shape (n,)."""
    missing = _missing(column)
    kind = str(getattr(column, "dtype", ""))
    values = _values(column, kind.lower(), missing)
    if values.ndim != 1:
        raise ValueError(f"{name} holds several values in a row; give each a column of its own.")
    if values.dtype.kind == "c":
        raise ValueError(f"{name} holds complex numbers; pass their real and imaginary parts as columns.")
    if values.dtype.kind in "mMV":
        raise ValueError(f"{name} holds {values.dtype.name} entries; pass times as numbers, say in seconds.")
    if kind.startswith(("category", "Categorical", "Enum")):
        return Column(name, LABEL, _of_categories(name, values.astype(object), missing), missing)
    if values.dtype.kind == "O":
        values, missing = _of_objects(name, values, missing)
    if values.dtype.kind in "bUSTO":
        return Column(name, LABEL, values, missing)
    if values.dtype.kind in "iu" and whole != NUMBERS:
        return Column(name, whole, values, missing)
    numbers = values.astype(np.float64)
    return Column(name, NUMBERS, numbers, missing | np.isnan(numbers), in_a_row=whole == LABEL)


def _missing(column: Any) -> Array:
    if isinstance(column, np.ma.MaskedArray):
        return np.ma.getmaskarray(column)
    for empty in ("isna", "is_null"):  # pandas, polars
        if hasattr(column, empty):
            return np.asarray(getattr(column, empty)(), dtype=bool)
    return np.zeros(len(column), bool)


def _values(column: Any, kind: str, missing: Array) -> Array:
    """All values as NumPy has them; whole numbers remain whole, whatever stands in their gaps."""
    if kind.startswith(("int", "uint")) and missing.any():
        for fill in ("fillna", "fill_null"):  # pandas, polars
            if hasattr(column, fill):
                return np.asarray(getattr(column, fill)(0).to_numpy())
    return np.asarray(column.to_numpy() if hasattr(column, "to_numpy") else np.ma.getdata(column))


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
        what = type(wrong).__name__
        raise ValueError(
            f"{name} holds {'an' if what[0] in 'aeiou' else 'a'} {what}; it may hold numbers, strings or booleans."
        )
    return np.where(missing, "", values).astype(str), missing


def _of_categories(name: str, values: Array, missing: Array) -> Array:
    """Categories as numbers, truths or words; those of another kind, such as intervals, as they are printed."""
    if all(isinstance(one, str | bool | int | float | np.generic) for one in values[~missing].tolist()):
        return _of_objects(name, values, missing)[0]
    return np.where(missing, "", values).astype(str)


def _is_nothing(value: Any) -> bool:
    """None, NaN, or what pandas and NumPy put in their place."""
    if value is None or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


def _refuse_label(column: Column, classes: int, pairs: int) -> None:
    name, what, cure = column.name, "labels", "encode it as numbers, or leave it out"
    if column.values.dtype.kind in "iu":
        what, cure = "whole numbers", f"pass {name}[:, None].astype(float) if they are measurements"
    if classes > _CLASSES:
        why = f"which is too many for a label, of {_CLASSES} at most"
    else:
        why, cure = f"and a label needs {_EACH} pairs for each", f"pass more pairs, or {cure.removeprefix('pass ')}"
    raise ValueError(f"{name} holds {classes} different {what} in {pairs} pairs, {why}; {cure}.")
