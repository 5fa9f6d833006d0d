"""Stages of a run: what is there is not made again, and what is damaged is."""

import pytest

from mi_lab.runner.stages import Stages


def test_a_stage_is_computed_once_and_its_time_is_remembered(tmp_path):
    calls = []

    def compute():
        calls.append(1)
        return {"value": [0.1, None]}

    first = Stages(tmp_path, {})
    assert first.keep("one", compute) == {"value": [0.1, None]}
    again = Stages(tmp_path, {})
    assert again.keep("one", compute) == {"value": [0.1, None]}
    assert calls == [1] and again.seconds == first.seconds > 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"value": 3}'])
def test_a_damaged_stage_is_set_aside_and_made_again(tmp_path, content):
    (tmp_path / "one.sealed").write_text(content)
    with pytest.warns(UserWarning, match=r"one\.sealed is set aside and is made anew: it is damaged"):
        assert Stages(tmp_path, {}).keep("one", lambda: 3) == 3
    assert (tmp_path / "one.set-aside").read_text() == content
