"""What each scheme of negatives lets the best critic reach, and what public codes do: tables, and the border."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go
from IPython.display import HTML, Markdown

from mi_lab.experiments.border_specs import Border
from mi_lab.experiments.code_records import DIVISORS, SCHEMES, PublicCode, computed_as
from mi_lab.experiments.public_codes import PUBLIC_CODES
from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.pages.tables import sourced_table, table_html, words_table
from mi_lab.results.store import Result, load

HEAD = ("negatives", "N", "true MI", "ceiling", "destination", "median batch", "slope of batch DV")
SAID = {"shuffle": "shuffle", "derangement": "derangement", "all_pairs": "all pairs", "index_draw": "index draw"}
CODE_LENGTH = 10
"""Digits that are shown of a version."""


def limits_table(result: Result, **where: object) -> str:
    """HTML of the limits, one row a setting, in nats."""
    table = table_html(list(HEAD), _rows(result.select(**where)), "limits of the best critic")
    return f'<div class="mi-table">{table}</div><p class="mi-provenance">{provenance(result)}</p>'


def limits_of_schemes(sizes: Mapping[str, Sequence[int]], truths: Sequence[float]) -> HTML:
    """The stored limits, in nats, at these batch sizes of each scheme and at these truths."""
    results = [load("limits"), load("limits-all-pairs")]
    runs = [run for result in results for run in result.runs]
    chosen = [run for run in runs if run["batch_size"] in sizes[run["negatives"]] and run["true_mi"] in truths]
    chosen.sort(key=lambda run: (run["batch_size"], run["true_mi"], list(SAID).index(run["negatives"])))
    source = "<br>".join(map(provenance, results))
    return HTML(sourced_table(HEAD, _rows(chosen), "Limits of the best critic, by scheme of negatives", source))


def _rows(runs: Iterable[dict[str, Any]]) -> list[list[str]]:
    return [
        [
            SAID.get(run["negatives"], run["negatives"]),
            f"{run['batch_size']}",
            f"{run['true_mi']:g}",
            f"{run['values']['ceiling']:.2f}",
            heading_for(run),
            f"{run['values']['median']:.2f}",
            f"{run['values']['slope']:.4f}",
        ]
        for run in runs
    ]


def heading_for(run: Mapping[str, Any]) -> str:
    """The destination of a run of limits with its standard error, in nats."""
    value, error = run["values"]["destination"], run["values"]["destination stderr"]
    digits = 2 if value < 20 else 1
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def borders() -> go.Figure:
    """The truth from which batch DV has no limit against N, a line per scheme, as it is stored."""
    return borders_of(load("border"))


def border_at(result: Result, negatives: str, batch_size: int) -> float:
    """The border in nats, the mean over seeds. Raises ValueError for a point that was not computed."""
    runs = result.select(negatives=negatives, batch_size=batch_size)
    if not runs:
        raise ValueError(f"{result.experiment} has no border of {negatives} at N = {batch_size}.")
    return statistics.fmean(run["values"]["border"] for run in runs)


def borders_of(result: Result) -> go.Figure:
    """The same of a given result; in nats, the mean over seeds, with log N as a dotted line."""
    spec = result.spec_of(Border)
    sizes = sorted(spec.batch_size)
    lines = {scheme: [border_at(result, scheme, n) for n in sizes] for scheme in spec.negatives}
    rows = []
    for n in sizes:
        for scheme in spec.negatives:
            seeds = [run["values"]["border"] for run in result.select(negatives=scheme, batch_size=n)]
            row = (statistics.fmean(seeds), min(seeds), max(seeds), math.log(n))
            rows.append([f"{n}", SAID.get(scheme, scheme), *(f"{value:.2f}" for value in row)])
    told = (
        f"{SAID.get(scheme, scheme)}: {values[0]:.1f} nats at N = {sizes[0]}, {values[-1]:.1f} at N = {sizes[-1]}"
        for scheme, values in lines.items()
    )
    alt = "The truth from which the slope of batch DV is above its level, against N, under log N. " + "; ".join(told)
    figure = theme.figure(
        "batch size N",
        "true MI [nats]",
        f"{alt}.",
        table={
            "head": ["N", "negatives", "border [nats]", "lowest seed", "highest seed", "log N"],
            "rows": rows,
            "note": f"The border is the truth from which the slope is surely above {spec.level:g}.",
        },
        provenance=provenance(result),
    )
    for number, (scheme, values) in enumerate(lines.items()):
        word = SAID.get(scheme, scheme)
        figure.add_scatter(
            x=sizes,
            y=values,
            mode="lines+markers",
            name=word,
            line=theme.line_of(number),
            hovertemplate=f"{word}, N = %{{x}}: %{{y:.2f}} nats<extra></extra>",
        )
    figure.add_scatter(
        x=sizes,
        y=[math.log(n) for n in sizes],
        mode="lines",
        name="log N",
        line={"color": theme.REFERENCE, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )
    figure.update_xaxes(type="log", tickvals=sizes, ticktext=[str(n) for n in sizes]).update_yaxes(rangemode="tozero")
    return figure.update_layout(legend_title_text="negatives")


def codes_table() -> Markdown:
    """What each public code does: a row per code, with its negatives, its average, and where its constant drifts."""
    head = ["code", "negatives", "r", "starts with", "constant drifts", "divisor of e^T"]
    rows = [
        [
            code.name,
            f"{SAID[code.negatives]}: {code.negatives_said}",
            "–" if code.weight is None else f"{code.weight:g}",
            code.start,
            DIVISORS[code.divisor],
            code.average_said,
        ]
        for code in PUBLIC_CODES
    ]
    return words_table(head, rows, "Public codes: negatives and moving averages")


def sources_table() -> Markdown:
    """Where each public code was read: version, file and function."""
    rows = [[code.name, code.version[:CODE_LENGTH], code.place] for code in PUBLIC_CODES]
    return words_table(["code", "version", "file: function"], rows, "Public codes: where they were read")


def consequences() -> HTML:
    """What follows at each code's own batch size, dimension and largest true MI, in nats, computed and stored.

    An index draw has the ceiling of a shuffle of all n points; its destination and slope are not computed.
    """
    head = [
        "code of",
        "negatives",
        "true pairs",
        "N",
        "dim",
        "true MI",
        "log N, log n",
        "ceiling",
        "destination",
        "slope",
    ]
    rows: list[list[str]] = []
    results: dict[str, Result] = {}
    for code in PUBLIC_CODES:
        if code.example is None:
            continue
        name = limits_name(code)
        result = results.setdefault(name, load(name))
        drawn = code.example.points is not None
        size = code.example.points or code.example.batch_size
        [run] = result.select(batch_size=size, true_mi=code.example.true_mi)
        values = run["values"]
        pairs = f"{code.example.batch_size / size:.2g}" if drawn else SCHEMES[code.negatives]
        rest = ["–", "–"] if drawn else [heading_for(run), f"{values['slope']:.4f}"]
        own = [
            f"{code.example.batch_size}",
            f"{code.example.dim}",
            f"{code.example.true_mi:g}",
            f"{math.log(size):.2f}",
        ]
        rows.append([code.name.split("/")[0], SAID[code.negatives], pairs, *own, f"{values['ceiling']:.2f}", *rest])
    source = together(list(results.values()))
    return HTML(sourced_table(head, rows, "What follows at the codes' own settings", source))


def together(results: Sequence[Result]) -> str:
    """HTML of the provenance of the first, and after it the names, dates and revisions of the others."""
    others = [
        f"<code>{escape(r.experiment)}</code> ({r.provenance['date']}, revision {escape(r.provenance['git_revision'])})"
        for r in results[1:]
    ]
    return provenance(results[0]) + (f" · and likewise {', '.join(others)}" if others else "")


def limits_name(code: PublicCode) -> str:
    """The experiment that holds the limits of a code's own example. Raises ValueError for a code without one."""
    if code.example is None:
        raise ValueError(f"{code.name} has no example of correlated Gaussians.")
    return f"limits-codes-{computed_as(code).replace('_', '-')}-{code.example.dim}"
