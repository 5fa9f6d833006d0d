"""Tables 2, 3 and 4 and Fig. 7: our cells beside the report's, and accuracies over the weight λ."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TypeVar

import plotly.graph_objects as go

from mi_lab.experiments.reconstruction_specs import SupervisedAutoencoders
from mi_lab.experiments.reported import TABLE_3, TABLE_4
from mi_lab.pages import theme
from mi_lab.pages.chapters.seeds import error_bars, over_seeds, told
from mi_lab.pages.chapters.taps import NAMES
from mi_lab.pages.pictures import Picture, from_flat, picture_rows
from mi_lab.pages.provenance import provenance
from mi_lab.results.claims.outcome import mean
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
_BLANK = 0.8
"""A loss above which nothing of an image can be seen in what is given back: less than a fifth of what varies."""
_PER_CENT = ("linear", "mlp", "pretext_accuracy")
Key = tuple[str, str]
V = TypeVar("V")


def cells(result: Result) -> dict[Key, dict[str, float]]:
    """The means over seeds by decoder and weight, which is '' where there is none; accuracies in per cent."""
    return {key: {name: mean(v) for name, v in values.items()} for key, values in by_seed(result).items()}


def by_seed(result: Result) -> dict[Key, dict[str, list[float]]]:
    """What ``cells`` takes the means of, one value a seed."""
    grouped: dict[Key, list[Mapping[str, float]]] = {}
    for run in result.runs:
        grouped.setdefault((run["decoder"], run.get("weight", "")), []).append(run["values"])
    return {
        key: {
            name: [(100 if name in _PER_CENT else 1) * v[name] for v in values]
            for name in MEASURES
            if all(v.get(name) is not None for v in values)
        }
        for key, values in grouped.items()
    }


def table(result: Result, measures: Sequence[str], reported: Mapping[Key, Mapping[str, float]]) -> str:
    """HTML: one row per measure and kind of evidence, one column per cell of the experiment."""
    ours = by_seed(result)
    titles = [escape(title_of(key)).replace(" = ", "&nbsp;=&nbsp;") for key in ours]
    head = "".join(f'<th scope="col">{text}</th>' for text in ("measure", "evidence", *titles))
    architecture = ARCHITECTURES[result.spec.architecture]  # type: ignore[union-attr]
    body = ""
    for measure in measures:
        stored = [told(cell.get(measure, [None]), _digits(measure)) for cell in ours.values()]
        theirs = [shown(measure, reported.get(key, {}).get(measure)) for key in ours]
        for label, row in (("stored", stored), ("report", theirs)):
            body += f'<tr><th scope="row">{escape(MEASURES[measure])}</th><td><span class="mi-evidence">{label}</span>'
            body += "</td>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
    return f"""\
<div class="mi-table"><div tabindex="0" role="group" aria-label="{result.experiment}: ours beside the report's"><table>
<caption>{architecture}; stored: {over_seeds(result)}</caption>
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
    scattered = [_along(by_seed(result), decoder, measure) for result in results]
    rows = [
        [name, "report" if theirs else "stored"]
        + [
            shown(measure, line.get(weight)) if theirs else told(own.get(weight, [None]), _digits(measure))
            for weight in weights
        ]
        for (name, theirs, line), own in zip(lines, (own for own in scattered for _ in range(2)), strict=True)
    ]
    spoken = [f"{name}: " + ", ".join(f"{v:.1f} at {w}" for w, v in line.items()) for name, _, line in lines[::2]]
    figure = theme.figure(
        "weight λ of the reconstruction",
        MEASURES[measure],
        f"{MEASURES[measure]} over λ with the {DECODERS[decoder]}. {'; '.join(spoken)}.",
        table={
            "head": ["line", "evidence", *(f"λ = {weight}" for weight in weights)],
            "rows": rows,
            "note": f"Ours: {over_seeds(*results)}.",
        },
        provenance="<br>".join(provenance(result) for result in results),
    )
    for number, (name, theirs, line) in enumerate(lines):
        style = theme.line_of(number // 2) | ({"dash": "dot", "width": 1.5} if theirs else {})
        figure.add_scatter(
            x=list(line),
            y=list(line.values()),
            error_y=None if theirs else error_bars(scattered[number // 2].values()),
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
    scattered = by_seed(result)
    spoken = [f"{title_of(key)}: {v['linear']:.1f} and {v['mlp']:.1f} per cent" for key, v in ours.items()]
    figure = theme.figure(
        "",
        "accuracy [%]",
        f"Accuracy of the linear and of the MLP probe by decoder. {'; '.join(spoken)}.",
        table={
            "head": ["decoder", *(MEASURES[measure] for measure in ("linear", "mlp"))],
            "rows": [[title_of(key), *(told(v[m], 1) for m in ("linear", "mlp"))] for key, v in scattered.items()],
            "note": f"Ours: {over_seeds(result)}.",
        },
        provenance=provenance(result),
    )
    for number, measure in enumerate(("linear", "mlp")):
        values = [cell[measure] for cell in ours.values()]
        name = {"linear": "linear probe", "mlp": "MLP probe"}[measure]
        hover = f"{name}, %{{x}}: %{{y:.1f}} %<extra></extra>"
        bars = error_bars(cell[measure] for cell in scattered.values())
        figure.add_bar(x=names, y=values, error_y=bars, name=name, marker=theme.bar(number), hovertemplate=hover)
    return figure.update_layout(barmode="group")


def images(result: Result, channels: int = 3, size: int = 32) -> str:
    """HTML: two test images, and how each decoder gives them back; of those that give back nothing, the loss."""
    pixels, rows, left_out = channels * size * size, dict[str, list[Picture]](), []
    for run in result.select(seed=result.runs[0]["seed"]):
        flat, loss = run["values"].get("pictures"), run["values"].get("l2")
        title = "image" if run["decoder"] == "none" else title_of((run["decoder"], run.get("weight", "")))
        if loss is not None and loss > _BLANK:
            left_out.append(f"{title} (loss {loss:.2f})")
        elif flat is not None:
            parts = [flat[i : i + pixels] for i in range(0, len(flat), pixels)]
            rows[title] = [Picture(from_flat(p, channels), f"{title}, class {i}") for i, p in enumerate(parts)]
    why = "Not shown, since nothing can be seen in it but grey speckles; an all-grey picture has a loss of 1"
    told_of = f"<p>{why}: {escape('; '.join(left_out))}.</p>"
    shown_rows = picture_rows(sorted(rows.items(), key=lambda row: row[0] != "image"), result)
    return shown_rows + (told_of if left_out else "")


def spec_of(result: Result) -> SupervisedAutoencoders:
    """The spec of a result of Section 5.2."""
    return result.spec_of(SupervisedAutoencoders)


def _along(values: Mapping[Key, Mapping[str, V]], decoder: str, measure: str) -> dict[str, V]:
    found = {}
    for (own, weight), measured in values.items():
        if own in (decoder, "none") and measure in measured:
            found[weight.replace("inf", "∞")] = measured[measure]
    return found


def shown(measure: str, value: float | None) -> str:
    """A value as the tables write it, with a dash for none."""
    return "–" if value is None else f"{value:.{_digits(measure)}f}"


def _digits(measure: str) -> int:
    return 1 if measure in _PER_CENT else 2
