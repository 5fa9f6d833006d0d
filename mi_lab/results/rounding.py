"""One run as plain data, and how exactly its measurements are stored. Needs no torch."""

from collections.abc import Mapping
from typing import Any

Run = dict[str, Any]
"""One run: its settings, and what was measured."""


def round_numbers(value: Any, digits: int = 4) -> Any:
    """Round every float in a nested JSON value to that many significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, dict):
        return {key: round_numbers(item, digits) for key, item in value.items()}
    return [round_numbers(item, digits) for item in value] if isinstance(value, list) else value


def round_measured(run: Mapping[str, Any]) -> dict[str, Any]:
    """A run with its measurements rounded; its settings stay exact, for they say which run it is."""
    measured = ("curves", "moving_average", "ceiling", "value", "values", "stderr")
    return {key: round_numbers(value) if key in measured else value for key, value in run.items()}
