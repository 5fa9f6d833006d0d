import re

import pytest

from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.pages.chapters.status import PACKAGES, results_table, versions_table
from mi_lab.results.store import is_stored, load


@pytest.fixture(autouse=True)
def stored(committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))


def test_every_experiment_is_listed_with_its_origin_or_as_not_run():
    rows = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>.*?</tr>", results_table().data)][1:]
    assert [row[0] for row in rows] == list(EXPERIMENTS)
    for name, _, profile, date, *_, revision in rows:
        if is_stored(name):
            made = load(name).provenance
            assert (profile, date, revision) == (load(name).profile, made["date"], made["git_revision"])
        else:
            assert profile == "not run" and date == revision == ""


def test_versions_are_those_installed():
    table = versions_table().data
    assert all(f"<td>{name}</td>" in table for name in PACKAGES)
