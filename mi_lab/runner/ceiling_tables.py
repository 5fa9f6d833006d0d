"""I_N, computed: as a table of its own, and beside the runs of a sweep."""

import time
from collections.abc import Sequence

from mi_lab.estimation.catalogue import make_task
from mi_lab.estimation.limits import ceiling
from mi_lab.estimation.tasks import CorrelatedGaussians
from mi_lab.experiments.sweep_specs import CeilingTable, Sweep
from mi_lab.results.rounding import Run


def ceilings(spec: CeilingTable) -> list[Run]:
    """The entries of a table of I_N, in the order of its grid, in nats."""
    table = []
    for point in spec.runs():
        start = time.perf_counter()
        measured = ceiling(
            CorrelatedGaussians(dim=spec.dim, mi=point["true_mi"]), point["batch_size"], spec.samples, spec.seed
        )
        table.append(point | measured._asdict() | {"wall_seconds": time.perf_counter() - start})
    return table


def with_ceilings(spec: Sweep, runs: Sequence[Run]) -> list[Run]:
    """The runs of a sweep, each with the I_N of a shuffle at its true MI and batch size, in nats."""
    points = {(r["true_mi"], r["batch_size"]) for r in runs}
    ceilings = {(mi, n): ceiling(make_task(spec.task, spec.dim, mi), n)._asdict() for mi, n in points}
    return [r | {"ceiling": ceilings[r["true_mi"], r["batch_size"]]} for r in runs]
