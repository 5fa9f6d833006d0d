"""The documents of whoever inherits this: their links lead somewhere, and what they name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_within_the_repository_leads_to_a_file(name):
    links = [link for link in re.findall(r"\]\(([^)#]+)", text(name)) if not link.startswith("https://")]
    assert not [link for link in links if not (ROOT / link).exists()]


@pytest.mark.parametrize("name", DOCUMENTS[:3])
def test_every_make_target_that_is_named_is_there(name):
    targets = re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE)
    named = re.findall(r"(?:`|^)make ([a-z-]+)", text(name), re.MULTILINE)
    assert named and set(named) <= set(targets)


def test_the_readme_and_the_book_lead_to_them():
    assert {f"]({name})" in text("README.md") for name in DOCUMENTS[1:]} == {True}
    assert {f"{{repository}}`{name}`" in text("book/contributing.md") for name in DOCUMENTS[1:]} == {True}
    assert "file: book/contributing" in text("_toc.yml")


def test_the_map_has_every_room_and_every_patch():
    rooms = {path.name for path in (ROOT / "mi_lab").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert set(re.findall(r"^\| `(\w+)/` \|", text("ARCHITECTURE.md"), re.MULTILINE)) == rooms
    [extension] = (ROOT / "mi_lab").rglob("sphinx_ext.py")
    functions = set(re.findall(r"^(?:def|class) (\w+)", extension.read_text(encoding="utf-8"), re.MULTILINE))
    told = set(re.findall(r"`(\w+)`", text("ARCHITECTURE.md")))
    assert functions - told <= PLAIN, "a patch of Sphinx that the map does not explain"


PLAIN = {"figure_html", "_meta", "_table", "_mathjax", "_complete", "_in_order", "_offer_repository", "setup"}
"""What is no patch, but the way in which the extension is written."""
