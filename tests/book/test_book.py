"""The built book in a real browser, with every other host refused."""

import re
from pathlib import Path

import pytest
from helpers import in_tiers, until

from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.results.store import is_stored

pytestmark = pytest.mark.book
ROOT = Path(__file__).parents[2]

PAGES = [
    "index",
    "introduction",
    "background",
    "high-mi",
    "mine",
    "nwj",
    "js",
    "why-log-n",
    "shuffle-audit",
    "other-critics",
    "explorer",
    "train",
    "labels",
    "v-information",
    "v-infomax",
    "supervised-autoencoder",
    "beyond-the-report",
    "fair-comparison",
    "after-the-report",
    "claims",
    "errata",
    "appendix-a",
    "appendix-b",
    "appendix-c",
    "appendix-d1",
    "appendix-d2",
    "appendix-d4",
    "troubleshooting",
    "lecture",
    "glossary",
    "your-own-data",
    "how-accurate",
    "how-fast",
    "your-runs",
    "functions",
    "status",
    "licences",
    "contributing",
    "references",
]
IN_TIERS = in_tiers(PAGES, ["index", "nwj", "explorer", "your-own-data"])
"""The pages for a test that takes seconds a page: one of each kind in the quick tier, the others in the slow one."""
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def watched(browser, url, viewport=WIDE, scheme="light", javascript=True):
    """A page that is not open yet and may talk to nobody but its own book, and a list of what goes wrong on it."""
    context = browser.new_context(viewport=viewport, color_scheme=scheme, java_script_enabled=javascript)
    page, problems = context.new_page(), []
    own = re.split("/book/|/search", url)[0]

    def guard(route):
        address = route.request.url
        if address.startswith((own, "data:", "blob:")):
            route.continue_()
        else:
            problems.append(f"other host: {address}")
            route.abort()

    page.route("**/*", guard)
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
    page.on("requestfailed", lambda request: problems.append(f"failed: {request.url}"))
    page.on(
        "response",
        lambda response: problems.append(f"{response.status}: {response.url}") if response.status >= 400 else None,
    )
    page.on("console", lambda message: problems.append(f"console: {message.text}") if message.type == "error" else None)
    return page, problems


def read_through(page):
    """Scroll through a page until every figure, widget and formula of it is drawn."""
    for figure in page.locator(".mi-plot").all():
        figure.scroll_into_view_if_needed()
        figure.locator(".main-svg").first.wait_for(timeout=20_000)
    for widget in page.locator(".mi-widget").all():
        widget.scroll_into_view_if_needed()
    until(page, "!document.querySelector('.mi-widget:not([data-ready])')")
    until(page, "![...document.querySelectorAll('.mi-summary')].some((p) => p.textContent.startsWith('Loading'))")
    if page.locator(".math").count():
        until(page, "!document.querySelector('.math:not(:has(mjx-container))')")


def visit(browser, url, viewport=WIDE, scheme="light", javascript=True):
    """Open a page and read it through; return it and what went wrong."""
    page, problems = watched(browser, url, viewport, scheme, javascript)
    page.goto(url)
    if javascript:
        read_through(page)
    return page, problems


def test_every_page_of_the_book_is_opened():
    in_order = re.findall(r"book/([\w-]+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    assert sorted(PAGES) == sorted(in_order)


def test_figures_follow_the_theme_switch(browser, served):
    page, _ = visit(browser, f"{served}/book/nwj.html")
    colour = "getComputedStyle(document.querySelector('.mi-plot .xtick text')).fill"
    light = page.evaluate(colour)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    until(page, f"{colour} !== '{light}'")
    page.context.close()


def test_every_panel_of_small_multiples_takes_the_theme(browser, served):
    page, _ = visit(browser, f"{served}/book/beyond-the-report.html", WIDE, "dark")
    page.locator(".mi-plot").first.scroll_into_view_if_needed()
    page.locator(".mi-plot[data-drawn]").first.wait_for(state="attached", timeout=20_000)
    of_grids = (
        "[...document.querySelectorAll('.mi-plot[data-drawn] .gridlayer path')].map(p => getComputedStyle(p).stroke)"
    )
    strokes = page.evaluate(of_grids)
    assert len(strokes) > 15 and len(set(strokes)) == 1
    page.context.close()


def test_figures_are_drawn_only_when_they_come_near(browser, served):
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    page.goto(f"{served}/book/mine.html")
    page.locator(".mi-plot[data-drawn]").first.wait_for(state="attached", timeout=20_000)
    assert page.locator(".mi-plot[data-drawn]").count() < page.locator(".mi-plot").count()
    context.close()


def test_printing_draws_every_figure(browser, served):
    context = browser.new_context(viewport=WIDE, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{served}/book/mine.html")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    until(page, "document.querySelector('.mi-plot') && !document.querySelector('.mi-plot:not([data-drawn])')")
    # dark on white on paper, even for a reader of the dark theme
    inks = page.evaluate("[...document.querySelectorAll('.mi-plot .xtick text')].map(t => getComputedStyle(t).fill)")
    assert set(inks) == {"rgb(34, 40, 50)"}
    assert len(page.pdf()) > 50_000
    context.close()


def test_search_finds_a_page(browser, served):
    page, problems = visit(browser, f"{served}/search.html?q=derangement")
    page.locator("#search-results li a").first.wait_for(timeout=20_000)
    assert problems == []
    page.context.close()


def test_without_javascript_the_values_stand_in_a_table(browser, served):
    page, _ = visit(browser, f"{served}/book/nwj.html", javascript=False)
    assert "JavaScript" in page.locator(".mi-plot noscript").first.inner_text()
    details = page.locator("details.mi-table").first
    details.locator("summary").click()
    assert details.locator("tbody tr").first.is_visible()
    page.context.close()


def test_all_that_the_report_numbers_has_its_place(book):
    ids = {
        i for page in PAGES for i in re.findall(r'\bid="([^"]+)"', (book / "book" / f"{page}.html").read_text("utf-8"))
    }
    figures = [*range(1, 15), "1a", "1b", "1c", "1d", "2a", "2b", "3a", "3b", "3c", "3d", "7a", "7b"]
    wanted = (
        [f"fig-{i}" for i in figures] + [f"table-{i}" for i in range(1, 9)] + [f"equation-eq-{i}" for i in range(1, 17)]
    )
    assert [identity for identity in wanted if identity not in ids] == []
    assert all((book / "book" / f"{page}.html").exists() for page in ("appendix-a", "appendix-b", "appendix-c"))


def test_every_figure_of_section_3_has_its_id_caption_alt_text_and_provenance(book):
    html = {name: (book / "book" / f"{name}.html").read_text(encoding="utf-8") for name in PAGES}
    stored = [e for e in EXPERIMENTS.values() if is_stored(e.name, ROOT / "book" / "results")]
    panels = [panel for e in stored for panel in e.panels if panel.startswith("fig")]
    for identity in [*panels, "fig-1", "fig-2", "fig-3", "fig-13"]:
        assert any(f'id="{identity}"' in text for text in html.values()), identity
    figures = [f for text in html.values() for f in re.findall(r"<figure.*?</figure>", text, flags=re.DOTALL)]
    assert len(figures) >= 13
    for figure in figures:
        assert re.search(r'class="mi-plot" role="group"[^>]* aria-label="[^"]{40,}"', figure)
        assert re.search(r"<figcaption>.*?Fig\. ", figure, flags=re.DOTALL)
        assert "mi-evidence" in figure
        # closed forms need no run; every other figure says what makes it again
        assert re.search("exact|papermill book/experiments/|make bench", figure)


def test_nothing_in_the_html_names_another_host_to_load_from(book):
    loading = re.compile(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(?:https?:)?//', flags=re.IGNORECASE)
    found = [path.name for path in Path(book).rglob("*.html") if loading.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_every_page_has_a_policy_that_lets_no_text_become_code(book):
    for path in Path(book).rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if "<head>" not in text:
            continue  # the redirect to the first page, and the theme's own templates
        policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
        assert policy and "default-src 'none'" in policy[1] and "unsafe-eval" not in policy[1], path
        assert not re.search(r"https?:|\*", policy[1])
        assert policy.start() < (text + "<script").index("<script")  # what stands before it would not be bound by it


@pytest.mark.parametrize("name", ["index", "nwj"])
def test_the_browser_holds_the_page_to_its_policy(browser, served, name):
    page, problems = visit(browser, f"{served}/book/{name}.html")
    assert problems == []
    # later, because what the browser's driver runs itself is exempt
    code = "setTimeout(() => { try { window.found = eval('1') } catch (error) { window.found = error.name } })"
    page.add_script_tag(content=code)
    until(page, "window.found")
    assert page.evaluate("window.found") == "EvalError"
    refused = """() => new Promise(done => {
        addEventListener('securitypolicyviolation', event => done(event.violatedDirective))
        document.body.append(Object.assign(new Image(), {src: 'https://example.org/a.png'}))
        setTimeout(() => done('nothing was refused'), 5000)
    })"""
    assert page.evaluate(refused) == "img-src"
    page.context.close()


def test_equations_carry_the_numbers_of_the_report(book):
    for page, of_page in (("background", range(1, 12)), ("v-information", range(12, 17))):
        text = (book / "book" / f"{page}.html").read_text(encoding="utf-8")
        numbers = re.findall(r'id="equation-eq-(\d+)"[^>]*>\s*<span class="eqno">\((\d+)\)', text)
        assert numbers == [(str(i), str(i)) for i in of_page]
    # and so do the links to them
    assert re.search(r'<a [^>]*class="reference internal" href="#equation-eq-15">\(15\)</a>', text)
