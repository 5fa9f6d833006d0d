"""The whole book on one page, for paper: the articles of all chapters in their order, in the frame of the first."""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path

NAME = "print.html"
_ARTICLE = re.compile(r'(<article class="bd-article">)(.*?)(</article>)', re.DOTALL)
_NAMED = re.compile(r'<(section|span)([^>]*?) id="([^"]*)"')
_CONTENTS_OF_FRAME = re.compile(r'<div id="print-main-content">.*?</nav>\s*</div>\s*</div>', re.DOTALL)
_TITLE = re.compile(r"<h([12])>(.*?)</h\1>", re.DOTALL)


def write_printed(folder: Path, chapters: Sequence[str]) -> None:
    """Write it beside the first of the chapters, which are names of pages in ``folder`` and lie in one folder."""
    pages = {Path(name).name: (folder / f"{name}.html").read_text(encoding="utf-8") for name in chapters}
    articles = {name: _ARTICLE.search(page)[2] for name, page in pages.items()}  # type: ignore[index]
    named = {name: {found[3] for found in _NAMED.finditer(article)} for name, article in articles.items()}
    parts = [one_of_many(name, article, named) for name, article in articles.items()]
    body = '<p class="mi-print-hint">The whole book; print this page.</p>' + contents(parts) + "\n".join(parts)
    frame = _CONTENTS_OF_FRAME.sub("", next(iter(pages.values())))
    whole = _ARTICLE.sub(lambda match: match[1] + body + match[3], frame, count=1)
    (folder / chapters[0]).with_name(NAME).write_text(whole, encoding="utf-8")


def one_of_many(chapter: str, article: str, named: Mapping[str, set[str]]) -> str:
    """A chapter as a part of a longer page: solutions open, and sections that bear the chapter's name before their own.

    ``named`` holds the names of every chapter's sections. Links to chapters and their sections stay within the page.
    """
    article = re.sub(r'<a class="headerlink".*?</a>', "", article, flags=re.DOTALL)
    article = _NAMED.sub(lambda found: f'<{found[1]}{found[2]} id="{_within(chapter, found[3])}"', article)
    article = article.replace('<details class="sd-', '<details open class="sd-')

    def inner(link: re.Match[str]) -> str:
        page, name = link[1] or chapter, (link[2] or "").split("?")[0]
        if page not in named:
            return link[0]
        return f'href="#{_within(page, name) if not name or name in named[page] else name}"'

    article = re.sub(r'href="(?:([\w-]+)\.html)?(?:#([^"]*))?"', inner, article)
    return f'<div class="mi-chapter" id="{_within(chapter, "")}">{article}</div>'


def contents(parts: Sequence[str]) -> str:
    """The list of all chapters and their sections, each a link into the page."""
    rows = []
    for part in parts:
        chapter = re.search(r'id="([^"]*)"', part)[1]  # type: ignore[index]
        sections = []
        for place, found in enumerate(_TITLE.finditer(part)):
            name = re.findall(r'<section[^>]* id="([^"]*)"', part[: found.start()])[-1]
            words = unescape(re.sub(r"<[^>]*>", "", found[2])).replace("<", "&lt;")
            sections.append((chapter if place == 0 else name, words))
        (first, title), *rest = sections
        inner = "".join(f'<li><a href="#{name}">{words}</a></li>' for name, words in rest)
        rows.append(f'<li><a href="#{first}">{title}</a><ul>{inner}</ul></li>')
    return f'<nav class="mi-contents" aria-label="Contents"><h2>Contents</h2><ul>{"".join(rows)}</ul></nav>'


def _within(chapter: str, name: str) -> str:
    return f"{chapter}--{name}"
