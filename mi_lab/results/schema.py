"""The shape of a stored result, as JSON schema, and how a file is held against one. Needs no torch."""

import functools
import json
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fastjsonschema

from mi_lab.experiments.kinds import KINDS, PROFILES
from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.ground.files import ResultError

FORMAT = 1
SEALED = ("spec", "runs", "provenance")  # what the stored checksum covers
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
_RUNS = {"sweep": _RUN, "ceiling": _closed(_POINT | _MEASURE)}
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
