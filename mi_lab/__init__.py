"""mi_lab: neural estimators of mutual information (MI), measured where MI is high. MI is in nats.

Importing this package does not import torch; the first use of a name that trains or samples does.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mi_lab.estimation.negatives import Ceiling, ceiling
    from mi_lab.estimation.pairs.arrays import read_pairs
    from mi_lab.estimation.pairs.estimates import Estimate
    from mi_lab.estimation.pairs.fit import estimate
    from mi_lab.estimation.tasks import CorrelatedGaussians
    from mi_lab.estimation.training import train
    from mi_lab.estimation.transforms import Cubic
    from mi_lab.ground.files import ResultError
    from mi_lab.ground.gaussian import correlation_from_mi, mi_from_correlation
    from mi_lab.lab.comparison import Comparison, compare
    from mi_lab.representation.families import Categorical, Gaussian
    from mi_lab.representation.v_information import v_entropy, v_information
    from mi_lab.results.store import Result, load
    from mi_lab.runner.running import run, run_parameters

_HOMES = {
    "Categorical": "mi_lab.representation.families",
    "Ceiling": "mi_lab.estimation.negatives",
    "Gaussian": "mi_lab.representation.families",
    "v_entropy": "mi_lab.representation.v_information",
    "v_information": "mi_lab.representation.v_information",
    "ceiling": "mi_lab.estimation.negatives",
    "Comparison": "mi_lab.lab.comparison",
    "CorrelatedGaussians": "mi_lab.estimation.tasks",
    "Cubic": "mi_lab.estimation.transforms",
    "Estimate": "mi_lab.estimation.pairs.estimates",
    "compare": "mi_lab.lab.comparison",
    "estimate": "mi_lab.estimation.pairs.fit",
    "read_pairs": "mi_lab.estimation.pairs.arrays",
    "train": "mi_lab.estimation.training",
    "correlation_from_mi": "mi_lab.ground.gaussian",
    "mi_from_correlation": "mi_lab.ground.gaussian",
    "Result": "mi_lab.results.store",
    "ResultError": "mi_lab.ground.files",
    "load": "mi_lab.results.store",
    "run": "mi_lab.runner.running",
    "run_parameters": "mi_lab.runner.running",
}
__all__ = [
    "Categorical",
    "Ceiling",
    "Comparison",
    "CorrelatedGaussians",
    "Cubic",
    "Estimate",
    "Gaussian",
    "Result",
    "ResultError",
    "ceiling",
    "compare",
    "correlation_from_mi",
    "estimate",
    "load",
    "mi_from_correlation",
    "read_pairs",
    "run",
    "run_parameters",
    "train",
    "v_entropy",
    "v_information",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mi_lab' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
