"""What answers in the text: values that light their curve, words that tell what they mean, links that share a stop."""

import base64
import re

import numpy as np
import pytest
from helpers import in_tiers, until
from test_book import NARROW, PAGES

from mi_lab.pages.site.answering import CURVE

pytestmark = pytest.mark.book
WITH_CURVES = ["mine", "nwj", "js", "why-log-n", "labels"]
FAINT = "document.querySelectorAll('#fig-2a .mi-faint').length"


@pytest.fixture
def opened(browser, served):
    pages = []

    def open_(name, **settings):
        pages.append(browser.new_page(**settings))
        pages[-1].problems = []
        pages[-1].on("pageerror", lambda error: pages[-1].problems.append(str(error)))
        pages[-1].goto(f"{served}/book/{name}.html")
        return pages[-1]

    yield open_
    for page in pages:
        assert page.problems == []
        page.close()


@pytest.mark.parametrize("name", in_tiers(WITH_CURVES, ["nwj"]))
def test_a_value_names_a_curve_of_its_page_that_has_it(opened, name):
    page = opened(name)
    sent = page.request.get(page.url).text()
    named = re.findall(r'<span class="mi-curve" data-curve="([\w-]+) ([^"]+)">(?:<span[^>]*>)?([^<]+)<', sent)
    assert len(named) >= 3 and len(named) == page.locator("button.mi-curve").count()
    for identity, curve, shown in named:
        figure = page.locator(f"#{identity} .mi-plot script")
        traces = page.evaluate("(text) => JSON.parse(text).data", figure.text_content())
        own = [trace for trace in traces if (trace.get("legendgroup") or trace.get("name")) == curve]
        ys = [y for trace in own for y in drawn(trace)]
        value = float(shown.strip().replace("−", "-").rstrip("%"))
        assert ys and min(ys) - 0.06 <= value <= max(ys) + 0.06, (identity, curve, shown)


def drawn(trace):
    """The heights of a trace, as Plotly packs them or as a list."""
    if isinstance(trace["y"], list):
        return [y for y in trace["y"] if y is not None]
    return np.frombuffer(base64.b64decode(trace["y"]["bdata"]), trace["y"]["dtype"]).tolist()


def test_a_value_lights_its_curve_for_pointer_focus_and_tap(opened):
    page = opened("nwj", has_touch=True)
    value = page.locator("button.mi-curve").first
    assert value.get_attribute("title") == "2.5 in Fig. 2a."
    value.scroll_into_view_if_needed()
    value.hover()
    until(page, f"{FAINT} > 10")
    lit = page.evaluate(
        """[...document.querySelectorAll('#fig-2a .trace:not(.mi-faint)')].map((e) => e.__data__[0].trace)
          .filter(({ mode }) => mode !== 'markers').map(({ legendgroup }) => legendgroup)"""
    )
    assert set(lit) == {"2.5"}
    page.mouse.move(0, 0)
    until(page, f"{FAINT} === 0")
    value.focus()
    until(page, f"{FAINT} > 10")
    value.blur()
    until(page, f"{FAINT} === 0")
    page.evaluate("document.querySelector('button.mi-curve').scrollIntoView({ block: 'start', behavior: 'instant' })")
    value.tap()
    until(page, f"{FAINT} > 10")
    until(page, "document.getElementById('fig-2a').getBoundingClientRect().bottom > 100")


def test_a_word_tells_what_it_means_to_pointer_focus_and_tap_and_escape_ends_it(opened):
    page = opened("mine", viewport=NARROW, has_touch=True)
    word = page.locator("a.mi-term", has_text="critic").first
    assert page.locator("a.mi-term", has_text=re.compile("^critics?$")).count() == 1  # the first use alone
    tip = page.locator(f"#{word.get_attribute('aria-describedby')}")
    assert tip.get_attribute("role") == "tooltip" and not tip.is_visible()
    word.hover()
    assert tip.is_visible() and "gives every pair a score" in tip.inner_text()
    box = tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= NARROW["width"]
    corner = [box["x"] + box["width"] - 4, box["y"] + box["height"] - 4]
    assert (
        page.evaluate("([x, y]) => document.elementFromPoint(x, y).className", corner) == "mi-tip"
    )  # nothing cuts it off
    tip.hover()  # one may read it with the pointer on it
    assert tip.is_visible()
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    word.focus()
    assert tip.is_visible()
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    word.blur()
    page.mouse.move(0, 0)
    here = page.url
    word.tap()
    assert tip.is_visible() and page.url == here
    word.tap()
    page.wait_for_url("**/glossary.html#term-critic")


def test_each_word_is_marked_once_on_its_page_and_has_a_meaning(book):
    for name in PAGES:
        text = (book / "book" / f"{name}.html").read_text("utf-8")
        marks = re.findall(r'<a class="mi-term[^>]*href="glossary\.html#(term-[^"]+)"[^>]*title="([^"]*)"', text)
        places = [place for place, _ in marks]
        assert len(places) == len(set(places)), name
        assert all(len(meaning) > 15 and meaning.endswith(".") for _, meaning in marks), name
        glossary = (book / "book" / "glossary.html").read_text("utf-8")
        assert all(f'id="{place}"' in glossary for place in places), name
        if name in ("background", "mine", "nwj", "js", "labels", "v-infomax"):
            assert len(places) >= 3, name


def test_no_link_stands_in_a_link(book):
    for name in PAGES:
        text = (book / "book" / f"{name}.html").read_text("utf-8")
        assert not re.search(r"<a [^>]*>(?:(?!</a>).)*<a ", text[text.find("<article") :], flags=re.DOTALL), name


def test_a_role_names_value_figure_and_curve():
    assert CURVE.fullmatch("b_64 <fig-2b N = 64>").groups() == ("b_64", "fig-2b", "N = 64")
    assert CURVE.fullmatch("b_64") is None


def test_near_links_are_one_stop_and_arrows_go_on(opened):
    page = opened("background", viewport={"width": 1440, "height": 900})
    menu = page.locator("nav.bd-docs-nav")
    assert menu.locator("[tabindex='0']").count() == 1
    own = menu.locator(".current > a")
    own.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent").startswith("3 MI estimation")
    page.keyboard.press("ArrowDown")
    named = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert named == "Pages under 3 MI estimation in high-MI regions"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert own.evaluate("link => link === document.activeElement && link.tabIndex === 0")
    # what shares a stop is all reached by arrows
    for block in page.locator(".bd-article section:not(:has(section)):has(.mi-shared)").all()[:5]:
        links = block.locator(".mi-shared:visible")
        links.first.focus()
        for _ in range(links.count() - 1):
            page.keyboard.press("ArrowRight")
        assert links.last.evaluate("link => link === document.activeElement")
