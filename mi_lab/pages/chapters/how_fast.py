"""The tables and figures of the page "How fast": the stored benchmark, and what the report's sizes cost on paper."""

import heapq
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from IPython.display import HTML

from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.experiments.stacks import cut_into_stacks
from mi_lab.experiments.sweep_costs import sweep_flops, sweep_steps
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.costs import step_flops, steps_per_epoch
from mi_lab.ground.names import TAPS
from mi_lab.pages import theme
from mi_lab.pages.chapters.taps import measured
from mi_lab.pages.provenance import duration, provenance
from mi_lab.pages.tables import table_html
from mi_lab.results.benchmarks import IMAGES, LOWER, Speed, load_speed
from mi_lab.results.curves import distance, final
from mi_lab.results.store import Result

# An H100 (SXM) on paper, after its data sheet and two assumptions of ours: it does 67e12 float32 operations a second,
# of which a wide critic reaches half, and drawing a batch and replaying a captured step take 300 microseconds or more.
GPU_RATE, GPU_SHARE, GPU_FLOOR = 67e12, 0.5, 300e-6
GPUS = 64
_PRECISIONS = ("float32", "bfloat16", "bfloat16")

Run = Mapping[str, Any]


def rates() -> HTML:
    """Every case in float32: run-steps per second, how many times each other contestant's, and shares of the matrix
    rate."""
    speed = load_speed()
    others = [title for title in speed.document["rates"] if title not in ("mi_lab", LOWER)]
    rows = []
    for case in speed.document["rates"]["mi_lab"]:
        rows.append([_typeset(case), _with_share(_number(speed.rate(case, "mi_lab"), 4), case, "mi_lab", speed)])
        for title in others:
            ratio = speed.ratio(case, "mi_lab", title)
            rows[-1].append("–" if math.isnan(ratio) else _with_share(f"{ratio:.3g}×", case, title, speed))
    return _table(["critic, batch, estimator", "mi_lab: run-steps per second", *others], rows)


def lower_rates() -> HTML:
    """The cases that bfloat16 is for: run-steps per second, and how many times those of each in float32."""
    speed = load_speed()
    others = [title for title in speed.document["rates"] if title != LOWER]
    rows = [
        [_typeset(case), _number(speed.rate(case, LOWER), 4)]
        + ["–" if math.isnan(ratio := speed.ratio(case, LOWER, other)) else f"{ratio:.3g}×" for other in others]
        for case in speed.document["rates"][LOWER]
        if case.startswith("2x512")
    ]
    heads = [f"{other}, float32" if other == "mi_lab" else other for other in others]
    head = ["critic, batch, estimator", f"{LOWER}: run-steps per second", *heads]
    return _table(head, rows, "rates in bfloat16", _provenance(speed))


def apart(full: Result, lower: Result, readout: str) -> HTML:
    """A sweep in float32 and in bfloat16: what each run ends at, and how far two curves of one truth are apart.

    ``lower`` holds the seed of ``full`` and another one. Distances are means over epochs of the difference between
    the epochs' means, in nats.
    """
    rows, found = [], triples(full, lower)
    for run, same, other in found:
        ends = [f"{final(one, readout):.2f}" for one in (run, same, other)]
        distances = [f"{distance(run, same, readout):.3f}", f"{distance(same, other, readout):.3f}"]
        rows.append([f"{run['true_mi']:g}", *ends, *distances])
    seeds = [f"{precision}, seed {run['seed']}" for precision, run in zip(_PRECISIONS, found[0], strict=True)]
    head = ["true MI", *seeds, "apart by precision", "apart by seed"]
    return _table(head, rows, f"{full.experiment} in two precisions", f"{provenance(full)}<br>{provenance(lower)}")


def triples(full: Result, lower: Result) -> list[tuple[Run, Run, Run]]:
    """Of each truth: the run in float32, the one of the same seed in bfloat16, and one of another seed in bfloat16."""
    found: list[tuple[Run, Run, Run]] = []
    for run in full.runs:
        where = {"true_mi": run["true_mi"], "batch_size": run["batch_size"]}
        [same] = lower.select(**where, seed=run["seed"])
        other = next(one for one in lower.select(**where) if one["seed"] != run["seed"])
        found.append((run, same, other))
    return found


def image_rates() -> HTML:
    """Images per second of the training of an encoder, by batch size and contestant, and mi_lab's lead over each."""
    speed = load_speed(name=IMAGES)
    first, *others = speed.document["rates"]
    rows = [
        [case, _number(speed.rate(case, first), 4)]
        + [f"{_number(speed.rate(case, o), 4)} ({speed.ratio(case, first, o):.3g}×)" for o in others]
        for case in speed.document["rates"][first]
    ]
    head = ["images per second", first, *(f"{other} (its ratio)" for other in others)]
    return _table(head, rows, head[0], _provenance(speed))


def precisions(results: Sequence[Result]) -> HTML:
    """One pretext trained in several precisions: validation accuracy by epoch, and linear accuracy at every tap."""
    rows = []
    for result in results:
        [run] = result.runs
        epochs = [f"{100 * value:.1f}" for value in run["curves"]["validation_accuracy"]]
        rows.append([result.spec.precision, *epochs, *(f"{v:.1f}" for v in measured(result, "linear"))])  # type: ignore[union-attr]
    head = ["accuracy [%]", *(f"rotations, epoch {e + 1}" for e in range(len(rows[0]) - 1 - len(TAPS)))]
    return _table([*head, *TAPS], rows, head[0], "<br>".join(map(provenance, results)))


def shares() -> go.Figure:
    """The share of the matrix rate that each contestant reaches in float32, case by case."""
    speed = load_speed()
    cases = [case for case in speed.document["rates"]["mi_lab"] if case.endswith("nwj")]
    labels = [_typeset(case.removesuffix(", nwj")) for case in cases]
    titles = [title for title in speed.document["rates"] if title != LOWER]
    values = {title: [speed.share(case, title) for case in cases] for title in titles}
    rows = [[label, *(_number(values[t][i], 2) for t in titles)] for i, label in enumerate(labels)]
    told = "; ".join(f"{label}: mi_lab {values['mi_lab'][i]:.2f}" for i, label in enumerate(labels))
    figure = theme.figure(
        "share",
        "",
        f"Share of the machine's matrix rate that each contestant reaches in the products of a step, for NWJ. {told}.",
        table={"head": ["case", *titles], "rows": rows},
        provenance=_provenance(speed),
    )
    for number, title in enumerate(titles):
        figure.add_bar(y=labels, x=values[title], name=title, orientation="h", marker=theme.bar(number))
    figure.update_layout(barmode="group", height=520, legend={"orientation": "h", "y": -0.2, "traceorder": "normal"})
    return figure.update_xaxes(range=[0, 1]).update_yaxes(autorange="reversed")


def parts() -> go.Figure:
    """Where the time of a step goes."""
    speed = load_speed()
    found = speed.document["shares"]
    names = list(next(iter(found.values())))
    rows = [[case, *(f"{shares[name]:.0%}" for name in names)] for case, shares in found.items()]
    figure = theme.figure(
        "share of a step's time",
        "",
        "Where the time of one step goes. "
        + "; ".join(f"{case}: {shares['matrix products']:.0%} in matrix products" for case, shares in found.items()),
        table={"head": ["case", *names], "rows": rows},
        provenance=_provenance(speed),
    )
    cases = [_typeset(case) for case in found]
    for number, name in enumerate(names):
        values = [shares[name] for shares in found.values()]
        figure.add_bar(y=cases, x=values, name=name, orientation="h", marker=theme.bar(number))
    figure.update_layout(barmode="stack", legend={"orientation": "h", "y": -0.25, "traceorder": "normal"})
    return figure.update_xaxes(tickformat=".0%", range=[0, 1]).update_yaxes(autorange="reversed")


def scaling(axis: str) -> go.Figure:
    """Seconds of a run-step along one axis, with what its matrix products alone would take."""
    speed = load_speed()
    measured = {int(value): seconds for value, seconds in speed.document["scaling"][axis].items()}
    core = max(speed.document["matrix"]) / 2  # of two
    theory = {value: _flops(axis, value) / core for value in measured}
    rows = [[f"{v}", f"{measured[v] * 1e3:.3g}", f"{theory[v] * 1e3:.3g}"] for v in measured]
    figure = theme.figure(
        _typeset(axis),
        "milliseconds per run-step",
        f"Time of a run-step against {axis}: "
        + "; ".join(f"{row[0]}: {row[1]} ms measured, {row[2]} ms of matrix products" for row in rows),
        table={"head": [axis, "measured [ms]", "matrix products alone [ms]"], "rows": rows},
        provenance=_provenance(speed),
    )
    blue = theme.line_of_mi(15)["color"]
    x, ms = list(measured), [value * 1e3 for value in measured.values()]
    figure.add_scatter(x=x, y=ms, mode="lines+markers", name="measured", line={"color": blue})
    only = [value * 1e3 for value in theory.values()]
    line = {"color": theme.REFERENCE, "dash": "dot"}
    figure.add_scatter(x=x, y=only, mode="lines", name="matrix products alone", line=line)
    figure.update_layout(legend={"orientation": "h", "y": -0.25})
    ticks = {"type": "log", "tickvals": x, "ticktext": [str(v) for v in x], "tickangle": 0}
    return figure.update_xaxes(**ticks).update_yaxes(type="log", dtick=1)


def report_costs() -> HTML:
    """What every sweep of the book costs at the report's own size: counted, measured here, and on paper elsewhere."""
    speed = load_speed()
    rows, totals = [], [0.0] * 4
    # companions that are the same at the report's size cost nothing more
    sweeps: dict[Sweep, str] = {}
    for experiment in EXPERIMENTS.values():
        if isinstance(experiment.report, Sweep):
            sweeps.setdefault(experiment.report, experiment.name)
    for sweep, name in sweeps.items():
        costs = [float(sweep_flops(sweep)), here(sweep, speed), on_gpus(sweep, 1), on_gpus(sweep, GPUS)]
        totals = [total + cost for total, cost in zip(totals, costs, strict=True)]
        counted = [name, f"{sweep_steps(sweep) / 1e6:.2g} M", _operations(costs[0])]
        rows.append([*counted, *map(duration, costs[1:])])
    steps = sum(map(sweep_steps, sweeps))
    rows.append(["all", f"{steps / 1e6:.3g} M", _operations(totals[0]), *map(duration, totals[1:])])
    head = ["experiment", "run-steps", "operations", "this machine", "one H100", f"{GPUS} of them"]
    return _table(head, rows)


def here(sweep: Sweep, speed: Speed) -> float:
    """Seconds on the two cores of the benchmark, at the share of the matrix rate measured for such a critic."""
    case = "2x512, N=512, nwj" if max(sweep.hidden) >= 256 else "1x64, N=512, nwj"
    rate = max(speed.document["matrix"]) * speed.share(case, "mi_lab")
    return sweep_flops(sweep) / rate


def on_gpus(sweep: Sweep, gpus: int) -> float:
    """Seconds on paper until the last of the GPUs is done, each stack going to the one that is free first."""
    free = [0.0] * gpus
    for stack in sorted(_gpu_seconds(sweep, gpus), reverse=True):
        heapq.heapreplace(free, free[0] + stack)
    return max(free)


def _gpu_seconds(sweep: Sweep, gpus: int) -> Iterator[float]:
    for stack in cut_into_stacks(sweep, list(sweep.runs()), "cuda", gpus):
        n = stack[0]["batch_size"]
        flops = len(stack) * step_flops(sweep.hidden, n, sweep.dim, sweep.negatives)
        yield sweep.epochs * steps_per_epoch(n) * max(flops / (GPU_RATE * GPU_SHARE), GPU_FLOOR)


def _flops(axis: str, value: int) -> int:
    match axis:
        case "N, critic 1x64":
            return step_flops((64,), value)
        case "N, critic 2x512":
            return step_flops((512, 512), value)
        case "N, critic 1x64, all pairs":
            return step_flops((64,), value, negatives="all_pairs")
        case "runs in a stack, N=64":
            return step_flops((64,), 64)
        case "width of two layers":
            return step_flops((value, value), 512)
        case _:
            return step_flops((64,), 512, dim=value)


def _provenance(speed: Speed) -> str:
    made = speed.document
    versions = ", ".join(f"{name} {version}" for name, version in made["versions"].items() if name != "mi_lab")
    return (
        f"<span class='mi-evidence'>stored</span> {made['date']} · {made['machine']}, two used · {versions} · "
        f"revision {made['git_revision']} · rerun: <code>make bench-peers</code>"
    )


def _typeset(name: str) -> str:
    return re.sub(r"(?<=\d)x(?=\d)", "×", name)


def _with_share(text: str, case: str, title: str, speed: Speed) -> str:
    return f"{text} ({speed.share(case, title):.2f})"


def _operations(flops: float) -> str:
    power = math.floor(math.log10(flops))
    return f"{flops / 10**power:.1f}·10" + str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _number(value: float, digits: int) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.0f}" if value >= 10 ** (digits - 1) else f"{value:.{digits}g}"


def _table(head: list[str], rows: list[list[str]], label: str | None = None, source: str = "") -> HTML:
    under = f'<p class="mi-provenance">{source}</p>' if source else ""
    return HTML(f'<div class="mi-table">{table_html(head, rows, label or head[0])}</div>{under}')
