"""Tables 1 and 8: what probes find at each tap of encoders of different pretexts, beside the report's numbers."""

import math
from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go

from mi_lab.experiments.image_specs import NO_PRETEXT, Probing
from mi_lab.ground.names import TAPS
from mi_lab.pages import theme
from mi_lab.pages.provenance import provenance
from mi_lab.results.store import Result

NAMES = {"rotation": "rotation", "random_labels": "random labels", NO_PRETEXT: "untrained"}
MEASURES = {"linear": "linear accuracy [%]", "nmi": "NMI", "nmi_test": "NMI on the test split"}
Rows = Mapping[str, Sequence[float]]


def name_of(result: Result) -> str:
    """The pretext of a result as the pages write it."""
    return NAMES[result.spec_of(Probing).pretext]


def measured(result: Result, measure: str) -> list[float]:
    """The mean over seeds at each tap: per cent for 'linear', else a share of H(Y); nan where one was lost."""
    scale = 100 if measure == "linear" else 1
    runs = [run["values"][measure] for run in result.runs]
    return [scale * sum(math.nan if run[tap] is None else run[tap] for run in runs) / len(runs) for tap in TAPS]


def by_tap(results: Sequence[Result], measure: str, reported: Rows | None = None) -> go.Figure:
    """One line per pretext over the taps: solid ours, with a mark per seed; dotted, with hollow marks, the report's."""
    ours = {name_of(result): measured(result, measure) for result in results}
    told = [f"{name}: " + ", ".join(f"{v:.3g}" for v in values) for name, values in ours.items()]
    alt = f"{MEASURES[measure]} at {', '.join(TAPS)}. " + "; ".join(told) + "."
    rows = [[name, "stored", *(f"{v:.3g}" for v in values)] for name, values in ours.items()]
    rows += [[name, "report", *(f"{v:.3g}" for v in values)] for name, values in (reported or {}).items()]
    figure = theme.figure(
        "tap",
        MEASURES[measure],
        alt,
        table={"head": ["pretext", "evidence", *TAPS], "rows": rows},
        provenance="<br>".join(provenance(result) for result in results),
    )
    for number, (name, values) in enumerate(ours.items()):
        line = theme.line_of(number)
        hover = f"{name}<br>%{{x}}: %{{y:.3g}}<extra></extra>"
        figure.add_scatter(x=TAPS, y=values, name=name, mode="lines+markers", line=line, hovertemplate=hover)
    for number, name in enumerate(ours):
        if reported and name in reported:
            line = theme.line_of(number) | {"dash": "dot", "width": 1.5}
            figure.add_scatter(
                x=TAPS,
                y=reported[name],
                name=f"{name}, report",
                mode="lines+markers",
                line=line,
                marker={"symbol": "circle-open", "size": 8},
                hovertemplate=f"{name}, report<br>%{{x}}: %{{y:.3g}}<extra></extra>",
            )
    return figure


def heat(results: Sequence[Result], measure: str, reported: Rows) -> str:
    """HTML of a table of ours and the report's values by tap; the darker a cell, the higher its value in the table."""
    rows = [(name_of(result), "stored", measured(result, measure)) for result in results]
    rows += [(name, "report", list(values)) for name, values in reported.items()]
    values = [value for _, _, row in rows for value in row]
    low, high = min(values), max(values)
    digits = {"stored": 1 if measure == "linear" else 2, "report": 2}  # the report's as it prints them
    head = "".join(f'<th scope="col">{escape(tap)}</th>' for tap in ("pretext", "evidence", *TAPS))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td><span class="mi-evidence">{label}</span></td>'
        + "".join(f'<td style="--heat:{(v - low) / (high - low):.2f}">{v:.{digits[label]}f}</td>' for v in row)
        + "</tr>"
        for name, label, row in sorted(rows, key=lambda row: list(NAMES.values()).index(row[0]))
    )
    made = "<br>".join(provenance(result) for result in results)
    return f"""\
<div class="mi-table mi-heat"><div tabindex="0" role="group" aria-label="{escape(MEASURES[measure])} by tap"><table>
<caption>{escape(MEASURES[measure])}</caption>
<thead><tr>{head}</tr></thead>
<tbody>{body}</tbody>
</table></div>
<p class="mi-provenance">{made}</p></div>"""
