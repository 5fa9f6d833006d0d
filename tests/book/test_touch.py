"""Figures in the hand: a swipe scrolls the page, a tap shows values, and the buttons are readable and share nothing."""

import re

import pytest
from helpers import until
from test_book import NARROW, WIDE

pytestmark = pytest.mark.book


@pytest.fixture
def phone(browser, served):
    """The first figure of a page on a phone, its page, and a function that moves a finger on it."""
    context = browser.new_context(viewport=NARROW, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{served}/book/nwj.html")
    figure = page.locator(".mi-plot").first
    figure.scroll_into_view_if_needed()
    figure.locator(".nsewdrag").first.wait_for(state="attached", timeout=20_000)
    tools = context.new_cdp_session(page)

    def swipe(by):
        box = figure.locator(".nsewdrag").first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        tools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for step in range(1, 11):
            point = {"x": x + by[0] * step / 10, "y": y + by[1] * step / 10}
            tools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
            page.wait_for_timeout(20)
        tools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(500)

    yield page, figure, swipe
    context.close()


RANGE = "e => e.querySelector('.js-plotly-plot').layout.yaxis.range.map((v) => v.toFixed(3)).join()"


def test_a_swipe_on_a_figure_scrolls_the_page_and_does_not_zoom(phone):
    page, figure, swipe = phone
    before, axis = page.evaluate("scrollY"), figure.evaluate(RANGE)
    swipe((0, -150))
    assert page.evaluate("scrollY") - before > 80
    assert figure.evaluate(RANGE) == axis


def test_a_tap_on_a_figure_shows_the_nearest_value(phone):
    page, figure, _ = phone
    box = figure.locator(".nsewdrag").first.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.6)
    until(page, "document.querySelector('.hoverlayer .hovertext')")
    assert re.search(r"\d", figure.locator(".hoverlayer").text_content())


def test_who_asks_for_zoom_can_zoom_by_touch(phone):
    page, figure, swipe = phone
    axis = figure.evaluate(RANGE)
    figure.locator(".modebar-btn[data-title=Zoom]").tap()
    swipe((80, 80))
    assert figure.evaluate(RANGE) != axis
    page.evaluate("document.documentElement.dataset.theme = 'dark'")  # and it stays asked for
    assert figure.evaluate("e => e.querySelector('.js-plotly-plot').layout.dragmode") == "zoom"


def test_a_phone_that_is_turned_has_its_legend_where_there_is_room(phone):
    page, _, _ = phone
    way = "document.querySelector('.js-plotly-plot').layout.legend.orientation"
    assert page.evaluate(way) == "h"
    page.set_viewport_size({"width": NARROW["height"], "height": NARROW["width"]})
    until(page, f"{way} !== 'h'")
    page.set_viewport_size(NARROW)
    until(page, f"{way} === 'h'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_buttons_of_a_figure_can_be_read_and_cover_nothing(browser, served, scheme):
    context = browser.new_context(viewport=WIDE, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{served}/book/nwj.html")
    figure = page.locator(".mi-plot").first
    figure.scroll_into_view_if_needed()
    figure.locator(".main-svg").first.wait_for(timeout=20_000)
    figure.hover()
    bar = figure.locator(".modebar").first
    assert bar.evaluate("bar => getComputedStyle(bar.querySelector('.modebar-group')).backgroundColor") in (
        "rgba(0, 0, 0, 0)",
        "transparent",
    )
    below = bar.bounding_box()["y"] + bar.bounding_box()["height"]
    assert below <= figure.locator(".nsewdrag").first.bounding_box()["y"] + 2
    assert below <= figure.locator(".legend").first.bounding_box()["y"] + 6
    titles = bar.locator(".modebar-btn").evaluate_all("all => all.map((b) => b.dataset.title)")
    assert len(titles) >= 5 and not [title for title in titles if re.search("share|cloud|upload|edit", title, re.I)]
    context.close()
