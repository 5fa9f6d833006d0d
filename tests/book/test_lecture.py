"""The presenter's view of the lecture: one question a screen, arrow keys, each widget set and alone."""

import pytest
from helpers import until
from test_every_page import check_with_axe

pytestmark = pytest.mark.book
SCREEN = {"width": 1280, "height": 720}


@pytest.fixture(params=["served", pytest.param("file", marks=pytest.mark.slow)])
def presented(browser, served, book, request):
    page = browser.new_page(viewport=SCREEN)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    place = served if request.param == "served" else f"file://{book}"
    page.goto(f"{place}/book/lecture.html")
    page.get_by_role("button", name="Present").press("Enter")
    page.get_by_role("dialog", name="Presenter's view").wait_for()
    yield page
    assert page.problems == []
    page.close()


def place(page):
    return [int(number) for number in page.locator(".mi-show .mi-choices span").inner_text().split(" of ")]


def test_each_screen_holds_one_question_and_what_was_set_for_it(presented):
    page, last = presented, place(presented)[1]
    assert last >= 18 and place(page)[0] == 1
    before, framed = "", 0
    for number in range(1, last + 1):
        assert place(page) == [number, last]
        whole = page.evaluate(
            "(() => { const e = document.querySelector('.mi-show'); return e.scrollHeight - e.clientHeight })()"
        )
        assert whole <= 0
        frames = page.locator(".mi-show iframe")
        shown = page.locator(".mi-said").inner_text(), frames.get_attribute("src") if frames.count() else ""
        assert shown != before and len(shown[0]) > 25
        before = shown
        if frames.count():
            framed += 1
            assert len(frames.get_attribute("title")) > 3
            alone = page.frame_locator(".mi-show iframe")
            alone.locator(".mi-only svg").first.wait_for(timeout=20_000)
            box = alone.locator(".mi-only .mi-drawing, .mi-only .mi-plot").first.bounding_box()
            frame = frames.bounding_box()
            assert box["y"] + box["height"] <= frame["y"] + frame["height"], shown
            assert alone.locator("h1:visible").count() == 0
            asked = dict(part.split("=") for part in shown[1].partition("#")[2].partition("?")[2].split("&") if part)
            if asked.get("mi"):
                text = alone.locator(".mi-only input[type=range][id$=-mi]").get_attribute("aria-valuetext")
                assert text == f"{asked['mi']} nats"
        page.keyboard.press("ArrowRight")
    assert framed >= 10
    page.keyboard.press("ArrowLeft")
    assert place(page)[0] == last - 1


def test_a_question_stands_before_what_answers_it(presented):
    page = presented
    for _ in range(40):
        if "Where do the curves end" in page.locator(".mi-said").inner_text():
            break
        page.keyboard.press("ArrowRight")
    assert page.locator(".mi-show iframe").count() == 0
    page.keyboard.press("ArrowRight")
    assert "fig-2b" in page.locator(".mi-show iframe").get_attribute("src")


def test_keys_in_the_widget_are_its_own_but_escape_leaves(presented):
    page, dialog = presented, presented.get_by_role("dialog")
    alone = page.frame_locator(".mi-show iframe")
    slider = alone.locator("#correlation-mi")
    slider.wait_for(timeout=20_000)
    assert page.locator(".mi-said").get_attribute("aria-live") == "polite"
    slider.focus()
    before = slider.input_value()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() != before and place(page)[0] == 1
    alone.get_by_role("button", name="Reset").focus()
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelector('.mi-show .mi-choices span').textContent.startsWith('2 ')")
    alone.locator("#correlation-mi").wait_for(timeout=20_000)
    alone.locator("#correlation-mi").focus()
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('.mi-show').open")
    assert not dialog.is_visible()
    page.get_by_role("button", name="Present").click()
    page.keyboard.press("Escape")
    assert not dialog.is_visible() and page.locator("h1:visible").count() == 1


def test_the_presenters_view_is_accessible(browser, served):
    page = browser.new_page(viewport=SCREEN)
    page.goto(f"{served}/book/lecture.html")
    page.get_by_role("button", name="Present").click()
    page.frame_locator(".mi-show iframe").locator(".mi-only svg").first.wait_for(timeout=20_000)
    check_with_axe(page)
    page.close()
