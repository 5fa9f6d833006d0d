"""The licences of other people's files in the built book, as the installed packages themselves declare them."""

import importlib.metadata
import re
from pathlib import Path

from IPython.display import Markdown

from mi_lab.pages.tables import words_table

SHIPPED = {
    "myst-nb": "style of code cells",
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
    "pydata-sphinx-theme": ("bootstrap.js.LICENSE.txt", "fontawesome.js.LICENSE.txt"),
}
"""Files of theirs that open with a licence notice of what they hold."""
PLOTLY = Path(__file__).parents[1] / "vendor" / "plotly-cartesian.min.js"
"""The part of plotly.js that draws our kinds of figure, a third of what the Python package holds: npm's package
plotly.js-cartesian-dist-min of the version that the Python package speaks, with its licence beside it."""


def packages_table() -> Markdown:
    """A row per package: its version, its licence by its metadata, and what of it the book holds."""
    rows = []
    for name, what in SHIPPED.items():
        metadata = importlib.metadata.metadata(name)
        rows.append([name, metadata["Version"], licence(name), what])
    [version] = re.findall(r"\bv(\d+\.\d+\.\d+)", notice(PLOTLY))
    rows.append(["plotly.js-cartesian-dist-min", version, "MIT", "plotly.js, which draws the figures"])
    return words_table(["package", "version", "licence", "in the book"], rows, "Packages")


def notices_table() -> Markdown:
    """A row per file that opens with a notice, and the notice."""
    rows = [[file, name, notice(_installed(name, file))] for name, files in NOTICES.items() for file in files]
    rows.append([PLOTLY.name, "plotly.js", notice(PLOTLY)])
    return words_table(["file", "package", "notice"], rows, "Notices")


def licence(name: str) -> str:
    """A package's licence: the expression in its metadata, else its classifiers, else its free text."""
    metadata = importlib.metadata.metadata(name)
    classifiers = [c.rsplit(" :: ", 1)[-1] for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    free = [text for field in ("License-Expression", "License") for text in metadata.get_all(field) or []]
    told = [*free, ", ".join(classifiers)]
    # both where they differ, as of a package under one licence that carries files under another
    return "; ".join(dict.fromkeys(text.split("\n")[0] for text in told if text))


def notice(path: Path) -> str:
    """The comment that a file opens with, without its marks."""
    comment = re.match(r"\s*/\*+!?(.*?)\*/", path.read_text(encoding="utf-8")[:2000], re.DOTALL)
    assert comment is not None, f"{path.name} opens with no notice"
    return " ".join(line.strip(" *") for line in comment[1].splitlines() if line.strip(" *"))


def _installed(name: str, file: str) -> Path:
    path, *_ = [p.locate() for p in importlib.metadata.files(name) or [] if p.name == file]
    return Path(str(path))
