"""The whole book for paper, and each chapter as a notebook."""

import json
import re

import nbformat
import pytest
from helpers import until

from mi_lab.pages.site.printed import one_of_many

pytestmark = pytest.mark.book


def test_a_part_of_a_longer_page_names_no_section_and_hides_no_solution():
    part = one_of_many(
        '<section id="exercises"><h2>E<a class="headerlink" href="#exercises">#</a></h2>'
        '<details class="sd-card"><summary>Solution</summary></details></section><div id="fig-5"></div>'
    )
    assert 'id="exercises"' not in part and "headerlink" not in part and '<details open class="sd-card">' in part
    assert 'id="fig-5"' in part  # figures are linked to, and unique


@pytest.mark.slow
def test_the_whole_book_prints(browser, served, tmp_path):
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{served}/book/print.html")
    text = page.locator("article").inner_text()
    titles = [re.sub(r"\W+", " ", title) for title in page.locator("article h1").all_inner_texts()]
    assert len(titles) == len(set(titles)) >= 20 and titles[0].startswith("Mutual information")
    assert all(word in text for word in ("log N", "Exercises", "Solution"))
    names = page.locator(".mi-widget, .mi-plot").evaluate_all("all => all.map((e) => e.id).filter(Boolean)")
    assert len(names) == len(set(names)) > 8
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    until(page, "!document.querySelector('.mi-plot:not([data-drawn])')", seconds=90)
    until(page, "!document.querySelector('.math:not(:has(mjx-container))')", seconds=90)
    pdf = page.pdf(path=tmp_path / "book.pdf", format="A4")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 60 < pages < 400 and errors == []
    page.close()


def test_a_widget_that_nobody_came_near_prints_its_table(browser, served):
    page = browser.new_page()
    page.goto(f"{served}/book/background.html")
    widget = page.locator("#sampler:not([data-ready])")
    assert not widget.locator("table").is_visible()
    page.emulate_media(media="print")
    assert widget.locator("table").is_visible() and not widget.locator(".mi-still").is_visible()
    assert widget.bounding_box()["height"] < 500  # no empty place is kept for what does not come
    page.close()


def test_every_executed_chapter_is_offered_as_a_notebook(browser, served, book):
    page = browser.new_page()
    page.goto(f"{served}/book/nwj.html")
    link = page.locator("a.btn-download-notebook-button")
    address = link.get_attribute("href")
    assert address.endswith("_sources/book/nwj.ipynb")
    notebook = nbformat.reads((book / "_sources" / "book" / "nwj.ipynb").read_text(), as_version=4)
    assert any(cell.cell_type == "code" and cell.outputs for cell in notebook.cells)
    assert "load(" in json.dumps(notebook) and "/tmp/" not in json.dumps(notebook)
    page.close()
