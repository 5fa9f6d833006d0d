"""The results that are committed: all there, and all readable."""

import pytest

from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.results.store import read


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_its_laptop_result(name, committed_results):
    result = read(committed_results / f"{name}.laptop.json")
    assert result.spec == EXPERIMENTS[name].spec("laptop")
    assert "unknown" not in result.provenance["git_revision"]
    assert "changes" not in result.provenance["git_revision"]
