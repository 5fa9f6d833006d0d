"""Tables 1 and 8: what probes find at each tap of encoders of different pretexts, beside the report's numbers."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go

from mi_lab.experiments.image_specs import NO_PRETEXT, Probing
from mi_lab.ground.names import TAPS
from mi_lab.pages import theme
from mi_lab.pages.chapters.seeds import error_bars, over_seeds, told
from mi_lab.pages.provenance import provenance
from mi_lab.pages.tables import sourced_table
from mi_lab.results.store import Result

NAMES = {"rotation": "rotation", "random_labels": "random labels", NO_PRETEXT: "untrained"}
MEASURES = {"linear": "linear accuracy [%]", "nmi": "NMI", "nmi_test": "NMI on the test split"}
Rows = Mapping[str, Sequence[float]]


def name_of(result: Result) -> str:
    """The pretext of a result as the pages write it, with the number of its images where its name has one."""
    spec, own = result.spec_of(Probing), result.experiment.rpartition("-")[2]
    return NAMES[spec.pretext] + (f", {spec.images:,} images" if own.isdigit() else "")


def measured(result: Result, measure: str) -> list[float]:
    """The mean over seeds at each tap: per cent for 'linear', else a share of H(Y); nan where one was lost."""
    return [sum(values) / len(values) for values in by_seed(result, measure).values()]


def by_seed(result: Result, measure: str) -> dict[str, list[float]]:
    """The values of ``measured`` before their mean: one a seed, by tap."""
    scale = 100 if measure == "linear" else 1
    runs = [run["values"][measure] for run in result.runs]
    return {tap: [math.nan if run[tap] is None else scale * run[tap] for run in runs] for tap in TAPS}


def differences(pairs: Sequence[tuple[Result, Result]], measure: str = "linear") -> str:
    """HTML of a table: by how much one result leads another at each tap, on average over the seeds that both have."""
    rows, held = [], []
    for pair in pairs:
        seeds = sorted(set.intersection(*({run["seed"] for run in result.runs} for result in pair)))
        one, other = (dataclasses.replace(r, runs=[r.select(seed=seed)[0] for seed in seeds]) for r in pair)
        values = zip(by_seed(one, measure).values(), by_seed(other, measure).values(), strict=True)
        gaps = [told((a - b for a, b in zip(*at_tap, strict=True)), 1, "+") for at_tap in values]
        rows.append([f"{name_of(one)} − {name_of(other)}", *gaps])
        held += [one, other]
    caption = f"differences in {MEASURES[measure]}, taken seed by seed: {over_seeds(*held)}"
    made = "<br>".join(dict.fromkeys(map(provenance, held)))
    return sourced_table(["pretexts", *TAPS], rows, "Differences by tap", made, caption)


def by_tap(results: Sequence[Result], measure: str, reported: Rows | None = None) -> go.Figure:
    """One line per pretext over the taps: solid ours, with standard errors; dotted, with hollow marks, the report's."""
    ours = {name_of(result): measured(result, measure) for result in results}
    spoken = [f"{name}: " + ", ".join(f"{v:.3g}" for v in values) for name, values in ours.items()]
    alt = f"{MEASURES[measure]} at {', '.join(TAPS)}. " + "; ".join(spoken) + "."
    digits = 1 if measure == "linear" else 2
    rows = [[name_of(r), "stored", *(told(v, digits) for v in by_seed(r, measure).values())] for r in results]
    rows += [[name, "report", *(f"{v:.3g}" for v in values)] for name, values in (reported or {}).items()]
    figure = theme.figure(
        "tap",
        MEASURES[measure],
        alt,
        table={"head": ["pretext", "evidence", *TAPS], "rows": rows, "note": f"Ours: {over_seeds(*results)}."},
        provenance="<br>".join(provenance(result) for result in results),
    )
    for number, (result, (name, values)) in enumerate(zip(results, ours.items(), strict=True)):
        line = theme.line_of(number)
        bars = error_bars(by_seed(result, measure).values())
        hover = f"{name}<br>%{{x}}: %{{y:.3g}}<extra></extra>"
        figure.add_scatter(
            x=TAPS, y=values, error_y=bars, name=name, mode="lines+markers", line=line, hovertemplate=hover
        )
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
    digits = 1 if measure == "linear" else 2
    rows = [(name_of(r), "stored", measured(r, measure), [told(v, digits) for v in by_seed(r, measure).values()])
            for r in results]  # fmt: skip
    # the report's as it prints them
    rows += [(name, "report", list(values), [f"{v:.2f}" for v in values]) for name, values in reported.items()]
    low, high = (end(value for _, _, row, _ in rows for value in row if math.isfinite(value)) for end in (min, max))
    head = "".join(f'<th scope="col">{escape(tap)}</th>' for tap in ("pretext", "evidence", *TAPS))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td><span class="mi-evidence">{label}</span></td>'
        + "".join(_shaded(value, text, low, high) for value, text in zip(values, texts, strict=True))
        + "</tr>"
        for name, label, values, texts in sorted(rows, key=lambda row: [*NAMES.values()].index(row[0].split(",")[0]))
    )
    made = "<br>".join(provenance(result) for result in results)
    return f"""\
<div class="mi-table mi-heat"><div tabindex="0" role="group" aria-label="{escape(MEASURES[measure])} by tap"><table>
<caption>{escape(MEASURES[measure])}; stored: {over_seeds(*results)}</caption>
<thead><tr>{head}</tr></thead>
<tbody>{body}</tbody>
</table></div>
<p class="mi-provenance">{made}</p></div>"""


def _shaded(value: float, text: str, low: float, high: float) -> str:
    heat = (value - low) / (high - low) if math.isfinite(value) else 0.0
    return f'<td style="--heat:{heat:.2f}">{text}</td>'
