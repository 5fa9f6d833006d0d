import math

from helpers import PROVENANCE, refused

from mi_lab.experiments.registry import experiment
from mi_lab.pages.chapters.schemes import by_scheme, over_batch_size
from mi_lab.results.store import Result


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
    figure = by_scheme([shuffle, whole], "nwj", 64, "scatter")
    drawn = {trace.name: dict(zip(trace.x, trace.y, strict=True)) for trace in figure.data}
    assert drawn == {"shuffle": {2.5: 1.0, 10.0: 2.0}, "all pairs": {2.5: 3.0, 10.0: 8.0}}
    assert figure.layout.yaxis.type == "log" and "all pairs: 3 at 2.5, 8 at 10" in figure.layout.meta["alt"]
    assert ["all pairs", "10", "8"] in figure.layout.meta["table"]["rows"]


def test_the_pull_of_rare_batches_is_median_minus_mean():
    one = made("fig-11a", {2.5: 1.0})
    one.runs[0]["curves"]["nwj"]["mean"] = [1.0, 1.0, -5.0]
    [line] = by_scheme([one], "nwj", 64, "pull").data
    assert list(line.y) == [2.0]


def test_a_batch_size_that_was_not_run_is_refused():
    one = made("fig-11a", {2.5: 1.0})
    with refused("fig-11a has no runs at N = 128"):
        by_scheme([one], "nwj", 128, "scatter")


def sized(name, ends, **settings):
    """A result whose runs at 30 nats end at so many nats by (N, seed)."""
    sizes, seeds = (sorted(set(values)) for values in zip(*ends, strict=True))
    spec = experiment(name).spec("smoke", true_mi=30.0, batch_size=sizes, seeds=seeds, epochs=3, **settings)
    runs = []
    for run in spec.runs():
        curve = {"median": [ends[run["batch_size"], run["seed"]]] * 3}
        runs.append({**run, "first_nonfinite_epoch": None, "curves": {"nwj": curve}})
    return Result(name, "smoke", {}, spec, runs, PROVENANCE)


def test_a_line_per_scheme_runs_over_batch_sizes_with_a_ring_per_seed():
    shuffle = sized("explorer-nwj-shuffle", {(64, 0): 4.0, (64, 1): 4.2, (256, 0): 5.5, (256, 1): 5.5})
    independent = sized("nwj-independent", {(64, 0): 9.0})
    figure = over_batch_size([shuffle, independent], "nwj", 30.0)
    lines = {trace.name: list(trace.y) for trace in figure.data if trace.mode == "lines"}
    assert lines["shuffle"] == [4.1, 5.5] and lines["independent"] == [9.0]
    assert lines["log N"] == [math.log(64), math.log(256)] and lines["truth"] == [30.0, 30.0]
    assert list(figure.data[0].y) == [4.0, 4.2, 5.5, 5.5]
    assert ["shuffle", "64", "4.10", "4.00", "4.20"] in figure.layout.meta["table"]["rows"]
    with refused("nwj-independent has no runs at 10 nats"):
        over_batch_size([independent], "nwj", 10.0)
