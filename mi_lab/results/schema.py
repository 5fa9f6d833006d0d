"""The shape of a stored result, as JSON schema, and how a file is held against one. Needs no torch."""

import functools
import json
import math
import reprlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import fastjsonschema

from mi_lab.experiments.kinds import KINDS, PROFILES
from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.ground.files import ResultError, digest

FORMAT = 1
SEALED = ("spec", "runs", "provenance")  # what the stored checksum covers
RESTORE = "restore it or run its experiment again"
_NUMBERS = {"type": "array", "items": {"type": "number"}}
_STATISTICS = dict.fromkeys(("mean", "median", "q05", "q95"), _NUMBERS)
_LATER_STATISTICS = {"std": _NUMBERS}
_MEASURE = {"value": {"type": "number"}, "stderr": {"type": "number", "minimum": 0}}
_POINT = {"true_mi": {"type": "number"}, "batch_size": {"type": "integer"}}


def _closed(properties: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    known = {**properties, **(optional or {})}
    return {"type": "object", "properties": known, "required": list(properties), "additionalProperties": False}


_NONFINITE = {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 1}]}
_VALUE = {"anyOf": [{"type": "null"}, {"type": "number"}, _NUMBERS]}
_RUN = _closed(
    _POINT
    | {
        "seed": {"type": "integer"},
        "ceiling": _closed(_MEASURE),
        "first_nonfinite_epoch": _NONFINITE,
        "curves": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": _closed(_STATISTICS, optional=_LATER_STATISTICS),
        },
    },
    optional={"moving_average": _closed(dict.fromkeys(("log_mean_w", "log_average"), _NUMBERS))},
)
# of an encoder: its settings, and what was measured, by name, or by name and tap
_IMAGE_RUN = {
    "type": "object",
    "properties": {
        "seed": {"type": "integer"},
        "first_nonfinite_epoch": _NONFINITE,
        "curves": {"type": "object", "additionalProperties": _NUMBERS},
        "values": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"anyOf": [_VALUE, {"type": "object", "additionalProperties": _VALUE}]},
        },
    },
    "required": ["seed", "first_nonfinite_epoch", "curves", "values"],
}
_STACK_RUN = {**_IMAGE_RUN, "required": [name for name in _IMAGE_RUN["required"] if name != "seed"]}
_RUNS = {"sweep": _RUN, "ceiling": _closed(_POINT | _MEASURE), "fair": _STACK_RUN}
_TEXTS = ("git_revision", "date", "python", "torch", "device", "machine")
SCHEMA = _closed(
    {
        "format": {"const": FORMAT},
        "kind": {"enum": sorted(KINDS)},
        "experiment": {"enum": sorted(EXPERIMENTS)},
        "profile": {"enum": list(PROFILES)},
        "overrides": {"type": "object"},
        "sha256": {"type": "string"},
        "spec": {"type": "object"},
        "provenance": _closed(
            {name: {"type": "string"} for name in _TEXTS}
            | {"threads": {"type": "integer"}, "wall_seconds": {"type": "number"}, "steps": {"type": "integer"}},
            optional={"processor_seconds": {"type": "number"}},
        ),
        "runs": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    }
) | {
    "allOf": [
        {
            "if": {"properties": {"kind": {"const": kind}}},
            "then": {"properties": {"runs": {"items": _RUNS.get(kind, _IMAGE_RUN)}}},
        }
        for kind in KINDS
    ]
}


def read_document(path: Path, schema: Mapping[str, Any], sealed: Callable[[Any], Any], remedy: str) -> Any:
    """A JSON document of that schema whose ``sha256`` is that of what is ``sealed`` of it.

    Raises ResultError naming the file, what in it is wrong, and the ``remedy``.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_bounded)
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable(path, error, remedy) from error
    check_schema(path, document, schema)
    if digest(sealed(document)) != document["sha256"]:
        raise ResultError(f"{path.name}: sha256: its numbers are not those that were stored; {remedy}.")
    return document


def unreadable(path: Path, error: Exception, remedy: str) -> ResultError:
    """The error of a file that cannot be read."""
    return ResultError(f"{path.name} is not readable JSON ({error}); {remedy}.")


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise ValueError(f"{number} is too large a number")
    return value


def _bounded(number: str) -> int:
    if abs(value := int(number)) >= 2**63:
        raise ValueError(f"{number[:20]}… is too large a number")
    return value


def check_schema(path: Path, document: Any, schema: Mapping[str, Any]) -> None:
    """Raise ResultError naming the field in which the document of a file is not as the JSON schema says."""
    try:
        _validator(json.dumps(schema))(document)
    except fastjsonschema.JsonSchemaValueException as problem:
        field = ".".join(problem.path[1:]) or "the document"
        asked = str(problem.message).removeprefix(str(problem.name)).strip()
        told = f"{field[:100]}: {asked[:200]}, not {reprlib.repr(problem.value)[:80]}"
        # in one line, whatever the file holds
        raise ResultError(f"{path.name}: {' '.join(told.split())}.") from problem


@functools.cache
def _validator(schema: str) -> Any:
    return fastjsonschema.compile(json.loads(schema))
