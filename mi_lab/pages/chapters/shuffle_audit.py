"""What each scheme of negatives lets the best critic reach: the figures and tables of the shuffle audit."""

from mi_lab.pages.provenance import provenance
from mi_lab.pages.tables import table_html
from mi_lab.results.store import Result

HEAD = ("negatives", "N", "true MI", "ceiling", "destination", "median batch", "slope of batch DV")
SAID = {"shuffle": "shuffle", "derangement": "derangement", "all_pairs": "all pairs"}


def limits_table(result: Result, **where: object) -> str:
    """HTML of the limits, one row a setting, in nats."""
    rows = [
        [
            SAID.get(run["negatives"], run["negatives"]),
            f"{run['batch_size']}",
            f"{run['true_mi']:g}",
            *(f"{run['values'][name]:.2f}" for name in ("ceiling", "destination", "median")),
            f"{run['values']['slope']:.4f}",
        ]
        for run in result.select(**where)
    ]
    table = table_html(list(HEAD), rows, "limits of the best critic")
    return f'<div class="mi-table">{table}</div><p class="mi-provenance">{provenance(result)}</p>'
