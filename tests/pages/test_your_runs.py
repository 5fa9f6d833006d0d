import plotly.graph_objects as go
import pytest

from mi_lab.pages.chapters import your_runs
from mi_lab.runner.running import run


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(your_runs, "display", lambda *things: shown.extend(things))
    return shown


def texts(displayed):
    return [thing.data for thing in displayed if not isinstance(thing, go.Figure)]


def test_it_says_so_when_there_is_nothing_to_show(displayed):
    your_runs.show_other_results()
    assert texts(displayed) == ["*No other result is stored in this copy of the book.*"]


def test_a_run_with_other_parameters_is_drawn_beside_its_figure(displayed):
    result = run("fig-2a", "smoke", workers=1, progress=False, true_mi=[3.0, 4.0])
    your_runs.show_other_results()
    [figure] = [thing for thing in displayed if isinstance(thing, go.Figure)]
    assert (
        figure.layout.meta["id"] == result.file_name.removesuffix(".json").replace("+", "-").replace(".", "-") + "-nwj"
    )
    assert texts(displayed)[0] == "**fig-2a, profile smoke, true_mi = 3, 4**"
    # the profile's own figure is not stored in this folder, and the page says how to make it
    assert "papermill book/experiments/nwj.ipynb" in texts(displayed)[-1]
    drawn = {trace.name: trace.line.color for trace in figure.data if trace.name in ("3", "4")}
    assert len(set(drawn.values())) == 2  # two truths that the report does not have still look different


def test_a_ceiling_table_of_ones_own_is_drawn(displayed):
    run("ceiling", "smoke", progress=False, true_mi=[1.0, 2.0], batch_size=[64, 128])
    your_runs.show_other_results()
    [figure] = [thing for thing in displayed if isinstance(thing, go.Figure)]
    assert any(trace.name == "N = 64" for trace in figure.data)


def test_a_run_with_another_estimator_is_drawn_with_its_own_readouts(displayed):
    run("fig-2a", "smoke", workers=1, progress=False, estimator="js", true_mi=[3.0])
    your_runs.show_other_results()
    drawn = [thing.layout.meta["id"].rsplit("-", 1)[-1] for thing in displayed if isinstance(thing, go.Figure)]
    assert drawn == ["nwj", "plug_in"]


def test_results_on_images_are_drawn_too(displayed):
    run("fig-4", "smoke", workers=1, progress=False, labelings="rotation")
    run("noisy-mnist", "smoke", workers=1, progress=False, p=0.5)
    your_runs.show_other_results()
    drawn = [thing.layout.meta["id"].rsplit("-", 1)[-1] for thing in displayed if isinstance(thing, go.Figure)]
    assert drawn == ["rotation", "mine", "nwj", "js_nwj", "js_plug_in"]


def test_tests_of_consistency_are_drawn_too(displayed):
    run("staircase-nwj", "smoke", workers=1, progress=False, true_mi=[2.0], batch_size=512)
    run("consistency-nwj", "smoke", workers=1, progress=False, settings=["baseline"], batch_size=512)
    your_runs.show_other_results()
    drawn = [thing.layout.meta["id"].rsplit("-", 1)[-1] for thing in displayed if isinstance(thing, go.Figure)]
    assert drawn == ["rows", "gaussian"]
