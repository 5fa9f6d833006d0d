"""What the border of batch DV may be told, and that a small one runs."""

import pytest
from helpers import refused

from mi_lab.estimation.border import border
from mi_lab.experiments.border_specs import Border
from mi_lab.runner.running import run


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"batch_size": ()}, "batch_size must hold at least one value"),
        ({"batch_size": (1,)}, "batch_size must be at least 2, not 1"),
        ({"negatives": ("shufle",)}, "unknown negatives 'shufle'"),
        ({"level": 0.2}, "level must be a positive number under 0.1, not 0.2"),
        ({"step": 0.0}, "step must be a positive number, not 0.0"),
        ({"seeds": ()}, "seeds must hold at least one value"),
    ],
)
def test_a_border_that_cannot_be_found_is_refused(settings, words):
    with refused(words):
        Border(**{"batch_size": (64,)} | settings)


def test_a_small_border_is_found_and_stored(tmp_path):
    result = run("border", "smoke", folder=tmp_path, workers=1, progress=False)
    assert [one["negatives"] for one in result.runs] == [s for s in result.spec.negatives for _ in result.spec.seeds]
    own = border(64, "shuffle", samples=2000, step=0.5)
    assert result.runs[0]["values"]["border"] == pytest.approx(own, rel=1e-3)
