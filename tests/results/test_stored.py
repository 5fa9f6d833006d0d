"""The results that are committed: all there, and all readable."""

from mi_lab.experiments.fair import FAIR
from mi_lab.experiments.gaussians import WEIGHTS
from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.results.store import read

TRAINING = {f"average-{w:g}-1x64-{n}" for w in WEIGHTS for n in (64, 256, 512)}
TRAINING |= {f"average-{w:g}-2x512-{n}" for w in WEIGHTS for n in (64, 256, 1024)} & set(EXPERIMENTS)
TRAINING -= {"average-0.01-2x512-64", "average-0.1-2x512-256"}
TRAINING -= {f"average-{w:g}-1x64-64" for w in WEIGHTS}
TRAINING -= {f"average-{w:g}-1x64-{n}" for w in (0.1, 1) for n in (256, 512)}
TRAINING |= {"table-1-rotation-5000", "table-8-rotation-5000", "learning-rotation", "learning-random-labels"}
TRAINING |= {experiment.name for experiment in FAIR if not experiment.name.startswith("fair-rate-")}
TRAINING -= {f"given-{name}" for name in ("copula", "gaussian", "ksg", "js", "nwj", "infonce")}
TRAINING -= {f"fair-{name}" for name in ("mienf", "tre", "js", "infonce")}
"""Experiments that wait for their first result."""


def test_every_experiment_has_its_laptop_result(committed_results):
    waiting = {name for name in EXPERIMENTS if not (committed_results / f"{name}.laptop.json").exists()}
    assert waiting == TRAINING
    for name, experiment in EXPERIMENTS.items():
        if name in waiting:
            continue
        result = read(committed_results / f"{name}.laptop.json")
        assert result.spec == experiment.spec("laptop"), name
        assert "mi_lab" not in result.provenance["git_revision"], name
        assert "changes" not in result.provenance["git_revision"], name
