"""What answers in the text of a page: values that light their curve, and words that tell what they mean.

The page's part is ``mi-text.js``; without it a value is a value, and a word is a link with its meaning as a title.
"""

import re
from html import escape
from typing import Any

from docutils import nodes
from myst_nb.ext.glue.roles import PasteTextRole

CURVE = re.compile(r"([^<]+?) <([\w-]+) ([^>]+)>")
"""Of the role ``curve``: the name of a glued value, the figure, and what the figure calls the curve."""
GLOSSARY = "book/glossary"
UNMARKED = ("book/functions", "book/licences", "book/references", "book/contributing", "book/status")
"""Pages that do not talk about the words that they hold."""
PLAIN = ("task", "run", "r", "curve", "profile", "evidence", "epoch", "verdict", "divergence")
"""Words of the glossary that the pages use in their everyday sense, too; only an author's ``term`` marks them."""
_NOT_IN = (
    nodes.title,
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.entry,
    nodes.caption,
    nodes.raw,
)


def curve_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = ()
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """``{curve}`key <fig-2a 10>```: a glued value that lights the curve '10' of Fig. 2a, as its legend calls it."""
    found = CURVE.fullmatch(text)
    if found is None:
        problem = inliner.reporter.error(f"a curve is written as `key <figure name>`, not as `{text}`", line=lineno)
        return [], [problem]
    shown, problems = PasteTextRole()("glue:text", rawtext, found[1], lineno, inliner)
    opened = f'<span class="mi-curve" data-curve="{escape(found[2])} {escape(found[3])}">'
    return [nodes.raw("", opened, format="html"), *shown, nodes.raw("", "</span>", format="html")], problems


def mark_terms(app: Any, doctree: nodes.document, page: str) -> None:
    """The first use of each word of the glossary becomes a link to it, whose title is its meaning."""
    if app.builder.format != "html" or page == GLOSSARY or page in UNMARKED or GLOSSARY not in app.env.found_docs:
        return
    places = {name: place for name, _, kind, _, place, _ in app.env.get_domain("std").get_objects() if kind == "term"}
    meant = meanings(app.env.get_doctree(GLOSSARY))
    for word in doctree.findall(nodes.reference):  # an author's own
        name = word.get("refuri", "").partition("#term-")[2].replace("-", " ")
        if name in meant:
            word["reftitle"] = meant.pop(name)
            word["classes"].append("mi-term")
    left = {name: meaning for name, meaning in meant.items() if name not in PLAIN}
    address = app.builder.get_relative_uri(page, GLOSSARY)
    for text in list(doctree.findall(nodes.Text)):
        if left and _is_within(text, (nodes.paragraph,)) and not _is_within(text, _NOT_IN) and not _in_html_link(text):
            text.parent.replace(text, marked(text.astext(), left, lambda name: f"{address}#{places[name]}"))


def meanings(glossary: nodes.document) -> dict[str, str]:
    """What the glossary says of each word, in whole sentences."""
    found = {}
    for item in glossary.findall(nodes.definition_list_item):
        told = " ".join(next(item.findall(nodes.definition)).astext().split())
        sentences = re.match(r".*[.](?= |$)", re.sub(r"\beq-(\d+)", r"Eq. \1", told))
        for term in item.findall(nodes.term):
            if sentences:
                found[term.astext()] = sentences[0]
    return found


def marked(text: str, left: dict[str, str], address: Any) -> list[nodes.Node]:
    """A text in pieces, with a link at the first use of each word that is ``left``, from which it is taken."""
    pieces: list[nodes.Node] = []
    names = sorted(left, key=len, reverse=True)
    for piece in re.split(rf"(?<![\w-])((?:{'|'.join(map(re.escape, names))})s?)(?![\w-])", text):
        name = piece if piece in left else piece.removesuffix("s")
        if name in left:
            link = nodes.reference("", piece, refuri=address(name), internal=True, reftitle=left.pop(name))
            link["classes"].append("mi-term")
            pieces.append(link)
        elif piece:
            pieces.append(nodes.Text(piece))
    return pieces


def _in_html_link(text: nodes.Text) -> bool:
    """Whether an author's ``<a>`` is open before it, as in links that set a widget."""
    siblings = text.parent.children
    before = "".join(one.astext() for one in siblings[: siblings.index(text)] if isinstance(one, nodes.raw))
    return before.count("<a ") > before.count("</a>")


def _is_within(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False
