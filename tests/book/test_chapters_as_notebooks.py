"""Each chapter as a notebook: downloaded from any place, and readable where nothing knows of Sphinx."""

import json
import re

import nbformat
import pytest
from test_book import PAGES

from mi_lab.pages.site.notebooks import Book, plain, readable
from mi_lab.pages.theme import FIGURE_MIME

pytestmark = pytest.mark.book
RAW = re.compile(r"\{[\w:]+\}`|^ *[`:]{3,}\{|^\([\w-]+\)=$|^:label:", re.MULTILINE)
BOOK = Book("https://x.org/", {"fig-2a": "nwj.html#fig-2a"}, {"poole2019": ("Poole et al.", "2019")})


@pytest.fixture(scope="module")
def notebooks(book):
    paths = [book / "_sources" / "book" / f"{name}.ipynb" for name in PAGES]
    return {path.stem: nbformat.reads(path.read_text("utf-8"), as_version=4) for path in paths if path.exists()}


def test_they_begin_with_their_title_and_hold_no_myst(notebooks):
    assert len(notebooks) > 15
    for name, notebook in notebooks.items():
        nbformat.validate(notebook)
        assert notebook.cells[0].source.startswith("# "), name
        texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
        assert [text for text in texts if RAW.search(text)] == [], name
        shown = json.dumps([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])
        assert "needs JavaScript" not in shown and "scrapbook" not in shown, name
        assert "/tmp/" not in json.dumps(notebook)


def test_values_stand_in_the_text_of_the_page_and_of_the_notebook_alike(notebooks, browser, served):
    page = browser.new_page()
    page.goto(f"{served}/book/nwj.html")
    item = page.locator("article li").filter(has_text="2.5 nats").first.inner_text()
    value = re.search(r"ends at ([\d.]+)", item)[1]
    assert f"*2.5 nats* ends at {value}, near its circle" in "".join(cell.source for cell in notebooks["nwj"].cells)
    page.close()


def test_every_link_leads_to_a_place_in_the_book(notebooks, book):
    ids = {
        path.name: set(re.findall(r'\bid="([^"]+)"', path.read_text("utf-8")))
        for path in (book / "book").glob("*.html")
    }
    links = [
        (name, *link)
        for name, notebook in notebooks.items()
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for link in re.findall(r'(?:\]\(|href=")\.\./\.\./book/([\w-]+\.html)(?:#([^?)"]+))?', cell.source)
    ]
    assert len(links) > 200
    assert [link for link in links if link[1] not in ids or (link[2] and link[2] not in ids[link[1]])] == []
    inside = [cell.source for notebook in notebooks.values() for cell in notebook.cells if "](#" in cell.source]
    assert inside == []  # a heading has another name in Jupyter


@pytest.mark.parametrize("place", ["http", "file"])
def test_the_arrow_of_a_page_saves_it_with_the_address_of_this_book(browser, served, book, tmp_path, place):
    page = browser.new_page(accept_downloads=True)
    base = served if place == "http" else f"file://{book}"
    page.goto(f"{base}/book/nwj.html")
    link = page.locator("a.btn-download-notebook-button")
    assert link.get_attribute("href").endswith("_sources/book/nwj.ipynb")  # without JavaScript the file itself
    with page.expect_download() as waiting:
        link.evaluate("link => link.click()")
    assert waiting.value.suggested_filename == "nwj.ipynb"
    waiting.value.save_as(tmp_path / "nwj.ipynb")
    text = (tmp_path / "nwj.ipynb").read_text("utf-8")
    nbformat.validate(nbformat.reads(text, as_version=4))
    assert f"]({base}/book/mine.html)" in text and "../../book" not in text
    page.close()


def test_what_sphinx_would_make_of_a_text_is_made():
    text = (
        "(place)=\n## Title\n\n````{dropdown} Solutions\n1. A\n\n   ```{math}\n   :label: eq-5\n"
        "   x = y\n   ```\n````\n\n"
        "```{admonition} Note\nOne {curve}`a <fig-2a 10>`,\n\ntwo.\n```\n"
        "{cite:t}`poole2019` and {cite:p}`poole2019`; {eq}`eq-5`; [a](#fig-2a), [b](js.md), [c](js.md#x), [d](#here) "
        "{py:func}`~mi_lab.train.train` {py:func}`it <mi_lab.train.train>` {term}`all pairs` {repository}`README.md` "
        '<a href="#train?n=64">e</a> <a href="js.html#w?n=1">f</a> [g](https://a.b/c)'
    )
    made = plain(text, "nwj", BOOK, {"a": "3.14"})
    assert made.startswith(
        "## Title\n\n<details><summary>Solutions</summary>\n\n1. A\n\n   $$\n   x = y \\tag{5}\n   $$\n"
    )
    assert "> **Note**\n>\n> One 3.14,\n>\n> two.\n" in made
    assert (
        "Poole et al. (2019) and (Poole et al., 2019)" in made and "[(5)](https://x.org/nwj.html#equation-eq-5)" in made
    )
    assert "[a](https://x.org/nwj.html#fig-2a), [b](https://x.org/js.html), [c](https://x.org/js.html#x)" in made
    assert (
        "[d](https://x.org/nwj.html#here)" in made
        and "[`train`](" in made
        and "[`it`](" in made
        and "`README.md`" in made
    )
    assert 'href="https://x.org/nwj.html#train?n=64"' in made and 'href="https://x.org/js.html#w?n=1"' in made
    assert "[g](https://a.b/c)" in made


def test_a_figure_has_its_caption_and_stands_as_a_table_where_nothing_draws_it():
    figure = {"data": [], "layout": {"meta": {"alt": "A line.", "table": {"head": ["x"], "rows": [["7"]]}}}}
    code = nbformat.v4.new_code_cell("draw()", outputs=[nbformat.v4.new_output("display_data", {FIGURE_MIME: figure})])
    code.metadata["mystnb"] = {"figure": {"caption": "**Fig. 1.** {glue:text}`a` nats."}}
    code.metadata["tags"] = ["hide-input"]
    title = nbformat.v4.new_markdown_cell("# T")
    made = readable(nbformat.v4.new_notebook(cells=[title, code]), "nwj", BOOK, {"a": "3"}, first="import x")
    assert [cell.source for cell in made.cells] == ["# T", "import x", "draw()", "**Fig. 1.** 3 nats."]
    data = made.cells[2].outputs[0].data
    assert data[FIGURE_MIME] == figure and "A line." in data["text/html"] and "<td>7</td>" in data["text/html"]
    assert made.cells[2].metadata["jupyter"] == {"source_hidden": True}
