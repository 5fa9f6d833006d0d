import math

from helpers import refused

from mi_lab.estimation.pairs.estimates import Data, Estimate, Flag
from mi_lab.lab.drawing import draw_estimates, estimates_table

DATA = Data(train=600, validation=200, test=200, batches=8, batch_size=25, dim_x=2, dim_y=2)
FLAG = Flag("seeds disagree", "seeds gave from 0.5 to 1.5 nats & more.")


def an_estimate(estimator="nwj", readout="nwj", mi=1.0, flags=(), negatives="derangement", per_seed=None):
    seeds = per_seed or (mi - 0.1, mi + 0.1)
    steps, curves = (0, 50), ((0.0, 1.0),) * 2
    return Estimate(
        estimator, readout, "joint", negatives, mi, 0.05, (0, 1), seeds, steps, curves, (50, 50), DATA, flags
    )


ESTIMATES = [
    an_estimate("mine", "dv", 0.9),
    an_estimate("js", "plug_in", 1.2, (FLAG,)),
    an_estimate("infonce", "infonce", 1.1, negatives="all_pairs"),
]


def trace(figure, name):
    [found] = [one for one in figure.data if one.name == name]
    return found


def test_values_stand_with_their_standard_errors_and_warnings_are_told():
    figure = draw_estimates(ESTIMATES)
    plain, flagged = trace(figure, "estimate"), trace(figure, "estimate with warnings")
    assert (list(plain.x), list(plain.y)) == (["MINE", "InfoNCE"], [0.9, 1.1])
    assert (list(flagged.x), list(flagged.y)) == (["JS plug-in"], [1.2])
    assert list(plain.error_y.array) == [0.05, 0.05]
    assert plain.marker.symbol[0] != flagged.marker.symbol[0]
    assert "seeds gave from 0.5 to 1.5 nats" in flagged.text[0] and "no warnings" in plain.text[0]
    # in the order they were given, flagged or not
    assert list(figure.layout.xaxis.categoryarray) == ["MINE", "JS plug-in", "InfoNCE"]
    seeds = trace(figure, "single seeds")
    assert len(seeds.y) == 6 and "seed 1: 1.000 nats" in seeds.text[1]


def test_log_n_is_drawn_for_all_and_log_batch_size_where_it_is_a_ceiling():
    figure = draw_estimates([*ESTIMATES, an_estimate("mine", "dv", negatives="shuffle")])
    assert list(trace(figure, "log n of the pairs that gave the value").y) == [math.log(200)] * 4
    ceiling = trace(figure, "log N, the most it can read")
    assert (list(ceiling.x), list(ceiling.y)) == (["InfoNCE", "MINE"], [math.log(25)] * 2)
    assert not [one for one in draw_estimates(ESTIMATES[:1]).data if one.name.startswith("log N,")]


def test_around_the_figure_stand_alt_text_table_and_provenance():
    meta = draw_estimates(ESTIMATES).layout.meta
    assert "MINE 0.900 ± 0.050" in meta["alt"] and "JS plug-in 1.200 ± 0.050 (seeds disagree)" in meta["alt"]
    assert meta["alt"].startswith("Estimates of MI in nats from 200 pairs, where log n is 5.3")
    assert [row[0] for row in meta["table"]["rows"]] == ["MINE", "JS plug-in", "InfoNCE"]
    assert meta["table"]["rows"][0][-1] == "none" and FLAG.sentence in meta["table"]["rows"][1][-1]
    assert "600 pairs trained" in meta["table"]["note"]
    assert "mi-evidence'>live" in meta["provenance"]


def test_what_lies_beyond_the_axis_is_marked_at_its_edge_and_what_is_no_number_is_told():
    wild = [
        an_estimate("nwj", "nwj", -1e20),
        an_estimate("js", "nwj", 300.0),
        an_estimate("mine", "dv", math.nan, (FLAG,), per_seed=(math.nan, 2.0)),
    ]
    figure = draw_estimates(wild)
    low, high = figure.layout.yaxis.range
    values = trace(figure, "estimate")
    assert list(values.marker.symbol) == ["triangle-down", "triangle-up"] and list(values.y) == [low, high]
    assert low > -3 and high < 15
    assert figure.layout.meta["table"]["rows"][2][1] == "not finite"
    assert figure.layout.meta["table"]["rows"][0][1] == "-1e+20"
    assert "MINE not finite" in figure.layout.meta["alt"]
    figure.to_json()


def test_the_table_is_html_whose_cells_are_escaped():
    html = estimates_table(ESTIMATES)
    assert html.count("<tr>") == 4 and "nats &amp; more." in html and "all pairs" in html


def test_nothing_to_draw_is_refused():
    with refused("no estimates"):
        draw_estimates([])
