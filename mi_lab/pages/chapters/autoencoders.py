"""Tables 2, 3 and 4 and Fig. 7: our cells beside the report's, and accuracies over the weight λ."""

from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go

from mi_lab.experiments.reconstruction_specs import SupervisedAutoencoders
from mi_lab.experiments.reported import TABLE_3, TABLE_4
from mi_lab.pages import theme
from mi_lab.pages.chapters.taps import NAMES
from mi_lab.pages.pictures import Picture, from_flat, picture_rows
from mi_lab.pages.provenance import provenance
from mi_lab.results.store import Result

DECODERS = {"linear": "linear decoder", "non_linear": "non-linear decoder", "none": "no decoder"}
ARCHITECTURES = {"resnet18": "ResNet18", "plainnet18": "PlainNet18"}
MEASURES = {
    "linear": "linear accuracy [%]",
    "mlp": "MLP accuracy [%]",
    "linear_v": "linear V-information / H(Y)",
    "mlp_v": "MLP V-information / H(Y)",
    "l2": "L2 loss",
    "pretext_accuracy": "accuracy on the pretext [%]",
    "nmi": "NMI",
}
REPORTED = {"rotation": TABLE_3, "random_labels": TABLE_4}
"""The report's tables by pretext."""
_PER_CENT = ("linear", "mlp", "pretext_accuracy")
Key = tuple[str, str]


def cells(result: Result) -> dict[Key, dict[str, float]]:
    """The means over seeds by decoder and weight, which is '' where there is none; accuracies in per cent."""
    grouped: dict[Key, list[Mapping[str, float]]] = {}
    for run in result.runs:
        grouped.setdefault((run["decoder"], run.get("weight", "")), []).append(run["values"])
    return {
        key: {
            name: (100 if name in _PER_CENT else 1) * sum(v[name] for v in values) / len(values)
            for name in MEASURES
            if all(v.get(name) is not None for v in values)
        }
        for key, values in grouped.items()
    }


def table(result: Result, measures: Sequence[str], reported: Mapping[Key, Mapping[str, float]]) -> str:
    """HTML: one row per measure and kind of evidence, one column per cell of the experiment."""
    ours = cells(result)
    titles = [escape(title_of(key)).replace(" = ", "&nbsp;=&nbsp;") for key in ours]
    head = "".join(f'<th scope="col">{text}</th>' for text in ("measure", "evidence", *titles))
    architecture = ARCHITECTURES[result.spec.architecture]  # type: ignore[union-attr]
    body = ""
    for measure in measures:
        for label, values in (("stored", ours), ("report", reported)):
            row = [shown(measure, values.get(key, {}).get(measure)) for key in ours]
            body += f'<tr><th scope="row">{escape(MEASURES[measure])}</th><td><span class="mi-evidence">{label}</span>'
            body += "</td>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
    return f"""\
<div class="mi-table"><div tabindex="0" role="group" aria-label="{result.experiment}: ours beside the report's"><table>
<caption>{architecture}</caption>
<thead><tr>{head}</tr></thead>
<tbody>{body}</tbody>
</table></div>
<p class="mi-provenance">{provenance(result)}</p></div>"""


def title_of(key: Key) -> str:
    """'linear decoder, λ = 0.25', 'no decoder' and so on."""
    decoder, weight = key
    return DECODERS[decoder] + (f", λ = {weight.replace('inf', '∞')}" if weight else "")


def over_weight(results: Sequence[Result], measure: str, decoder: str) -> go.Figure:
    """A measure over λ for one decoder, a line per result; dotted with hollow marks the report's numbers."""
    weights = [weight.replace("inf", "∞") for weight in spec_of(results[0]).weights]
    one_pretext = len({spec_of(result).pretext for result in results}) == 1
    lines: list[tuple[str, bool, dict[str, float]]] = []
    for result in results:
        spec = spec_of(result)
        name = ARCHITECTURES[spec.architecture] if one_pretext else NAMES[spec.pretext]
        for theirs, values in ((False, cells(result)), (True, REPORTED[spec.pretext][spec.architecture])):
            lines.append((name, theirs, _along(values, decoder, measure)))
    rows = [
        [name, "report" if theirs else "stored", *(shown(measure, line.get(weight)) for weight in weights)]
        for name, theirs, line in lines
    ]
    told = [f"{name}: " + ", ".join(f"{v:.1f} at {w}" for w, v in line.items()) for name, theirs, line in lines[::2]]
    figure = theme.figure(
        "weight λ of the reconstruction",
        MEASURES[measure],
        f"{MEASURES[measure]} over λ with the {DECODERS[decoder]}. {'; '.join(told)}.",
        table={"head": ["line", "evidence", *(f"λ = {weight}" for weight in weights)], "rows": rows},
        provenance="<br>".join(provenance(result) for result in results),
    )
    for number, (name, theirs, line) in enumerate(lines):
        style = theme.line_of(number // 2) | ({"dash": "dot", "width": 1.5} if theirs else {})
        figure.add_scatter(
            x=list(line),
            y=list(line.values()),
            name=f"{name}, report" if theirs else name,
            mode="lines+markers",
            line=style,
            marker={"symbol": "circle-open" if theirs else "circle", "size": 8},
        )
    return figure.update_xaxes(type="category", categoryorder="array", categoryarray=weights)


def by_decoder(result: Result) -> go.Figure:
    """Table 2 as bars: accuracy of both probes by the decoder that the encoder was trained with."""
    ours = cells(result)
    names = [DECODERS[decoder] for decoder, _ in ours]
    told = [f"{title_of(key)}: {v['linear']:.1f} and {v['mlp']:.1f} per cent" for key, v in ours.items()]
    figure = theme.figure(
        "",
        "accuracy [%]",
        f"Accuracy of the linear and of the MLP probe by decoder. {'; '.join(told)}.",
        table={
            "head": ["decoder", *(MEASURES[measure] for measure in ("linear", "mlp"))],
            "rows": [[title_of(key), f"{v['linear']:.1f}", f"{v['mlp']:.1f}"] for key, v in ours.items()],
        },
        provenance=provenance(result),
    )
    for number, measure in enumerate(("linear", "mlp")):
        values = [cell[measure] for cell in ours.values()]
        name = {"linear": "linear probe", "mlp": "MLP probe"}[measure]
        hover = f"{name}, %{{x}}: %{{y:.1f}} %<extra></extra>"
        figure.add_bar(x=names, y=values, name=name, marker=theme.bar(number), hovertemplate=hover)
    return figure.update_layout(barmode="group")


def images(result: Result, channels: int = 3, size: int = 32) -> str:
    """HTML: two test images, and how each decoder gives them back."""
    pixels, rows = channels * size * size, []
    for run in result.runs:
        flat = run["values"].get("pictures")
        if flat is not None:
            key = (run["decoder"], run.get("weight", ""))
            title = "image" if run["decoder"] == "none" else title_of(key)
            parts = [flat[i : i + pixels] for i in range(0, len(flat), pixels)]
            pictures = [Picture(from_flat(p, channels), f"{title}, class {i}") for i, p in enumerate(parts)]
            rows.append((title, pictures))
    return picture_rows(sorted(rows, key=lambda row: row[0] != "image"), result)


def spec_of(result: Result) -> SupervisedAutoencoders:
    """The spec of a result of Section 5.2."""
    return result.spec_of(SupervisedAutoencoders)


def _along(values: Mapping[Key, Mapping[str, float]], decoder: str, measure: str) -> dict[str, float]:
    found = {}
    for (own, weight), measured in values.items():
        if own in (decoder, "none") and measure in measured:
            found[weight.replace("inf", "∞")] = measured[measure]
    return found


def shown(measure: str, value: float | None) -> str:
    """A value as the tables write it, with a dash for none."""
    return "–" if value is None else f"{value:.1f}" if measure in _PER_CENT else f"{value:.2f}"
