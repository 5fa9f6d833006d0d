"""The truth from which batch DV has no limit, under a scheme of negatives."""

from collections.abc import Mapping
from typing import Any

import torch

from mi_lab.estimation.border import border
from mi_lab.experiments.border_specs import Border
from mi_lab.runner.stages import Stages


def find_border(spec: Border, run: Mapping[str, Any], device: torch.device, stages: Stages) -> Mapping[str, Any]:
    """One scheme and batch size. ``values`` hold the ``border`` in nats."""
    point = (run["batch_size"], run["negatives"], spec.level, spec.samples, run["seed"], spec.dim, spec.step)
    values = stages.keep("border", lambda: {"border": border(*point)})
    return {"curves": {}, "values": values, "first_nonfinite_epoch": None, "steps": 0}
