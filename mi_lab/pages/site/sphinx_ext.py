"""The Sphinx side of the book: Plotly figures as lazy, themed, accessible HTML, and every script served from the book.

Loaded by ``_config.yml`` as an extension; ``FigureRenderer`` is found by MyST-NB through the entry point
``myst_nb.mime_renderers`` in pyproject.toml.
"""

import copy
import importlib.metadata
import json
import multiprocessing
import os
import re
import shutil
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import nbformat
from docutils import nodes
from filelock import FileLock, Timeout
from myst_nb.core import render
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.fileutil import copy_asset

from mi_lab.pages.interactive.explorer import write_parts
from mi_lab.pages.interactive.widgets import ASSETS
from mi_lab.pages.provenance import folded
from mi_lab.pages.site.answering import curve_role, mark_terms
from mi_lab.pages.site.claim_blocks import write_out
from mi_lab.pages.site.heads import PICTURE, fewer_stops, tell_others, write_missing
from mi_lab.pages.site.licences import PLOTLY
from mi_lab.pages.site.manifest import check_results, write_manifest
from mi_lab.pages.site.notebooks import as_script, book_of, glued_values, readable
from mi_lab.pages.site.printed import write_printed
from mi_lab.pages.site.repository import buttons, file_role, repository, set_up
from mi_lab.pages.tables import table_html
from mi_lab.pages.theme import FIGURE_MIME, IN_BOOK

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' file: blob: 'unsafe-inline'",  # the theme's own scripts stand in the page
        "worker-src blob:",  # the critic that trains in the page
        "style-src 'self' file: 'unsafe-inline'",  # MathJax and Plotly style what they draw
        "img-src 'self' file: data: blob:",
        "font-src 'self' file: data:",
        "connect-src 'self' file:",
        "frame-src 'self' file:",  # the presenter's view of the lecture
        "form-action 'self' file:",
        "base-uri 'none'",
    )
)
"""What a page may load and run: the book's own files, and no text turned into code."""

_DRAWN = {"bar", "box", "contour", "heatmap", "histogram", "histogram2d", "histogram2dcontour", "image", "pie"}
_DRAWN |= {"scatter", "scatterternary", "violin"}
"""The kinds of trace that our part of plotly.js draws."""
_log = logging.getLogger(__name__)


class FigureRenderer:
    """Turns a cell's Plotly output into the HTML that ``mi-book.js`` draws."""

    mime_priority_overrides: ClassVar[list[tuple[str, str, int | None]]] = [("*", FIGURE_MIME, 1)]

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """Called by MyST-NB for every output; None leaves it to others. A figure without alt text, or
        one that the page could not draw, is a warning."""
        if data.mime_type != FIGURE_MIME or inline:
            return None
        figure = data.content if isinstance(data.content, dict) else json.loads(data.content)
        problems = [] if _meta(figure).get("alt") else ["a figure has no alt text in layout.meta"]
        strange = {trace.get("type", "scatter") for trace in figure.get("data", [])} - _DRAWN
        problems += [
            f"a figure has a trace of type {kind}, which the book's plotly.js does not draw" for kind in sorted(strange)
        ]
        for problem in problems:
            _log.warning(problem, location=(renderer.source, data.line), type="mi_lab", subtype="figure")
        return [nodes.raw("", figure_html(figure), format="html", classes=["mi-figure"])]


def figure_html(figure: Mapping[str, Any]) -> str:
    """A figure as HTML: data for the script, a sentence without JavaScript, provenance, and the values as a table."""
    meta = _meta(figure)
    # "<" never stands in the JSON, so nothing in it can end the script element
    layout = {name: value for name, value in figure["layout"].items() if name != "meta"}  # which stands beside it
    payload = json.dumps({"data": figure["data"], "layout": layout}, separators=(",", ":"))
    payload = payload.replace("<", "\\u003c")
    identity = f' id="{escape(str(meta["id"]))}"' if "id" in meta else ""
    alt = escape(str(meta.get("alt", "")))
    height = figure["layout"].get("height", 450)  # kept free until it is drawn
    return f"""\
<div class="mi-one">
<div class="mi-plot" role="group"{identity} style="--height:{height}px" aria-label="{alt}">
<script type="application/json">{payload}</script>
<noscript><p>Drawing this figure needs JavaScript; its values stand in the table below it.</p></noscript>
</div>
<p class="mi-provenance">{meta.get("provenance", "")}</p>
{_table(meta.get("table"))}
</div>"""


def _meta(figure: Mapping[str, Any]) -> Mapping[str, Any]:
    return figure.get("layout", {}).get("meta") or {}


def _table(table: Mapping[str, Any] | None) -> str:
    if not table:
        return ""
    return f"""\
<details class="mi-table"><summary>Values as a table</summary>
<p>{escape(table.get("note", ""))}</p>
{table_html(table["head"], table["rows"], "Values as a table")}
</details>"""


def _mathjax() -> Path:
    files = importlib.metadata.files("sphinx-mathjax-offline") or []
    return Path(str(next(file for file in files if file.name == "tex-mml-chtml.js").locate())).parent


def _complete(app: Sphinx, error: Exception | None) -> None:
    """What the book has besides the pages that Sphinx writes, and the last touch to all of them."""
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    _copy_scripts(app, folder / "_static")
    write_parts(folder / "_static" / "explorer")
    write_manifest(folder)
    write_missing(folder)
    write_printed(folder, _in_order(app, app.config.root_doc))
    for path in folder.rglob("*.html"):
        path.write_text(_finished(path.read_text(encoding="utf-8")), encoding="utf-8")


def _copy_scripts(app: Sphinx, static: Path) -> None:
    """Plotly's part that we draw with; MathJax and its fonts out of their wheel; the picture that others may show."""
    copy_asset(str(PLOTLY), str(static / "mi-lab"))
    copy_asset(str(Path(app.srcdir) / PICTURE), str(static))
    copy_asset(str(_mathjax() / "tex-mml-chtml.js"), str(static / "mathjax"))
    copy_asset(
        str(_mathjax() / "output" / "chtml" / "fonts" / "woff-v2"),
        str(static / "mathjax" / "output" / "chtml" / "fonts" / "woff-v2"),
    )


def _in_order(app: Sphinx, page: str) -> list[str]:
    """A page and all below it in the table of contents, as one reads them."""
    below = app.env.toctree_includes.get(page, [])
    return [page, *(name for one in below for name in _in_order(app, one))]


def _finished(html: str) -> str:
    """A page with its content security policy, and without the script that draws the theme's icons a second time.

    The font draws them, too, and the script weighs half a megabyte.
    """
    html = re.sub(r'\s*<script defer src="[^"]*scripts/fontawesome\.js[^"]*"></script>', "", html)
    # whether Sphinx adds a version to this name depends on what an earlier build left; the name holds a hash anyway
    html = re.sub(r"(mystnb\.\w+\.css)\?v=\w+", r"\1", html)
    html = re.sub(r"<title>(.+?) &#8212; \1</title>", r"<title>\1</title>", html)
    html = fewer_stops(html)
    # a widget tells its source itself
    lines = r'<p class="mi-provenance">((?:(?!mi-source|</p>).)*)</p>'
    html = re.sub(lines, lambda line: folded(line[1]), html, flags=re.DOTALL)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return re.sub(r"<head>", f"<head>\n    {policy}", html, count=1)


def _wait_for_others(app: Sphinx) -> None:
    """Two builds in one folder would mix their files, so the second waits. A build that was killed holds no lock."""
    lock = FileLock(Path(app.outdir).parent / "build.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _log.info("another build in %s is under way; this one waits for it.", app.outdir.parent)
        lock.acquire()
    # Sphinx keeps of an earlier build what it finds there: pages of source, words of the index, versions of scripts
    shutil.rmtree(app.outdir)
    Path(app.outdir).mkdir()
    app.connect("build-finished", lambda app, error: lock.release(), priority=999)


def _read_in_parallel(app: Sphinx) -> None:
    """Chapters are run by as many processes as there are cores; Jupyter Book has no option for it."""
    app.parallel = os.cpu_count() or 1
    # Jupyter Book always loads it; it numbers sections, which this book turns off, and declares nothing
    app.extensions["sphinx_multitoc_numbering"].parallel_read_safe = True


def _end_workers(app: Sphinx, error: Exception | None) -> None:
    """A chapter that fails ends the build. What another worker has read meanwhile nobody takes, and it would wait."""
    for worker in multiprocessing.active_children() if error else ():
        worker.kill()


def _drop_thebe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    # sphinx-thebe declares its constants twice on every page, which is a SyntaxError; the book starts no kernels
    for name in ("script_files", "css_files"):
        context[name] = [
            file for file in context.get(name, []) if "thebe" not in f"{file}{getattr(file, 'attributes', '')}".lower()
        ]
    if isinstance(context.get("body"), str):
        context["body"] = re.sub(
            r'<script type="text/x-thebe-config">.*?</script>\s*<script>kernelName.*?</script>',
            "",
            context["body"],
            flags=re.DOTALL,
        )


def _offer_notebook(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """The chapter as the notebook it was executed as, among the downloads; the theme offers it only beside a kernel."""
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{page}.ipynb"
    if doctree is None or not executed.exists():
        return
    offered = Path(app.outdir) / "_sources" / f"{page}.ipynb"
    offered.parent.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.read(executed, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = whole_streams(cell.outputs)
    glued = executed.with_suffix(".glue.json")
    values = glued_values(json.loads(glued.read_text(encoding="utf-8"))) if glued.exists() else {}
    readable(notebook, Path(page).name, book_of(app), values, set_up() if repository() else "")
    nbformat.write(notebook, offered)
    offered.with_suffix(".ipynb.js").write_text(as_script(notebook), encoding="utf-8")
    context["ipynb_source"] = f"{page}.ipynb"


def _offer_repository(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Buttons that run a page elsewhere, edit it, or report an error in it."""
    executable = "kernelspec" in app.env.metadata.get(page, {})
    if doctree is not None and (offered := buttons(page, executable, page == app.config.root_doc)):
        group = {"type": "group", "tooltip": "Run or correct this page", "icon": "fab fa-github", "buttons": offered}
        context["header_buttons"].append(group)


def whole_streams(outputs: list[Any]) -> list[Any]:
    """A cell's outputs with all it printed in one piece; it comes in pieces that no two builds cut alike.

    It stands in for MyST-NB's own function too, which ends a line where a piece ends, in the middle of a sentence.
    """
    kept: list[Any] = []
    streams: dict[str, Any] = {}
    for output in outputs:
        if output["output_type"] == "stream" and output["name"] in streams:
            streams[output["name"]]["text"] += output["text"]
        else:
            kept.append(copy.copy(output))
            if output["output_type"] == "stream":
                streams[output["name"]] = kept[-1]
    return kept


def _number_equations(app: Sphinx, doctree: nodes.document) -> None:
    """An equation labelled eq-15 is number 15 on whichever page it stands: the report's own numbers."""
    equations = app.env.get_domain("math").data["objects"]
    for node in doctree.findall(nodes.math_block):
        if match := re.fullmatch(r"eq-(\d+)", node.get("label") or ""):
            node["number"] = int(match[1])
            equations[node["label"]] = (app.env.docname, node["number"])


def _link_equations(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """'Eq. 5' in a docstring becomes a link to equation 5 of the background chapter."""
    lines[:] = [re.sub(r"\bEq\. (\d+)", r"Eq. :eq:`eq-\1`", line) for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    """Entry point for Sphinx."""
    os.environ[IN_BOOK] = "1"  # for the kernels of the chapters
    render.coalesce_streams = whole_streams
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("builder-inited", lambda _: check_results())
    app.connect("builder-inited", _wait_for_others)
    app.connect("builder-inited", _read_in_parallel)
    app.connect("builder-inited", lambda app: app.config.html_static_path.append(str(ASSETS)))
    app.connect("build-finished", _end_workers)
    app.connect("build-finished", _complete)
    app.connect("source-read", write_out)
    app.connect("doctree-read", _number_equations)
    app.connect("doctree-resolved", mark_terms)
    app.connect("html-page-context", _offer_notebook, priority=100)  # before the theme makes its buttons
    app.connect("html-page-context", _offer_repository, priority=502)  # after it
    app.connect("html-page-context", tell_others, priority=900)
    app.connect("html-page-context", _drop_thebe, priority=900)
    app.connect("autodoc-process-docstring", _link_equations)
    app.add_role("repository", file_role)
    app.add_role("curve", curve_role)
    app.add_css_file("mi-book.css")
    app.add_js_file("mi-widgets.js", loading_method="defer")  # first: the others use it
    app.add_js_file("mi-book.js", loading_method="defer")
    app.add_js_file("mi-text.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
