"""What the estimators without training say of pairs of a task."""

from collections.abc import Mapping
from typing import Any

import torch

from mi_lab.estimation.catalogue import make_task
from mi_lab.estimation.pairs.yardsticks import Yardstick
from mi_lab.experiments.consistency_specs import Untrained
from mi_lab.ground.names import YARDSTICKS
from mi_lab.runner.stages import Stages


def estimate_untrained(
    spec: Untrained, run: Mapping[str, Any], device: torch.device, stages: Stages
) -> Mapping[str, Any]:
    """One data set. ``values`` hold by yardstick the estimate in nats, and its standard error as '<name> stderr'."""
    values = stages.keep("estimates", lambda: _estimates(spec, run))
    return {"curves": {}, "values": values, "first_nonfinite_epoch": None, "steps": 0}


def _estimates(spec: Untrained, run: Mapping[str, Any]) -> dict[str, float]:
    task = make_task(run["task"], spec.dim, run["true_mi"])
    x, y = task.sample(spec.pairs, torch.Generator().manual_seed(run["seed"]))
    values: dict[str, float] = {}
    for name in YARDSTICKS:
        [found] = Yardstick(x.numpy(), y.numpy(), name).estimates()
        values |= {name: found.mi, f"{name} stderr": found.stderr}
    return values
