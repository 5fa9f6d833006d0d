"""What a page asks its reader: choices before a figure, and the number of an exercise."""

import re

import pytest
from helpers import refused

from mi_lab.pages.interactive.questions import number, predict

pytestmark = pytest.mark.book


@pytest.fixture
def opened(browser, served):
    pages = []

    def open_(name, **settings):
        pages.append(browser.new_page(**settings))
        pages[-1].goto(f"{served}/book/{name}.html")
        return pages[-1]

    yield open_
    for page in pages:
        page.close()


def test_a_choice_is_answered_by_the_measured_curve_and_by_keyboard(opened):
    page = opened("nwj")
    asked = page.locator(".mi-ask").first
    buttons = asked.get_by_role("button")
    buttons.first.wait_for()
    assert buttons.all_inner_texts() == ["all eight", "four or five", "two"] and not asked.locator("details").count()
    assert asked.get_by_role("status").text_content() == ""
    buttons.nth(2).focus()
    page.keyboard.press("Enter")
    told = asked.get_by_role("status").text_content()
    assert told.startswith("Measured was: four or five. The last") and re.search(r"within 0\.\d nats", told)
    assert buttons.nth(2).get_attribute("aria-pressed") == "true"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert asked.get_by_role("status").text_content().startswith("As measured.")
    assert buttons.nth(2).get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("0.795", "Right. It is the square root"),
        ("0,795", "Right."),
        ("0.707", "Not quite: that is the square root of a half, for 10 bits"),
        ("0.632", "Not quite: that is its square"),
        ("2", "Not yet."),
        ("rho", "Type a number."),
        ("", "Type a number."),
    ],
)
def test_a_number_is_right_or_a_known_slip_or_not_yet(opened, typed, told):
    page = opened("background")
    asked = page.locator(".mi-ask").filter(has_text="The correlation:")
    field = asked.get_by_role("textbox", name="The correlation:")
    field.fill(typed)
    field.press("Enter")
    assert asked.get_by_role("status").text_content().startswith(told)
    assert asked.locator("details summary").is_visible()  # the answer stays a click away


def test_without_javascript_the_answer_is_a_click_away(opened):
    page = opened("nwj", java_script_enabled=False)
    asked = page.locator(".mi-ask").first
    assert "all eight · four or five · two" in asked.inner_text()
    asked.locator("summary").click()
    assert asked.get_by_text("lines end within").is_visible()


def test_a_question_must_have_choices_and_slips_that_differ():
    with refused("two to four choices"):
        predict("?", ["one"], 0, "x")
    with refused("a slip gives the right number"):
        number("?", 1.0, 0.1, "x", {"that is nearly it": 1.1})
    assert "<b>" not in predict("<b>", ["<b>", "y"], 0, "<b>").data.replace("\\u003c", "")
