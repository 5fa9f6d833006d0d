"""A chapter as the notebook that a page offers: what Sphinx would make of its text is made here, for any Jupyter.

Values stand in place of ``glue``, formulas between dollars, notes as quotations; links go to the pages of the book.
"""

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from pybtex.database import parse_file

from mi_lab.pages.site.repository import pages, repository
from mi_lab.pages.tables import table_html
from mi_lab.pages.theme import FIGURE_MIME

BESIDE = "../../book/"
"""The pages of the book, as seen from the folder of its notebooks; mi-book.js puts the page's own address there."""

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})\{(?P<name>[\w-]+)\}(?P<title>.*)\n(?P<body>(?:.*\n)*?)(?P=indent)(?P=fence) *$",
    re.MULTILINE,
)
_ROLE = re.compile(r"\{([\w:]+)\}`([^`]+)`")
_LINK = re.compile(r"(?<=\]\()(?:([\w-]+)\.md)?(?:#([\w.-]+))?(?=\))")
_HREF = re.compile(r'(?<=href=")(?:([\w-]+)\.html)?(#[^"]*)?(?=")')


@dataclass(frozen=True)
class Book:
    """What a notebook is told of the book: where it is, on which page what is named, and how works are cited.

    ``places`` maps a name such as 'fig-2a' to its address among the pages, ``works`` a key to author and year.
    """

    address: str = BESIDE
    places: Mapping[str, str] = field(default_factory=dict)
    works: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def book_of(app: Any) -> Book:
    """What stands where in the book, and how its works are cited."""
    labels = app.env.get_domain("std").anonlabels
    equations = app.env.get_domain("math").data["objects"]
    named = {name: (page, identity) for name, (page, identity) in labels.items()}
    named |= {f"equation-{name}": (page, f"equation-{name}") for name, (page, _) in equations.items()}
    for domain in ("std", "py"):
        for name, _, kind, page, identity, _ in app.env.get_domain(domain).get_objects():
            named.setdefault(f"term-{name.replace(' ', '-')}" if kind == "term" else name, (page, identity))
    places = {name: f"{Path(page).name}.html#{identity}" for name, (page, identity) in named.items()}
    files = [parse_file(Path(app.srcdir) / file) for file in app.config.bibtex_bibfiles]
    cited = {key: work for file in files for key, work in works(file.entries).items()}
    return Book(f"{pages()}/book/" if repository() else BESIDE, places, cited)


def readable(notebook: Any, page: str, book: Book, values: Mapping[str, str], first: str = "") -> Any:
    """The executed notebook of a page, made readable in place, and returned.

    ``values`` are those that it has glued; ``first`` is code for under the title.
    """
    cells: list[Any] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = plain(cell.source, page, book, values)
            cells.append(cell)
        else:
            cells += _code(cell, page, book, values)
    if first:
        cells.insert(1, nbformat.v4.new_code_cell(first))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # drawn at random otherwise, and two builds would differ
    notebook.cells = cells
    return notebook


def glued_values(outputs: Mapping[str, Any]) -> dict[str, str]:
    """The values that a chapter has glued, as text, by their names; MyST-NB keeps ``outputs`` beside the notebook."""
    texts = {name: _joined(output["data"]["text/plain"]) for name, output in outputs.items()}
    return {name: ast.literal_eval(text) if text[:1] in ("'", '"') else text for name, text in texts.items()}


def plain(text: str, page: str, book: Book, values: Mapping[str, str]) -> str:
    """MyST as the Markdown that every Jupyter knows."""
    while _FENCE.search(text):  # one in another, too
        text = _FENCE.sub(_block, text)
    text = re.sub(r"^\([\w-]+\)=(\n|$)", "", text, flags=re.MULTILINE)
    text = _ROLE.sub(lambda role: _role(role[1], role[2], book, values), text)
    text = _LINK.sub(lambda link: _address(link[1], link[2], page, book), text)
    return _HREF.sub(
        lambda link: f"{book.address}{link[1] or page}.html{link[2] or ''}" if any(link.groups()) else "", text
    )


def _block(found: re.Match[str]) -> str:
    """A directive: a formula with its number, a note as a quotation, a solution to unfold."""
    lines = [line.removeprefix(found["indent"]) for line in found["body"].splitlines()]
    options = {}
    while lines and (option := re.fullmatch(r":([\w-]+): *(.*)", lines[0])):
        options[option[1]] = option[2]
        lines.pop(0)
    name, title, body = found["name"], found["title"].strip(), "\n".join(lines).strip("\n")
    if name == "math":
        number = re.fullmatch(r"eq-(\d+)", options.get("label", ""))
        made = f"$$\n{body}" + (f" \\tag{{{number[1]}}}" if number else "") + "\n$$"
    elif name == "dropdown":
        made = f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"
    elif name == "admonition":
        made = "\n".join(f"> {line}".rstrip() for line in [f"**{title}**", "", *body.splitlines()])
    else:
        made = "*(This part stands in the book alone.)*"
    return "\n".join(f"{found['indent']}{line}".rstrip() for line in made.splitlines())


def _role(name: str, content: str, book: Book, values: Mapping[str, str]) -> str:
    shown, target = (match[1], match[2]) if (match := re.fullmatch(r"(.*?) *<(.*)>", content)) else (content, content)
    match name.split(":"):
        case ["glue", _]:
            return values[content]
        case ["curve"]:
            return values[shown]
        case ["eq"]:
            return f"[({target.removeprefix('eq-')})](#equation-{target})"
        case ["cite", *how]:
            works = [book.works[key.strip()] for key in content.split(",")]
            if how == ["t"]:
                return " and ".join(f"{author} ({year})" for author, year in works)
            return f"({'; '.join(f'{author}, {year}' for author, year in works)})"
        case ["py", _]:
            named = target.split(".")[-1] if content.startswith("~") else shown
            return f"[`{named}`](#{target.removeprefix('~')})"
        case ["term"]:
            return f"[{shown}](#term-{target.replace(' ', '-')})"
        case _:
            return f"`{shown}`" if name == "repository" else shown


def _address(page: str | None, name: str | None, own: str, book: Book) -> str:
    if not page and not name:
        return ""
    if not page and name is not None and name in book.places:
        return book.address + book.places[name]
    return f"{book.address}{page or own}.html{f'#{name}' if name else ''}"


def _code(cell: Any, page: str, book: Book, values: Mapping[str, str]) -> list[Any]:
    """A cell of code with what it showed; a caption follows it. What the book hides is folded."""
    cell.outputs = [
        _output(output, page, book) for output in cell.outputs if "scrapbook" not in output.get("metadata", {})
    ]
    if {"remove-cell", "remove-input", "hide-input"} & set(cell.metadata.get("tags", [])):
        cell.metadata["jupyter"] = {"source_hidden": True}
    caption = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption")
    if not caption:
        return [cell]
    return [cell, nbformat.v4.new_markdown_cell(plain(caption.strip(), page, book, values))]


def _output(output: Any, page: str, book: Book) -> Any:
    data: dict[str, Any] = output.get("data", {})
    if FIGURE_MIME in data:
        data["text/html"] = _stand_in(data[FIGURE_MIME])
    elif "text/html" in data:
        data["text/html"] = _unmoved(_joined(data["text/html"]), page, book)
    if "text/markdown" in data:
        data["text/markdown"] = plain(_joined(data["text/markdown"]), page, book, {})
    return output


def _stand_in(figure: Mapping[str, Any]) -> str:
    """What is shown of a figure where nothing draws it: what it shows in words, and its values."""
    meta = figure["layout"].get("meta") or {}
    table = meta.get("table")
    values = table_html(table["head"], table["rows"], "Values as a table") if table else ""
    return f"<p>{escape(meta.get('alt', ''))} (Install plotly to see it drawn.)</p>{values}"


def _unmoved(html: str, page: str, book: Book) -> str:
    """A widget as it stands before its cell is run."""
    html = re.sub(r'<script type="application/json">.*?</script>\n?', "", html, flags=re.DOTALL)
    if found := re.search(r'<div class="mi-widget" id="([^"]*)"', html):
        there = f'<a href="{book.address}{page}.html#{found[1]}">in the book</a>'
        said = f"<p>Run this cell where mi_lab is installed, and it moves; or move it {there}.</p>"
        html = re.sub(r'<p class="mi-still">.*?</p>', lambda _: said, html)
    return html


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)


def as_script(notebook: Any) -> str:
    """A notebook as a script, for pages of the file system, whose links to files a browser opens and does not save."""
    return f"window.MILab.notebook={json.dumps(notebook, separators=(',', ':'), sort_keys=True)};\n"


def works(entries: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Author and year of the entries of a bibliography, as pybtex reads it."""
    return {key: (_authors(entry.persons), str(entry.fields.get("year", ""))) for key, entry in entries.items()}


def _authors(persons: Mapping[str, Any]) -> str:
    names = [" ".join([*one.prelast_names, *one.last_names]) for one in next(iter(persons.values()), [])]
    clean: Callable[[str], str] = lambda name: re.sub(r"[{}]", "", name)  # noqa: E731
    return f"{clean(names[0])} et al." if len(names) > 2 else " and ".join(map(clean, names))
