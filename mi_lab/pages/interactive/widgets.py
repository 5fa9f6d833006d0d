"""Widgets of the built book: what a page holds for ``mi-widgets.js`` to bring to life, and what stands there if not.

One file ``assets/mi-<name>.js`` per widget; the same file serves a notebook with a kernel. Nothing here needs torch.
"""

import importlib.util
import json
import math
import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from IPython.display import HTML, display

from mi_lab.experiments.reported import TABLE_1_ACCURACY
from mi_lab.ground import discrete
from mi_lab.ground.extras import require
from mi_lab.ground.gaussian import correlation_from_mi, mi_from_correlation
from mi_lab.ground.names import TAPS
from mi_lab.pages.interactive.widget_controls import PLACES, sampling, slider, three_variables
from mi_lab.pages.tables import table_html
from mi_lab.pages.theme import IN_BOOK

ASSETS = Path(__file__).parents[1] / "assets"


class Widget(HTML):
    """A widget as HTML for a page of the book, and what a notebook needs to show it live."""

    def __init__(self, name: str, needs: Sequence[str], html: str) -> None:
        super().__init__(html)
        self.files = [f"mi-{part}.js" for part in ("widgets", *needs, name)]

    def _ipython_display_(self) -> None:
        """In a person's notebook the widget moves; the book gets its HTML, and so does who lacks anywidget."""
        if not os.environ.get(IN_BOOK) and importlib.util.find_spec("anywidget"):
            display(self.live())
        else:
            display(HTML(self.data))

    def live(self) -> Any:
        """The same widget, of the same files, as an anywidget for a notebook with a kernel."""
        require("anywidget", "traitlets")
        import anywidget
        import traitlets

        class Live(anywidget.AnyWidget):
            _esm = "\n".join((ASSETS / file).read_text(encoding="utf-8") for file in self.files) + _LIVE
            _css = _COLOURS + (ASSETS / "mi-book.css").read_text(encoding="utf-8")
            html = traitlets.Unicode(self.data).tag(sync=True)

        return Live()


_LIVE = """
export default {
  render({ model, el }) {
    el.innerHTML = model.get("html");
    return MILab.mount(el.firstElementChild, { live: true }); // what ends it, called when the view goes
  },
};
"""
# the book's theme gives its colours these names; Jupyter has others for the same
_COLOURS = """:where(:root) {
  --pst-color-text-base: var(--jp-ui-font-color1, #222832);
  --pst-color-text-muted: var(--jp-ui-font-color2, #48566b);
  --pst-color-background: var(--jp-layout-color1, #fff);
  --pst-color-surface: var(--jp-layout-color2, #f3f4f5);
  --pst-color-border: var(--jp-border-color1, #d0d5da);
  --pst-color-primary: var(--jp-brand-color1, #0a5bb8);
}
"""


def correlation(identity: str = "correlation", dim: int = 20) -> Widget:
    """Correlation, MI and dimension of correlated Gaussians, with one component's joint density drawn."""
    rows = [[f"{rho:g}", f"{mi_from_correlation(rho, dim):.3g}"] for rho in (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)]
    head = ["correlation ρ", f"MI [nats], d = {dim}"]
    return widget("correlation", identity, head, rows, "MI = −(d/2) log(1 − ρ²)", needs=["gaussian"])


def sampler(identity: str = "sampler") -> Widget:
    """Estimates of many small batches with the true log density ratio as critic, drawn again at will."""
    rows = [[f"{mi:g}", f"{nwj_deviation(mi, 64):.3g}"] for mi in (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0)]
    head = ["true MI [nats]", "standard deviation of NWJ [nats]"]
    note = "What theory says of one batch of 64 pairs with independent negatives and the perfect critic."
    return widget("sampler", identity, head, rows, note, needs=["gaussian"], controls=sampling())


def interaction(identity: str = "interaction") -> Widget:
    """What three variables share, for a table of joint probabilities that the reader edits."""
    xor = np.zeros((2, 2, 2))
    xor[[0, 0, 1, 1], [0, 1, 1, 0], [0, 1, 0, 1]] = 1 / 4
    measures = {"H(X)": discrete.entropy(xor, 0), "I(X;Z)": discrete.information(xor, 0, 2)}
    measures |= {"I(X;Z|Y)": discrete.information(xor, 0, 2, 1), "I(X;Y;Z)": discrete.interaction(xor)}
    rows = [[name, f"{value:.3f}"] for name, value in measures.items()]
    note = "For two fair coins X and Z, and Y = X xor Z."
    presets = three_variables()
    return widget("interaction", identity, ["measure", "nats"], rows, note, presets=presets, places=PLACES)


def findings() -> list[Widget]:
    """Two of the report's findings, each a small figure with one slider."""
    labels = _second_finding("finding-2")
    note = "Two classes of points, half of a disc each, twisted by a map that can be undone."
    same = [["MI of point and class, at any twist", f"{math.log(2):.3f}"]]
    reader = widget("findings", "finding-3", ["measure", "nats"], same, note, ["gaussian"])
    return [labels, reader]


def stored(
    identity: str,
    title: str,
    controls: Sequence[Mapping[str, Any]],
    choices: Mapping[tuple[str, ...], Mapping[str, Any]],
    sources: Sequence[str],
    head: list[str],
    rows: list[list[str]],
    note: str,
    evidence: str = "stored",
    width: int = 440,
) -> Widget:
    """Bars of stored values, chosen by ``controls``: lists, and sliders whose values are whole numbers.

    ``choices`` holds for every state of the controls, in their order, ``bars`` of name, value or None, a reported
    value or None, and the text that tells the value; the ``range`` and ``label`` of their axis, a ``summary``, and the
    place of its ``source``.
    """
    by_state = {" ".join(state): choice for state, choice in choices.items()}
    shown = {"title": title, "controls": controls, "choices": by_state, "sources": sources, "width": width}
    return widget("stored", identity, head, rows, note, evidence=evidence, source=sources[0], shown=shown)


def _second_finding(identity: str) -> Widget:
    """The report's Table 1 by tap: neither pretext's label says anything about the object."""
    choices: dict[tuple[str, ...], dict[str, Any]] = {}
    for place, tap in enumerate(TAPS):
        at = {name: values[place] for name, values in TABLE_1_ACCURACY.items()}
        turned, random = (at[name] - at["untrained"] for name in ("rotation", "random labels"))
        told = f"At {tap}: rotation {turned:+.1f} points over an untrained network, random labels {random:+.1f}."
        bars = [[name, value, None, f"{value:.2f}"] for name, value in at.items()]
        choices[(str(place),)] = {
            "bars": bars,
            "range": [0, 60],
            "label": "linear accuracy [%]",
            "summary": told.replace("-", "−"),
            "source": 0,
        }
    depth = slider("tap", "depth in the network", 0, len(TAPS) - 1, 1, 4, names=TAPS)
    rows = [[name, *(f"{value:.2f}" for value in values)] for name, values in TABLE_1_ACCURACY.items()]
    note = "Linear accuracy on CIFAR-10 in per cent, as Table 1 of the report prints it."
    controls = [depth]
    head = ["pretext", *TAPS]
    return stored(identity, "No MI, real use", controls, choices, ["Table 1"], head, rows, note, "report", width=250)


def nwj_deviation(mi: float, batch_size: int, dim: int = 20) -> float:
    """Standard deviation in nats of NWJ on one batch with the optimal critic and independent negatives.

    Its mean score of positives has the variance d rho^2 / N of the pointwise MI, its mean ratio of negatives
    (e^{2 MI} - 1) / N.
    """
    variance = dim * correlation_from_mi(mi, dim) ** 2 + math.expm1(2 * mi)
    return math.sqrt(variance / batch_size)


def widget(
    name: str,
    identity: str,
    head: list[str],
    rows: list[list[str]],
    note: str,
    needs: Sequence[str] = (),
    evidence: str = "live",
    source: str = "computed in your browser",
    **data: Any,
) -> Widget:
    """A widget with the table that stands in for it, the files it ``needs`` before its own, and its data."""
    payload = json.dumps({"needs": list(needs), **data}, separators=(",", ":"))
    payload = payload.replace("<", "\\u003c")  # nothing in it can end the script element
    return Widget(
        name,
        needs,
        f"""\
<div class="mi-widget" id="{escape(identity)}" data-widget="{name}">
<script type="application/json">{payload}</script>
<p class="mi-still">Moving this needs JavaScript; a table stands in for it.</p>
<details class="mi-table" open><summary>Values as a table</summary>
<p>{escape(note)}</p>
{table_html(head, rows, "Values as a table")}
</details>
{_sourced(evidence, source)}
</div>""",
    )


def _sourced(evidence: str, source: str) -> str:
    """Where its numbers come from: a short line, which unfolds if there is a second."""
    short, _, whole = source.partition("\n")
    line = f'<span class="mi-evidence">{evidence}</span> <span class="mi-source">{escape(short)}</span>'
    if not whole:
        return f'<p class="mi-provenance">{line}</p>'
    rest = f'<p class="mi-source">{escape(whole)}</p>'
    return f'<details class="mi-provenance"><summary>{line}</summary>{rest}</details>'
