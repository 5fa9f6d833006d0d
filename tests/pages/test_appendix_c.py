import inspect
import re
from dataclasses import fields
from pathlib import Path

from mi_lab.estimation.bounds import MovingAverageDV
from mi_lab.experiments.border_specs import Border
from mi_lab.experiments.image_specs import NoisyImages
from mi_lab.experiments.registry import EXPERIMENTS, experiment
from mi_lab.experiments.sweep_specs import CeilingTable, Limits
from mi_lab.pages.chapters.appendix_c import settings_table, shared

PAGE = (Path(__file__).parents[2] / "book" / "appendix-c.md").read_text(encoding="utf-8")


def test_every_training_is_on_the_page():
    named = {name for name in re.findall(r'"([^"]*)"', PAGE) if name in EXPERIMENTS}
    groups = {prefix for prefix in re.findall(r'"([a-z0-9-]+)"', PAGE) if prefix not in EXPERIMENTS}
    named |= {name for name in EXPERIMENTS if name.startswith(tuple(groups))}
    assert named == {
        name for name, e in EXPERIMENTS.items() if not isinstance(e.report, CeilingTable | Limits | Border)
    }


def test_no_setting_is_left_out():
    shown = settings_table("noisy-mnist").data
    for field in fields(NoisyImages):
        assert field.name.replace("_", " ").replace("data", "data set") in shown
    assert "critic width" in shown.split("<table", 1)[1] and "512 (laptop: 128)" in shown


def test_what_the_page_says_of_the_moving_average_is_what_runs():
    weight = inspect.signature(MovingAverageDV).parameters["weight"].default
    assert f"gives the newest batch a weight of {weight}." in PAGE


def cells(table):
    return [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>.*?</tr>", table)][1:]


def test_a_row_shows_the_report_and_where_the_laptop_differs():
    table = settings_table("fig-2a", "fig-2b").data
    head = re.findall("<th[^>]*>(.*?)</th>", table)
    [row] = [row for row in cells(table) if row[0] == "fig-2b"]
    laptop = experiment("fig-2b").spec("laptop")
    assert row[head.index("batch size")].startswith("64, 128") and "(laptop: 64, 128" in row[head.index("batch size")]
    assert row[head.index("epochs")] == f"1000 (laptop: {laptop.epochs})"


def test_what_all_share_is_said_once_unless_the_laptop_differs():
    common = shared(["fig-2a", "fig-2b"])
    assert common["estimator"] == "nwj" and "batch_size" not in common
    table = settings_table("fig-3ab", "fig-3cd").data
    before, inside = table.split("<table", 1)
    assert "learning rate 0.0001" in before and "dropout" in inside and "dropout" not in before
