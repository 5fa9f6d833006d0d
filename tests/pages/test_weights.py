import json
import re

import pytest
from helpers import made_result

from mi_lab.experiments.reported import TABLE_3, TABLE_4
from mi_lab.pages.interactive.weights import weights


def payload(widget):
    return json.loads(re.search(r'json">(.*?)</script>', widget.data).group(1))["shown"]


@pytest.fixture
def made():
    def measure(run):
        values = {"linear": 0.5 + 0.1 * (run["decoder"] == "linear"), "mlp": 0.6, "pretext_accuracy": 0.7}
        return {"values": values if run["decoder"] == "none" else values | {"l2": 0.25}}

    return [made_result("table-3-resnet18", measure), made_result("table-4-resnet18", measure)]


def test_every_state_of_the_controls_has_its_bars(made):
    shown = payload(weights(made))
    count = 1
    for control in shown["controls"]:
        count *= len(control["options"] if "options" in control else control["names"])
    assert len(shown["choices"]) == count == 2 * 2 * 5 * 4
    first = " ".join(str(control["value"]) for control in shown["controls"])
    assert shown["choices"][first]["bars"][1] == ["linear", 60.0, 73.3, "60.0"]


def test_bars_are_ours_beside_the_reports(made):
    choices = payload(weights(made))["choices"]
    assert choices["rotation resnet18 linear 0"]["bars"] == [
        ["no decoder", 50.0, float(f"{TABLE_3['resnet18']['none', '0']['linear']:.1f}"), "50.0"]
    ]
    random = choices["random_labels resnet18 mlp 3"]["bars"]
    assert random[1] == ["linear", 60.0, float(f"{TABLE_4['resnet18']['linear', 'inf']['mlp']:.1f}"), "60.0"]
    assert len(random) == 2  # Table 4 has no other decoder


def test_no_decoder_has_no_loss(made):
    choices = payload(weights(made))["choices"]
    assert choices["rotation resnet18 l2 0"]["bars"] == []
    assert "no decoder" in choices["rotation resnet18 l2 0"]["summary"]
    assert [bar[0] for bar in choices["rotation resnet18 l2 1"]["bars"]] == ["linear", "non-linear"]


def test_what_was_not_run_is_said_to_be_not_run(made):
    shown = payload(weights(made))
    missing = shown["choices"]["rotation plainnet18 linear 1"]
    assert "not run with a linear decoder" in missing["summary"] and "The report: 45.1" in missing["summary"]
    assert shown["sources"][missing["source"]].startswith("nothing of this yet\n")
    assert "not measured with a linear decoder" in shown["choices"]["rotation resnet18 nmi 1"]["summary"]


def test_one_measure_has_one_axis(made):
    shown = payload(weights(made))
    for measure in ("linear", "mlp", "l2", "pretext_accuracy", "nmi"):
        ranges = {tuple(c["range"]) for key, c in shown["choices"].items() if f" {measure} " in key}
        bars = [b for key, c in shown["choices"].items() if f" {measure} " in key for b in c["bars"]]
        [(least, most)] = ranges
        assert least == 0 and most > max(v for bar in bars for v in bar[1:3] if v is not None)


def test_the_table_that_stands_in_holds_every_result(made):
    html = weights(made).data
    start = "<td>rotation</td><td>ResNet18</td><td>linear accuracy [%]</td>"
    reported = TABLE_3["resnet18"]
    none, linear, other = (
        f"({reported[key]['linear']:.1f})" for key in (("none", "0"), ("linear", "0.25"), ("non_linear", "0.25"))
    )
    assert f"{start}<td>linear</td><td>50.0 {none}</td><td>60.0 {linear}</td>" in html
    assert f"{start}<td>non-linear</td><td>50.0 {none}</td><td>50.0 {other}</td>" in html
    assert "<td>random labels</td>" in html and "table-3-resnet18" in html


def test_the_table_says_how_many_seeds_its_means_have(made):
    assert "Seeds per network: 1." in weights(made).data
    several = made_result("table-4-plainnet18", lambda run: {"values": {"linear": 0.5}}, seeds=[0, 1, 2])
    assert "Seeds per network: 1 to 3." in weights([*made, several]).data
