"""mi_lab: neural estimators of mutual information (MI), measured where MI is high. MI is in nats.

Importing this package does not import torch; the first use of a name that trains or samples does.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the same for those who read and do not run
    from mi_lab.estimation.limits import Limit as Limit
    from mi_lab.estimation.limits import ceiling as ceiling
    from mi_lab.estimation.limits import destination as destination
    from mi_lab.estimation.pairs.estimates import Estimate as Estimate
    from mi_lab.estimation.pairs.estimating import estimate as estimate
    from mi_lab.estimation.pairs.mi_estimator import MIEstimator as MIEstimator
    from mi_lab.estimation.pairs.pair_files import read_pairs as read_pairs
    from mi_lab.estimation.pairs.selecting import column_scores as column_scores
    from mi_lab.estimation.pairs.selecting import select as select
    from mi_lab.estimation.tasks import CorrelatedGaussians as CorrelatedGaussians
    from mi_lab.estimation.training import train as train
    from mi_lab.estimation.transforms import Cubic as Cubic
    from mi_lab.ground.files import ResultError as ResultError
    from mi_lab.ground.gaussian import correlation_from_mi as correlation_from_mi
    from mi_lab.ground.gaussian import mi_from_correlation as mi_from_correlation
    from mi_lab.lab.comparison import Comparison as Comparison
    from mi_lab.lab.comparison import compare as compare
    from mi_lab.representation.families import Categorical as Categorical
    from mi_lab.representation.families import Gaussian as Gaussian
    from mi_lab.representation.v_information import v_entropy as v_entropy
    from mi_lab.representation.v_information import v_information as v_information
    from mi_lab.results.store import Result as Result
    from mi_lab.results.store import load as load
    from mi_lab.runner.running import run as run
    from mi_lab.runner.running import run_parameters as run_parameters

_PUBLIC = {
    "estimation.limits": "Limit ceiling destination",
    "estimation.pairs.estimates": "Estimate",
    "estimation.pairs.estimating": "estimate",
    "estimation.pairs.mi_estimator": "MIEstimator",
    "estimation.pairs.pair_files": "read_pairs",
    "estimation.pairs.selecting": "column_scores select",
    "estimation.tasks": "CorrelatedGaussians",
    "estimation.training": "train",
    "estimation.transforms": "Cubic",
    "ground.files": "ResultError",
    "ground.gaussian": "correlation_from_mi mi_from_correlation",
    "lab.comparison": "Comparison compare",
    "representation.families": "Categorical Gaussian",
    "representation.v_information": "v_entropy v_information",
    "results.store": "Result load",
    "runner.running": "run run_parameters",
}
_HOMES = {name: f"mi_lab.{module}" for module, names in _PUBLIC.items() for name in names.split()}
__all__ = sorted(_HOMES)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mi_lab' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
