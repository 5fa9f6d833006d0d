"""The claims on JS (Sec. 3.2.1) and on activations (Sec. 3.3) as predicates.

The small critic's curves were known when they were fixed; those of the large and the regularised one at full length,
and the distances between activations, were not.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from mi_lab.results.claims.claim import LONGER, Claim, Evidence
from mi_lab.results.claims.outcome import (
    BAND,
    CLEAR,
    FALL,
    GROSS,
    LONG,
    NEAR,
    SEEN,
    UNDECIDED,
    Outcome,
    Part,
    Results,
    ends,
    exceeds,
    gap_of,
    is_long,
    like_runs,
    log_n,
    mean,
    part,
    same,
    spec_of,
    steps,
)
from mi_lab.results.curves import distance, fall, peak, scatter

EARLY = 100
"""In epochs, a tenth of what the report ran. What comes later is no early spike."""
WIDER = 1.5
"""Batches scatter clearly more widely from half as much again on."""


def rises_then_falls(results: Results) -> Outcome:
    """The small critic falls from a peak at some truth, the large one falls further, the regularised one does not."""
    small, large, tamed = (results[name] for name in ("fig-3ab", "fig-13", "fig-3cd"))
    falls = {mi: mean(fall(run, "nwj") for run in small.select(true_mi=mi)) for mi in spec_of(small).true_mi}
    epochs = min(spec_of(result).epochs for result in (small, large))
    early = [[fall(run, "nwj", epochs) for run in result.select(true_mi=10.0)] for result in (small, large)]
    rest = max(fall(run, "nwj") for run in tamed.runs)
    says = (
        f"{sum(depth > FALL for depth in falls.values())} of {len(falls)} truths fall from a peak with "
        f"the small critic. By epoch {epochs} 10 nats has lost {mean(early[0]):.1f} with the small critic and "
        f"{mean(early[1]):.1f} with the large one. The regularised critic loses up to {rest:.1f}."
    )
    numbers = {"loss by then, small": mean(early[0]), "loss by then, large": mean(early[1])}
    long = [is_long(result) for result in (small, large, tamed)]
    parts = (
        part("The small critic rises and falls at some truth.", max(falls.values()) > FALL, long[0]),
        exceeds("The large one falls further.", early[1], early[0], CLEAR, long[0] and long[1]),
        part("The regularised one does not fall.", rest <= FALL, long[2]),
    )
    return Outcome(parts, says, numbers | {"largest loss, regularised": rest})


def nwj_readout_saturates(results: Results) -> Outcome:
    """The largest truth ends near log N, and so does every other that is clearly above it."""
    result = results["fig-3ab"]
    level = log_n(result.runs[0])
    end = {mi: mean(values) for mi, values in ends(result, "nwj").items() if mi > 1.5 * level}
    near = {mi for mi, value in end.items() if abs(value - level) <= NEAR}
    top, worst = max(end), min(end, key=end.__getitem__)
    says = f"With log N = {level:.2f}, {top:g} nats ends at {end[top]:.2f}, but {worst:g} nats at {end[worst]:.0f}."
    parts = (
        part(f"{top:g} nats ends at log N.", top in near, is_long(result)),
        part("So does every truth above one and a half times log N.", near == set(end), is_long(result)),
    )
    return Outcome(parts, says, {f"end at {mi:g} nats": v for mi, v in end.items()})


def nwj_readout_is_noisier(results: Results) -> Outcome:
    """The batches of a JS critic read through NWJ scatter more widely than NWJ's own, with all else equal."""
    js, nwj = results["explorer-js-shuffle"], results["explorer-nwj-shuffle"]
    pairs = [pair for pair in like_runs(js, nwj) if steps(js, pair[0]) >= LONG]
    ratios = [scatter(run, "nwj") / scatter(match, "nwj") for run, match in pairs]
    typical = float(np.median(ratios)) if ratios else float("nan")
    share = mean(float(ratio > 1) for ratio in ratios)
    says = (
        f"In {sum(ratio > 1 for ratio in ratios)} of {len(ratios)} long runs the batches of JS read through NWJ "
        f"scatter more widely than those of NWJ, in the median {typical:.1f} times as widely."
    )
    parts = (
        part("In the median they scatter half as widely again.", typical >= WIDER, bool(ratios)),
        part("Nine of ten settings agree.", share >= 0.9, bool(ratios)),
    )
    return Outcome(parts, says, {"median ratio of scatter": typical, "share": share})


def plug_in_good_to_10(results: Results) -> Outcome:
    """The plug-in ends within the band at every truth up to 10 nats, each a part of its own."""
    result = results["fig-3ab"]
    end = {mi: mean(values) for mi, values in ends(result, "plug_in").items() if mi <= 10}
    told = ", ".join(f"{value:.2f} at {mi:g}" for mi, value in end.items())
    parts = [
        part(f"{mi:g} nats is within a tenth.", abs(v - mi) <= BAND * mi, is_long(result)) for mi, v in end.items()
    ]
    return Outcome(parts, f"The plug-in ends at {told} nats.", {f"end at {mi:g} nats": v for mi, v in end.items()})


def plug_in_not_monotone(results: Results) -> Outcome:
    """From 10 nats on, with every critic, some larger truth ends lower, by two standard errors or grossly."""
    parts, told, numbers = [], [], {}
    for name, result in results.items():
        lower, drop = _falling_order(
            ends(result, "plug_in"), is_long(result), f"{name}: some larger truth reads lower."
        )
        parts.append(lower)
        told.append(f"{drop:.2f} ({name})")
        numbers[f"largest drop, {name}"] = drop
    return Outcome(parts, f"From 10 nats on, a larger truth reads lower by up to {' and '.join(told)}.", numbers)


def _falling_order(end: Mapping[float, Sequence[float]], decided: bool, says: str) -> tuple[Part, float]:
    """Does any larger truth from 10 nats on end lower? The part, and the largest drop of means.

    That no truth does is seen if each of them exceeds the one before.
    """
    truths = sorted(mi for mi in end if mi >= 10)
    pairs = [exceeds("", end[low], end[high], CLEAR, decided) for low, high in combinations(truths, 2)]
    drop = max(0.0, *(mean(end[low]) - mean(end[high]) for low, high in combinations(truths, 2)))
    states = {one.state for one in pairs}
    return part(says, SEEN in states, SEEN in states or UNDECIDED not in states), drop


def regularised_spikes(results: Results) -> Outcome:
    """At the largest truth the plug-in spikes early, and from 15 nats on its ends cannot be told apart."""
    result = results["fig-3cd"]
    end = {mi: values for mi, values in ends(result, "plug_in").items() if mi >= 15}
    low, high = min(end), max(end)
    runs = result.select(true_mi=high)
    epochs, lost = [peak(run, "plug_in")[0] for run in runs], [fall(run, "plug_in") for run in runs]
    says = (
        f"At {high:g} nats the plug-in peaks in epoch {mean(epochs):.0f} and has lost {mean(lost):.2f} by epoch "
        f"{spec_of(result).epochs}. {low:g} and {high:g} nats end {abs(gap_of(end[low], end[high])[0]):.2f} apart."
    )
    clear = GROSS * CLEAR if len(lost) == 1 else CLEAR
    parts = (
        part(f"{high:g} nats spikes early.", min(lost) > clear and max(epochs) <= EARLY, is_long(result)),
        same(f"{low:g} and {high:g} nats cannot be told apart.", end[low], end[high], CLEAR, is_long(result)),
    )
    return Outcome(parts, says, {"loss after the peak": mean(lost), "epoch of the peak": mean(epochs)})


def activations_alike(results: Results) -> Outcome:
    """Curves under ELU and ReLU lie no further apart than twice the distance between two seeds under ELU."""
    parts, told, numbers = [], [], dict[str, float]()
    for name in ("fig-1d", "fig-2a", "fig-3ab"):
        elu, relu = results[name], results[f"{name}-relu"]
        others = spec_of(elu).seeds[1:2]
        for readout in spec_of(elu).readouts:
            own, other = [], []
            for one, match in like_runs(relu, elu):
                epochs = spec_of(relu).epochs
                other.append(distance(one, match, readout, epochs))
                for seed in others:
                    [second] = elu.select(true_mi=one["true_mi"], seed=seed)
                    own.append(distance(match, second, readout, epochs))
            apart, chance = (float(np.median(values)) if values else float("nan") for values in (other, own))
            decided = bool(own) and is_long(relu)
            parts.append(part(f"{name}, {readout}: as near as seeds.", apart <= 2 * chance, decided))
            told.append(f"{name} ({readout}) {apart:.2f} against {f'{chance:.2f}' if own else 'no second seed'}")
            numbers[f"apart, {name} {readout}"] = apart
            numbers |= {f"seeds, {name} {readout}": chance} if own else {}
    says = f"In nats, curves under ELU and ReLU lie apart, against two seeds of ELU: {'; '.join(told)}."
    return Outcome(parts, says, numbers)


CLAIMS = (
    Claim(
        "js-nwj-rises-then-falls",
        "3.2.1",
        "Read through NWJ, a JS critic rises and then falls; more so if it is large, not so if it is regularised.",
        ("fig-3ab", "fig-13", "fig-3cd"),
        rises_then_falls,
        "A regularised critic that does not fall over 1000 epochs; dropout left on when the estimate is read.",
        Evidence("curves", "fig-13", readout="nwj"),
    ),
    Claim(
        "js-nwj-saturates-at-log-n",
        "3.2.1",
        "Read through NWJ, a JS critic, too, saturates at log N.",
        ("fig-3ab",),
        nwj_readout_saturates,
        "A critic whose NWJ readout does not fall at truths near log N.",
        Evidence("against_truth", "fig-3ab", readout="nwj", least=7.5),
    ),
    Claim(
        "js-nwj-noisier-than-nwj",
        "3.2.1",
        "With shuffled negatives, the NWJ readout of a JS critic varies more than NWJ trained directly.",
        ("explorer-js-shuffle", "explorer-nwj-shuffle"),
        nwj_readout_is_noisier,
        "Settings in which the JS critic scatters less.",
        Evidence("scatters", "explorer-js-shuffle", "explorer-nwj-shuffle"),
    ),
    Claim(
        "js-plugin-good-to-10",
        "3.2.1",
        "As a plug-in, the unregularised JS critic works well up to 10 nats.",
        ("fig-3ab",),
        plug_in_good_to_10,
        "A critic, or a batch size with a larger log N, that brings 10 nats within a tenth.",
        Evidence("curves", "fig-3ab", readout="plug_in", keep=lambda run: run["true_mi"] <= 10),
    ),
    Claim(
        "js-plugin-not-monotone",
        "3.2.1",
        "As a plug-in, the unregularised JS critic gives truths above 10 nats lower and lower estimates.",
        ("fig-3ab", "fig-13"),
        plug_in_not_monotone,
        "A critic or seed that keeps the order of truths above 10 nats.",
        Evidence("against_truth", "fig-3ab", "fig-13", readout="plug_in", least=10),
    ),
    Claim(
        "js-regularised-spikes",
        "3.2.1",
        "Regularised, the plug-in spikes early at high truths and no longer tells them apart.",
        ("fig-3cd",),
        regularised_spikes,
        LONGER,
        Evidence("curves", "fig-3cd", readout="plug_in", keep=lambda run: run["true_mi"] >= 15),
    ),
    Claim(
        "elu-relu-alike",
        "3.3",
        "With ReLU instead of ELU the estimators behave alike.",
        ("fig-1d", "fig-2a", "fig-3ab", "fig-1d-relu", "fig-2a-relu", "fig-3ab-relu"),
        activations_alike,
        "Curves that two activations set further apart than two seeds do, at the report's length.",
        Evidence("curves", "fig-3ab-relu", readout="plug_in"),
    ),
    Claim(
        "all-pairs-js-plugin-not-monotone",
        "D.2",
        "With all pairs, the plug-in still gives larger truths lower estimates.",
        ("fig-12",),
        plug_in_not_monotone,
        "Long runs that keep the order.",
        Evidence("against_truth", "fig-12", readout="plug_in", least=10),
    ),
)
