"""The claims on representations of images (Sec. 4, D.1, D.4) as predicates.

Written before their results were known; what seeds, lengths and L0 must be was added when laptop results were."""

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from mi_lab.experiments.image_specs import Probing
from mi_lab.ground.names import LENET_TAPS, TAPS
from mi_lab.results.claims.claim import WIDER, Claim, Evidence
from mi_lab.results.claims.outcome import BAND, Outcome, Results, every, exceeds, mean, part
from mi_lab.results.store import Result

DEEP = TAPS[3:]
"""The taps B3, B4 and prelogits, where Tables 1 and 8 set the pretexts apart."""
POINTS = 2.0
"""In percentage points. Two accuracies on the same 10,000 images differ by less through chance (three times 0.7)."""
SLACK = 0.05
"""In nats. Estimates on 5000 validation images scatter by about a hundredth of a nat; five times that is a trend."""
FULL = 0.5
"""Share of the report's epochs from which on a run counts; the laptop gives far fewer."""
REPORTED_L0 = 2.21
"""What the report's estimators find at L0 without noise (Table 7), in nats."""
TRAINED_L0 = 2.1
"""Under this a critic at L0 has not learnt what the report's has."""
MEMORISED = 0.95
"""Share of random labels told right from which on the pretext counts as memorised; the report has nearly all."""


def accuracies(result: Result, tap: str) -> list[float]:
    """Linear accuracy at a tap in per cent, one value a seed."""
    return [100 * run["values"]["linear"][tap] for run in result.runs]


def zero_label_mi(results: Results) -> Outcome:
    """No MI by counting, and at every deep tap rotations above an untrained encoder above random labels."""
    by_pretext = {r.spec_of(Probing).pretext: r for r in results.values() if isinstance(r.spec, Probing)}
    rotation, random, untrained = (by_pretext[name] for name in ("rotation", "random_labels", "none"))
    counted = {run["labeling"]: run["values"] for run in results["fig-4"].runs}
    exact = counted["rotation"]["counted"] < 1e-9
    chance = counted["random_labels"]["counted"] < 2 * counted["random_labels"]["expected"]
    long = rotation.spec_of(Probing).epochs >= FULL * Probing.epochs
    learnt = all(memorised(run) for run in random.runs)
    at = {name: {tap: accuracies(result, tap) for tap in DEEP} for name, result in by_pretext.items()}
    gain = {tap: mean(at["rotation"][tap]) - mean(at["none"][tap]) for tap in DEEP}
    loss = {tap: mean(at["random_labels"][tap]) - mean(at["none"][tap]) for tap in DEEP}
    parts = (
        part("Neither labeling says anything about the class, by counting.", exact and chance),
        every(
            "Rotations teach more than an untrained encoder knows.",
            [exceeds("", at["rotation"][tap], at["none"][tap], POINTS, long) for tap in DEEP],
        ),
        every(
            "Random labels destroy it.",
            [exceeds("", at["none"][tap], at["random_labels"][tap], POINTS, learnt) for tap in DEEP],
        ),
    )
    says = (
        f"I(Y;Y') is {counted['rotation']['counted']:.5f} nats for rotations and, counted, "
        f"{counted['random_labels']['counted']:.5f} for random labels. Against an untrained encoder, "
        f"{_at_taps(gain)} points through rotations and "
        f"{_at_taps(loss)} through random labels, at {', '.join(DEEP)}; the mean of {_seeds(len(rotation.runs))}, "
        f"{_seeds(len(untrained.runs))} untrained, and {_seeds(len(random.runs))}."
    )
    numbers = {f"rotation, {tap}": v for tap, v in gain.items()} | {f"random labels, {t}": v for t, v in loss.items()}
    return Outcome(parts, says, numbers)


def estimators_agree(results: Results) -> Outcome:
    """MINE and NWJ alike, near H(Y) without noise, near 0 with nothing else, and falling in between."""
    [result] = results.values()
    lines = {(name, tap): _line(result, name, tap) for name in ("mine", "nwj") for tap in LENET_TAPS}
    apart = max(abs(lines["mine", t][p] - lines["nwj", t][p]) for t in LENET_TAPS for p in lines["mine", t])
    starts = [line[0.0] for line in lines.values()]
    ends = [line[1.0] for line in lines.values()]
    rise = max(b - a for line in lines.values() for a, b in pairwise(line.values()))
    finite = all(math.isfinite(v) for line in lines.values() for v in line.values())
    says = (
        f"MINE and NWJ differ by {apart:.2f} nats at most. Without noise they read {min(starts):.2f} to "
        f"{max(starts):.2f} of {math.log(10):.2f} nats, with nothing else {min(ends):.2f} to {max(ends):.2f}. "
        f"The largest rise from one p to the next is {max(rise, 0.0):.2f} nats."
    )
    numbers = {"largest difference": apart, "lowest at p = 0": min(starts), "largest rise": rise}
    decided = _settled(result, ("mine", "nwj"))
    parts = (
        # one seed cannot say that two trainings are alike
        part(
            "MINE and NWJ agree.", finite and apart < 2 * SLACK, decided and len({r["seed"] for r in result.runs}) > 1
        ),
        part("Without noise they read the entropy of the label.", min(starts) > (1 - BAND) * math.log(10), decided),
        part("With noise alone they read nothing.", max(map(abs, ends)) < SLACK, decided),
        part("In between they fall.", rise < SLACK, decided),
    )
    return Outcome(parts, says, numbers)


def js_brackets(results: Results) -> Outcome:
    """The NWJ readout under the plug-in everywhere, and the two truths that are known in between: H(Y) and 0."""
    [result] = results.values()
    pairs = {
        (p, tap): (_line(result, "js_nwj", tap)[p], _line(result, "js_plug_in", tap)[p])
        for tap in LENET_TAPS
        for p in _line(result, "js_nwj", tap)
    }
    ordered = mean(float(low <= high) for low, high in pairs.values())
    known = {0.0: math.log(10), 1.0: 0.0}
    held = [low <= known[p] + 0.01 and high >= known[p] - 0.01 for (p, _), (low, high) in pairs.items() if p in known]
    says = (
        f"The NWJ readout lies under the plug-in in {ordered:.0%} of the settings. The known truths, H(Y) without "
        f"noise and 0 with nothing else, lie between the two in {sum(held)} of {len(held)}."
    )
    decided = _settled(result, ("js_nwj", "js_plug_in"))
    parts = (
        part("The NWJ readout lies under the plug-in.", ordered == 1, decided),
        part("The known truths lie between them.", all(held), decided),
    )
    return Outcome(parts, says, {"share in order": ordered, "share that holds the truth": mean(map(float, held))})


def layers_break(results: Results) -> Outcome:
    """L1 above L0, against data processing, in so many noisy sets that chance would not do it once in fifty times.

    Twenty settings share ten encoders, so an encoder counts once, by both estimators. At L0 as much must be found
    without noise as the report finds, or it is only that the critic has not learnt there.
    """
    [result] = results.values()
    line = {(name, tap): _line(result, name, tap) for name in ("mine", "nwj") for tap in ("L0", "L1")}
    noises = [p for p in line["mine", "L0"] if p < 1]
    higher = [mean(line[n, "L1"][p] - line[n, "L0"][p] for n in ("mine", "nwj")) > 0 for p in noises]
    read = min(line[name, "L0"][0.0] for name in ("mine", "nwj"))
    says = (
        f"In {sum(higher)} of {len(higher)} noisy sets L1 is given more information than L0, which it is computed "
        f"from. Without noise L0 reads {read:.2f} nats (the report: {REPORTED_L0})."
    )
    # nine of ten fair coins: probability 0.01
    parts = [part("L1 is given more than L0.", mean(map(float, higher)) >= 0.9, read > TRAINED_L0)]
    return Outcome(parts, says, {"share of noisy sets": mean(map(float, higher)), "L0 without noise": read})


def memorised(run: Mapping[str, Any]) -> bool:
    """Has it learnt its labels by heart? Not one that was never finite."""
    return max(run["curves"]["training_accuracy"][-1:], default=0.0) >= MEMORISED


def _at_taps(values: Mapping[str, float]) -> str:
    return ", ".join(f"{value:+.1f}" for value in values.values())


def _line(result: Result, estimator: str, tap: str) -> dict[float, float]:
    """Estimates by p, the mean over seeds; nan where one was lost."""
    found: dict[float, list[float]] = {}
    for run in result.runs:
        value = run["values"][estimator][tap]
        found.setdefault(run["p"], []).append(math.nan if value is None else value)
    return {p: mean(values) for p, values in sorted(found.items())}


def _seeds(count: int) -> str:
    return "one seed" if count == 1 else f"{count} seeds"


def _settled(result: Result, estimators: Iterable[str]) -> bool:
    """Did no validation curve still rise by ``SLACK`` over its last quarter?"""
    return all(_rise(run, f"{name} {tap}") < SLACK for run in result.runs for name in estimators for tap in LENET_TAPS)


def _rise(run: Mapping[str, Any], name: str) -> float:
    curve = run["curves"][name]
    quarter = max(1, len(curve) // 4)
    return float(max(curve, default=0.0) - max(curve[:-quarter], default=0.0))


_LONGER_ON_DIGITS = "App. D.1's critics of 512 units, trained until they settle; more seeds."

CLAIMS = (
    Claim(
        "zero-label-mi-yet-useful",
        "4",
        "Rotations and random labels say nothing about the object; yet one teaches its classes, one destroys.",
        ("fig-4", "table-1-rotation", "table-1-random-labels", "table-1-untrained"),
        zero_label_mi,
        WIDER,
        Evidence("by_tap", "table-1-rotation", "table-1-random-labels", "table-1-untrained"),
    ),
    Claim(
        "low-mi-estimators-agree",
        "D.1",
        "At low MI, the estimators agree and fall with the noise.",
        ("noisy-mnist",),
        estimators_agree,
        _LONGER_ON_DIGITS,
        Evidence("estimates", "noisy-mnist", estimators=("mine", "nwj")),
    ),
    Claim(
        "js-brackets-truth",
        "D.1",
        "At low MI, the NWJ readout of a JS critic lies below the truth and the plug-in above.",
        ("noisy-mnist",),
        js_brackets,
        _LONGER_ON_DIGITS,
        Evidence("estimates", "noisy-mnist", estimators=("js_nwj", "js_plug_in")),
    ),
    Claim(
        "layers-break-dpi",
        "D.1",
        "A later layer seems to say slightly more about the label than an earlier one.",
        ("noisy-mnist",),
        layers_break,
        _LONGER_ON_DIGITS,
        Evidence("layers", "noisy-mnist"),
    ),
    Claim(
        "zero-label-mi-plainnet",
        "D.4",
        "The same holds for a network without skip connections.",
        ("fig-4", "table-8-rotation", "table-8-random-labels", "table-8-untrained"),
        zero_label_mi,
        WIDER,
        Evidence("by_tap", "table-8-rotation", "table-8-random-labels", "table-8-untrained"),
    ),
)
