"""The whole book for paper."""

import re

import pytest
from helpers import until

from mi_lab.pages.site.printed import one_of_many

pytestmark = pytest.mark.book


def test_a_part_of_a_longer_page_names_its_sections_after_itself_and_hides_no_solution():
    article = (
        '<section id="exercises"><h2>E<a class="headerlink" href="#exercises">#</a></h2>'
        '<details class="sd-card"><summary>Solution</summary></details></section><div id="fig-5"></div>'
        '<a href="#exercises"></a><a href="nwj.html"></a><a href="nwj.html#exercises"></a>'
        '<a href="nwj.html#fig-2a"></a>'
        '<a href="nwj.html#train?n=8"></a><a href="../genindex.html"></a><a href="other.html#x"></a>'
    )
    part = one_of_many("mine", article, {"mine": {"exercises"}, "nwj": {"exercises"}})
    assert 'id="mine--exercises"' in part and "headerlink" not in part and '<details open class="sd-card">' in part
    assert 'id="fig-5"' in part  # figures are linked to, and unique
    links = re.findall('href="(.*?)"', part)
    assert links[:5] == ["#mine--exercises", "#nwj--", "#nwj--exercises", "#fig-2a", "#train"]
    assert links[5:] == ["../genindex.html", "other.html#x"]  # no chapters


def test_every_link_within_the_whole_book_has_its_place(book):
    text = (book / "book" / "print.html").read_text(encoding="utf-8")
    article = text[text.index('<article class="bd-article">') : text.rindex("</article>")]
    ids = re.findall(r'\bid="([^"]+)"', article)
    assert [one for one in ids if ids.count(one) > 1] == []
    links = re.findall(r'href="#([^"]+)"', article)
    assert len(links) > 500 and sorted(set(links) - set(ids)) == []
    within = [
        link for link in re.findall(r'href="([\w-]+)\.html', article) if (book / "book" / f"{link}.html").exists()
    ]
    assert set(within) <= {"print"}  # a chapter's page is no place on paper


def test_on_paper_every_chapter_has_its_title_and_nothing_waits_for_a_click(browser, served):
    page = browser.new_page()
    for name in ("print", "nwj"):
        page.goto(f"{served}/book/{name}.html")
        page.emulate_media(media="print")
        titles = page.locator("h1:visible").all_inner_texts()
        assert len(titles) == (1 if name == "nwj" else 1 + page.locator(".mi-chapter").count()), titles
        # the line of a figure's source stands; solutions are open on the page of all chapters
        left = page.locator(".bd-article details:not([open], .mi-provenance):visible")
        assert left.count() == 0 and page.locator(".bd-article details.mi-provenance").count() > 0
        assert page.locator("button:not(.mi-curve):visible, input:visible, select:visible").count() == 0
        if name == "print":
            rows = page.locator(".mi-contents > ul > li > a")
            assert rows.count() == page.locator(".mi-chapter").count() and rows.first.is_visible()
            # what a choice hid on the screen stands: every estimator, and which pairs are shown
            panels = page.locator(".mi-right-panels > div")
            assert page.locator(".mi-right-panels > div:visible").count() == panels.count() > 0
            assert page.locator(".mi-right label:visible").count() == 1
    page.close()


@pytest.mark.slow
def test_the_whole_book_prints(browser, served, tmp_path):
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{served}/book/print.html")
    text = page.locator("article").inner_text()
    titles = [re.sub(r"\W+", " ", title) for title in page.locator("article h1").all_inner_texts()]
    assert len(titles) == len(set(titles)) >= 20 and titles[0].startswith("Mutual information")
    assert all(word in text for word in ("log N", "Exercises", "Solution"))
    names = page.locator(".mi-widget, .mi-plot").evaluate_all("all => all.map((e) => e.id).filter(Boolean)")
    assert len(names) == len(set(names)) > 8
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    until(page, "!document.querySelector('.mi-plot:not([data-drawn])')", seconds=90)
    until(page, "!document.querySelector('.math:not(:has(mjx-container))')", seconds=90)
    pdf = page.pdf(path=tmp_path / "book.pdf", format="A4")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 60 < pages < 400 and errors == []
    page.close()


def test_a_widget_that_nobody_came_near_prints_its_table(browser, served):
    page = browser.new_page()
    page.goto(f"{served}/book/background.html")
    widget = page.locator("#sampler:not([data-ready])")
    assert not widget.locator("table").is_visible()
    page.emulate_media(media="print")
    assert widget.locator("table").is_visible() and not widget.locator(".mi-still").is_visible()
    assert widget.bounding_box()["height"] < 500  # no empty place is kept for what does not come
    page.close()
