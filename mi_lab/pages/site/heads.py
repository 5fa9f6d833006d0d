"""What a page tells others that link to it, where its tab key stops, and the page for an address that is none."""

import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes

from mi_lab.pages.site.repository import pages, repository

PICTURE = "book/preview.png"
"""What a preview of the book shows; GitHub and other sites ask for an absolute address, which a repository gives."""
_LONGEST = 200
_OF_FILES = (
    "Opened from a file, this search looks through all pages but shows their titles alone. "
    "From a server it shows the place, too."
)


def tell_others(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Title, description and picture of a page, as the Open Graph protocol names them."""
    root = page == app.config.root_doc
    if doctree is None:
        return
    base = pages() if repository() else "../" * page.count("/") + "."
    told = {
        "og:type": "website" if root else "article",
        "og:title": context["title"],
        "og:description": description(doctree),
        "og:image": f"{base}/_static/{Path(PICTURE).name}",
    }
    tags = [f'<meta property="{name}" content="{escape(text)}" />' for name, text in told.items()]
    tags.append(f'<meta name="description" content="{escape(told["og:description"])}" />')
    context["metatags"] = context.get("metatags", "") + "\n".join(tags)


def description(doctree: nodes.document) -> str:
    """The first sentences of a page, without its notes, as far as they fit."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if isinstance(paragraph.parent, nodes.section) and len(text) > 60 and "gosch2020" not in text:
            return text if len(text) <= _LONGEST else text[:_LONGEST].rsplit(" ", 1)[0] + " …"
    return "An executable edition of a report on mutual information, with every curve as a stored run."


def write_missing(folder: Path) -> None:
    """404.html, which GitHub Pages shows for any address that is none; so its links hold from any folder."""
    base = f"{pages()}/" if repository() else ""
    links = {"book/index.html": "The first page", "book/claims.html": "The claims", "search.html": "Search"}
    rows = "".join(f'<li><a href="{base}{address}">{words}</a></li>' for address, words in links.items())
    (folder / "404.html").write_text(
        f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>No such page</title>
<style>
:root {{ color-scheme: light dark; font-family: sans-serif }}
main {{ max-width: 36rem; margin: 4rem auto; padding: 0 1rem }}
</style>
</head>
<body><main>
<h1>There is no page at this address</h1>
<p>It may have another name now. Go on from here:</p>
<ul>{rows}</ul>
</main></body>
</html>
""",
        encoding="utf-8",
    )


def fewer_stops(html: str) -> str:
    """A page whose links are each one stop of the tab key: not those of headings, and a place but once.

    What unfolds a part of the menu is named by it.
    """
    seen: set[str] = set()

    def stop(link: re.Match[str]) -> str:
        again = link[1] == "headerlink" or link[2] in seen
        seen.add(link[2])
        return link[0].replace("<a ", '<a tabindex="-1" ', 1) if again else link[0]

    html = re.sub(
        r'(<a class="(?:current )?reference internal" href="[^"]*">)([^<]+)(</a><details[^>]*><summary)>',
        r'\1\2\3 aria-label="Pages under \2">',
        html,
    )
    html = html.replace(
        '<div id="search-results">', f'<p class="mi-of-files" hidden>{_OF_FILES}</p><div id="search-results">'
    )
    start = max(0, html.find('<article class="bd-article">'))
    return html[:start] + re.sub(r'<a class="(headerlink|reference internal)" href="([^"]*)"', stop, html[start:])
