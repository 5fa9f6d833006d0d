"""What a whole sweep costs to train: steps and floating-point operations, counted. Needs no torch."""

from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.costs import step_flops, steps_per_epoch


def sweep_steps(sweep: Sweep) -> int:
    """Run-steps of a sweep: one update of one critic each."""
    return sum(sweep.epochs * steps_per_epoch(run["batch_size"]) for run in sweep.runs())


def sweep_flops(sweep: Sweep) -> int:
    """Operations of the matrix products of all runs of a sweep."""
    return sum(
        sweep.epochs
        * steps_per_epoch(run["batch_size"])
        * step_flops(sweep.hidden, run["batch_size"], sweep.dim, sweep.negatives)
        for run in sweep.runs()
    )
