import math
import re

import pytest
from helpers import made_result

from mi_lab.experiments.reported import TABLE_2, TABLE_3
from mi_lab.pages.chapters.autoencoders import by_decoder, cells, images, over_weight, table
from mi_lab.pages.chapters.protocols import accuracies, at, digits, information, lead, losses, told_at
from mi_lab.results.claims.outcome import mean


@pytest.fixture
def fifth():
    def measure(run):
        better = {"linear": 0.02, "non_linear": 0.0, "pixels": 0.01}[run["decoder"]] + 0.001 * run["seed"]
        curves = {"linear": [0.8, 0.9 + better], "mlp": [0.9, 0.95 - better], "l2": [0.5, 0.3, 0.2 + better]}
        values = {name: curve[-1] for name, curve in curves.items()} | {"null_l2": 1.0, "pixels": 4}
        if run["seed"] == 0:
            values["pictures"] = [0, 255, 128, 64] * 3
        return {"curves": curves, "values": values}

    return made_result("fig-5", measure, epochs=2, read_at=[0, 2], seeds=[0, 1])


def test_accuracies_are_means_over_seeds_beside_pixel_space(fifth):
    assert at(fifth, "linear", "linear") == pytest.approx(92.05)
    assert at(fifth, "linear", "linear", 0) == pytest.approx(80)
    figure = accuracies(fifth, "linear")
    lines = {trace.name: list(trace.y) for trace in figure.data if trace.mode == "lines"}
    assert lines["linear decoder"] == pytest.approx([80, 92.05]) and lines["pixels"] == pytest.approx([91, 91])
    assert sum(trace.mode == "markers" for trace in figure.data) == 4  # two decoders, two seeds
    assert "linear decoder 92.05 per cent" in figure.layout.meta["alt"]
    assert "v_infomax_mnist.ipynb" in figure.layout.meta["provenance"]


def test_a_lost_training_leaves_a_gap_and_no_crash(fifth):
    lost = next(run for run in fifth.runs if run["decoder"] == "linear" and run["seed"] == 1)
    lost["first_nonfinite_epoch"] = 1
    lost["curves"] = {"linear": [0.8], "mlp": [0.9], "l2": [0.5]}
    lost["values"] |= {"linear": None, "mlp": None, "l2": None}
    assert at(fifth, "linear", "linear", 0) == pytest.approx(80)
    assert math.isnan(at(fifth, "linear", "linear")) and math.isnan(information(fifth, "linear"))
    assert all(figure.data for figure in (accuracies(fifth, "linear"), losses(fifth)))
    assert math.isnan(mean([0.5, None]))


def test_losses_come_with_the_information_they_stand_for(fifth):
    assert information(fifth, "non_linear") == pytest.approx(4 * (1 - 0.2005))
    rows = losses(fifth).layout.meta["table"]["rows"]
    assert rows[1] == ["non-linear decoder", "0.5000", "0.2005", "3"]


def test_digits_stand_in_rows_by_decoder(fifth):
    html = digits(fifth)
    assert re.findall(r"<p>(.*?)</p>", html) == ["image", "linear decoder", "non-linear decoder"]
    assert html.count("<img") == 9 and 'alt="linear decoder, digit 2"' in html


@pytest.fixture
def third():
    def measure(run):
        gain = 0.0 if run["weight"] == "0" else 0.1
        values = {"linear": 0.5 + gain, "mlp": 0.6, "pretext_accuracy": 0.7, "pictures": [10] * 2 * 3 * 32 * 32}
        if run["decoder"] != "none":
            values["l2"] = 0.25
        return {"curves": {}, "values": values}

    return made_result("table-3-resnet18", measure)


def test_cells_stand_beside_the_reports(third):
    assert cells(third)["linear", "0.25"] == pytest.approx(
        {"linear": 60, "mlp": 60, "pretext_accuracy": 70, "l2": 0.25}
    )
    html = table(third, ("linear", "l2"), TABLE_3["resnet18"])
    assert (
        "linear decoder, λ&nbsp;=&nbsp;∞" in html
        and "<caption>ResNet18; stored: one seed</caption>" in html
        and "width 16 (report: 64)" in html
    )
    ours, theirs = re.findall(r"<tr><th scope=\"row\">linear accuracy.*?</tr>", html)
    assert re.findall(r"<td>([0-9.–]+)</td>", ours)[:2] == ["50.0", "60.0"]
    assert re.findall(r"<td>([0-9.–]+)</td>", theirs)[:3] == ["71.2", "73.3", "–"]


def test_a_measure_over_the_weight_keeps_both_kinds_of_evidence_apart(third):
    figure = over_weight([third], "linear", "linear")
    ours, theirs = figure.data
    assert list(ours.x) == ["0", "0.25", "1", "∞"] and list(ours.y) == pytest.approx([50, 60, 60, 60])
    assert theirs.name == "ResNet18, report" and list(theirs.x) == ["0", "0.25"] and list(theirs.y) == [71.25, 73.32]


def test_lines_are_named_by_what_sets_them_apart(third):
    fourth = made_result("table-4-resnet18", lambda run: {"values": {"linear": 0.3}})
    plain = made_result("table-3-plainnet18", lambda run: {"values": {"linear": 0.4}})
    names = [
        [line.name for line in over_weight(both, "linear", "linear").data] for both in ([third, plain], [third, fourth])
    ]
    assert names[0] == ["ResNet18", "ResNet18, report", "PlainNet18", "PlainNet18, report"]
    assert names[1] == ["rotation", "rotation, report", "random labels", "random labels, report"]


def test_cells_of_several_seeds_come_with_their_standard_error():
    def measure(run):
        return {"values": {"linear": 0.5 + 0.01 * run["seed"], "mlp": 0.6 if run["seed"] else None}}

    several = made_result("table-3-resnet18", measure, seeds=[0, 1, 2])
    html = table(several, ("linear", "mlp"), TABLE_3["resnet18"])
    # per cent: 50, 51, 52, whose deviation is 1
    assert "<td>51.0 ± 0.6</td>" in html and "stored: mean ± standard error of three seeds" in html
    assert re.findall(r"<td>([^<]*)</td>", html.split("MLP accuracy")[1])[:2] == ["–", "–"]  # a training was lost
    figure = over_weight([several], "linear", "linear")
    assert figure.data[0].error_y.array == pytest.approx([1 / math.sqrt(3)] * 4)
    assert figure.data[1].error_y.array is None  # the report's
    assert figure.layout.meta["table"]["rows"][0][2] == "51.0 ± 0.6"
    bars = by_decoder(made_result("table-2", lambda run: measure({"seed": run["seed"]}) | {}, seeds=[1, 2])).data[0]
    assert bars.error_y.array == pytest.approx([0.5] * 3)


def test_images_begin_with_the_original(third):
    titles = re.findall(r"<p>(.*?)</p>", images(third))
    assert titles[0] == "image" and len(titles) == 7 and "non-linear decoder, λ = 1" in titles


def test_what_gives_back_next_to_nothing_is_named_and_not_shown(third):
    for run in third.select(weight="0.25", decoder="linear"):
        run["values"]["l2"] = 0.92
    html = images(third)
    titles = re.findall(r"<p>(.*?)</p>", html)
    assert "linear decoder, λ = 0.25" not in titles and titles[-1].endswith("linear decoder, λ = 0.25 (loss 0.92).")
    assert html.count("<img") == 2 * 6


def test_images_are_those_of_the_first_seed():
    def measure(run):
        return {"values": {"linear": 0.5, "mlp": 0.5, "pictures": [run["seed"]] * 2 * 3 * 32 * 32}}

    several = made_result("table-3-resnet18", measure, seeds=[0, 1])
    assert images(several).count("<img") == 2 * 7


def test_table_2_needs_no_weight():
    result = made_result("table-2", lambda run: {"curves": {}, "values": {"linear": 0.4, "linear_v": 0.2}})
    html = table(result, ("linear", "linear_v"), {(d, ""): v for d, v in TABLE_2.items()})
    assert "<td>44.8</td><td>38.2</td><td>40.1</td>" in html and "<td>0.20</td>" in html


def test_bars_stand_by_decoder():
    found = {"linear": (0.4, 0.5), "non_linear": (0.3, 0.6), "none": (0.35, 0.45)}
    result = made_result(
        "table-2", lambda run: {"values": dict(zip(("linear", "mlp"), found[run["decoder"]], strict=True))}
    )
    linear, mlp = by_decoder(result).data
    assert list(linear.x) == ["linear decoder", "non-linear decoder", "no decoder"]
    assert list(linear.y) == pytest.approx([40, 30, 35]) and list(mlp.y) == pytest.approx([50, 60, 45])


def test_leads_are_told_seed_by_seed(fifth):
    # both protocols of both decoders read a thousandth more, or less, from seed 0 to seed 1
    assert (
        told_at(fifth, "linear", "linear") == "92.05 ± 0.05" and told_at(fifth, "linear", "linear", 0) == "80.00 ± 0.00"
    )
    assert lead(fifth, "linear") == "+2.00 ± 0.00" and lead(fifth, "mlp") == "-2.00 ± 0.00"
    assert told_at(fifth, "non_linear", "l2") == "0.201 ± 0.001"
