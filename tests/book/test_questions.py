"""What a page asks its reader: choices before a figure, and the number of an exercise."""

import json
import re

import pytest
from helpers import in_tiers, refused

from mi_lab.pages.interactive.questions import number, predict, which

pytestmark = pytest.mark.book
# pages, how often they ask for a guess, and the exercises whose answer is a number
ASKED = {
    "mine": (3, "3"),
    "nwj": (3, "1 2"),
    "js": (3, "1 3"),
    "why-log-n": (3, "1 4"),
    "shuffle-audit": (3, "2"),
    "labels": (1, "3"),
    "v-information": (2, "3"),
    "v-infomax": (3, ""),
    "supervised-autoencoder": (2, ""),
    "beyond-the-report": (2, "1 4"),
    "explorer": (0, "1"),
    "appendix-a": (0, "1"),
    "appendix-b": (0, "1 2"),
    "appendix-d1": (0, "1"),
    "appendix-d2": (0, "2 3"),
}


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


ANSWERS = {
    "0.795": "Right. It is the square root",
    "2": "Not yet.",
    "0,795": "Right.",
    "0.707": "Not quite: that is the square root of a half, for 10 bits",
    "0.632": "Not quite: that is its square",
    "rho": "Type a number.",
    "0.795 ": "Right.",
    "": "Type a number.",
}


def test_a_number_is_right_or_a_known_slip_or_not_yet(opened):
    page = opened("background")
    asked = page.locator(".mi-ask").filter(has_text="The correlation:")
    field = asked.get_by_role("textbox", name="The correlation:")
    for typed, told in ANSWERS.items():
        field.fill(typed)
        field.press("Enter")
        assert asked.get_by_role("status").text_content().startswith(told), typed
        assert asked.locator("details summary").is_visible()  # the answer stays a click away


@pytest.mark.parametrize("name", in_tiers([*ASKED, "background"], ["nwj", "explorer", "background"]))
def test_every_question_of_a_page_knows_its_answer_and_its_slips(opened, name):
    page = opened(name)
    page.locator(".mi-ask [role=status]").first.wait_for(state="attached")
    guesses, exercises = 0, set()
    for asked in page.locator(".mi-ask").all():
        data = json.loads(asked.locator("script").text_content())
        told = asked.get_by_role("status")
        if data["kind"] == "predict":
            guesses += 1
            for place, button in enumerate(asked.get_by_role("button").all()):
                button.click()
                assert told.text_content().startswith("As measured.") == (place == data["right"])
            continue
        exercises |= set(re.findall(r"^Exercise (\d+)", asked.locator(".mi-question").text_content()))
        field = asked.get_by_role("textbox")
        typed = [(data["value"], "Right. ")] + [(slip, f"Not quite: {words}") for words, slip in data["slips"]]
        for value, start in typed:
            field.fill(f"{value:,}" if data["value"] >= 1000 else str(value))
            field.press("Enter")
            assert told.text_content().startswith(start), value
    if name in ASKED:
        assert (guesses, exercises) == (ASKED[name][0], set(ASKED[name][1].split()))
    else:
        assert page.locator(".mi-ask").count() == 5  # its exercises 1, 2, 3 and 5
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_about_twenty_places_ask_for_a_guess():
    assert sum(guesses for guesses, _ in ASKED.values()) >= 20


def test_the_right_choice_is_the_only_one_that_was_measured():
    assert which(False, True, False) == 1
    for wrong in ((False, False), (True, True)):
        with refused("one of the choices"):
            which(*wrong)


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
