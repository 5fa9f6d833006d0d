"""The results that are committed: all there, and all readable."""

import pytest

from mi_lab.experiments import EXPERIMENTS
from mi_lab.results import read

TO_BE_RUN = {name for name, e in EXPERIMENTS.items() if e.notebook == "explorer"}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_its_laptop_result(name, committed_results):
    if not (committed_results / f"{name}.laptop.json").exists() and name in TO_BE_RUN:
        pytest.skip(f"{name} is defined but not yet run")
    result = read(committed_results / f"{name}.laptop.json")
    assert result.spec == EXPERIMENTS[name].spec("laptop")
    assert "unknown" not in result.provenance["git_revision"]
    assert "changes" not in result.provenance["git_revision"]
