"""Fig. 5, 14 and Table 2: what two protocols read of a code as it is learnt, and what decoders give back."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from mi_lab.experiments.reconstruction_specs import PIXELS, VInfoMaxDigits
from mi_lab.pages import theme
from mi_lab.pages.chapters.seeds import over_seeds, told
from mi_lab.pages.pictures import Picture, from_flat, picture_rows
from mi_lab.pages.provenance import provenance
from mi_lab.results.store import Result

DECODERS = {"linear": "linear decoder", "non_linear": "non-linear decoder"}
PROTOCOLS = {"linear": "linear protocol", "mlp": "MLP protocol"}


def at(result: Result, decoder: str, measure: str, epoch: int | None = None) -> float:
    """The mean over seeds of a measure after an epoch, by default the last. Accuracies are in per cent."""
    values = _by_seed(result, decoder, measure)
    points = [curve[_index(result, measure, epoch)] for curve in values]
    return sum(points) / len(points)


def told_at(result: Result, decoder: str, measure: str, epoch: int | None = None) -> str:
    """The same with its standard error over the seeds, as '96.45 ± 0.13'."""
    place = _index(result, measure, epoch)
    digits = 3 if measure == "l2" else 2
    return told((curve[place] for curve in _by_seed(result, decoder, measure)), digits)


def lead(result: Result, measure: str) -> str:
    """Percentage points by which the linear decoder's code leads at the end, seed by seed, as '+1.25 ± 0.20'."""
    pairs = zip(*(_by_seed(result, decoder, measure) for decoder in ("linear", "non_linear")), strict=True)
    return told((one[-1] - other[-1] for one, other in pairs), 2, "+")


def information(result: Result, decoder: str) -> float:
    """V-information of the code about the image after the last epoch, in nats (Eq. 14), the mean over seeds."""
    runs = [run["values"] for run in result.select(decoder=decoder)]
    nats = [math.nan if v["l2"] is None else v["pixels"] * (v["null_l2"] - v["l2"]) for v in runs]
    return sum(nats) / len(nats)


def accuracies(result: Result, protocol: str) -> go.Figure:
    """Validation accuracy of one protocol by epoch, a line per decoder, a mark per seed; dotted is pixel space."""
    spec = result.spec_of(VInfoMaxDigits)
    epochs = sorted(spec.read_at)
    spoken = [f"{DECODERS[d]} {at(result, d, protocol):.2f} per cent" for d in _decoders(result)]
    alt = (
        f"Validation accuracy of the {PROTOCOLS[protocol]} over {spec.epochs} epochs. At the end: {'; '.join(spoken)}."
    )
    rows = [[DECODERS[d], str(e), told_at(result, d, protocol, e)] for d in _decoders(result) for e in epochs]
    note = f"In per cent; {over_seeds(result)}."
    figure = theme.figure(
        "epoch",
        f"accuracy, {PROTOCOLS[protocol]} [%]",
        alt,
        table={"head": ["decoder", "epoch", "accuracy"], "rows": rows, "note": note},
        provenance=provenance(result),
    )
    for number, decoder in enumerate(_decoders(result)):
        _add(figure, epochs, _by_seed(result, decoder, protocol), DECODERS[decoder], number, "%")
    for run in result.select(decoder=PIXELS):
        level = 100 * run["values"][protocol]
        _add_level(figure, spec.epochs, level, "pixels")
    return figure


def losses(result: Result) -> go.Figure:
    """The L2 loss per pixel on the validation split by epoch, a line per decoder and a thin one per seed."""
    spec = result.spec_of(VInfoMaxDigits)
    spoken = [f"{DECODERS[d]} {at(result, d, 'l2'):.3f}" for d in _decoders(result)]
    rows = [
        [DECODERS[d], *(f"{at(result, d, 'l2', e):.4f}" for e in (0, spec.epochs)), f"{information(result, d):.0f}"]
        for d in _decoders(result)
    ]
    head = ["decoder", "loss after the warm-up", "loss at the end", "V-information [nats]"]
    figure = theme.figure(
        "epoch",
        "L2 loss per pixel",
        f"Reconstruction loss on the validation split over {spec.epochs} epochs. At the end: {'; '.join(spoken)}.",
        table={"head": head, "rows": rows, "note": f"Means over {len(spec.seeds)} seeds."},
        provenance=provenance(result),
    )
    for number, decoder in enumerate(_decoders(result)):
        curves = _by_seed(result, decoder, "l2")
        _add(figure, list(range(spec.epochs + 1)), curves, DECODERS[decoder], number, "")
    return figure.update_yaxes(rangemode="tozero")


def digits(result: Result) -> str:
    """HTML: one test digit of each class, and how each decoder gives it back after the last epoch."""
    rows = []
    for decoder in (PIXELS, *_decoders(result)):
        runs = [run["values"] for run in result.select(decoder=decoder) if "pictures" in run["values"]]
        if runs:
            title = "image" if decoder == PIXELS else DECODERS[decoder]
            rows.append((title, _row(runs[0]["pictures"], int(runs[0]["pixels"]), title)))
    return picture_rows(rows, result)


def _row(flat: Sequence[float], pixels: int, title: str) -> list[Picture]:
    images = [flat[i : i + pixels] for i in range(0, len(flat), pixels)]
    return [Picture(from_flat(image, 1), f"{title}, digit {label}") for label, image in enumerate(images)]


def _decoders(result: Result) -> list[str]:
    return [decoder for decoder in result.spec_of(VInfoMaxDigits).decoders if decoder != PIXELS]


def _by_seed(result: Result, decoder: str, measure: str) -> list[list[float]]:
    """The curves of a measure; nan from where a training was lost."""
    scale = 1 if measure == "l2" else 100
    spec, curves = result.spec_of(VInfoMaxDigits), []
    for run in result.select(decoder=decoder):
        curve = [scale * value for value in run["curves"][measure]]
        whole = spec.epochs + 1 if measure == "l2" else len(spec.read_at)
        lost = 0 if run["first_nonfinite_epoch"] is None else whole - len(curve)
        curves.append(curve + [math.nan] * lost)
    return curves


def _index(result: Result, measure: str, epoch: int | None) -> int:
    if epoch is None:
        return -1
    return epoch if measure == "l2" else sorted(result.spec_of(VInfoMaxDigits).read_at).index(epoch)


def _add(
    figure: go.Figure, x: Sequence[int], curves: Sequence[Sequence[float]], name: str, number: int, unit: str
) -> None:
    """The mean over seeds as a line, and the seeds: marks where they are few, else thin lines."""
    line = theme.line_of(number)
    few = len(x) <= 20
    shared: dict[str, Any] = {"legendgroup": name, "hoverinfo": "skip", "showlegend": False, "opacity": 0.5}
    for curve in curves:
        figure.add_scatter(
            x=x,
            y=curve,
            mode="markers" if few else "lines",
            line={"color": line["color"], "width": 1},
            marker={"color": line["color"], "symbol": "circle-open", "size": 6},
            **shared,
        )
    mean = [float(f"{sum(points) / len(points):.5g}") for points in zip(*curves, strict=True)]
    hover = f"{name}<br>epoch %{{x}}: %{{y:.4g}} {unit}<extra></extra>"
    figure.add_scatter(x=x, y=mean, name=name, legendgroup=name, mode="lines", line=line, hovertemplate=hover)


def _add_level(figure: go.Figure, end: int, level: float, name: str) -> None:
    line = {"color": theme.REFERENCE, "dash": "dot", "width": 1.5}
    hover = f"{name}: {level:.2f} %<extra></extra>"
    figure.add_scatter(x=[0, end], y=[level] * 2, name=name, mode="lines", line=line, hovertemplate=hover)
