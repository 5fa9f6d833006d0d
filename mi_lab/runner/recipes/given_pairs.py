"""What an estimator says of a data set of pairs, as somebody who has no more would ask it."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from mi_lab.estimation.catalogue import make_task
from mi_lab.estimation.pairs.estimating import make_fit, settings_of
from mi_lab.experiments.fair_specs import DIMS, Given, scheme
from mi_lab.ground.names import CONTRASTIVE, DATA_ESTIMATORS
from mi_lab.runner.stages import Stages


def estimate_given(spec: Given, run: Mapping[str, Any], device: torch.device, stages: Stages) -> Mapping[str, Any]:
    """One data set. ``values`` hold by readout the estimate in nats, and '<readout> stderr', its own standard error.

    ``curves`` hold by readout its values on the validation part, every 50 steps. Both are None where not finite.
    """
    return stages.keep("estimate", lambda: _estimated(spec, run, device))


def _estimated(spec: Given, run: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    task = make_task(run["task"], DIMS.get(run["task"], 20), run["true_mi"])
    x, y = task.sample(run["pairs"], torch.Generator().manual_seed(run["seed"]))
    asked: dict[str, Any] = {
        "hidden": spec.hidden,
        "max_steps": spec.steps,
        "learning_rate": spec.learning_rate,
        "seeds": run["seed"],
        "device": str(device),
    }
    if spec.estimator not in DATA_ESTIMATORS:
        asked |= {"critic": scheme(spec.estimator)["critic"]}
        if spec.estimator not in CONTRASTIVE:
            asked |= {"negatives": "derangement"}
    has = settings_of(spec.estimator)
    fit = make_fit(x.numpy(), y.numpy(), spec.estimator, **{name: one for name, one in asked.items() if name in has})
    fit.run(None)
    found = fit.estimates()
    values: dict[str, float | None] = {}
    for one in found:
        values |= {one.readout: one.mi, f"{one.readout} stderr": one.stderr}
    finite = all(value is not None and math.isfinite(value) for value in values.values())
    curves = {one.readout: list(one.curves[0]) for one in found if len(one.curves[0]) > 1}
    return {
        "curves": curves,
        "values": values,
        "first_nonfinite_epoch": None if finite else 1,
        "steps": found[0].steps[-1],
    }
