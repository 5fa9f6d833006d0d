"""The stored benchmarks: reading and checking them, and the ratios the book shows. Needs no torch.

``book/results/speed.json`` is written by tests/benchmarks/speed.py, ``speed-images.json`` by images.py beside it. A
*case* is a critic, a batch size, a scheme of negatives and an estimator, or the batch size of an encoder; a
*contestant* is a way to train it. Rates are run-steps or images per second on two cores, one value per round of the
benchmark; every round measures all contestants one after the other, and ratios are taken within a round, so that a
machine that speeds up or slows down between rounds does not matter.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from mi_lab.ground.costs import step_flops
from mi_lab.ground.files import digest, write_atomically
from mi_lab.results.schema import read_document
from mi_lab.results.store import results_dir

CRITICS, IMAGES = "speed", "speed-images"
"""The names of the benchmarks and of their files."""
LOWER = "mi_lab, bfloat16"
"""The contestant whose hidden layers multiply in less than float32."""
_RATES = {
    "type": "array",
    "items": {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]},
    "minItems": 1,
}
_TIMES = {"type": "object", "additionalProperties": {"type": "number", "exclusiveMinimum": 0}}
_FIELDS: dict[str, Any] = {
    "format": {"const": 1},
    "sha256": {"type": "string"},
    "date": {"type": "string"},
    "git_revision": {"type": "string"},
    "machine": {"type": "string"},
    "versions": {"type": "object", "additionalProperties": {"type": "string"}},
    "cases": {"type": "object"},
    "matrix": _RATES,
    "rates": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": _RATES}},
    "scaling": {"type": "object", "additionalProperties": _TIMES},
    "shares": {"type": "object", "additionalProperties": _TIMES},
}
_OF_CRITICS = ("cases", "matrix", "scaling", "shares")
_LATER = {"lower_matrix": _RATES}  # which benchmarks of before 28 November 2026 lack
SCHEMAS = {
    CRITICS: {"type": "object", "properties": _FIELDS | _LATER, "required": list(_FIELDS)},
    IMAGES: {"type": "object", "properties": _FIELDS, "required": [f for f in _FIELDS if f not in _OF_CRITICS]},
}


@dataclass(frozen=True)
class Speed:
    """One benchmark. ``rates[contestant][case]`` are run-steps or images per second, one per round.

    A rate is None where the contestant cannot do it. Of critics alone, ``matrix`` are operations per second in large
    float32 matrix products on the same cores, ``lower_matrix`` those in bfloat16; ``scaling[axis][value]`` are seconds
    of a run-step on one core;
    ``shares[case][part]`` are shares of a step's processor time.
    """

    document: Mapping[str, Any]

    def ratio(self, case: str, contestant: str, other: str) -> float:
        """How many times faster a contestant is than another: the median over rounds; nan if one cannot do it."""
        pairs = zip(self.document["rates"][contestant][case], self.document["rates"][other][case], strict=True)
        ratios = [a / b for a, b in pairs if a is not None and b is not None]
        return median(ratios) if ratios else math.nan

    def rate(self, case: str, contestant: str) -> float:
        """Run-steps or images per second, the median over rounds; nan if it cannot do it."""
        rates = [rate for rate in self.document["rates"][contestant][case] if rate is not None]
        return median(rates) if rates else math.nan

    def share(self, case: str, contestant: str) -> float:
        """The part of the machine's matrix rate, in the contestant's own precision, that the method's products take.

        nan if it was not measured.
        """
        hidden, batch_size, negatives = self.document["cases"][case]
        flops = step_flops(hidden, batch_size, negatives=negatives)
        matrix = self.document.get("lower_matrix", []) if contestant == LOWER else self.document["matrix"]
        pairs = zip(self.document["rates"][contestant][case], matrix, strict=bool(matrix))
        shares = [flops * rate / matrix for rate, matrix in pairs if rate is not None]
        return median(shares) if shares else math.nan


def save_speed(document: Mapping[str, Any], folder: Path | None = None, name: str = CRITICS) -> Path:
    """Store a benchmark."""
    path = (folder or results_dir()) / f"{name}.json"
    sealed = dict(document) | {"sha256": digest(document)}
    write_atomically(path, json.dumps(sealed, indent=1, allow_nan=False) + "\n")
    return path


def load_speed(folder: Path | None = None, name: str = CRITICS) -> Speed:
    """A stored benchmark. Raises ResultError, one sentence, if it is missing or damaged."""
    path = (folder or results_dir()) / f"{name}.json"
    document = read_document(path, SCHEMAS[name], _unsealed, "restore it or run: make bench-peers")
    return Speed(document)


def _unsealed(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "sha256"}
