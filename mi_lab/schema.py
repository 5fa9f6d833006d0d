"""The shape of a stored result, as JSON schema. Needs no torch."""

from collections.abc import Mapping
from typing import Any

from mi_lab.experiments import EXPERIMENTS, PROFILES

FORMAT = 1
SEALED = ("spec", "runs", "provenance")  # what the stored checksum covers
_NUMBERS = {"type": "array", "items": {"type": "number"}}
_STATISTICS = dict.fromkeys(("mean", "median", "q05", "q95"), _NUMBERS)
_MEASURE = {"value": {"type": "number"}, "stderr": {"type": "number", "minimum": 0}}
_POINT = {"true_mi": {"type": "number"}, "batch_size": {"type": "integer"}}


def _closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_RUN = _closed(
    _POINT
    | {
        "seed": {"type": "integer"},
        "ceiling": _closed(_MEASURE),
        "first_nonfinite_epoch": {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 1}]},
        "curves": {"type": "object", "minProperties": 1, "additionalProperties": _closed(_STATISTICS)},
    }
)
_TEXTS = ("git_revision", "date", "python", "torch", "device", "machine")
SCHEMA = _closed(
    {
        "format": {"const": FORMAT},
        "kind": {"enum": ["sweep", "ceiling"]},
        "experiment": {"enum": sorted(EXPERIMENTS)},
        "profile": {"enum": list(PROFILES)},
        "overrides": {"type": "object"},
        "sha256": {"type": "string"},
        "spec": {"type": "object"},
        "provenance": _closed(
            {name: {"type": "string"} for name in _TEXTS}
            | {"threads": {"type": "integer"}, "wall_seconds": {"type": "number"}, "steps": {"type": "integer"}}
        ),
        "runs": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    }
) | {
    "if": {"properties": {"kind": {"const": "sweep"}}},
    "then": {"properties": {"runs": {"items": _RUN}}},
    "else": {"properties": {"runs": {"items": _closed(_POINT | _MEASURE)}}},
}
