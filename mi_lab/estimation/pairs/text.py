"""Tables of text as people have them: a header or none, quotes, separators, words and gaps. Needs no torch."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mi_lab.estimation.pairs.decimals import is_number, with_points
from mi_lab.estimation.pairs.header import is_gap, read_header

Array = NDArray[Any]
Rows = dict[int, list[str]]
_SEPARATORS = ("\t", ";", "|", ",")
_DECIMAL_COMMAS = re.compile(r"[+-]?\d+,\d+(\s+[+-]?\d+(,\d+)?)+")  # with spaces between them


@dataclass(frozen=True)
class Table:
    """Columns with names, all of n rows: numbers, or words, which are labels; ``note`` says what became of line 1."""

    columns: tuple[str, ...]
    values: tuple[Any, ...]
    note: str = ""

    def to_series(self, at: int) -> Any:
        """The column at a place."""
        return self.values[at]

    def of(self, places: Sequence[int]) -> "Table":
        """The table of some columns."""
        return Table(tuple(self.columns[at] for at in places), tuple(self.values[at] for at in places), self.note)

    def __len__(self) -> int:
        return len(self.values[0])


def parse_text(text: str, source: str, wanted: Iterable[str] = ()) -> Table:
    """The table of a text, whose first line is a header if names that are ``wanted`` stand there.

    Tabs, semicolons, bars, commas or else spaces separate, whichever comes first in this list and in the first line.
    Raises ValueError with one sentence that names the line that is wrong.
    """
    lines = text.splitlines()
    first = next((at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0)
    separator = _separator(lines[first]) if lines else ","
    rows = _without_blanks(_cells(lines, separator, source, first))
    comment = _cells([line.lstrip().lstrip("#") for line in lines[:first]], separator, source, 0)
    names, named_at, note = read_header(rows, comment, source, tuple(wanted))
    rows = {number: cells for number, cells in rows.items() if number > named_at}
    if not rows:
        raise ValueError(f"{source} has no lines of values.")
    for number, cells in rows.items():
        if len(cells) != len(names):
            entries = "1 entry" if len(cells) == 1 else f"{len(cells)} entries"
            raise ValueError(f"{source}: line {number} has {entries} where there should be {len(names)}.")
    rows = with_points(rows, source)
    columns = list(zip(names, zip(*rows.values(), strict=True), strict=True))
    used = [(name, cells) for name, cells in columns if name or any(cells)]  # lines may end in separators
    values = tuple(_column(cells, list(rows), source) for _, cells in used)
    return Table(tuple(name for name, _ in used), values, note)


def _separator(line: str) -> str:
    """What separates the entries of a first line; in quotes nothing does."""
    bare = re.sub(r'"[^"]*"', "quoted", line)
    if _DECIMAL_COMMAS.fullmatch(bare.strip()):
        return " "
    return next((sign for sign in _SEPARATORS if sign in bare), " " if len(bare.split()) > 1 else ",")


def _cells(lines: Sequence[str], separator: str, source: str, start: int) -> Rows:
    """The entries by the number of their line, without spaces around them; none for a line that is blank."""
    if separator == " ":
        lines = [line.replace("\t", " ") for line in lines]
    reader = csv.reader((line.strip(" ") for line in lines[start:]), delimiter=separator, skipinitialspace=True)
    rows: Rows = {}
    try:
        for row in reader:
            number = start + reader.line_num
            rows[number] = [cell.strip() for cell in row] if lines[number - 1].strip(" ") else []
    except csv.Error as error:
        raise ValueError(f"{source}: line {start + reader.line_num} cannot be read ({error}).") from error
    return rows


def _without_blanks(rows: Rows) -> Rows:
    """The rows that hold something. In a table of one column a blank line between others is a gap."""
    filled = [number for number, cells in rows.items() if cells]
    if filled and all(len(rows[number]) == 1 for number in filled):
        return {number: cells or [""] for number, cells in rows.items() if filled[0] <= number <= filled[-1]}
    return {number: rows[number] for number in filled}


def _column(cells: Sequence[str], lines: Sequence[int], source: str) -> Array:
    """Whole numbers, numbers, or words; a column of numbers with a word among them has a slip."""
    gaps = np.array([is_gap(cell) for cell in cells])
    present = [cell for cell, gap in zip(cells, gaps, strict=True) if not gap]
    numbers = [is_number(cell) for cell in present]
    if all(numbers) and present:
        if all(re.fullmatch(r"[+-]?\d{1,18}", cell) for cell in present):
            whole = np.zeros(len(cells), np.int64)
            whole[~gaps] = [int(cell) for cell in present]
            return np.ma.masked_array(whole, gaps) if gaps.any() else whole
        floats = np.full(len(cells), np.nan)
        floats[~gaps] = [float(cell) for cell in present]
        return floats
    if any(numbers):
        at = int(np.flatnonzero(~gaps)[numbers.index(False)])
        raise ValueError(
            f"{source}: line {lines[at]} holds '{cells[at][:20]}', which is not a number, among numbers; a label has "
            "words alone."
        )
    return np.array([None if gap else cell for cell, gap in zip(cells, gaps, strict=True)], dtype=object)
