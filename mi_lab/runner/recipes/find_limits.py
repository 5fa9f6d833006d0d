"""What the best critic reaches under a scheme of negatives."""

from collections.abc import Mapping
from typing import Any

import torch

from mi_lab.estimation.limits import batch_values, best_scores, chi_square, dv_slope
from mi_lab.estimation.tasks import CorrelatedGaussians
from mi_lab.experiments.sweep_specs import Limits
from mi_lab.runner.stages import Stages


def compute_limits(spec: Limits, run: Mapping[str, Any], device: torch.device, stages: Stages) -> Mapping[str, Any]:
    """One scheme, batch size and truth. ``values`` hold, in nats, the ``ceiling`` and the ``destination`` with their
    standard errors and the ``median`` batch; the ``slope`` of batch DV; and of a shuffle ``chi_square``."""
    values = stages.keep("limits", lambda: _limits(spec, run))
    return {"curves": {}, "values": values, "first_nonfinite_epoch": None, "steps": 0}


def _limits(spec: Limits, run: Mapping[str, Any]) -> dict[str, float]:
    task = CorrelatedGaussians(dim=spec.dim, mi=run["true_mi"])
    point = (task, run["batch_size"], run["negatives"])
    values: dict[str, float] = {}
    found = {
        "ceiling": best_scores(*point, spec.samples, run["seed"]),
        "destination": batch_values(*point, spec.batches, run["seed"]),
    }
    for name, scores in found.items():
        values |= {name: float(scores.mean()), f"{name} stderr": float(scores.std()) / len(scores) ** 0.5}
    values["median"] = float(found["destination"].median())
    values["slope"] = dv_slope(*point, spec.samples, run["seed"])
    if run["negatives"] == "shuffle":
        values["chi_square"] = chi_square(task, run["batch_size"], spec.samples, run["seed"])
    return values
