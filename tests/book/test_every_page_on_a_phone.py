"""Every page of the book, read on a phone, dark and from the file system."""

import pytest
from test_book import IN_TIERS, NARROW, visit
from test_every_page import check_with_axe

pytestmark = pytest.mark.book


@pytest.mark.parametrize("name", IN_TIERS)
def test_a_page_is_complete_on_a_phone_and_from_the_file_system(browser, book, name):
    page, problems = visit(browser, f"file://{book}/book/{name}.html", NARROW, "dark")
    assert problems == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], scheme
        # the theme would paint the HTML that a cell gives light in the dark
        outputs = page.locator(".cell_output .text_html").all()
        colours = {one.evaluate("e => getComputedStyle(e).backgroundColor") for one in outputs}
        assert colours <= {"rgba(0, 0, 0, 0)"}, scheme
    check_with_axe(page)
    page.context.close()


def test_sentences_that_a_cell_prints_are_read_without_scrolling(browser, served):
    page, problems = visit(browser, f"{served}/book/your-own-data.html", NARROW)
    printed = page.locator(".tag_mi-wrap .cell_output pre")
    assert printed.count() > 12
    assert printed.evaluate_all("all => all.filter((one) => one.scrollWidth > one.clientWidth).length") == 0
    assert problems == []
    page.context.close()
