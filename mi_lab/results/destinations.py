"""The computed limits of the best critic, looked up for a run. Needs no torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mi_lab.results.store import Result, is_stored, load

TABLES = {"shuffle": "limits", "derangement": "limits", "all_pairs": "limits-all-pairs"}
"""The experiment that holds the limits of a scheme of negatives."""


def limit(limits: Result, run: Mapping[str, Any], name: str, negatives: str = "shuffle") -> float:
    """A limit at a run's true MI and batch size, in nats: 'ceiling', 'destination' and others; nan if it has none."""
    found = limits.select(negatives=negatives, true_mi=run["true_mi"], batch_size=run["batch_size"])
    return float(found[0]["values"][name]) if found else float("nan")


def stored_limit(run: Mapping[str, Any], name: str, negatives: str, folder: Path | None = None) -> float:
    """The same from the stored table of that scheme; nan if there is none."""
    table = TABLES.get(negatives)
    if table is None or not is_stored(table, folder):
        return float("nan")
    return limit(load(table, folder=folder), run, name, negatives)
