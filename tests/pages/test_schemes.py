from helpers import PROVENANCE, refused

from mi_lab.experiments import experiment
from mi_lab.pages.schemes import scatter_by_scheme
from mi_lab.results import Result


def made(name, widths, lost=()):
    """A result whose batches scatter by so many nats, by true MI; those of ``lost`` stopped being finite."""
    spec = experiment(name).spec("smoke", true_mi=list(widths), batch_size=[64], epochs=3)
    runs = []
    for run in spec.runs():
        width = widths[run["true_mi"]]
        values = {"mean": [1.0] * 3, "median": [1.0] * 3, "q05": [0.0] * 3, "q95": [width] * 3}
        broken = 2 if run["true_mi"] in lost else None
        runs.append({**run, "first_nonfinite_epoch": broken, "curves": {"nwj": values}})
    return Result(name, "smoke", {}, spec, runs, PROVENANCE)


def test_a_line_per_scheme_shows_the_width_of_the_batches():
    shuffle = made("explorer-nwj-shuffle", {2.5: 1.0, 10.0: 2.0})
    whole = made("fig-11a", {2.5: 3.0, 10.0: 8.0, 30.0: 9.0}, lost=[30.0])
    figure = scatter_by_scheme([shuffle, whole], "nwj", 64)
    drawn = {trace.name: dict(zip(trace.x, trace.y, strict=True)) for trace in figure.data}
    assert drawn == {"shuffle": {2.5: 1.0, 10.0: 2.0}, "all pairs": {2.5: 3.0, 10.0: 8.0}}
    assert figure.layout.yaxis.type == "log" and "all pairs: 3 at 2.5, 8 at 10" in figure.layout.meta["alt"]
    assert ["all pairs", "10", "8"] in figure.layout.meta["table"]["rows"]


def test_a_batch_size_that_was_not_run_is_refused():
    one = made("fig-11a", {2.5: 1.0})
    with refused("fig-11a has no runs at N = 128"):
        scatter_by_scheme([one], "nwj", 128)
