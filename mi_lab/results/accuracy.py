"""The stored accuracy of the estimate of own pairs: reading and checking it, and what the book shows. Needs no torch.

``book/results/accuracy.json`` is written by tests/benchmarks/accuracy.py, part by part. A *kind* is a distribution of
pairs whose MI is known, a *contestant* an estimator of this package or of another. ``errors`` are of one data set per
kind and number of pairs, ``seconds`` of processor time on some of them, ``coverage`` of many data sets per case, and
``independence`` are p-values of many data sets per case.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from mi_lab.ground.files import digest, write_atomically
from mi_lab.results.schema import read_document
from mi_lab.results.store import results_dir

FILE = "accuracy.json"
OURS, BOUND, KSG = "mi_lab", "mi_lab, lower bound", "mi_lab, KSG"
"""The contestants of this package."""
_NUMBER, _NUMBERS = {"type": "number"}, {"type": "array", "items": {"type": "number"}, "minItems": 1}
_PERHAPS = {"anyOf": [{"type": "number"}, {"type": "null"}]}


def _by_name(values: Any) -> dict[str, Any]:
    return {"type": "object", "minProperties": 1, "additionalProperties": values}


def _part(**fields: Any) -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("date", "git_revision", "machine")}
    known = texts | {"versions": _by_name({"type": "string"})} | fields
    return {"type": "object", "properties": known, "required": list(known), "additionalProperties": False}


_COUNT = {"type": "integer", "minimum": 1}
_CASE = {"kind": {"type": "string"}, "n": _COUNT, "truth": _NUMBER}
_TRIES = _by_name({"type": "object", "properties": {"mi": _NUMBERS, "stderr": _NUMBERS}, "required": ["mi", "stderr"]})
_TESTS = {"kind": {"type": "string"}, "n": _COUNT, "p_values": _by_name(_NUMBERS)}


def _list_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    item = {"type": "object", "properties": dict(fields), "required": list(fields), "additionalProperties": False}
    return {"type": "array", "items": item, "minItems": 1}


PARTS = {
    "errors": _part(seed=_COUNT, truths=_by_name(_NUMBER), estimates=_by_name(_by_name(_by_name(_PERHAPS)))),
    "seconds": _part(n=_COUNT, seconds=_by_name(_by_name(_PERHAPS))),
    "coverage": _part(seed=_COUNT, cases=_list_of(_CASE | {"found": _TRIES})),
    "independence": _part(seed=_COUNT, permutations=_COUNT, null=_list_of(_TESTS), power=_list_of(_TESTS)),
}
_FIELDS = {"format": {"const": 1}, "sha256": {"type": "string"}, **PARTS}
SCHEMA = {
    "type": "object",
    "properties": _FIELDS,
    "required": ["format", "sha256"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Accuracy:
    """What was measured, by part."""

    document: Mapping[str, Any]

    def errors(self, contestant: str, n: int) -> dict[str, float]:
        """Estimate less truth in nats, of each kind that the contestant takes, on ``n`` pairs."""
        part = self.document["errors"]
        found = part["estimates"][contestant][str(n)]
        return {kind: mi - part["truths"][kind] for kind, mi in found.items() if mi is not None}

    def seconds(self, contestant: str) -> float:
        """Of processor time, the median over the kinds that were timed."""
        return median(s for s in self.document["seconds"]["seconds"][contestant].values() if s is not None)

    def within(self, case: Mapping[str, Any], contestant: str) -> float:
        """The share of data sets of a case whose truth lies within two standard errors of the estimate."""
        found = case["found"][contestant]
        pairs = zip(found["mi"], found["stderr"], strict=True)
        return fmean(abs(mi - case["truth"]) <= 2 * stderr for mi, stderr in pairs)


def summary(errors: Mapping[str, float]) -> tuple[float, float, float]:
    """Mean, median and largest absolute error, in nats."""
    sizes = [abs(error) for error in errors.values()]
    return fmean(sizes), median(sizes), max(sizes)


def save_part(name: str, content: Mapping[str, Any], folder: Path | None = None) -> Path:
    """Store one part in place of what stood there, beside the others."""
    path = (folder or results_dir()) / FILE
    others = _unsealed(load_accuracy(folder).document) if path.exists() else {"format": 1}
    document = json.loads(json.dumps(others | {name: content}))  # tuples as lists, as it will be read
    write_atomically(path, json.dumps(document | {"sha256": digest(document)}, indent=1, allow_nan=False) + "\n")
    return path


def load_accuracy(folder: Path | None = None) -> Accuracy:
    """What is stored. Raises ResultError, one sentence, if it is missing or damaged."""
    path = (folder or results_dir()) / FILE
    return Accuracy(read_document(path, SCHEMA, _unsealed, "restore it or run: make bench-accuracy"))


def _unsealed(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "sha256"}
