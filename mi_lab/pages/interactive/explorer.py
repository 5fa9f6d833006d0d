"""What the estimator explorer shows: stored sweeps on the standard task, cut into parts that a page loads one by one.

A *part* is one combination of estimator, readout, critic and negatives with all its runs. Nothing here needs torch.
"""

import json
import math
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from IPython.display import HTML

from mi_lab.experiments.gaussians import BATCH_SIZES
from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.ground.names import EXPLORED
from mi_lab.pages import theme
from mi_lab.pages.figures import NAMES
from mi_lab.pages.interactive.widget_controls import SCHEMES as NEGATIVES
from mi_lab.pages.interactive.widget_controls import exploring, training
from mi_lab.pages.interactive.widgets import Widget, widget
from mi_lab.pages.provenance import plain_provenance
from mi_lab.pages.tables import sourced_table
from mi_lab.results.curves import TAIL
from mi_lab.results.rounding import round_numbers
from mi_lab.results.store import Result, load, results_dir, shown_profile

CRITICS = {(64,): "1x64", (512, 512): "2x512"}
_POINTS = 50  # of a curve
_SHORTEST = 40  # epochs; a run that is shorter says little about where it would end

# what the scripts say, with values in place of names in braces
_TOLD = {
    "running": "Training {setting}: the line under the chart counts.",
    "stands": "The estimate of this live run {is}. The truth is {mi} nats, the ceiling {limit}.",
}
_READY = (
    "A critic with one hidden layer of {width} units can be trained here: {setting}, learning rate {rate}, "
    "seed {seed}. Press Start."
)
_READY_TO_PLAY = (
    "The truth is {mi} nats. Press Play: a small network learns from batches of {n} pairs how much x and y share. "
    "How far will it come?"
)
_CODE_OF_TRAINING = """\
from mi_lab import CorrelatedGaussians, train

[run] = train(
    [CorrelatedGaussians(mi={mi})], seeds=[{seed}], estimator_name="{name}", batch_size={n}, epochs=5,
    hidden=({width},), learning_rate={rate}, negatives="{negatives}",
)
run.curves["{reading}"]["mean"]  # nats, an estimate per epoch
"""
_CODE_OF_RUNS = """\
from mi_lab import load

runs = load("{experiment}").select(true_mi={mi}, batch_size={n})
[run["curves"]["{readout}"]["mean"] for run in runs]  # nats, an estimate per epoch and seed
"""

Part = dict[str, Any]


def parts(folder: Path | None = None) -> dict[str, Part]:
    """Every part by its name, such as 'nwj-nwj-1x64-shuffle'.

    A part holds ``points``, one per true MI and N: the ceiling I_N, the curve of each seed as means up to the epochs in
    ``epochs_of`` its length, each seed's estimate at its ``end``, and ``at`` the epoch that the part's shortest run
    reached, both over the last ten epochs; None where that is not finite. Where several sweeps hold a point, the
    longest run is taken.
    """
    found: dict[str, Part] = {}
    for result, spec in _sweeps(folder or results_dir()):
        for readout in spec.readouts:
            key = (spec.estimator, readout, CRITICS[spec.hidden], spec.negatives)
            part = found.setdefault("-".join(key), _part(*key))
            _add(part, result, spec, readout)
    for part in found.values():
        _finish(part)
    return found


def explorer(identity: str = "explorer", folder: Path | None = None, inline: bool | None = None) -> Widget:
    """The widget. Its parts stand in it if ``inline``, as they do outside the book; a page of the book loads those that
    are wanted from the files that ``write_parts`` makes."""
    found = parts(folder)
    fields = ("estimator", "readout", "label", "critic", "negatives")
    index = [{"name": name, **{field: part[field] for field in fields}} for name, part in found.items()]
    lines = {n: theme.line_of_batch_size(n) for n in BATCH_SIZES}
    first = found["nwj-nwj-1x64-shuffle"]
    sizes = sorted({point["n"] for point in first["points"]})
    truths = sorted({point["mi"] for point in first["points"]})
    head = ["true MI [nats]", *(f"N = {n}" for n in sizes)]
    rows = [[f"{mi:g}", *(_at(first, mi, n) for n in sizes)] for mi in truths]
    note = f"NWJ after {first['epochs']} epochs with a 1x64 critic and shuffled negatives, one value per seed, in nats."
    most = max(point["n"] for part in found.values() for point in part["points"])
    estimators = dict([f"{part['estimator']}-{part['readout']}", part["label"]] for part in found.values())
    critics = {name: name.replace("x", "×") for name in CRITICS.values()}
    controls = exploring(map(list, estimators.items()), critics, most)
    data: dict[str, Any] = {"index": index, "lines": lines, "controls": controls, "code": _CODE_OF_RUNS}
    data |= _inline(found, inline)
    return widget(
        "explorer",
        identity,
        head,
        rows,
        note,
        ["gaussian"],
        "stored",
        "runs of mi_lab\nEach is named where it is drawn.",
        **data,
    )


def train(identity: str = "train", folder: Path | None = None, inline: bool | None = None) -> Widget:
    """A critic that is trained in the reader's browser, beside the stored run of the same setting."""
    found = {name: part for name, part in parts(folder).items() if part["critic"] == "1x64"}
    shown = found["nwj-nwj-1x64-shuffle"]
    rows = [[f"{mi:g}", _at(shown, mi, 64)] for mi in sorted({point["mi"] for point in shown["points"]})]
    note = f"Instead of a live run: the stored ones of NWJ with N = 64 after {shown['epochs']} epochs, in nats."
    estimators = [[f"{key[0]}-{key[1]}", name] for key, name in NAMES.items() if key[0] in EXPLORED]
    controls = training(estimators, 10, "batch size N")
    data: dict[str, Any] = {"controls": controls, "stored": list(found), "title": "Train a critic here"}
    data |= {"words": _TOLD | {"ready": _READY}, "code": _CODE_OF_TRAINING} | _inline(found, inline)
    return widget("train", identity, ["true MI", "estimates"], rows, note, ["gaussian", "trainer"], **data)


def play(identity: str = "play") -> Widget:
    """NWJ at 20 nats with batches of N pairs, trained in the reader's browser when *Play* is pressed."""
    sizes = [2**power for power in range(4, 10)]
    head, rows = ["pairs in a batch, N", "log N [nats]"], [[str(n), f"{math.log(n):.2f}"] for n in sizes]
    note = "However long it trains, the estimate stays under log N. The truth is 20 nats."
    estimators = [["nwj-nwj", NAMES["nwj", "nwj"]]]
    controls = training(estimators, 20, "pairs in a batch, N")
    data: dict[str, Any] = {"controls": controls, "stored": [], "play": True, "title": "Measure 20 nats yourself"}
    data |= {"words": _TOLD | {"ready": _READY_TO_PLAY}, "code": _CODE_OF_TRAINING}
    return widget("train", identity, head, rows, note, ["gaussian", "trainer"], **data)


def side_by_side(mi: float, n: int, folder: Path | None = None) -> HTML:
    """A table of every estimator's final estimates at one true MI and N, by negatives, one value per seed, in nats."""
    small = {name: part for name, part in parts(folder).items() if part["critic"] == "1x64"}
    readings = {(part["estimator"], part["readout"]): part["label"] for part in small.values()}
    epochs = {kind: next(part["epochs"] for part in small.values() if part["negatives"] == kind) for kind in NEGATIVES}
    head = ["estimator", *(f"{words}, {epochs[kind]} epochs" for kind, words in NEGATIVES.items())]
    rows = [
        [label, *(_at(small[f"{estimator}-{readout}-1x64-{kind}"], mi, n) for kind in NEGATIVES)]
        for (estimator, readout), label in readings.items()
    ]
    made = "<span class='mi-evidence'>stored</span> the runs of the explorer, which tells how each was made"
    return HTML(sourced_table(head, rows, f"Estimates at {mi:g} nats with N = {n}", made))


def write_parts(folder: Path) -> None:
    """Write every part of the stored results as a script that a page can load from any place, file:// included."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in parts().items():
        text = json.dumps(part, separators=(",", ":"))
        (folder / f"{name}.js").write_text(f'MILab.parts["{name}"]={text};\n', encoding="utf-8")


def _inline(found: dict[str, Part], inline: bool | None) -> dict[str, Any]:
    outside = not os.environ.get(theme.IN_BOOK)
    return {"parts": found} if (outside if inline is None else inline) else {}


def _sweeps(folder: Path) -> Iterator[tuple[Result, Sweep]]:
    """The stored sweeps that differ from the standard task in nothing but what the explorer lets a reader choose.

    The small critic's are the explorer's own, all of one length.
    """
    for experiment in EXPERIMENTS.values():
        profile = shown_profile(experiment.name, folder)
        spec = experiment.spec(profile) if profile else None
        if not isinstance(spec, Sweep) or spec.hidden not in CRITICS or spec.epochs < _SHORTEST:
            continue
        own = experiment.name.startswith("explorer")
        plain = Sweep(
            spec.estimator, spec.true_mi, spec.batch_size, spec.hidden, spec.epochs, spec.seeds, spec.negatives
        )
        if spec == plain and own == (spec.hidden == (64,)):
            yield load(experiment.name, folder=folder), spec


def _part(estimator: str, readout: str, critic: str, negatives: str) -> Part:
    label = NAMES[estimator, readout]
    return {"estimator": estimator, "readout": readout, "label": label, "critic": critic, "negatives": negatives,
            "sources": [], "experiments": [], "epochs_of": {}, "points": {}}  # fmt: skip


def _add(part: Part, result: Result, spec: Sweep, readout: str) -> None:
    source = len(part["sources"])
    part["experiments"].append(result.experiment)
    part["sources"].append(plain_provenance(result).replace(" · curves smoothed as in App. C.1", ""))
    points: dict[tuple[float, int], dict[str, Any]] = {}
    for run in result.runs:
        key = mi, n = run["true_mi"], run["batch_size"]
        about = {"mi": mi, "n": n, "ceiling": run["ceiling"]["value"], "epochs": spec.epochs, "source": source}
        point = points.setdefault(key, about | {"whole": [], "stopped": []})
        point["whole"].append(run["curves"][readout]["mean"])
        point["stopped"].append(run["first_nonfinite_epoch"])
    for key, point in points.items():
        if key not in part["points"] or part["points"][key]["epochs"] < spec.epochs:
            part["points"][key] = point


def _finish(part: Part) -> None:
    """Thin the curves out, and read the estimates at the end and at the part's common epoch."""
    part["points"] = sorted(part["points"].values(), key=lambda point: (point["n"], point["mi"]))
    part["epochs"] = common = min(point["epochs"] for point in part["points"])
    for point in part["points"]:
        wholes = point.pop("whole")
        shown = part["epochs_of"].setdefault(point["epochs"], _epochs_shown(point["epochs"]))
        point["at"] = [_tail(whole, common) for whole in wholes]
        point["end"] = [_tail(whole, point["epochs"]) for whole in wholes]
        point["runs"] = [round_numbers(_thinned(whole, shown), 3) for whole in wholes]


def _epochs_shown(epochs: int) -> list[int]:
    """The first ten epochs, in which most happens, then every nth, and the last."""
    return sorted({*range(1, min(10, epochs) + 1), *range(10, epochs, -(-epochs // _POINTS)), epochs})


def _thinned(whole: list[float], shown: list[int]) -> list[float]:
    """Means over the epochs from one shown to the next, so that a spike between two of them is not lost."""
    return [sum(whole[a:b]) / (b - a) for a, b in pairwise([0, *shown]) if b <= len(whole)]


def _tail(whole: list[float], end: int) -> float | None:
    """The mean over the last epochs up to ``end``; None if the run did not reach it."""
    return None if len(whole) < end else float(f"{sum(whole[end - TAIL : end]) / TAIL:.4g}")


def _at(part: Part, mi: float, n: int) -> str:
    values = [point["at"] for point in part["points"] if (point["mi"], point["n"]) == (mi, n)]
    return ", ".join("not finite" if v is None else f"{v:.2f}" for v in values[0]) if values else "not run"
