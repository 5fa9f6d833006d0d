import math
import re
from html import unescape

import pytest
from helpers import made_result, refused

from mi_lab.experiments.fair import FAIR, RATES, SHORT, TASKS, fresh, given, high, rates, sizes
from mi_lab.experiments.fair_specs import SCORED
from mi_lab.experiments.registry import experiment
from mi_lab.ground.records import RECORDS
from mi_lab.pages.chapters import who_is_right as pages
from mi_lab.pages.chapters.right_panels import DEFINED, who_is_right
from mi_lab.results.store import save


def stack(share, lost=(), milliseconds=0.5, asked=fresh):
    """A measure of stacks that read a share of the truth, which may depend on estimator, task, truth and seed."""

    def measure(run):
        spec = experiment(asked(run["estimator"])).spec()
        if run["batch_size"] != 64:
            spec = experiment(sizes(run["estimator"])).spec()
        sweep = spec.sweep(run["estimator"], run["task"], run["batch_size"])
        curves, values = {}, {"milliseconds": milliseconds}
        for one in sweep.runs():
            for readout in RECORDS[run["estimator"]].readouts:
                name = f"{readout} {one['true_mi']:g} {one['seed']}"
                end = one["true_mi"] * share(run["task"], one["true_mi"], one["seed"])
                gone = (run["task"], one["true_mi"], one["seed"]) in lost
                curves[name] = [end / 2] * 3 if gone else [end / 2] * 5 + [end] * (sweep.epochs - 5)
                values[name] = None if gone else [end, end - 0.1, end + 0.1, end]
        return {"curves": curves, "values": values}

    return measure


def right(task, mi, seed):
    return 0.95 if mi <= 5 else 0.5


def changing(task, mi, seed):
    return 1.0 if seed or mi < 2 else 0.5


def test_a_reading_is_right_within_a_tenth_of_the_truth():
    found = pages.readings(made_result(fresh("nwj"), stack(right, lost=[("cubic", 2.0, 1)])))
    assert {one.title for one in found} == {"NWJ"} and {one.task for one in found} == set(TASKS)
    at = {(one.task, one.inputs, one.mi, one.seed): one for one in found}
    assert at["gaussian", "standardised", 5.0, 0].right and not at["gaussian", "standardised", 20.0, 0].right
    assert math.isnan(at["cubic", "standardised", 2.0, 1].value) and not at["cubic", "standardised", 2.0, 1].right
    assert {task for task, inputs, _, _ in at if inputs == "normal_scores"} == set(SCORED)
    assert ("sparse", "standardised", 20.0, 0) not in at and ("digits", "standardised", 5.0, 0) not in at


def test_how_far_an_estimator_comes_ends_at_its_first_miss():
    found = pages.readings(made_result(fresh("nwj"), stack(lambda t, mi, s: 0.5 if mi == 2 else 1.0)))
    own = [one for one in found if (one.task, one.inputs, one.seed) == ("gaussian", "standardised", 0)]
    assert pages.meets(own) == 1.0 and pages.meets(own[:1]) == 1.0 and pages.meets([]) == 0.0


def test_more_mi_of_gaussians_counts_with_the_rest():
    one = made_result(fresh("nwj"), stack(lambda t, m, s: 1.0))
    more = made_result(high("nwj"), stack(lambda t, m, s: 0.95 if m < 20 else 0.5, asked=high))
    found = [r for result in (one, more) for r in pages.readings(result) if r.task == "gaussian" and r.seed == 0]
    assert pages.meets([r for r in found if r.inputs == "standardised"]) == 20
    text = pages.low_and_high({"a": one, "b": more})
    assert "of 20 nats NWJ 20.0." in text and "28.5" not in text and "15.0" not in text


def wavering(task, mi, seed):
    return right(task, mi, seed) if seed or mi < 2 else 0.5


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (right, wavering, (5.0, ["NWJ"])),  # with seed 0 the other stops at 1
        (wavering, right, (5.0, ["DV"])),
        (right, right, (5.0, ["NWJ", "DV"])),
        (changing, changing, (1.0, ["NWJ", "DV"])),
        (lambda t, m, s: 1.0 if s == 0 else 0.5, lambda t, m, s: 1.0 if s else 0.5, (20.0, [])),
    ],
)
def test_the_best_are_those_that_are_best_with_every_seed(one, other, expected):
    found = [
        reading
        for name, share in (("nwj", one), ("dv", other))
        for reading in pages.readings(made_result(fresh(name), stack(share)))
        if (reading.task, reading.inputs) == ("gaussian", "standardised")
    ]
    assert pages.best(found) == expected


def rows(html):
    return [[unescape(cell) for cell in re.findall("<td>(.*?)</td>", row)] for row in re.findall("<tr>.*?</tr>", html)][
        1:
    ]


def test_the_guide_names_nobody_where_it_changes_with_the_seed():
    first = made_result(fresh("nwj"), stack(lambda t, m, s: 1.0 if s == 0 else 0.5))
    second = made_result(fresh("dv"), stack(lambda t, m, s: 1.0 if s else 0.5))
    table = rows(pages.guide({"a": first, "b": second}))
    assert table[0] == ["gaussian", "standardised", "fresh, N = 64", "20", "it changes with the seed"]
    nobody = rows(pages.guide({"a": made_result(fresh("nwj"), stack(lambda t, m, s: 0.1))}))
    assert nobody[0][3:] == ["not even 1", "none"]


def test_the_three_views_are_of_the_same_curves():
    # right from the sixth epoch of 800 updates on: not yet after 4,000, but after 4,800
    assert SHORT == 6 * 800
    nwj = made_result(fresh("nwj"), stack(right, milliseconds=1.0))
    slow = made_result(fresh("js"), stack(right, milliseconds=2.0))  # at equal time it has taken half the updates
    table = {row[0]: row for row in rows(pages.views({"a": nwj, "b": slow}))}
    for title in ("NWJ", "JS plug-in"):
        row = table[title]
        met = int(row[4])
        assert int(row[1]) > met > 0 and int(row[2]) == met
        assert int(row[3]) == (met if title == "NWJ" else 0)
    assert table["NWJ"][5] == "1.00 ms"


def test_low_and_high_counts_those_that_are_right_with_every_seed():
    told = pages.low_and_high(
        {"a": made_result(fresh("nwj"), stack(right)), "b": made_result(fresh("dv"), stack(changing))}
    )
    items = [unescape(item) for item in re.findall("<li>(.*?)</li>", told)]
    assert items[0] == "<em>gaussian</em>: 1 of 2 estimators up to 5 nats: NWJ; of 20 nats DV 20.0."
    assert len(items) == 4


def test_the_best_rate_is_that_with_the_smallest_error(tmp_path):
    for rate in RATES:
        off = {RATES[0]: 0.5, RATES[1]: 0.9, RATES[2]: 40.0}[rate]

        def measure(run, off=off):
            readouts = RECORDS[run["estimator"]].readouts
            ends = {f"{readout} {mi:g} 0": [mi * off] * 4 for readout in readouts for mi in (3.0, 12.0)}
            return {"values": ends | {"milliseconds": 1.0}, "curves": {name: [1.0] for name in ends}}

        save(made_result(rates(rate), measure), tmp_path)
    assert pages.best_rate(tmp_path) == RATES[1]
    assert [row[1] for row in rows(pages.rate_table(tmp_path))] == ["50 %", "10 %", "100 %"]


def test_what_is_missing_is_said(tmp_path):
    assert pages.waiting(tmp_path).startswith("Stored so far: 0 of the ")
    assert pages.stored_parts(tmp_path) == {}
    save(made_result(fresh("nwj"), stack(right)), tmp_path)
    assert list(pages.stored_parts(tmp_path)) == [fresh("nwj")]


def data_sets(run):
    return {"values": {"nwj": run["true_mi"] * 0.8, "nwj stderr": 0.1}, "curves": {"nwj": [0.0, 1.0]}}


def test_every_estimator_of_the_comparison_is_defined_and_every_panel_says_what_it_shows():
    named = {
        estimator for e in FAIR for estimator in getattr(e.report, "estimators", [getattr(e.report, "estimator", "")])
    }
    titles = [title for name in named for title in RECORDS[name].titles.values()]
    assert sorted(titles) == sorted(DEFINED)
    results = {
        "a": made_result(fresh("nwj"), stack(right, lost=[("cubic", 2.0, 1)])),
        "b": made_result(sizes("nwj"), stack(right)),
        "c": made_result(given("nwj"), data_sets),
        "d": made_result(fresh("tre"), stack(lambda t, m, s: 60.0 / m)),
    }
    html = who_is_right(results)
    assert html.count('<div class="g0">') == 2 and html.count("E[T] − E′[eᵀ⁻¹]") == 1
    labels = [unescape(label) for label in re.findall(r'role="img" aria-label="([^"]*)"', html)]
    fresh_one = next(label for label in labels if label.startswith("NWJ, fresh, N = 64, estimate"))
    assert "gaussian: 1 reads 0.95, 2 reads 1.9, 5 reads 4.75, 20 reads 10;" in fresh_one
    assert "cubic: 1 reads 0.95, 2 reads nothing finite" in fresh_one
    assert any(label.startswith("NWJ, 500 pairs, estimate") and "gaussian: 2 reads 1.6" in label for label in labels)
    assert any(label.startswith("gaussian, estimate over truth against updates, to 20,000") for label in labels)
    assert "▴" in html and "×" in html
    radios = re.findall(r'<input type="radio" name="([^"]*)" id="([^"]*)"( checked)?>', html)
    assert [one for _, one, checked in radios if checked] == ["mi-right-s64", "mi-right-g0"][
        : len({n for n, *_ in radios})
    ]
    hiding = set(re.findall(r":has\(#(mi-right-\w+):checked\)", html))
    assert hiding == {identity for _, identity, _ in radios}  # nothing is hidden that no choice shows
    for _, identity, _ in radios:  # what a choice shows is there, and hidden unless it is chosen
        key = identity.removeprefix("mi-right-")
        assert f":has(#{identity}:checked)) .{key}{{display:none}}" in html and f'class="{key}"' in html


def test_at_most_twelve_panels_are_seen_at_once():
    groups = re.findall(
        r'<div class="(g\d)">',
        who_is_right(
            {name: made_result(fresh(name), stack(right)) for name in RECORDS if fresh(name) in {e.name for e in FAIR}}
        ),
    )
    assert max(groups.count(group) for group in set(groups)) <= 12 and len(groups) == len(set(DEFINED)) - 4


def test_nothing_stored_is_refused_in_a_sentence():
    with refused("no result of fair-<estimator> is stored", "fair.ipynb"):
        who_is_right({})


@pytest.mark.parametrize(("name", "measure"), [(fresh("nwj"), stack(right)), (given("nwj"), data_sets)])
def test_a_table_of_ones_own_run_has_a_row_per_task_and_truth(name, measure):
    result = made_result(name, measure)
    table = rows(pages.values_table(result))
    assert len(table) == len(pages.grouped(pages.readings(result)))
    assert table[0][0] == "NWJ" and table[0][1] == "gaussian"
