"""Numbers in text, with a decimal point or a decimal comma. Needs no torch."""

import re
from collections.abc import Iterator, Mapping

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|infinity)", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?\d*,\d*(e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_SEPARATED = re.compile(r"[+-]?\d{1,3}(,\d{3}){2,}(\.\d*)?|[+-]?\d{1,3}(,\d{3})+\.\d*|[+-]?\d{1,3}(\.\d{3})+,\d*")


def is_number(cell: str) -> bool:
    """Whether a cell is a number with a decimal point, or none."""
    return _NUMBER.fullmatch(cell) is not None


def is_numeric(cell: str) -> bool:
    """Whether a cell is a number in some way to write one."""
    return is_number(cell) or _has_comma(cell) or _SEPARATED.fullmatch(cell) is not None


def with_points(rows: Mapping[int, list[str]], source: str) -> dict[int, list[str]]:
    """The rows with decimal commas as points.

    Raises ValueError where a comma may as well separate thousands: unless some comma cannot, and no number of the table
    has a decimal point.
    """
    with_comma = [(line, cell) for line, cell in _entries(rows) if "," in cell]
    for line, cell in with_comma:
        if _SEPARATED.fullmatch(cell):
            raise ValueError(f"{source}: line {line} holds '{cell}'; write numbers without separators of thousands.")
    commas = [(line, cell) for line, cell in with_comma if _has_comma(cell)]
    if not commas:
        return dict(rows)
    line, cell = commas[0]
    point = next(((line, cell) for line, cell in _entries(rows) if "." in cell and is_number(cell)), None)
    if point is not None:
        raise ValueError(
            f"{source}: line {line} holds '{cell}' and line {point[0]} '{point[1]}', a comma and a point; write all "
            "numbers with a decimal point, and without separators of thousands."
        )
    if all(_THOUSANDS.fullmatch(cell) for _, cell in commas):
        raise ValueError(
            f"{source}: line {line} holds '{cell}', which may be {cell.replace(',', '.')} or {cell.replace(',', '')}; "
            "write numbers with a decimal point, and without separators of thousands."
        )
    return {
        line: [cell.replace(",", ".") if _has_comma(cell) else cell for cell in cells] for line, cells in rows.items()
    }


def _entries(rows: Mapping[int, list[str]]) -> Iterator[tuple[int, str]]:
    return ((line, cell) for line, cells in rows.items() for cell in cells)


def _has_comma(cell: str) -> bool:
    return "," in cell and _COMMA.fullmatch(cell) is not None and is_number(cell.replace(",", "."))
