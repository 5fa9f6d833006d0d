"""Text from results reaches the page as text, whatever it says."""

import dataclasses
import json
from html.parser import HTMLParser

import numpy as np
import pytest
from helpers import refused

from mi_lab.ground.files import ResultError
from mi_lab.pages.figures import curves_of
from mi_lab.pages.interactive.widgets import widget
from mi_lab.pages.pictures import Picture, picture_rows
from mi_lab.pages.provenance import provenance
from mi_lab.pages.site.sphinx_ext import figure_html
from mi_lab.pages.tables import table_html
from mi_lab.results.store import load, load_others, save

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'onmouseover='alert(1)",
    "<!--",
    "]]>&lt;b&gt;",
)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text of its scripts."""

    def __init__(self, html):
        super().__init__()
        self.found, self.scripts, self._inside = [], [], False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._inside = tag == "script"

    def handle_data(self, data):
        if self._inside:
            self.scripts.append(data)

    def handle_endtag(self, tag):
        self._inside = False


def harmless(html):
    """No element or attribute that runs anything, and no comment that swallows the rest of the page."""
    for tag, attributes in Elements(html).found:
        assert tag != "svg" and not (tag == "script" and attributes.get("type") != "application/json")
        assert not any(name.startswith("on") for name in attributes)
        assert tag != "img" or attributes["src"].startswith("data:image/png;base64,")
    assert html.rstrip().endswith(">") and "<!--" not in html


@pytest.fixture
def result(committed_results):
    return load("fig-1d", folder=committed_results)


@pytest.mark.parametrize("text", HOSTILE)
def test_provenance(result, text):
    made = dict(result.provenance)
    for name in ("machine", "torch", "git_revision", "date"):
        spoiled = dataclasses.replace(result, provenance=made | {name: text})
        harmless(provenance(spoiled))
        harmless(figure_html(json.loads(curves_of(spoiled, "dv").to_json())))


@pytest.mark.parametrize("text", HOSTILE)
def test_overrides(result, text):
    harmless(provenance(dataclasses.replace(result, overrides={"task": text, text: 1})))


@pytest.mark.parametrize("text", [text.replace("/", "∕") for text in HOSTILE])
def test_a_file_name_is_never_shown(result, text, tmp_path):
    save(result, tmp_path).rename(tmp_path / f"fig-1d.{text}.json")
    with refused("should be called fig-1d.laptop.json", error=ResultError):
        load_others(tmp_path)


@pytest.mark.parametrize("text", HOSTILE)
def test_tables_pictures_and_widgets(result, text):
    harmless(table_html([text], [[text]], text))
    pixel = Picture(np.zeros((1, 1), np.uint8), text, text)
    harmless(picture_rows([(text, [pixel])], result))
    html = widget("interaction", text, [text], [[text]], text, data=text)._repr_html_()
    harmless(html)
    [payload] = Elements(html).scripts
    assert json.loads(payload)["data"] == text  # and nothing was lost on the way


@pytest.mark.parametrize("text", HOSTILE)
def test_a_figures_own_text(text):
    figure = {"data": [{"name": text}], "layout": {"meta": {"alt": text, "id": text, "provenance": ""}}}
    harmless(figure_html(figure))


def test_what_runs_would_be_found():
    for html in ("<p onclick=x>.</p>", "<script>x</script>", "<img src=x>", "<svg></svg>", "<p><!--</p>"):
        with pytest.raises(AssertionError):
            harmless(html)
