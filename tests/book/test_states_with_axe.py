"""Accessibility by axe-core in what a page becomes while it is used, light and dark, wide and narrow."""

import pytest
from helpers import in_tiers, until
from test_book import NARROW, WIDE
from test_every_page import check_with_axe

pytestmark = pytest.mark.book


def unfolded(page):
    """All that unfolds is open, in the page and in its menu."""
    page.evaluate("document.querySelectorAll('article details').forEach((e) => { e.open = true; })")
    until(page, "document.querySelectorAll('article details table').length > 0")


def answered(page):
    """Questions answered, a word explained, a curve lit."""
    page.locator(".mi-ask button").first.wait_for()
    for asked in page.locator(".mi-ask").all():
        asked.get_by_role("button").first.click()
    page.locator("button.mi-curve").first.focus()
    until(page, "document.querySelector('.mi-faint')")
    page.locator("a.mi-term").first.hover()
    until(page, "document.querySelector('.mi-tip:not([hidden])')")


def training(page):
    """A critic that trains, with its values as a table."""
    page.get_by_role("button", name="Start").click()
    until(page, "document.querySelectorAll('#train tbody tr').length > 3")
    page.locator("#train summary").first.click()


def missing(page):
    """A setting of the explorer that was never run, which offers others."""
    page.get_by_label("critic").select_option("2x512")
    page.get_by_label("negatives").select_option("all_pairs")
    page.locator(".mi-offers button").first.wait_for()


def edited(page):
    """Own weights of three variables, and their values."""
    page.locator("#interaction").scroll_into_view_if_needed()
    cell = page.get_by_label("x = 1, y = 1, z = 1")
    cell.fill("3")
    cell.blur()
    page.locator("#interaction summary").first.click()


def filtered(page):
    page.get_by_label("verdict").select_option("partly")


STATES = [
    ("nwj", unfolded),
    ("nwj", answered),
    ("supervised-autoencoder", unfolded),
    ("train", training),
    ("explorer", missing),
    ("background", edited),
    ("claims", filtered),
]


@pytest.mark.parametrize(
    "viewport", [pytest.param(WIDE, id="wide", marks=pytest.mark.slow), pytest.param(NARROW, id="narrow")]
)
@pytest.mark.parametrize(
    ("name", "state"),
    in_tiers(STATES, [("nwj", answered), ("train", training), ("claims", filtered)]),
    ids=[f"{name}-{state.__name__}" for name, state in STATES],
)
def test_a_page_in_use_is_accessible(browser, served, name, state, viewport):
    context = browser.new_context(viewport=viewport)
    page = context.new_page()
    page.goto(f"{served}/book/{name}.html")
    for widget in page.locator(".mi-widget").all()[:3]:
        widget.scroll_into_view_if_needed()
    until(page, "[...document.querySelectorAll('.mi-widget')].slice(0, 3).every((e) => e.dataset.ready)")
    state(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)  # colours fade over
        check_with_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    context.close()


@pytest.mark.slow
def test_pages_of_source_do_not_overflow_a_phone(browser, book):
    page = browser.new_page(viewport=NARROW)
    sources = sorted((book / "_modules").rglob("*.html"))
    assert len(sources) > 10
    for path in sources:
        page.goto(f"file://{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], path.name
    page.close()
