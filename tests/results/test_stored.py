"""The results that are committed: all there, and all readable."""

from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.results.store import read


def test_every_experiment_has_its_laptop_result(committed_results):
    for name, experiment in EXPERIMENTS.items():
        result = read(committed_results / f"{name}.laptop.json")
        assert result.spec == experiment.spec("laptop"), name
        assert "mi_lab" not in result.provenance["git_revision"], name
        assert "changes" not in result.provenance["git_revision"], name
