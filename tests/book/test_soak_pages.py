"""Memory of the browser over a long reading: 50 pages opened in one tab, and widgets driven for a minute."""

import os
import statistics
import time

import pytest
from helpers import until

pytestmark = pytest.mark.book
LAPS, LAP = 10, ["index", "background", "nwj", "explorer", "claims"]
SECONDS = float(os.environ.get("MI_LAB_SOAK_SECONDS", "60"))


class Tab:
    """One tab that is kept open, its errors, and its memory after a collection of garbage."""

    def __init__(self, browser):
        self.page, self.errors = browser.new_page(viewport={"width": 1280, "height": 900}), []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tools = self.page.context.new_cdp_session(self.page)
        self.tools.send("Performance.enable")

    def megabytes(self):
        self.tools.send("HeapProfiler.collectGarbage")
        metrics = {m["name"]: m["value"] for m in self.tools.send("Performance.getMetrics")["metrics"]}
        return metrics["JSHeapUsedSize"] / 1e6


@pytest.fixture
def tab(browser):
    tab = Tab(browser)
    yield tab
    assert tab.errors == []
    tab.page.close()


def tell(told, what, sizes, each):
    growth = statistics.linear_regression(range(len(sizes)), sizes).slope
    table = told.setdefault("memory", [["of", "MB at the end", "kB more each time"]])
    table.append([what, f"{sizes[-1]:.1f}", f"{growth / each * 1e3:.1f}"])
    return growth


@pytest.mark.slow
def test_fifty_pages_in_one_tab(tab, served, told):
    laps = []
    for _ in range(LAPS):
        sizes = []
        for name in LAP:
            tab.page.goto(f"{served}/book/{name}.html")
            for figure in tab.page.locator(".mi-plot, .mi-widget").all()[:3]:
                figure.scroll_into_view_if_needed()
            tab.page.wait_for_timeout(200)
            sizes.append(tab.megabytes())
        laps.append(statistics.fmean(sizes))
    growth = tell(told, f"{LAPS * len(LAP)} pages of the book", laps[2:], len(LAP))
    assert growth < 1  # MB a lap of five pages, of which a single one holds ten


@pytest.mark.slow
def test_widgets_driven_for_a_minute(tab, served, told):
    tab.page.goto(f"{served}/book/train.html")
    for widget in tab.page.locator(".mi-widget").all():
        widget.scroll_into_view_if_needed()
    until(tab.page, "!document.querySelector('.mi-widget:not([data-ready])')")
    tab.page.locator("#train").get_by_role("button", name="Start").click()
    fields = tab.page.locator(".mi-widget input:visible").all()
    end, sizes, moves = time.monotonic() + SECONDS, [], 0
    while time.monotonic() < end or len(sizes) < 10:
        for field in fields:
            field.focus()
            tab.page.keyboard.press("ArrowRight" if moves % 40 < 20 else "ArrowLeft")
            moves += 1
        sizes.append(tab.megabytes())
    growth = tell(told, f"{moves} moves of widgets", sizes[2:], len(fields))
    assert growth * len(sizes) < 10  # MB in this minute
