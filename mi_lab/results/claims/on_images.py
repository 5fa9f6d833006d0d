"""The claims on representations of images (Sec. 4, D.1, D.4) as predicates.

Written before their results were known; what seeds, lengths and L0 must be was added when laptop results were."""

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from mi_lab.experiments.image_specs import Probing
from mi_lab.ground.names import LENET_TAPS, TAPS
from mi_lab.results.claims.claim import WIDER, Claim, Evidence
from mi_lab.results.claims.outcome import (
    BAND,
    BySeed,
    Outcome,
    Part,
    Results,
    every,
    gap_by_seed,
    leads,
    mean,
    part,
    under,
)
from mi_lab.results.store import Result

DEEP = TAPS[3:]
"""The taps B3, B4 and prelogits, where Tables 1 and 8 set the pretexts apart."""
POINTS = 2.0
"""In percentage points. Two accuracies on the same 10,000 images differ by less through chance (three times 0.7)."""
SLACK = 0.05
"""In nats. Estimates on 5000 validation images scatter by about a hundredth of a nat; five times that is a trend."""
SCATTER = 0.01
"""In nats, that scatter. What lies so near to a bound, or to a truth, is not beyond it."""
FULL = 0.5
"""Share of the report's epochs from which on a run counts; the laptop gives far fewer."""
RESTED = 0.1
"""The same of a run that has come to rest, as in Section 3."""
STILL = 1.0
"""In percentage points. A pretext rests if new images of its last fifth of epochs, on average, are told so near to the
fifth before."""
REPORTED_L0 = 2.21
"""What the report's estimators find at L0 without noise (Table 7), in nats."""
TRAINED_L0 = 2.1
"""Under this a critic at L0 has not learnt what the report's has."""
MEMORISED = 0.95
"""Share of random labels told right from which on the pretext counts as memorised; the report has nearly all."""


def accuracies(result: Result, tap: str) -> BySeed:
    """Linear accuracy at a tap in per cent, by seed."""
    values = {run["seed"]: run["values"]["linear"][tap] for run in result.runs}
    return {seed: math.nan if value is None else 100 * value for seed, value in values.items()}


def zero_label_mi(results: Results) -> Outcome:
    """No MI by counting, and at every deep tap rotations above an untrained encoder above random labels.

    Rotations may have been trained on several numbers of images. Those whose training is long, or came to rest, must
    all hold; if there are none, it stays undecided.
    """
    probed = [r for r in results.values() if isinstance(r.spec, Probing)]
    turned, [random], [untrained] = (
        [r for r in probed if r.spec_of(Probing).pretext == pretext]
        for pretext in ("rotation", "random_labels", "none")
    )
    counted = {run["labeling"]: run["values"] for run in results["fig-4"].runs}
    exact = counted["rotation"]["counted"] < 1e-9
    chance = counted["random_labels"]["counted"] < 2 * counted["random_labels"]["expected"]
    counting = [r for r in turned if learnt(r)]
    learnt_by_heart = all(memorised(run) for run in random.runs)
    at = {r.experiment: {tap: accuracies(r, tap) for tap in DEEP} for r in probed}
    base = at[untrained.experiment]
    gains = {r.experiment: {tap: gap_by_seed(at[r.experiment][tap], base[tap]) for tap in DEEP} for r in probed}
    parts = (
        part("Neither labeling says anything about the class, by counting.", exact and chance),
        every(
            "Rotations teach more than an untrained encoder knows.",
            [
                leads("", at[r.experiment][tap], base[tap], POINTS, bool(counting))
                for r in counting or turned
                for tap in DEEP
            ],
        ),
        every(
            "Random labels destroy it.",
            [leads("", base[tap], at[random.experiment][tap], POINTS, learnt_by_heart) for tap in DEEP],
        ),
    )
    told = [f"{_at_taps(gains[r.experiment])} points through rotations of {_trained(r)}" for r in turned]
    says = (
        f"I(Y;Y') is {counted['rotation']['counted']:.5f} nats for rotations and, counted, "
        f"{counted['random_labels']['counted']:.5f} for random labels. Against an untrained encoder of the same seed, "
        f"{', '.join(told)}, and {_at_taps(gains[random.experiment])} points through random labels on "
        f"{_trained(random)}, at {', '.join(DEEP)}."
    )
    numbers = {f"{r.experiment}, {tap}": gains[r.experiment][tap][0] for r in (*turned, random) for tap in DEEP}
    return Outcome(parts, says, numbers)


def learnt(result: Result) -> bool:
    """Had a pretext half of the report's epochs, or a tenth and rests in each of its runs?"""
    share = result.spec_of(Probing).epochs / Probing.epochs
    return share >= FULL or (
        share >= RESTED and all(_rests(run["curves"]["validation_accuracy"]) for run in result.runs)
    )


def estimators_agree(results: Results) -> Outcome:
    """MINE and NWJ alike, near H(Y) without noise, near 0 with nothing else, and falling in between."""
    [result] = results.values()
    lines = {(name, tap): _line(result, name, tap) for name in ("mine", "nwj") for tap in LENET_TAPS}
    apart = [_apart(lines["mine", tap][p], lines["nwj", tap][p]) for tap in LENET_TAPS for p in lines["mine", tap]]
    starts, ends = ([line[p].values() for line in lines.values()] for p in (0.0, 1.0))
    rises = [_apart(after, before) for line in lines.values() for before, after in pairwise(line.values())]
    largest, rise = max(abs(mean(one)) for one in apart), max(mean(one) for one in rises)
    says = (
        f"MINE and NWJ differ by {largest:.2f} nats at most. Without noise they read {min(map(mean, starts)):.2f} to "
        f"{max(map(mean, starts)):.2f} of {math.log(10):.2f} nats, with nothing else {min(map(mean, ends)):.2f} to "
        f"{max(map(mean, ends)):.2f}. The largest rise from one p to the next is {max(rise, 0.0):.2f} nats."
    )
    numbers = {"largest difference": largest, "lowest at p = 0": min(map(mean, starts)), "largest rise": rise}
    decided = _settled(result, ("mine", "nwj"))
    lowest = -(1 - BAND) * math.log(10)
    parts = (
        every("MINE and NWJ agree.", [_near(one, 2 * SLACK, decided) for one in apart]),
        every(
            "Without noise they read the entropy of the label.",
            [under("", [-value for value in one], lowest, decided) for one in starts],
        ),
        every("With noise alone they read nothing.", [_near(one, SLACK, decided) for one in ends]),
        every("In between they fall.", [under("", one, SLACK, decided) for one in rises]),
    )
    return Outcome(parts, says, numbers)


def js_brackets(results: Results) -> Outcome:
    """The NWJ readout under the plug-in everywhere, and the two truths that are known in between: H(Y) and 0."""
    [result] = results.values()
    lines = {tap: [_line(result, name, tap) for name in ("js_nwj", "js_plug_in")] for tap in LENET_TAPS}
    pairs = [(p, low[p], high[p]) for low, high in lines.values() for p in low]
    known = {0.0: math.log(10), 1.0: 0.0}
    ordered = mean(float(mean(low.values()) <= mean(high.values())) for _, low, high in pairs)
    ends = [(known[p], mean(low.values()), mean(high.values())) for p, low, high in pairs if p in known]
    held = [low <= truth + SCATTER and high >= truth - SCATTER for truth, low, high in ends]
    says = (
        f"The NWJ readout lies under the plug-in in {ordered:.0%} of the settings. The known truths, H(Y) without "
        f"noise and 0 with nothing else, lie between the two in {sum(held)} of {len(held)}."
    )
    decided = _settled(result, ("js_nwj", "js_plug_in"))
    around = [
        under("", values, SCATTER, decided)
        for p, low, high in pairs
        if p in known
        for values in ([value - known[p] for value in low.values()], [known[p] - value for value in high.values()])
    ]
    parts = (
        every(
            "The NWJ readout lies under the plug-in.",
            [under("", _apart(low, high), SCATTER, decided) for _, low, high in pairs],
        ),
        every("The known truths lie between them.", around),
    )
    return Outcome(parts, says, {"share in order": ordered, "share that holds the truth": mean(map(float, held))})


def layers_break(results: Results) -> Outcome:
    """L1 above L0, against data processing, on average over the noisy sets and both estimators.

    Twenty settings of a seed share ten encoders, and those share their images, so that a seed counts once. At L0 as
    much must be found without noise as the report finds, or it is only that the critic has not learnt there.
    """
    [result] = results.values()
    line = {(name, tap): _line(result, name, tap) for name in ("mine", "nwj") for tap in ("L0", "L1")}
    noises = [p for p in line["mine", "L0"] if p < 1]
    both = {
        tap: {p: _mean_by_seed([line[name, tap][p] for name in ("mine", "nwj")]) for p in noises}
        for tap in ("L0", "L1")
    }
    higher = [gap_by_seed(both["L1"][p], both["L0"][p])[0] > 0 for p in noises]
    read = min(mean(line[name, "L0"][0.0].values()) for name in ("mine", "nwj"))
    says = (
        f"In {sum(higher)} of {len(higher)} noisy sets L1 is given more information than L0, which it is computed "
        f"from. Without noise L0 reads {read:.2f} nats (the report: {REPORTED_L0})."
    )
    first, second = (_mean_by_seed(both[tap].values()) for tap in ("L0", "L1"))
    parts = [leads("L1 is given more than L0.", second, first, SLACK, read > TRAINED_L0)]
    return Outcome(parts, says, {"share of noisy sets": mean(map(float, higher)), "L0 without noise": read})


def memorised(run: Mapping[str, Any]) -> bool:
    """Has it learnt its labels by heart? Not one that was never finite."""
    return max(run["curves"]["training_accuracy"][-1:], default=0.0) >= MEMORISED


def _rests(curve: list[float]) -> bool:
    """Does the last fifth of accuracies average within ``STILL`` of the fifth before?"""
    fifth = max(1, len(curve) // 5)
    return 100 * abs(mean(curve[-fifth:]) - mean(curve[-2 * fifth : -fifth])) <= STILL


def _at_taps(gains: Mapping[str, tuple[float, float]]) -> str:
    """'+9.0 ± 0.4, …', without a standard error where there is but one seed."""
    told = {tap: "" if math.isnan(error) else f" ± {error:.1f}" for tap, (_, error) in gains.items()}
    return ", ".join(f"{gap:+.1f}{told[tap]}" for tap, (gap, _) in gains.items())


def _trained(result: Result) -> str:
    """'5,000 images, 30 epochs, three seeds'."""
    spec, count = result.spec_of(Probing), len(result.runs)
    seeds = "one seed" if count == 1 else f"{count} seeds"
    return f"{spec.images:,} images ({spec.epochs} epochs, {seeds})"


def _line(result: Result, estimator: str, tap: str) -> dict[float, dict[int, float]]:
    """Estimates by p and seed; nan where one was lost."""
    found: dict[float, dict[int, float]] = {}
    for run in result.runs:
        value = run["values"][estimator][tap]
        found.setdefault(run["p"], {})[run["seed"]] = math.nan if value is None else value
    return dict(sorted(found.items()))


def _apart(one: BySeed, other: BySeed) -> list[float]:
    return [one[seed] - other[seed] for seed in one]


def _mean_by_seed(lines: Iterable[BySeed]) -> BySeed:
    held = list(lines)
    return {seed: mean(line[seed] for line in held) for seed in held[0]}


def _near(values: Iterable[float], line: float, decided: bool) -> Part:
    """Do values, one a seed, average nearer to 0 than a line?"""
    found = list(values)
    return every("", [under("", [sign * value for value in found], line, decided) for sign in (1, -1)])


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
