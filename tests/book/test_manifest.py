"""What the built book says it rests on, that two builds agree, and that every shipped file has its licence listed."""

import hashlib
import importlib.metadata
import json
import re
from pathlib import Path

import pytest
from helpers import refused

from mi_lab import ResultError
from mi_lab.pages.interactive.widgets import ASSETS
from mi_lab.pages.site.licences import PLOTLY, SHIPPED
from mi_lab.pages.site.manifest import check_results

ROOT = Path(__file__).parents[2]
# made by Sphinx from its configuration or by us from results
GENERATED = {"documentation_options.js", "language_data.js", "pygments.css", "basic.css", "copybutton.js"}
GENERATED |= {"webpack-macros.html"}  # the theme's, with our policy put in
TIMES = (
    r"(?<=Last updated on )\w+ \d+, \d+",  # the foot of every page
    r"(?<=<td><p>)\d{4}-\d\d-\d\d \d\d:\d\d(?=</p></td>)",  # the status page: when a page was executed,
    r"(?<=<td><p>)\d+\.\d+(?=</p></td>\s*<td><p>✅)",  # and how long it took
)
"""All that may differ between two builds of one revision with the same packages, as patterns."""


def index_without_numbers(script):
    """The content of ``searchindex.js`` but for words of digits, among which are the times of the status page."""
    index = json.loads(script.removeprefix("Search.setIndex(").removesuffix(")"))
    index["terms"] = {word: pages for word, pages in index["terms"].items() if not word.isdigit()}
    return index


def without_times(html):
    """A page with every one of ``TIMES`` left out."""
    return re.sub("|".join(TIMES), "", html)


def test_the_manifest_is_linked_and_holds_the_results_as_they_are(book):
    assert 'href="../manifest.json"' in (book / "book/status.html").read_text()
    told = json.loads((book / "manifest.json").read_text())
    stored = sorted((ROOT / "book/results").glob("*.json"))
    assert told["results"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in stored}
    assert re.match("[0-9a-f]{40}|unknown", told["revision"])
    assert told["packages"]["torch"] == importlib.metadata.version("torch")


def test_a_folder_that_lacks_results_of_the_book_is_told_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(tmp_path))
    with refused("lacks", "of the results that the book shows, accuracy.json first", "unset it", error=ResultError):
        check_results()
    for path in (ROOT / "book/results").glob("*.json"):
        (tmp_path / path.name).touch()
    check_results()


@pytest.mark.slow
def test_two_builds_agree_but_for_the_listed_times(book, book_again):
    files = sorted(path.relative_to(book) for path in book.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(book_again) for path in book_again.rglob("*") if path.is_file())
    differing = [str(file) for file in files if content(book / file) != content(book_again / file)]
    assert differing == []


def content(path):
    if path.name == "searchindex.js":
        return index_without_numbers(path.read_text(encoding="utf-8"))
    return without_times(path.read_text(encoding="utf-8")) if path.suffix == ".html" else path.read_bytes()


def test_only_times_are_left_out(book):
    page = (book / "book/status.html").read_text()
    assert all(re.search(pattern, page) for pattern in TIMES)
    assert len(page) - len(without_times(page)) < 1500
    measured = (book / "book/labels.html").read_text()
    assert len(measured) - len(without_times(measured)) == len("Nov 24, 2026")


def test_the_licence_of_every_shipped_file_is_listed(book):
    owned = {}
    for name in SHIPPED:
        for file in importlib.metadata.files(name):
            owned.setdefault(file.name, []).append(Path(str(file.locate())))
    own = {path.name for path in ASSETS.iterdir()} | {PLOTLY.name, "preview.png", "favicon.svg"} | GENERATED
    shipped = [p for p in (book / "_static").rglob("*") if p.is_file() and p.parent.name != "explorer"]
    strange = [
        str(path.relative_to(book))
        for path in shipped
        if path.name not in own
        and not path.name.startswith("mystnb.")  # assembled by MyST-NB, under a name with a hash
        and not any(path.read_bytes() == original.read_bytes() for original in owned.get(path.name, []))
    ]
    assert strange == []
