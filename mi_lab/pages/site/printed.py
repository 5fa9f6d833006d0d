"""The whole book on one page, for paper: the articles of all chapters in their order, in the frame of the first."""

import re
from collections.abc import Sequence
from pathlib import Path

NAME = "print.html"
_ARTICLE = re.compile(r'(<article class="bd-article">)(.*?)(</article>)', re.DOTALL)


def write_printed(folder: Path, chapters: Sequence[str]) -> None:
    """Write it beside the first of the chapters, which are names of pages in ``folder`` and lie in one folder."""
    pages = [(folder / f"{name}.html").read_text(encoding="utf-8") for name in chapters]
    articles = [one_of_many(_ARTICLE.search(page)[2]) for page in pages]  # type: ignore[index]
    body = '<p class="mi-print-hint">The whole book; print this page.</p>' + "\n".join(articles)
    whole = _ARTICLE.sub(lambda match: match[1] + body + match[3], pages[0], count=1)
    (folder / chapters[0]).with_name(NAME).write_text(whole, encoding="utf-8")


def one_of_many(article: str) -> str:
    """A chapter as a part of a longer page: solutions open, no links to headings, no section named twice."""
    article = re.sub(r'<a class="headerlink".*?</a>', "", article, flags=re.DOTALL)
    article = re.sub(r'<(section|span)([^>]*) id="[^"]*"', r"<\1\2", article)
    article = article.replace('<details class="sd-', '<details open class="sd-')
    return f'<div class="mi-chapter">{article}</div>'
