"""Widgets of the built book: what a page holds for ``mi-widgets.js`` to bring to life, and what stands there if not.

One file ``assets/mi-<name>.js`` per widget. Nothing here needs torch.
"""

import json
import math
from html import escape
from typing import Any

from IPython.display import HTML

from mi_lab.gaussian import correlation_from_mi, mi_from_correlation
from mi_lab.pages.tables import table_html


def correlation(identity: str = "correlation", dim: int = 20) -> HTML:
    """Correlation, MI and dimension of correlated Gaussians, with one component's joint density drawn."""
    rows = [[f"{rho:g}", f"{mi_from_correlation(rho, dim):.3g}"] for rho in (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)]
    head = ["correlation ρ", f"MI [nats], d = {dim}"]
    return _widget("correlation", identity, head, rows, "MI = −(d/2) log(1 − ρ²)", needs=["gaussian"])


def sampler(identity: str = "sampler") -> HTML:
    """Estimates of many small batches with the true log density ratio as critic, drawn again at will."""
    rows = [[f"{mi:g}", f"{nwj_deviation(mi, 64):.3g}"] for mi in (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0)]
    head = ["true MI [nats]", "standard deviation of NWJ [nats]"]
    note = "What theory says of one batch of 64 pairs with independent negatives and the perfect critic."
    return _widget("sampler", identity, head, rows, note, needs=["gaussian"])


def nwj_deviation(mi: float, batch_size: int, dim: int = 20) -> float:
    """Standard deviation in nats of NWJ on one batch with the optimal critic and independent negatives.

    Its mean score of positives has the variance d rho^2 / N of the pointwise MI, its mean ratio of negatives
    (e^{2 MI} - 1) / N.
    """
    variance = dim * correlation_from_mi(mi, dim) ** 2 + math.expm1(2 * mi)
    return math.sqrt(variance / batch_size)


def _widget(name: str, identity: str, head: list[str], rows: list[list[str]], note: str, **data: Any) -> HTML:
    payload = json.dumps(data).replace("<", "\\u003c")  # nothing in it can end the script element
    return HTML(f"""\
<div class="mi-widget" id="{escape(identity)}" data-widget="{name}">
<script type="application/json">{payload}</script>
<p class="mi-still">Moving this needs JavaScript; a table stands in for it.</p>
<details class="mi-table" open><summary>Values as a table</summary>
<p>{escape(note)}</p>
{table_html(head, rows, "Values as a table")}
</details>
<p class="mi-provenance"><span class="mi-evidence">live</span> computed in your browser</p>
</div>""")
