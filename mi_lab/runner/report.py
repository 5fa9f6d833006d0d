"""``make report``: every sweep of Section 3 at the report's own size, the cheapest first, for a machine with a GPU."""

import sys
from collections.abc import Sequence

from mi_lab.experiments.kinds import Experiment
from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.experiments.sweep_costs import sweep_flops
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.names import known
from mi_lab.results.store import file_name, results_dir
from mi_lab.runner.running import run

SECTION_3 = ("mine", "nwj", "js")
"""The notebooks of Section 3."""


def plan() -> list[Experiment]:
    """The experiments of Section 3 in the order of their cost; of several that are one at this size, the first."""
    first: dict[Sweep, Experiment] = {}
    for experiment in EXPERIMENTS.values():
        if experiment.notebook in SECTION_3 and isinstance(experiment.report, Sweep):
            first.setdefault(experiment.report, experiment)
    return sorted(first.values(), key=lambda experiment: sweep_flops(experiment.spec("report")))  # type: ignore[arg-type]


def main(names: Sequence[str] = (), device: str = "auto") -> int:
    """Run the plan, or these of it, telling what is done and what is left; 0 when nothing is.

    What is stored is not run again, and what was begun goes on from its last checkpoint. For a name that is not in the
    plan, 2 and a sentence, before any training.
    """
    planned = {experiment.name: experiment for experiment in plan()}
    try:
        chosen = [planned[known("experiment of Section 3", name, planned)] for name in names]
    except ValueError as error:
        print(f"python -m mi_lab report: {error}", file=sys.stderr)
        return 2
    chosen = chosen or list(planned.values())
    costs = {one.name: float(sweep_flops(one.spec("report"))) for one in chosen}  # type: ignore[arg-type]
    left = [one for one in chosen if not (results_dir() / file_name(one.name, "report")).exists()]
    print(f"{len(chosen) - len(left)} of {len(chosen)} are stored in {results_dir()}.", flush=True)
    for number, one in enumerate(left):
        share = sum(costs[other.name] for other in left[number:]) / sum(costs.values())
        print(
            f"{one.name}: {len(left) - number} left, {share:.1%} of the work. Stop with Ctrl-C and repeat.", flush=True
        )
        run(one.name, "report", device=device)
    print("All are stored.", flush=True)
    return 0
