"""Whether the first line of a table holds names or values. Needs no torch."""

import re
from collections.abc import Mapping, Sequence

from mi_lab.estimation.pairs.column import few_enough
from mi_lab.estimation.pairs.decimals import is_numeric

_GAPS = ("", "na", "n/a", "nan", "null", "none", "-", "?")
_NAME, _VALUE, _EITHER = "a name", "a value", "either"
Rows = Mapping[int, list[str]]


def is_gap(cell: str) -> bool:
    """Whether a cell says that nothing stands there."""
    return cell.lower() in _GAPS


def read_header(rows: Rows, comment: Rows, source: str, wanted: Sequence[str]) -> tuple[tuple[str, ...], int, str]:
    """The names of the columns, the line up to which there are names, and what has to be said about it.

    ``comment`` are the lines above that begin with #, of which the last may hold the names, as NumPy writes them. A
    table without names has its columns numbered.
    """
    if not rows:
        return (), 0, ""
    (line, first), *others = rows.items()
    columns = [[row[at] for _, row in others if len(row) == len(first)] for at in range(len(first))]
    shown = ",".join(first[:8])
    if _are_names(first, columns, wanted):
        numbers = any(map(is_numeric, first))
        names, note = tuple(first), f"line {line} of {source}, {shown}, was read as names" if numbers else ""
    else:
        names, note = tuple(map(str, range(len(first)))), ""
        if _could_be_names(first, columns):
            note = f"line {line} of {source}, {shown}, was read as values and not as names"
        above = [cells for cells in comment.values() if cells]
        if above and len(above[-1]) == len(first) > 1:
            names = tuple(above[-1])
        line = 0
    named = [name for name in names if name]
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise ValueError(f"{source} has two columns named '{twice}'; give each a name of its own.")
    return names, line, note


def _are_names(first: Sequence[str], columns: Sequence[Sequence[str]], wanted: Sequence[str]) -> bool:
    """Words that do not come again below them are names. So are whole numbers that no column goes on with."""
    numbers = [str(at) for at in range(len(first))]
    if any(name in first and name not in numbers for name in wanted):
        return True
    if all(map(is_gap, first)) or any(is_numeric(cell) and not _is_whole(cell) for cell in first):
        return False
    votes = [_vote(cell, column) for cell, column in zip(first, columns, strict=True)]
    if _VALUE in votes:
        return False
    if not any(map(is_numeric, first)):
        return True
    if list(first) == numbers:  # as pandas numbers the columns of an array
        return _NAME in votes
    return len(first) > 1 and len(set(first)) == len(first) and set(votes) == {_NAME}


def _could_be_names(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether a first line that was read as values is one of consecutive numbers, or of some that stand alone."""
    if not all(map(_is_whole, first)):
        return False
    whole = [int(cell) for cell in first]
    consecutive = len(whole) > 1 and whole == list(range(whole[0], whole[0] + len(whole)))
    alone = [_vote(cell, column) == _NAME for cell, column in zip(first, columns, strict=True)]
    return consecutive or all(alone)


def _vote(cell: str, column: Sequence[str]) -> str:
    """What a cell of the first line is, by the cells below it."""
    present = [one for one in column if not is_gap(one)]
    if cell in present:
        return _VALUE
    if is_gap(cell) or not present:
        return _EITHER
    if not is_numeric(cell):
        return _NAME
    whole = [one for one in present if _is_whole(one.lstrip("+-"))]
    if not whole:  # decimals, or words
        return _NAME
    return _NAME if len(whole) == len(present) and few_enough(len(set(whole)), len(whole)) else _EITHER


def _is_whole(cell: str) -> bool:
    return re.fullmatch(r"\d{1,18}", cell) is not None
