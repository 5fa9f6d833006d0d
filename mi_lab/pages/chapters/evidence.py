"""The evidence of each claim as a small figure of stored results, for the page of claims."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import plotly.graph_objects as go

from mi_lab.experiments.reconstruction_specs import VInfoMaxDigits
from mi_lab.pages import theme
from mi_lab.pages.chapters.autoencoders import by_decoder, over_weight
from mi_lab.pages.chapters.noise import ESTIMATORS, by_p
from mi_lab.pages.chapters.protocols import DECODERS, PROTOCOLS, at, losses
from mi_lab.pages.chapters.taps import by_tap
from mi_lab.pages.chapters.verdicts import critic_name
from mi_lab.pages.figures import NAMES, curves_of
from mi_lab.pages.provenance import provenance
from mi_lab.results.claims.judge import CLAIMS
from mi_lab.results.claims.outcome import decides, log_n, mean, spec_of
from mi_lab.results.curves import final, scatter
from mi_lab.results.store import Result, load

_HEIGHT = 300
_LOWEST = -2.0  # nats; what ends lower is drawn as a triangle at the edge

Point = tuple[float, float]


def evidence(name: str, folder: Path | None = None) -> go.Figure:
    """The small figure of a claim. Raises ResultError if a result it needs is not stored."""
    shown = CLAIMS[name].evidence
    assert shown is not None, f"{name} is counted exactly and has no figure"
    results = [load(name, folder=folder) for name in shown.names]
    figure = KINDS[shown.kind](*results, **shown.options)
    figure.layout.meta["id"] = f"evidence-{name}"
    return figure.update_layout(height=_HEIGHT)


def _curves(result: Result, readout: str, keep: Callable[[Mapping], bool] = lambda run: True) -> go.Figure:
    """Training curves of those runs."""
    kept = dataclasses.replace(result, runs=[run for run in result.runs if keep(run)])
    return curves_of(kept, readout, height=_HEIGHT)


def _points(
    series: Mapping[str, Iterable[Point]], results: Iterable[Result], x: str, y: str, reference: str | None = None
) -> go.Figure:
    """Marks joined by lines, one colour and dash per series; ``reference`` names a line y = x."""
    held = {label: sorted(points) for label, points in series.items()}
    rows = [[label, f"{a:.3g}", f"{b:.3g}"] for label, points in held.items() for a, b in points]
    told = "; ".join(
        f"{label}: " + ", ".join(f"{b:.3g} at {a:.3g}" for a, b in points) for label, points in held.items()
    )
    figure = theme.figure(
        x, y, f"{y} against {x}. {told}.", table={"head": ["series", x, y], "rows": rows},
        provenance="<br>".join(map(provenance, results)),
    )  # fmt: skip
    for line, (label, points) in zip(theme.lines(range(len(held)), by_size=False).values(), held.items(), strict=True):
        low = [b < _LOWEST for _, b in points]
        figure.add_scatter(
            x=[a for a, _ in points],
            y=[max(b, _LOWEST) for _, b in points],
            mode="lines+markers",
            name=label,
            line=line,
            marker={"size": 8, "symbol": ["triangle-down" if below else "circle" for below in low]},
            text=[f"{label}: {b:.2f}" for _, b in points],
            hovertemplate="%{text}<extra></extra>",
        )
    if reference:
        values = [a for points in held.values() for a, _ in points]
        ends, heights = [min(values), max(values)], [b for points in held.values() for _, b in points]
        figure.add_scatter(x=ends, y=ends, mode="lines", name=reference, line={"color": theme.REFERENCE, "dash": "dot"})
        figure.update_yaxes(range=[max(min(0, *heights), _LOWEST) - 0.2, 1.25 * max(heights)])
    return figure


def _against_truth(*results: Result, readout: str, sizes: tuple[int, ...] = (), least: float = 0.0) -> go.Figure:
    """Final estimates against the truth, a series per experiment or batch size, with log N in its label."""
    series: dict[str, list[Point]] = {}
    for result in results:
        for run in result.runs:
            n = run["batch_size"]
            if run["true_mi"] < least or (sizes and n not in sizes):
                continue
            label = f"N = {n}, {critic_name(spec_of(result))}, seed {run['seed']}"
            series.setdefault(label, []).append((run["true_mi"], final(run, readout)))
    name = NAMES[spec_of(results[0]).estimator, readout]
    return _points(series, results, "true MI [nats]", f"final {name} [nats]", "" if least else "truth")


def _against_log_n(*results: Result, readout: str) -> go.Figure:
    """Final estimates at 30 nats against log N, long runs apart from short ones."""
    series: dict[str, list[Point]] = {}
    for result in results:
        for run in result.select(true_mi=30.0):
            length = "long" if decides(result, run, readout) else "short"
            label = f"{critic_name(spec_of(result))}, {length}"
            series.setdefault(label, []).append((log_n(run), final(run, readout)))
    return _points(series, results, "log N [nats]", "final estimate at 30 nats", "log N")


def _passing(*results: Result) -> go.Figure:
    """30 nats with either critic, over the epochs in which they pass log N."""
    series = {}
    for result in results:
        gradient = {"mine": "MINE", "dv": "DV"}[spec_of(result).estimator]
        label = f"{gradient}, {critic_name(spec_of(result))}, N = {spec_of(result).batch_size[0]}"
        run = result.select(true_mi=30.0)[0]
        epochs = range(0, min(250, spec_of(result).epochs), 5)
        series[label] = [(1.0 + epoch, run["curves"]["dv"]["mean"][epoch] - log_n(run)) for epoch in epochs]
    return _points(series, results, "epoch", "estimate minus log N [nats]")


def _scatters(*results: Result) -> go.Figure:
    """Scatter of NWJ, and of JS read through it, against the truth at N = 512."""
    series = {
        NAMES[spec_of(result).estimator, "nwj"]: [
            (run["true_mi"], scatter(run, "nwj")) for run in result.select(batch_size=512, seed=0)
        ]
        for result in results
    }
    figure = _points(series, results, "true MI [nats]", "5 % to 95 % of batches [nats]")
    return figure.update_yaxes(type="log")


def _estimates(result: Result, estimators: tuple[str, ...]) -> go.Figure:
    """Estimates at LeNet's last tap against the proportion of noise, a series per estimator."""
    series = {ESTIMATORS[name]: _over_p(result, name, "L2") for name in estimators}
    return _points(series, [result], "proportion p of noisy pixels", "estimate at L2 [nats]")


def _layers(result: Result) -> go.Figure:
    """How much more L1 is given than L0, against the proportion of noise."""
    series = {}
    for name in ("mine", "nwj"):
        first = dict(_over_p(result, name, "L0"))
        series[ESTIMATORS[name]] = [(p, value - first[p]) for p, value in _over_p(result, name, "L1") if p in first]
    return _points(series, [result], "proportion p of noisy pixels", "L1 minus L0 [nats]")


def _protocols(result: Result) -> go.Figure:
    """Validation accuracies of both protocols by epoch, a series per decoder and protocol."""
    series = {
        f"{DECODERS[decoder]}, {PROTOCOLS[protocol]}": [
            (float(epoch), at(result, decoder, protocol, epoch))
            for epoch in result.spec_of(VInfoMaxDigits).read_at
            if epoch
        ]
        for decoder in DECODERS
        for protocol in PROTOCOLS
    }
    return _points(series, [result], "epoch", "accuracy [%]")


def _over_p(result: Result, name: str, tap: str) -> list[Point]:
    """The mean over seeds, without what was lost under one."""
    values = [(p, mean(values)) for p, values in by_p(result, name, tap).items()]
    return [(p, value) for p, value in values if math.isfinite(value)]


KINDS: Mapping[str, Callable[..., go.Figure]] = {
    "curves": _curves,
    "against_truth": _against_truth,
    "against_log_n": _against_log_n,
    "passing": _passing,
    "scatters": _scatters,
    "by_tap": lambda *results: by_tap(results, "linear"),
    "estimates": _estimates,
    "layers": _layers,
    "protocols": _protocols,
    "losses": losses,
    "by_decoder": by_decoder,
    "over_weight": lambda *results: over_weight(results, "linear", "linear"),
}
"""What a claim's ``Evidence`` may ask for: functions of its results and options."""
