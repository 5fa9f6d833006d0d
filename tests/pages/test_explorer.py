import json
import math
import re
from pathlib import Path

import pytest

from mi_lab import load
from mi_lab.pages.interactive import explorer
from mi_lab.results.curves import TAIL, final
from mi_lab.runner.running import run


@pytest.fixture(scope="module")
def found():
    return explorer.parts(Path(__file__).parents[2] / "book" / "results")


def test_every_part_is_small_enough_for_a_page(found):
    assert all(len(json.dumps(part, separators=(",", ":"))) < 60_000 for part in found.values())


def test_a_part_is_what_its_results_say(found, committed_results):
    part = found["nwj-nwj-1x64-shuffle"]
    result = load("explorer-nwj-shuffle", folder=committed_results)
    assert part["epochs"] == result.spec.epochs and len(part["points"]) == 30
    for point in part["points"]:
        runs = result.select(true_mi=point["mi"], batch_size=point["n"])
        assert point["end"] == point["at"] == pytest.approx([final(r, "nwj") for r in runs], rel=1e-3)
        shown = part["epochs_of"][point["epochs"]]
        for curve, one in zip(point["runs"], runs, strict=True):
            mean, ends = one["curves"]["nwj"]["mean"], [0, *shown]
            blocks = [sum(mean[a:b]) / (b - a) for a, b in zip(ends, shown, strict=False)]
            assert curve == pytest.approx(blocks, rel=6e-3, abs=1e-3)


def test_a_spike_between_two_shown_epochs_is_not_lost(found):
    part = found["nwj-nwj-1x64-derangement"]
    [point] = [p for p in part["points"] if (p["mi"], p["n"]) == (20, 64)]
    assert min(point["end"]) < 0 and min(min(curve) for curve in point["runs"]) < min(point["end"])


def test_the_longest_run_of_a_point_is_taken_and_compared_at_a_common_epoch(found, committed_results):
    part = found["nwj-nwj-2x512-shuffle"]
    [point] = [p for p in part["points"] if (p["mi"], p["n"]) == (30, 512)]
    long = load("fig-2a", folder=committed_results)
    one = long.select(true_mi=30.0, batch_size=512)[0]
    assert point["epochs"] == 1000 and part["epochs"] == 40 and "fig-2a" in part["sources"][point["source"]]
    assert point["end"][0] == pytest.approx(final(one, "nwj"), rel=1e-3)
    early = one["curves"]["nwj"]["mean"][40 - TAIL : 40]
    assert point["at"][0] == pytest.approx(sum(early) / TAIL, rel=1e-3)


def test_only_the_standard_task_is_shown(found):
    # Fig. 3c, d is regularised with three layers; Fig. 1c has two epochs
    assert all(part["critic"] in ("1x64", "2x512") for part in found.values())
    assert not any(point["n"] == 32768 for point in found["mine-dv-2x512-shuffle"]["points"])


def test_a_run_that_stopped_being_finite_is_kept_as_such():
    result = run("explorer-nwj-shuffle", "smoke", epochs=60, batch_size=512, true_mi=2.5, workers=1, progress=False)
    stopped = result.runs[0]
    stopped["first_nonfinite_epoch"] = 31
    for curve in stopped["curves"].values():
        for statistic in curve:
            curve[statistic] = curve[statistic][:30]
    part = explorer._part("nwj", "nwj", "1x64", "shuffle")
    explorer._add(part, result, result.spec, "nwj")
    explorer._finish(part)
    point = part["points"][0]
    assert point["at"] == point["end"] == [None] and point["stopped"] == [31]
    assert len(point["runs"][0]) == len([e for e in part["epochs_of"][60] if e <= 30])


def test_shown_epochs_begin_densely_and_end_at_the_end():
    for epochs in (40, 50, 200, 1000):
        shown = explorer._epochs_shown(epochs)
        assert shown[:10] == list(range(1, 11)) and shown[-1] == epochs and len(shown) <= 62
        assert shown == sorted(set(shown))


def test_parts_are_written_as_scripts(tmp_path, committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))
    explorer.write_parts(tmp_path / "explorer")
    for path in (tmp_path / "explorer").iterdir():
        name, text = re.fullmatch(r'MILab\.parts\["(.*?)"\]=(.*);\n', path.read_text(encoding="utf-8")).groups()
        assert path.stem == name and math.isfinite(json.loads(text)["points"][0]["mi"])


def test_without_javascript_the_widgets_tell_of_stored_runs(committed_results):
    html = explorer.explorer(folder=committed_results).data
    assert html.count("<tr>") == 7 and "NWJ after 200 epochs" in html
    assert "stored" in html and "<tr>" in explorer.train(folder=committed_results).data


def test_all_estimators_stand_side_by_side_with_their_stored_ends(committed_results):
    html = explorer.side_by_side(20.0, 64, committed_results).data
    rows = [re.findall("<td>(.*?)</td>", row) for row in html.split("<tr>")[2:]]
    assert "all pairs, 60 epochs" in html and "mi-evidence'>stored" in html and len(rows) == 6
    for estimator, readout, label in (("dv", "dv", "DV"), ("js", "plug_in", "JS plug-in")):
        [row] = [row for row in rows if row[0] == label]
        for cell, negatives in zip(row[1:], explorer.NEGATIVES, strict=True):
            runs = load(f"explorer-{estimator}-{negatives}", folder=committed_results).select(
                true_mi=20.0, batch_size=64
            )
            assert [float(value) for value in cell.split(", ")] == pytest.approx(
                [final(r, readout) for r in runs], rel=1e-3
            )
