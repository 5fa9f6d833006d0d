"""Tables of text as people have them: a header or none, quotes, semicolons and decimal commas, words and gaps."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_GAPS = ("", "na", "n/a", "nan", "null", "none", "-", "?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """Columns with names, all of n rows: numbers, or words, which are labels."""

    columns: tuple[str, ...]
    values: tuple[Any, ...]

    def to_series(self, at: int) -> Any:
        """The column at a place."""
        return self.values[at]

    def of(self, places: Sequence[int]) -> "Table":
        """The table of some columns."""
        return Table(tuple(self.columns[at] for at in places), tuple(self.values[at] for at in places))

    def __len__(self) -> int:
        return len(self.values[0])


def parse_text(text: str, source: str) -> Table:
    """The table of a file's text. Raises ValueError with one sentence that names the line that is wrong."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = next((sign for sign in ("\t", ";", ",") if sign in first), None)
    if separator is None and len(first.split()) > 1:
        rows = {number: line.split() for number, line in enumerate(lines, start=1)}
    else:
        reader = csv.reader(lines, delimiter=separator or ",", skipinitialspace=True)
        rows = {}
        try:
            for row in reader:
                rows[reader.line_num] = row
        except csv.Error as error:
            raise ValueError(f"{source}: line {reader.line_num} cannot be read ({error}).") from error
    if separator in (";", "\t"):
        rows = {number: [_with_point(cell) for cell in row] for number, row in rows.items()}
    return parse_rows(rows, source)


def _with_point(cell: str) -> str:
    """A decimal comma as a point, where no comma separates."""
    pointed = cell.strip().replace(",", ".")
    return pointed if cell.count(",") == 1 and _NUMBER.fullmatch(pointed) else cell


def parse_rows(rows: Mapping[int, Sequence[str]], source: str) -> Table:
    """Rows of text by the number of their line, with or without a header."""
    filled = [(number, [cell.strip() for cell in row]) for number, row in rows.items() if any(map(str.strip, row))]
    first = filled[0][1] if filled else []
    header = bool(first) and not any(map(_is_number, first)) and _names_fit(first, [row for _, row in filled[1:]])
    names = tuple(first) if header else tuple(map(str, range(len(first))))
    body = filled[header:]
    if not body:
        raise ValueError(f"{source} has no lines of values.")
    for number, row in body:
        if len(row) != len(names):
            raise ValueError(f"{source}: line {number} has {len(row)} entries where there should be {len(names)}.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{source} has two columns named '{twice}'; give each a name of its own.")
    lines = [number for number, _ in body]
    cells = zip(*(row for _, row in body), strict=True)
    return Table(names, tuple(_column(column, lines, source) for column in cells))


def _names_fit(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether a first line of words is a header: it is unless a word of it stands further down its column, too."""
    return not any(a == b != "" for row in others if len(row) == len(first) for a, b in zip(first, row, strict=True))


def _column(cells: Sequence[str], lines: Sequence[int], source: str) -> Array:
    """Whole numbers, numbers, or words; a column of numbers with a word among them has a slip."""
    gaps = [cell.lower() in _GAPS for cell in cells]
    numbers = [gap or _is_number(cell) for cell, gap in zip(cells, gaps, strict=True)]
    if all(numbers) and not all(gaps):
        if not any(gaps) and all(re.fullmatch(r"[+-]?\d{1,18}", cell) for cell in cells):
            return np.array([int(cell) for cell in cells])
        return np.array([np.nan if gap else float(cell) for cell, gap in zip(cells, gaps, strict=True)])
    if any(fine and not gap for fine, gap in zip(numbers, gaps, strict=True)):
        at = numbers.index(False)
        raise ValueError(
            f"{source}: line {lines[at]} holds '{cells[at][:20]}', which is not a number, among numbers; a label has "
            "words alone."
        )
    return np.array([None if gap else cell for cell, gap in zip(cells, gaps, strict=True)], dtype=object)


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None
