"""The text of the pages: links that set widgets name states that exist, and solutions with code run."""

import json
import re
import textwrap
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from mi_lab.pages.interactive.explorer import parts
from mi_lab.pages.interactive.weights import weights
from mi_lab.pages.interactive.widget_controls import exploring, sampling, three_variables, training
from mi_lab.pages.interactive.widgets import findings

ROOT = Path(__file__).parents[2]
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "book").glob("*.md"))}
LINKS = [
    (page, *link)
    for page, text in TEXTS.items()
    for link in re.findall(r'href="([\w-]*(?:\.html)?)#([\w-]+)\?([^"]*)"', text)
]
HOME = {
    "correlation": ("background",),
    "sampler": ("background",),
    "interaction": ("background",),
    "interaction-labels": ("labels",),
    "explorer": ("explorer",),
    "train": ("train",),
    "weights": ("supervised-autoencoder",),
    "finding-2": ("index",),
    "finding-3": ("index",),
}
SOLUTIONS = [
    (page, textwrap.dedent(code))
    for page, text in TEXTS.items()
    for code in re.findall(r"^[ ]*```python\n(.*?)^[ ]*```$", text, flags=re.M | re.S)
]


def test_there_are_links_and_solutions_to_check():
    assert len(LINKS) > 15 and len(SOLUTIONS) > 3


@pytest.mark.parametrize(("page", "file", "widget", "query"), LINKS)
def test_a_link_that_sets_a_widget_goes_to_its_page_and_names_its_controls(page, file, widget, query):
    assert (file.removesuffix(".html") or page) in HOME[widget]
    source = source_of(widget)
    for key, value in parse_qsl(query, strict_parsing=True):
        assert re.search(rf'key"?: ?"{key}"', source), key
        # numbers are checked against the sliders by the browser; words must be known to the widget or its data
        assert re.fullmatch(r"[\d.]+", value) or widget == "explorer" or f'"{value}"' in source or f"{value}:" in source


def source_of(widget):
    """Where a widget's controls stand: in its script and the runtime, or in its data."""
    if widget == "weights":
        return weights([]).data
    if widget == "finding-2":
        return findings()[0].data
    controls = {"sampler": sampling(), "train": training([], 10, "N"), "explorer": exploring([], {}, 512)}
    data = json.dumps([controls.get(widget), three_variables()])
    script = "findings" if widget == "finding-3" else widget.removesuffix("-labels")
    assets = ROOT / "mi_lab" / "pages" / "assets"
    return data + "".join((assets / f"mi-{name}.js").read_text(encoding="utf-8") for name in (script, "widgets"))


@pytest.mark.parametrize("query", sorted({query for _, _, widget, query in LINKS if widget == "explorer"}))
def test_what_an_explorer_link_shows_is_stored(query, committed_results):
    state = dict(parse_qsl(query))
    part = stored_parts(committed_results)["-".join(state[key] for key in ("estimator", "critic", "negatives"))]
    assert any((point["n"], point["mi"]) == (int(state["n"]), float(state["mi"])) for point in part["points"])


def stored_parts(folder, kept={}):  # noqa: B006 - read once for all links
    if not kept:
        kept.update(parts(folder))
    return kept


@pytest.mark.parametrize(("page", "code"), SOLUTIONS, ids=[f"{page}-{i}" for i, (page, _) in enumerate(SOLUTIONS)])
def test_code_in_the_text_runs(page, code, committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))
    exec(compile(code, page, "exec"), {"__name__": page})  # noqa: S102 - our own pages
