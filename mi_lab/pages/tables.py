"""A table of plain text as HTML that a phone can scroll."""

from collections.abc import Sequence
from html import escape

from IPython.display import Markdown


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], label: str, caption: str = "") -> str:
    """The table, every cell escaped, in a region of its own that scrolls; ``label`` names it for screen readers."""
    above = f"\n<caption>{escape(caption)}</caption>" if caption else ""
    titles = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"""\
<div tabindex="0" role="group" aria-label="{escape(label)}"><table>{above}
<thead><tr>{titles}</tr></thead>
<tbody>{body}</tbody>
</table></div>"""


def sourced_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], label: str, source: str, caption: str = ""
) -> str:
    """The same with the line under it that says where its numbers come from, as HTML."""
    table = table_html(head, rows, label, caption)
    return f'<div class="mi-table">{table}<p class="mi-provenance">{source}</p></div>'


def words_table(head: Sequence[str], rows: Sequence[Sequence[str]], label: str) -> Markdown:
    """The same as a cell's output, for tables of words rather than numbers."""
    return Markdown(f'<div class="mi-table mi-words">{table_html(head, rows, label)}</div>')
