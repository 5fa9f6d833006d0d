"""The licences of other people's files in the built book, as the installed packages themselves declare them."""

import importlib.metadata
import re
from pathlib import Path

from IPython.display import Markdown

from mi_lab.pages.tables import words_table

SHIPPED = {
    "myst-nb": "style of code cells",
    "plotly": "plotly.js, which draws the figures",
    "pydata-sphinx-theme": "styles, scripts, Bootstrap, the fonts and icons of Font Awesome",
    "Pygments": "colours of code",
    "Sphinx": "search, basic styles",
    "sphinx-book-theme": "styles, scripts, translations",
    "sphinx-copybutton": "button that copies code",
    "sphinx-design": "styles of cards and tabs",
    "sphinx-mathjax-offline": "MathJax and its fonts",
    "sphinx-thebe": "files that no page loads",
    "sphinx-togglebutton": "folding of parts of a page",
}
"""Every package of which the built book holds a file, and which."""
NOTICES = {
    "plotly": ("plotly.min.js",),
    "pydata-sphinx-theme": ("bootstrap.js.LICENSE.txt", "fontawesome.js.LICENSE.txt"),
}
"""Files of theirs that open with a licence notice of what they hold."""


def packages_table() -> Markdown:
    """A row per package: its version, its licence by its metadata, and what of it the book holds."""
    rows = []
    for name, what in SHIPPED.items():
        metadata = importlib.metadata.metadata(name)
        rows.append([name, metadata["Version"], licence(name), what])
    return words_table(["package", "version", "licence", "in the book"], rows, "Packages")


def notices_table() -> Markdown:
    """A row per file that opens with a notice, and the notice."""
    rows = [[file, name, notice(name, file)] for name, files in NOTICES.items() for file in files]
    return words_table(["file", "package", "notice"], rows, "Notices")


def licence(name: str) -> str:
    """A package's licence: the expression in its metadata, else its classifiers, else its free text."""
    metadata = importlib.metadata.metadata(name)
    classifiers = [c.rsplit(" :: ", 1)[-1] for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    free = [text for field in ("License-Expression", "License") for text in metadata.get_all(field) or []]
    told = [*free, ", ".join(classifiers)]
    # both where they differ, as of a package under one licence that carries files under another
    return "; ".join(dict.fromkeys(text.split("\n")[0] for text in told if text))


def notice(name: str, file: str) -> str:
    """The comment that a package's file opens with, without its marks."""
    path, *_ = [p.locate() for p in importlib.metadata.files(name) or [] if p.name == file]
    start = Path(str(path)).read_text(encoding="utf-8")[:2000]
    comment = re.match(r"\s*/\*+!?(.*?)\*/", start, re.DOTALL)
    assert comment is not None, f"{file} opens with no notice"
    return " ".join(line.strip(" *") for line in comment[1].splitlines() if line.strip(" *"))
