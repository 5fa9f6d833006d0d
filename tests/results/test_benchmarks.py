"""The stored benchmark: what is read from it and what is refused, and that its contestants do their work."""

import copy
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import refused

from mi_lab import ResultError
from mi_lab.ground.costs import step_flops
from mi_lab.results.benchmarks import IMAGES, LOWER, Speed, load_speed, save_speed

ROOT = Path(__file__).parents[2]
CASE = "1x64, N=64, nwj"


def document(**changes):
    return {
        "format": 1,
        "date": "2026-01-01",
        "git_revision": "abc",
        "machine": "a processor",
        "versions": {"torch": "2"},
        "cases": {CASE: [[64], 64, "shuffle"]},
        "matrix": [2e11, 1e11, 1e11],
        "rates": {
            "mi_lab": {CASE: [800.0, 500.0, 600.0]},
            "loop": {CASE: [200.0, 100.0, 200.0]},
            "peer": {CASE: [None] * 3},
        },
        "scaling": {"N": {"64": 1e-3}},
        "shares": {CASE: {"matrix products": 1.0}},
    } | changes


def test_ratios_and_shares_are_taken_within_a_round():
    speed = Speed(document())
    assert speed.ratio(CASE, "mi_lab", "loop") == 4.0  # the median of 4, 5 and 3, not the ratio of medians
    assert speed.rate(CASE, "mi_lab") == 600.0
    flops = step_flops((64,), 64)
    assert speed.share(CASE, "mi_lab") == pytest.approx(500 * flops / 1e11)
    assert math.isnan(speed.rate(CASE, "peer")) and math.isnan(speed.ratio(CASE, "mi_lab", "peer"))
    assert math.isnan(speed.share(CASE, "peer"))


def test_a_share_is_of_the_matrix_rate_in_its_own_precision():
    rates = {"mi_lab": {CASE: [500.0] * 3}, LOWER: {CASE: [1000.0] * 3}}
    flops = step_flops((64,), 64)
    speed = Speed(document(rates=rates, lower_matrix=[4e11] * 3))
    assert speed.share(CASE, LOWER) == pytest.approx(1000 * flops / 4e11)
    assert math.isnan(Speed(document(rates=rates)).share(CASE, LOWER))  # not measured, and not the other's


def test_what_was_stored_is_read(tmp_path):
    save_speed(document(), tmp_path)
    assert load_speed(tmp_path).document["rates"] == document()["rates"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda d: d["rates"]["mi_lab"].update({CASE: [9.0]}), ("sha256", "make bench")),
        (lambda d: d.pop("sha256"), ("sha256",)),
        (lambda d: d["rates"]["mi_lab"].update({CASE: ["fast"]}), ("rates.mi_lab",)),
        (lambda d: d.pop("matrix"), ("matrix",)),
        (lambda d: d.update(format=2), ("format",)),
    ],
)
def test_a_changed_file_is_refused(tmp_path, damage, words):
    path = save_speed(document(), tmp_path)
    changed = copy.deepcopy(json.loads(path.read_text()))
    damage(changed)
    path.write_text(json.dumps(changed))
    with refused("speed.json", *words, error=ResultError):
        load_speed(tmp_path)


def test_a_missing_file_is_told(tmp_path):
    with refused("speed.json", "make bench", error=ResultError):
        load_speed(tmp_path)


def test_the_committed_benchmark_can_be_read(committed_results):
    speed = load_speed(committed_results)
    assert {"mi_lab", LOWER, "plain loop", "plain loop, as typed", "torch-mist", "benchmark-mi"} == set(
        speed.document["rates"]
    )
    assert len(speed.document["rates"]["mi_lab"]) == len(speed.document["cases"]) == 12
    assert "changes" not in speed.document["git_revision"]


def test_the_committed_benchmark_of_images_can_be_read(committed_results):
    speed = load_speed(committed_results, IMAGES)
    assert list(speed.document["rates"]) == ["mi_lab, bfloat16", "mi_lab, float32", "plain loop, float32"]
    assert speed.ratio("batches of 512", "mi_lab, bfloat16", "plain loop, float32") > 1
    assert "changes" not in speed.document["git_revision"]


def test_the_plain_loop_of_the_benchmark_learns(monkeypatch):
    """The yardstick does the work it is measured at: its NWJ estimates rise, with every scheme of negatives."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "benchmarks")
    import contestants

    for negatives in ("shuffle", "all_pairs"):
        train, _ = contestants.plain_loop((64,), 64, negatives, "nwj")
        estimates = train(1500)
        assert sum(estimates[-100:]) / 100 > sum(estimates[:100]) / 100 + 0.3
        assert len(estimates) == 1500


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mi_lab", "mi_lab_bfloat16"])
def test_a_contestant_answers_for_every_case(name):
    script = ROOT / "tests" / "benchmarks" / "contestants.py"
    done = subprocess.run([sys.executable, script, name, "0.01", "0"], capture_output=True, text=True, check=True)
    rates = json.loads(done.stdout)
    assert len(rates) == 12 and all(rate > 0 for rate in rates.values())
