"""Links from the book to its repository on GitHub, if ``REPOSITORY`` says where that is; without it there are none."""

import os
import re
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from docutils import nodes

BRANCH, BUILT = "main", "gh-pages"
"""The branches of the sources and of the built book, which `make publish` writes."""
ABOUT_THIS_COPY = ("book/status", "book/licences")
"""Pages that tell what built them, so that running them elsewhere tells nothing."""
WRITTEN_OUT = ("book/claims",)
"""Pages whose cells are written out when the book is built: Jupytext finds none in their source."""


def repository() -> str:
    """The address, such as https://github.com/owner/name; '' if none is given. Raises ValueError for any other."""
    address = os.environ.get("REPOSITORY", "").rstrip("/").removesuffix(".git")
    if address and not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        raise ValueError(f"REPOSITORY must be like https://github.com/owner/name, not '{address}'.")
    return address


def pages() -> str:
    """Where GitHub shows the built book."""
    owner, name = repository().removeprefix("https://github.com/").split("/")
    return f"https://{owner.lower()}.github.io/{name}"


def buttons(page: str, executable: bool, first: bool = False) -> list[dict[str, Any]]:
    """What the header of a page offers, as the theme takes it: none without a repository.

    Colab opens notebooks only, so it gets the chapter's own from the built book, with ``set_up`` under its title.
    Binder opens the source of the chapter by Jupytext, and from the ``first`` page the folder of live notebooks.
    """
    if not (address := repository()):
        return []
    owned = address.removeprefix("https://github.com/")
    offered = []
    if executable and page not in ABOUT_THIS_COPY:
        notebook = f"https://colab.research.google.com/github/{owned}/blob/{BUILT}/_sources/{page}.ipynb"
        opened = quote("book/lab" if first else f"{page}.md")
        binder = f"https://mybinder.org/v2/gh/{owned}/{BRANCH}?urlpath=lab/tree/{opened}"
        offered.append(("Open in Colab", "fas fa-rocket", notebook))
        if page not in WRITTEN_OUT:
            offered.append(("Binder", "fas fa-rocket", binder))
    report = urlencode({"template": "wrong-number.yml", "page": f"{page}.html"})
    offered += [
        ("Edit this page", "fas fa-pencil-alt", f"{address}/edit/{BRANCH}/{page}.md"),
        ("Report an error", "fas fa-lightbulb", f"{address}/issues/new?{report}"),
    ]
    return [
        {"type": "link", "text": text, "tooltip": text, "icon": icon, "url": escape(url)} for text, icon, url in offered
    ]


def set_up() -> str:
    """The first code of a chapter's notebook: where mi_lab is not installed, its code and the stored results."""
    return f"""\
# where mi_lab is not installed, as on Colab: its code and the stored results, in a minute or two
import importlib.util

if importlib.util.find_spec("mi_lab") is None:
    !git clone --quiet --depth 1 --branch {BRANCH} {repository()} mi_lab-source
    %pip install --quiet "./mi_lab-source[book]"
    %env MI_LAB_RESULTS=mi_lab-source/book/results"""


def file_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """``{repository}`ARCHITECTURE.md```: a file of the repository, by its name, and a link if there is an address."""
    shown = nodes.literal(rawtext, text)
    if address := repository():
        return [nodes.reference(rawtext, "", shown, refuri=f"{address}/blob/{BRANCH}/{text}")], []
    return [shown], []
