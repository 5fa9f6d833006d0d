"""Settings as they come from a command line, a notebook or a file, turned into what a spec holds. Needs no torch."""

import math
import re
import reprlib
from collections.abc import Mapping
from typing import Any

MOST_UNITS = 2**16
"""Units of one hidden layer, or dimensions; the weights between two wider ones would take gigabytes."""
MOST_COUNT = 2**20
"""Pairs or images of a batch, epochs: a larger number is a slip."""
MOST_SEED = 2**63 - 1


def plain_data(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters among a notebook's ``globals()``, which also hold the kernel's own names, imports and results."""
    plain = (str, int, float, list, tuple, dict, type(None))
    return {
        k: v for k, v in namespace.items() if isinstance(v, plain) and not k.startswith("_") and k not in ("In", "Out")
    }


def first_line(error: Exception | str) -> str:
    """The first line of what an error says, or its type if it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]


def as_type(type_: Any, name: str, value: Any) -> Any:
    """``value`` as the field's type, or ValueError; for a tuple one value, 'a,b', '[a,b]' or 'off' (none) will do."""
    if hasattr(value, "tolist"):  # of NumPy or PyTorch
        value = value.tolist()
    if type_ in (str, int, float):
        return _scalar(type_, name, value)
    if value is False:  # what YAML makes of off
        value = "off"
    if isinstance(value, str):
        inner = value.strip()[1:-1] if re.fullmatch(r"\s*\[.*\]\s*", value) else value
        value = [] if value == "off" else [item.strip() for item in inner.split(",")]
    items = value if isinstance(value, list | tuple | range) else [value]
    element = type_.__args__[0]
    return tuple(_scalar(element, name, item) for item in items)


def _scalar(type_: type, name: str, value: Any) -> Any:
    if type_ is str:
        if isinstance(value, str):
            return value
        raise ValueError(f"{name} must be text, not {_short(value)}.")
    word = "a whole number" if type_ is int else "a number"
    try:
        number = type_(value)  # keeps every digit of a large seed, where going through float would not
        exact = not isinstance(value, bool) and math.isfinite(number) and (isinstance(value, str) or number == value)
    except (TypeError, ValueError, OverflowError):
        exact = False
    if not exact:
        raise ValueError(f"{name} must be {word}, not {_short(value)}.")
    return number


def _short(value: Any) -> str:
    return reprlib.repr(value)[:200]


def within(name: str, values: tuple[float, ...], least: float, most: float = math.inf) -> None:
    """Raise ValueError unless every value lies from ``least`` to ``most``."""
    if any(value < least for value in values):
        raise ValueError(f"{name} must be at least {least}, not {min(values)}.")
    if any(value > most for value in values):
        raise ValueError(f"{name} must be at most {most}, not {max(values)}.")
