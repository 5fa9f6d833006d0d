"""Finding one's way: the choice of claims, sources that unfold, stops of the tab key, what a page says to others."""

import re

import pytest
from test_book import NARROW, PAGES

from mi_lab.pages.provenance import folded, provenance
from mi_lab.results.store import load

pytestmark = pytest.mark.book


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, NARROW])
def test_claims_are_links_with_a_word_and_a_colour_and_can_be_chosen(browser, served, viewport):
    page = browser.new_page(viewport=viewport)
    page.goto(f"{served}/book/claims.html")
    rows = page.locator(".mi-claims tbody tr")
    total = rows.count()
    assert total > 30 and page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    for link in rows.locator("a").all():
        assert page.locator(link.get_attribute("href")).count() == 1
    page.get_by_label("verdict").select_option("partly")
    words = page.locator(".mi-claims tbody tr:visible .mi-verdict").all_inner_texts()
    assert set(words) == {"partly"} and 0 < len(words) < total
    assert page.locator(".mi-filters [role=status]").inner_text() == f"{len(words)} of {total} claims"
    colours = page.locator(".mi-verdict").evaluate_all(
        "all => all.map((e) => [e.textContent, getComputedStyle(e).borderLeftColor])"
    )
    assert len({tuple(one) for one in colours}) == len({word for word, _ in colours})
    page.get_by_label("section").select_option("2.3")
    assert page.locator(".mi-claims tbody tr:visible").count() <= len(words)
    page.close()


def test_a_source_is_one_short_line_and_unfolds_to_all(committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))
    one = provenance(load("fig-2b"))
    html = folded(f"{one}<br>{one}")
    summary = re.search("<summary>(.*?)</summary>", html)[1]
    assert "stored</span> profile laptop · 40 epochs (report: 1000) · seed 0 · and 1 more" in summary
    assert "torch" not in summary and html.count(one) == 2
    assert folded("made by hand") == '<p class="mi-provenance">made by hand</p>'


def test_the_command_of_an_unfolded_source_can_be_copied(browser, served):
    page = browser.new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{served}/book/nwj.html")
    source = page.locator("details.mi-provenance").first
    assert not source.locator("code").first.is_visible()
    source.locator("summary").click()
    source.get_by_role("button", name="Copy").first.click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("papermill book/experiments/nwj.ipynb")
    page.close()


def test_formulas_and_repeated_links_are_no_stops_of_the_tab_key(browser, served):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{served}/book/background.html")
    page.locator("mjx-container").first.wait_for(timeout=20_000)
    stops = page.evaluate(
        """[...document.querySelectorAll("a[href], button, input, select, summary, [tabindex]")]
          .filter((e) => e.tabIndex >= 0 && e.checkVisibility() && !e.disabled).map((e) => e.localName)"""
    )
    assert "mjx-container" not in stops and len(stops) <= 60  # 372 once
    page.close()


def test_every_page_says_what_it_is_to_others(book):
    for name in PAGES:
        text = (book / "book" / f"{name}.html").read_text("utf-8")
        told = dict(re.findall(r'<meta property="(og:\w+)" content="([^"]*)"', text))
        assert {"og:title", "og:description", "og:image"} <= set(told) and len(told["og:description"]) > 30, name
        assert 'rel="icon"' in text or 'rel="shortcut icon"' in text, name
    title = re.search("<title>(.*?)</title>", (book / "book" / "index.html").read_text("utf-8"))[1]
    assert title == "Mutual information, measured"
    assert (book / "_static" / "preview.png").exists() and (book / "_static" / "favicon.svg").exists()


def test_an_address_that_is_none_leads_on(browser, book):
    page = browser.new_page(viewport=NARROW)
    page.goto(f"file://{book}/404.html")
    for link in page.locator("a").all():
        assert (book / link.get_attribute("href")).exists()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.close()


def test_search_of_a_file_says_what_it_does_not_show(browser, book, served):
    page = browser.new_page()
    page.goto(f"file://{book}/search.html?q=derangement")
    page.locator("#search-results li a").first.wait_for(timeout=20_000)
    assert page.get_by_text("shows their titles alone").is_visible()
    page.goto(f"{served}/search.html?q=derangement")
    assert page.get_by_text("shows their titles alone").is_hidden()
    page.close()
