"""The evidence of each claim as a small figure of stored results, for the page of claims."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import plotly.graph_objects as go

from mi_lab.experiments.reconstruction_specs import VInfoMaxDigits
from mi_lab.pages import theme
from mi_lab.pages.chapters.autoencoders import by_decoder, over_weight
from mi_lab.pages.chapters.noise import ESTIMATORS
from mi_lab.pages.chapters.protocols import DECODERS, PROTOCOLS, at, losses
from mi_lab.pages.chapters.taps import by_tap
from mi_lab.pages.chapters.verdicts import critic_name
from mi_lab.pages.figures import NAMES, curves_of
from mi_lab.pages.provenance import provenance
from mi_lab.results.claims.outcome import log_n, long_sizes, spec_of
from mi_lab.results.curves import final, scatter
from mi_lab.results.store import Result, load

_HEIGHT = 280
_LOWEST = -2.0  # nats; what ends lower is drawn as a triangle at the edge

Point = tuple[float, float]


def evidence(name: str, folder: Path | None = None) -> go.Figure:
    """The small figure of a claim. Raises ResultError if a result it needs is not stored."""
    figure = EVIDENCE[name](folder)
    figure.layout.meta["id"] = f"evidence-{name}"
    return figure.update_layout(height=_HEIGHT)


def _curves(
    name: str, readout: str, keep: Callable[[Mapping], bool] = lambda run: True
) -> Callable[[Path | None], go.Figure]:
    """Training curves of those runs of a stored experiment."""

    def drawn(folder: Path | None) -> go.Figure:
        result = load(name, folder=folder)
        return curves_of(dataclasses.replace(result, runs=[run for run in result.runs if keep(run)]), readout)

    return drawn


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


def _against_truth(
    readout: str, *names: str, sizes: tuple[int, ...] = (), least: float = 0.0
) -> Callable[[Path | None], go.Figure]:
    """Final estimates against the truth, a series per experiment or batch size, with log N in its label."""

    def drawn(folder: Path | None) -> go.Figure:
        results = [load(name, folder=folder) for name in names]
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

    return drawn


def _against_log_n(readout: str, *names: str) -> Callable[[Path | None], go.Figure]:
    """Final estimates at 30 nats against log N, long runs apart from short ones."""

    def drawn(folder: Path | None) -> go.Figure:
        results = [load(name, folder=folder) for name in names]
        series: dict[str, list[Point]] = {}
        for result in results:
            for run in result.select(true_mi=30.0):
                length = "long" if run["batch_size"] in long_sizes(result) else "short"
                label = f"{critic_name(spec_of(result))}, {length}"
                series.setdefault(label, []).append((log_n(run), final(run, readout)))
        return _points(series, results, "log N [nats]", "final estimate at 30 nats", "log N")

    return drawn


def _passing(folder: Path | None) -> go.Figure:
    """30 nats by MINE and by DV's own gradient with either critic, over the epochs in which they pass log N."""
    names = {"MINE": ("fig-1a-long", "fig-1d"), "DV": ("fig-1a-dv", "fig-1d-dv")}
    critics = ("2×512, N = 1024", "1×64, N = 512")
    results = {
        f"{gradient}, {critic}": load(name, folder=folder)
        for gradient, pair in names.items()
        for critic, name in zip(critics, pair, strict=True)
    }
    series = {
        label: [(1.0 + epoch, run["curves"]["dv"]["mean"][epoch] - log_n(run))
                for epoch in range(0, min(250, spec_of(result).epochs), 5)]
        for label, result in results.items()
        for run in result.select(true_mi=30.0)[:1]
    }  # fmt: skip
    return _points(series, results.values(), "epoch", "estimate minus log N [nats]")


def _scatters(folder: Path | None) -> go.Figure:
    """Scatter of JS read through NWJ and of NWJ against the truth at N = 512."""
    results = {
        "JS read through NWJ": load("explorer-js-shuffle", folder=folder),
        "NWJ": load("explorer-nwj-shuffle", folder=folder),
    }
    series = {
        label: [(run["true_mi"], scatter(run, "nwj")) for run in result.select(batch_size=512, seed=0)]
        for label, result in results.items()
    }
    figure = _points(series, results.values(), "true MI [nats]", "5 % to 95 % of batches [nats]")
    return figure.update_yaxes(type="log")


def _by_tap(table: str) -> Callable[[Path | None], go.Figure]:
    """Linear accuracy at every tap of the three encoders of a table."""

    def drawn(folder: Path | None) -> go.Figure:
        rows = ("rotation", "random-labels", "untrained")
        return by_tap([load(f"{table}-{row}", folder=folder) for row in rows], "linear")

    return drawn


def _estimates(*names: str) -> Callable[[Path | None], go.Figure]:
    """Estimates at LeNet's last tap against the proportion of noise, a series per estimator."""

    def drawn(folder: Path | None) -> go.Figure:
        result = load("noisy-mnist", folder=folder)
        series = {ESTIMATORS[name]: _over_p(result, name, "L2") for name in names}
        return _points(series, [result], "proportion p of noisy pixels", "estimate at L2 [nats]")

    return drawn


def _layers(folder: Path | None) -> go.Figure:
    """How much more L1 is given than L0, against the proportion of noise."""
    result = load("noisy-mnist", folder=folder)
    series = {}
    for name in ("mine", "nwj"):
        first = dict(_over_p(result, name, "L0"))
        series[ESTIMATORS[name]] = [(p, value - first[p]) for p, value in _over_p(result, name, "L1") if p in first]
    return _points(series, [result], "proportion p of noisy pixels", "L1 minus L0 [nats]")


def _protocols(name: str) -> Callable[[Path | None], go.Figure]:
    """Validation accuracies of both protocols by epoch, a series per decoder and protocol."""

    def drawn(folder: Path | None) -> go.Figure:
        result = load(name, folder=folder)
        assert isinstance(result.spec, VInfoMaxDigits)
        series = {
            f"{DECODERS[decoder]}, {PROTOCOLS[protocol]}": [
                (float(epoch), at(result, decoder, protocol, epoch)) for epoch in result.spec.read_at if epoch
            ]
            for decoder in DECODERS
            for protocol in PROTOCOLS
        }
        return _points(series, [result], "epoch", "accuracy [%]")

    return drawn


def _over_weight(*names: str) -> Callable[[Path | None], go.Figure]:
    """Linear accuracy over λ with a linear decoder."""
    return lambda folder: over_weight([load(name, folder=folder) for name in names], "linear", "linear")


def _losses(name: str) -> Callable[[Path | None], go.Figure]:
    return lambda folder: losses(load(name, folder=folder))


def _over_p(result: Result, name: str, tap: str) -> list[Point]:
    values = [(run["p"], run["values"][name][tap]) for run in result.runs]
    return [(p, value) for p, value in values if value is not None]


EVIDENCE: Mapping[str, Callable[[Path | None], go.Figure]] = {
    "infonce-saturates-at-log-n": _against_truth("infonce", "explorer-infonce-all_pairs"),
    "mine-stable-below-log-n": _curves("fig-1d", "dv", lambda run: run["true_mi"] < log_n(run)),
    "mine-diverges-above-log-n": _curves("fig-1d", "dv", lambda run: run["true_mi"] >= 10),
    "mine-batch-size-moves-threshold": _curves("fig-1b", "dv", lambda run: run["true_mi"] == 7.5),
    "mine-speed-by-truth-and-batch": _against_log_n("dv", "explorer-mine-shuffle"),
    "mine-small-critic-hides-divergence": _passing,
    "nwj-saturates-at-log-n": _against_log_n("nwj", "fig-2b", "fig-2a-long", "explorer-nwj-shuffle"),
    "nwj-bias-grows": _against_truth("nwj", "explorer-nwj-shuffle", sizes=(64, 128)),
    "nwj-cannot-tell-above-15": _against_truth("nwj", "explorer-nwj-shuffle", sizes=(64, 128), least=10),
    "js-nwj-rises-then-falls": _curves("fig-13", "nwj"),
    "js-nwj-saturates-at-log-n": _against_truth("nwj", "fig-3ab", least=7.5),
    "js-nwj-noisier-than-nwj": _scatters,
    "js-plugin-good-to-10": _curves("fig-3ab", "plug_in", lambda run: run["true_mi"] <= 10),
    "js-plugin-not-monotone": _against_truth("plug_in", "fig-3ab", "fig-13", least=10),
    "js-regularised-spikes": _curves("fig-3cd", "plug_in", lambda run: run["true_mi"] >= 15),
    "elu-relu-alike": _curves("fig-3ab-relu", "plug_in"),
    "zero-label-mi-yet-useful": _by_tap("table-1"),
    "v-match-wins": _protocols("fig-5"),
    "lower-l2-is-not-better": _losses("fig-5"),
    "v-match-wins-on-images": lambda folder: by_decoder(load("table-2", folder=folder)),
    "sae-helps-at-small-lambda": _over_weight("table-3-resnet18"),
    "sae-lambda-trades-off": _over_weight("table-3-resnet18", "table-4-resnet18"),
    "sae-helps-plainnet-more": _over_weight("table-3-resnet18", "table-3-plainnet18"),
    "low-mi-estimators-agree": _estimates("mine", "nwj"),
    "js-brackets-truth": _estimates("js_nwj", "js_plug_in"),
    "layers-break-dpi": _layers,
    "all-pairs-mine-unstable": _curves("fig-10a", "dv"),
    "all-pairs-nwj-unsaturated-but-noisy": _curves("fig-11a", "nwj"),
    "all-pairs-js-nwj-unstable": _curves("fig-12", "nwj"),
    "all-pairs-js-plugin-not-monotone": _against_truth("plug_in", "fig-12", least=10),
    "zero-label-mi-plainnet": _by_tap("table-8"),
    "joint-gradients-same-story": _protocols("fig-14"),
}
"""By claim, for those that measurements decide."""
