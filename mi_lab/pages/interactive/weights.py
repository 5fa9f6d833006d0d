"""The λ explorer: what supervised autoencoders give by pretext, architecture, measure, λ and decoder, as stored."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from mi_lab.experiments.reconstruction_specs import NO_DECODER, SupervisedAutoencoders
from mi_lab.experiments.registry import experiment
from mi_lab.ground.names import PRETEXTS
from mi_lab.pages.chapters.autoencoders import ARCHITECTURES, MEASURES, REPORTED, Key, cells, shown, spec_of
from mi_lab.pages.chapters.taps import NAMES
from mi_lab.pages.interactive.widgets import Widget, stored
from mi_lab.pages.provenance import plain_provenance
from mi_lab.results.store import Result

_MEASURES = ("linear", "mlp", "l2", "pretext_accuracy", "nmi")
_WEIGHTS = SupervisedAutoencoders.weights
_BARS = {NO_DECODER: "no decoder", "linear": "linear", "non_linear": "non-linear"}
_WORDS = {"no decoder": "without a decoder (λ = 0)", "linear": "with a linear decoder"}
_WORDS |= {"non-linear": "with a non-linear decoder"}
_TABLES = {"rotation": 3, "random_labels": 4}
_NOT_STORED = "nothing of this yet\nNo result of these settings is stored."

Cells = Mapping[Key, Mapping[str, float]]


def weights(results: Sequence[Result], identity: str = "weights") -> Widget:
    """The widget: bars by decoder beside the network without one, with the report's numbers as dots.

    A result that is not among those given is said to be not run, a measure that it lacks to be not measured.
    """
    ours = {(spec_of(result).pretext, spec_of(result).architecture): cells(result) for result in results}
    theirs = {(pretext, name): REPORTED[pretext][name] for pretext in PRETEXTS for name in ARCHITECTURES}
    ranges = {measure: [0, _most(measure, [*ours.values(), *theirs.values()])] for measure in _MEASURES}
    places = {key: place for place, key in enumerate(ours)}
    choices: dict[tuple[str, ...], dict[str, Any]] = {}
    for pretext, name, measure, (at, weight) in product(PRETEXTS, ARCHITECTURES, _MEASURES, enumerate(_WEIGHTS)):
        own, reported = ours.get((pretext, name), {}), theirs[pretext, name]
        spec = experiment(f"table-{_TABLES[pretext]}-{name}").report
        assert isinstance(spec, SupervisedAutoencoders)
        bars = _bars(measure, weight, own, reported, (NO_DECODER, *spec.decoders))
        about = f"{NAMES[pretext].capitalize()}, {ARCHITECTURES[name]}, λ = {_sign(weight)}, {MEASURES[measure]}"
        choices[pretext, name, measure, str(at)] = {
            "bars": bars,
            "range": ranges[measure],
            "label": f"{MEASURES[measure]}, by decoder; dot: the report",
            "summary": f"{about}: {_told(bars)}",
            "source": places.get((pretext, name), len(ours)),
        }
    sources = [plain_provenance(result) for result in results]
    controls = [
        _list("pretext", "pretext", {name: NAMES[name] for name in reversed(PRETEXTS)}),
        _list("architecture", "architecture", ARCHITECTURES),
        _list("measure", "probe or measure", {name: MEASURES[name] for name in _MEASURES}),
        {"key": "weight", "label": "weight λ of the reconstruction", "min": 0, "max": len(_WEIGHTS) - 1, "step": 1,
         "value": 1, "names": list(map(_sign, _WEIGHTS))},
    ]  # fmt: skip
    head = ["pretext", "architecture", "measure", "decoder", *(f"λ = {_sign(weight)}" for weight in _WEIGHTS)]
    note = "Accuracies in per cent, the report's in brackets. At λ = 0 there is no decoder. "
    note += f"Seeds per network: {_seeds(results)}."
    return stored(
        identity,
        "Pretext and reconstruction",
        controls,
        choices,
        [*sources, _NOT_STORED],
        head,
        _rows(ours, theirs),
        note,
    )


def _bars(measure: str, weight: str, own: Cells, reported: Cells, decoders: Sequence[str]) -> list[list[Any]]:
    """Name, our value, the report's, and ours as text; of the network without a decoder first, that of λ = 0."""
    bars = []
    for decoder in decoders:
        if (measure == "l2") if decoder == NO_DECODER else (weight == _WEIGHTS[0]):
            continue  # no loss without a decoder, and no decoder at λ = 0
        key = (decoder, _WEIGHTS[0] if decoder == NO_DECODER else weight)
        values = [cells.get(key, {}).get(measure) for cells in (own, reported)]
        text = shown(measure, values[0]) if values[0] is not None else "not measured" if own else "not run"
        rounded = (None if value is None else float(shown(measure, value)) for value in values)
        bars.append([_BARS[decoder], *rounded, text])
    return bars


def _told(bars: Sequence[Sequence[Any]]) -> str:
    if not bars:
        return "there is no decoder, and so no loss."
    ours = [f"{text} {_WORDS[name]}" for name, _, _, text in bars]
    theirs = [f"{value} {_WORDS[name]}" for name, _, value, _ in bars if value is not None]
    return f"{', '.join(ours)}." + (f" The report: {', '.join(theirs)}." if theirs else "")


def _rows(ours: Mapping[tuple[str, str], Cells], theirs: Mapping[tuple[str, str], Cells]) -> list[list[str]]:
    """Every measure over λ by decoder, ours and in brackets the report's; without a decoder at λ = 0."""
    rows = []
    for ((pretext, name), own), measure, decoder in product(ours.items(), _MEASURES, _BARS):
        keys: list[Key] = [(NO_DECODER if weight == _WEIGHTS[0] else decoder, weight) for weight in _WEIGHTS]
        if decoder == NO_DECODER or not any(measure in own.get(key, {}) for key in keys[1:]):
            continue
        line = []
        for key in keys:
            value, reported = (table.get(key, {}).get(measure) for table in (own, theirs[pretext, name]))
            line.append(shown(measure, value) + ("" if reported is None else f" ({shown(measure, reported)})"))
        rows.append([NAMES[pretext], ARCHITECTURES[name], MEASURES[measure], _BARS[decoder], *line])
    return rows


def _seeds(results: Sequence[Result]) -> str:
    """How many each mean is of: '1', or '1 to 3'."""
    counts = sorted({len(spec_of(result).seeds) for result in results}) or [0]
    return f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"


def _most(measure: str, tables: Sequence[Cells]) -> float:
    """The end of a measure's axis, the same for every choice so that bars can be compared."""
    return 1.05 * max(values[measure] for table in tables for values in table.values() if measure in values)


def _list(key: str, label: str, options: Mapping[str, str]) -> dict[str, Any]:
    return {"key": key, "label": label, "options": list(options.items()), "value": next(iter(options))}


def _sign(weight: str) -> str:
    return weight.replace("inf", "∞")
