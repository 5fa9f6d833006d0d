"""The tables and the figure of the page "How accurate": what the estimate of own pairs finds where the MI is known."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

import plotly.graph_objects as go
from IPython.display import HTML

from mi_lab.pages import theme
from mi_lab.pages.tables import sourced_table
from mi_lab.results.accuracy import BOUND, KSG, OURS, load_accuracy, summary

DRAWN = (OURS, BOUND, "benchmark-mi: KSG", "torch-mist: SMILE")
_MARKS = ("circle", "line-ns-open", "x", "triangle-up")
_REACH = 1.0  # nats; what is farther out stands at the edge
LEVEL = 0.05


def overall(n: int) -> HTML:
    """Each contestant's absolute errors over the kinds that it takes, and those of the default on the same kinds."""
    stored = load_accuracy()
    rows = []
    for name in stored.document["errors"]["estimates"]:
        found, default = stored.errors(name, n), stored.errors(OURS, n)
        same = summary({kind: default[kind] for kind in found})[0]
        rows.append([name, str(len(found)), *map(_nats, summary(found)), _nats(same), f"{stored.seconds(name):.1f}"])
    timed = stored.document["seconds"]["n"]
    head = [
        "estimator",
        "kinds",
        "mean |error|",
        "median",
        "largest",
        f"mean of {OURS} on these",
        f"seconds, n = {timed:,}",
    ]
    return _table(head, rows, "errors", "seconds")


def by_kind(n: int) -> go.Figure:
    """The error on every kind, the truth in the middle."""
    stored = load_accuracy()
    truths = stored.document["errors"]["truths"]
    names = list(stored.document["errors"]["estimates"])
    errors = {name: stored.errors(name, n) for name in names}
    rows = [
        [kind, f"{truth:.3f}", *(_signed(errors[name].get(kind)) for name in names)] for kind, truth in truths.items()
    ]
    worst = max(errors[OURS], key=lambda kind: abs(errors[OURS][kind]))
    figure = theme.figure(
        "estimate less truth [nats]",
        "",
        f"Error of each estimator on {len(truths)} kinds of data with {n} pairs. {OURS} is farthest off on {worst}, by "
        f"{_signed(errors[OURS][worst])} nats.",
        table={"head": ["kind", "truth", *names], "rows": rows},
        provenance=_source("errors"),
    )
    kinds = list(truths)
    for number, name in enumerate(DRAWN):
        shown = [kind for kind in kinds if kind in errors[name]]
        values = [errors[name][kind] for kind in shown]
        marker = {"color": theme.line_of(number)["color"], "symbol": _MARKS[number], "size": 9, "line": {"width": 2}}
        figure.add_scatter(
            x=[max(-_REACH, min(_REACH, value)) for value in values],
            y=shown,
            customdata=[[f"{value:+.3f}"] for value in values],
            mode="markers",
            name=name,
            marker=marker,
            hovertemplate="%{y}: %{customdata[0]}<extra>" + name + "</extra>",
        )
    figure.add_vline(x=0, line={"color": theme.REFERENCE, "width": 1})
    figure.update_layout(height=180 + 22 * len(kinds), legend={"orientation": "h", "y": -0.12})
    edge = 1.05 * _REACH
    return figure.update_xaxes(range=[-edge, edge]).update_yaxes(autorange="reversed", categoryarray=kinds)


def coverage() -> HTML:
    """How often the truth lies within two standard errors, case by case."""
    stored = load_accuracy()
    rows = []
    for case in stored.document["coverage"]["cases"]:
        for name, tries in case["found"].items():
            error = fmean(tries["mi"]) - case["truth"]
            told = [_signed(error), _nats(stdev(tries["mi"])), _nats(fmean(tries["stderr"]))]
            share = f"{stored.within(case, name):.0%}"
            label = "mi_lab, Ross" if name == KSG and "label" in case["kind"] else name
            rows.append([f"{case['kind']}; n = {case['n']:,}", label, *told, share])
    head = ["kind", "estimator", "mean error", "true spread", "error told", "within two"]
    return _table(head, rows, "coverage")


def tests() -> HTML:
    """How often independence is rejected, where it holds and where it does not."""
    stored = load_accuracy()
    part = stored.document["independence"]
    rows = []
    for name, title in (("null", "independent"), ("power", "dependent")):
        for case in part[name]:
            p_values = case["p_values"]
            rows.append([title, case["kind"], f"{case['n']:,}", *(f"{rejected(p):.0%}" for p in p_values.values())])
    tested = list(part["null"][0]["p_values"])
    return _table(["pairs", "kind", "n", *(f"{name}: p ≤ {LEVEL}" for name in tested)], rows, "independence")


def rejected(p_values: Sequence[float]) -> float:
    """The share of data sets in which independence is rejected at the level of 5 %."""
    return fmean(p <= LEVEL for p in p_values)


def uniform_distance(p_values: Sequence[float]) -> tuple[float, float]:
    """Kolmogorov's distance of p-values from uniform ones, and what it exceeds in one of 20 times if they are."""
    ordered, n = sorted(p_values), len(p_values)
    distance = max(max(p - at / n, (at + 1) / n - p) for at, p in enumerate(ordered))
    return distance, 1.358 / math.sqrt(n)


def _source(*parts: str) -> str:
    stored, lines = load_accuracy(), []
    for name in parts:
        made = stored.document[name]
        versions = ", ".join(f"{lib} {version}" for lib, version in made["versions"].items() if lib != "mi_lab")
        lines.append(
            f"<span class='mi-evidence'>stored</span> {name}: {made['date']} · {made['machine']} · {versions} · "
            f"revision {made['git_revision']} · rerun: <code>make bench-accuracy</code>"
        )
    return "<br>".join(lines)


def _table(head: list[str], rows: list[list[str]], *parts: str) -> HTML:
    return HTML(sourced_table(head, rows, parts[0], _source(*parts)))


def _nats(value: float) -> str:
    return f"{value:.3f}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}".replace("-", "−")
