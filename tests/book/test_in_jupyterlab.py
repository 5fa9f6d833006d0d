"""The live notebooks, and downloaded chapters, in the pinned JupyterLab: what a person should see is on the screen.

What a kernel sends is one thing, what JupyterLab shows of it another: output of a task, for one, is shown nowhere.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = [pytest.mark.book, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
WIDE = {"width": 1440, "height": 1000}
LIVE = ".jupyter-widgets, .mi-widget[data-ready]"
NOT_OURS = "debugger state|Canceled future"  # JupyterLab's own, where a page is left while a kernel is asked
SHOWN = 120_000  # milliseconds; a kernel loads PyTorch first, and the machine may be busy


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory):
    """The address of a JupyterLab of its own, on a free port of this machine; notebooks are copies."""
    home = tmp_path_factory.mktemp("jupyterlab")
    folder = home / "notebooks"
    shutil.copytree(ROOT / "book" / "lab", folder)
    own = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    own |= {"MI_LAB_CACHE": str(home / "cache"), "MI_LAB_RESULTS": str(home / "results"), "OMP_NUM_THREADS": "1"}
    quiet = re.search(r"^OFFLINE = (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    settings = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--IdentityProvider.token=", *quiet]
    command = [Path(sys.executable).parent / "jupyter-lab", *settings, f"--ServerApp.root_dir={folder}", "--allow-root"]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=os.environ | own, stdout=log, stderr=log)
    try:
        yield _address(server, home / "log"), home
    finally:
        server.terminate()
        server.wait(30)


def _address(server, log):
    """Where it listens, once it answers."""
    end = time.monotonic() + 90
    while time.monotonic() < end and server.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
            with urllib.request.urlopen(f"{found[0]}/api"):
                return found[0]
        time.sleep(0.3)
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture
def opened(browser, jupyterlab):
    """Opens a notebook and runs all its cells, as a person does by the menu; the page may talk to that server alone."""
    address, home = jupyterlab
    contexts = []

    def open_(name, run=True):
        context = browser.new_context(viewport=WIDE)
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(f"page error: {error}"))
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:", "blob:", address.replace("http", "ws")))
                else page.problems.append(f"other host: {request.url}")
            ),
        )
        # a copy of its own, since a kernel of the same notebook may still be about to end
        own = f"{name}-{len(list((home / 'notebooks').iterdir()))}.ipynb"
        shutil.copy(home / "notebooks" / f"{name}.ipynb", home / "notebooks" / own)
        page.goto(f"{address}/lab/tree/{own}?reset")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=SHOWN)
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=SHOWN)
        if run:
            _run_all(page)
            page.locator(".jp-OutputArea-output").locator(LIVE).first.wait_for(timeout=SHOWN)
        return page

    yield open_
    for context in contexts:
        for page in context.pages:
            assert [one for one in page.problems if not re.search(NOT_OURS, one)] == []
        context.close()


def _run_all(page):
    """By the menu. Where the kernel is not connected yet, JupyterLab asks for one, or does not run a cell at all."""
    for _ in range(10):
        if page.locator(".jp-Dialog").count():
            page.locator(".jp-Dialog .jp-mod-accept").click()
        page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
        page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
        page.wait_for_timeout(1500)
        if page.locator(".jp-CodeCell .jp-InputPrompt").first.inner_text().strip() != "[ ]:":
            return
    raise AssertionError("no cell was run")


def press(page, name):
    page.locator("button.jupyter-button", has_text=re.compile(name)).first.click()


def told(page, words):
    """Wait until these words are on the screen."""
    page.get_by_text(re.compile(words)).first.wait_for(timeout=SHOWN)


def curves(page):
    """Lines drawn in the figure, by what their legend says."""
    return page.locator(".js-plotly-plot .scatterlayer .trace")


def test_ones_own_pairs_show_their_table_and_their_figure(opened):
    page = opened("your-pairs")
    page.locator("select[multiple]").select_option(["nwj", "infonce"])
    page.get_by_label("seeds").fill("0")
    page.get_by_label("seeds").press("Tab")
    press(page, "^Estimate$")
    told(page, "Finished")
    rows = page.locator(".jp-OutputArea-output table tbody tr")
    assert [row.split()[0] for row in rows.all_inner_texts()] == ["NWJ", "InfoNCE"] and rows.last.is_visible()
    assert page.locator(".js-plotly-plot .main-svg").first.is_visible() and curves(page).count() >= 2
    names = page.locator(".js-plotly-plot .xtick text").all_text_contents()
    assert names == ["NWJ", "InfoNCE"]


def test_a_stopped_estimate_of_ones_own_pairs_says_so(opened):
    page = opened("your-pairs")
    press(page, "^Estimate$")
    told(page, r"cross_fitted \(1 of \d\), step [1-9]")
    press(page, r"^\s*Stop\s*$")
    told(page, "Stopped during cross_fitted")


def test_an_estimator_is_moved_trained_stopped_laid_over_another_and_stored(opened, jupyterlab):
    page = opened("estimators")
    page.locator(".widget-slider", has_text="true MI").locator(".noUi-handle").focus()
    before = page.locator(".widget-readout").all_inner_texts()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    after = page.locator(".widget-readout").all_inner_texts()
    assert sum(a != b for a, b in zip(before, after, strict=True)) >= 2  # true MI, and the correlation that follows
    press(page, r"^\s*Start\s*$")
    told(page, "Run 1 is being trained")
    page.get_by_text(re.compile(r"epoch [2-9]\d*/50")).first.wait_for(timeout=SHOWN)
    assert curves(page).count() >= 2
    press(page, r"^\s*Stop\s*$")
    told(page, r"Run 1 is stopped after \d+ of 50 epochs")
    page.get_by_label("epochs").fill("2")
    page.get_by_label("epochs").press("Tab")
    first = curves(page).count()
    press(page, r"^\s*Start\s*$")
    told(page, "Run 2 is finished")
    assert curves(page).count() > first
    tops = [
        page.locator("button.jupyter-button", has_text=words).bounding_box()["y"]
        for words in ("Start", "Store this run")
    ]
    assert tops[0] == tops[1]  # in one row
    press(page, "Store this run")
    told(page, "Run 2 is stored as")
    assert len(list((jupyterlab[1] / "results").glob("*.json"))) == 1


def test_a_critic_is_seen_while_it_learns(opened):
    page = opened("critics-seen")
    assert page.locator(".js-plotly-plot .contourlayer .contour").count() >= 1
    press(page, r"^\s*Start\s*$")
    told(page, r"epoch \d+ of 50: estimate nwj")
    assert page.locator(".js-plotly-plot .contourlayer .contour").count() >= 2
    press(page, r"^\s*Stop\s*$")
    told(page, r"Stopped after \d+ of 50 epochs|The critic is trained")


def test_a_downloaded_chapter_reads_as_it_does_in_the_book(opened, book, jupyterlab):
    for name in ("nwj", "background"):
        shutil.copy(book / "_sources" / "book" / f"{name}.ipynb", jupyterlab[1] / "notebooks")
    page = opened("nwj", run=False)
    notebook = page.locator(".jp-Notebook")
    assert notebook.locator(".jp-Cell").first.locator("h1").inner_text().startswith("3.2 NWJ")
    assert notebook.locator("blockquote").first.inner_text().startswith("At a glance")
    notebook.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=SHOWN)
    text = notebook.inner_text()
    assert "{glue" not in text and "{eq}" not in text and "def averages" not in text  # what the book hides is folded
    page = opened("background", run=False)
    page.locator("mjx-container").first.wait_for(timeout=SHOWN)
    assert "$$" not in page.locator(".jp-Notebook").inner_text()


def test_the_widgets_of_a_downloaded_chapter_move_when_its_cells_are_run(opened, book, jupyterlab):
    shutil.copy(book / "_sources" / "book" / "background.ipynb", jupyterlab[1] / "notebooks")
    page = opened("background")
    widget = page.locator(".mi-widget[data-widget=correlation][data-ready=true]").first
    widget.wait_for(timeout=SHOWN)
    before = widget.get_by_role("status").inner_text()
    widget.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    assert widget.get_by_role("status").inner_text() != before
