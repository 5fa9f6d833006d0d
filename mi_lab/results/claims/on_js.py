"""The claims on JS (Sec. 3.2.1), whose results were known, and on activations (Sec. 3.3), whose were not."""

import dataclasses
from collections.abc import Sequence

from mi_lab.results.claims.claim import LONGER, Claim, Evidence
from mi_lab.results.claims.outcome import (
    BAND,
    CLEAR,
    FALL,
    NEAR,
    NOT_REPRODUCED,
    NOT_RUN,
    PARTLY,
    REPRODUCED,
    Outcome,
    Results,
    ends,
    extent,
    is_long,
    largest_drop,
    log_n,
    noisier,
    scatter_ratios,
    spec_of,
    word_of,
)
from mi_lab.results.curves import fall, final, peak
from mi_lab.results.store import Result

EARLY = 100
"""In epochs, a tenth of what the report ran. What comes later is no early spike."""


def rises_then_falls(results: Results) -> Outcome:
    """The small critic falls from a peak, the large one has fallen further by then, the regularised one does not."""
    small, large, tamed = (results[name] for name in ("fig-3ab", "fig-13", "fig-3cd"))
    falls = {mi: min(fall(run, "nwj") for run in small.select(true_mi=mi)) for mi in spec_of(small).true_mi}
    fell = [mi for mi, depth in falls.items() if depth > FALL]
    epochs = min(spec_of(result).epochs for result in (small, large))
    early = [fall(result.select(true_mi=10.0)[0], "nwj", epochs) for result in (small, large)]
    rest = max(fall(run, "nwj") for run in tamed.runs)
    says = (
        f"{len(fell)} of {len(falls)} truths fall from a peak with the small critic. By epoch {epochs} 10 nats has "
        f"lost {early[0]:.1f} with the small critic and {early[1]:.1f} with the large one. The regularised critic "
        f"loses up to {rest:.0f}."
    )
    numbers = {"loss by then, small": early[0], "loss by then, large": early[1], "largest loss, regularised": rest}
    calm = rest <= FALL and is_long(tamed)
    return Outcome(word_of((bool(fell), early[1] > early[0] + FALL, calm), is_long(small)), says, numbers)


def nwj_readout_saturates(results: Results) -> Outcome:
    """Every truth clearly above log N ends near it; partly, if only the largest does."""
    result = results["fig-3ab"]
    level = log_n(result.runs[0])
    end = {mi: value for mi, value in ends(result, "nwj").items() if mi > 1.5 * level}
    near = {mi for mi, value in end.items() if abs(value - level) <= NEAR}
    top, worst = max(end), min(end, key=end.__getitem__)
    says = f"With log N = {level:.2f}, {top:g} nats ends at {end[top]:.2f}, but {worst:g} nats at {end[worst]:.0f}."
    word = REPRODUCED if near == set(end) else PARTLY if top in near else NOT_REPRODUCED
    return Outcome(word if is_long(result) else NOT_RUN, says, {f"end at {mi:g} nats": v for mi, v in end.items()})


def nwj_readout_is_noisier(results: Results) -> Outcome:
    """The batches of a JS critic read through NWJ scatter more widely than NWJ's own, with all else equal."""
    ratios = scatter_ratios(results["explorer-js-shuffle"], results["explorer-nwj-shuffle"], "nwj")
    return noisier(ratios, "of JS read through NWJ", "of NWJ")


def plug_in_good_to_10(results: Results) -> Outcome:
    """The plug-in ends within the band at every truth up to 10 nats; partly, at half of them."""
    result = results["fig-3ab"]
    end = {mi: value for mi, value in ends(result, "plug_in").items() if mi <= 10}
    good = [abs(value - mi) <= BAND * mi for mi, value in end.items()]
    told = ", ".join(f"{value:.2f} at {mi:g}" for mi, value in end.items())
    word = REPRODUCED if all(good) else PARTLY if 2 * sum(good) >= len(good) else NOT_REPRODUCED
    says = f"The plug-in ends at {told} nats."
    return Outcome(word if is_long(result) else NOT_RUN, says, {f"end at {mi:g} nats": v for mi, v in end.items()})


def plug_in_not_monotone(results: Results) -> Outcome:
    """From 10 nats on, with every critic and seed, some larger truth ends clearly lower."""
    drops = {name: largest_drop(result, "plug_in") for name, result in results.items()}
    told = " and ".join(f"{drop:.2f} ({name})" for name, drop in drops.items())
    says = f"From 10 nats on, a larger truth reads lower by up to {told}."
    seen = [drop > CLEAR for drop in drops.values()]
    word = word_of(seen, all(seen) or all(map(is_long, results.values())))
    return Outcome(word, says, {f"largest drop, {name}": drop for name, drop in drops.items()})


def regularised_spikes(results: Results) -> Outcome:
    """At the largest truth the plug-in spikes early, and from 15 nats on its ends do not differ clearly."""
    result = results["fig-3cd"]
    end = {mi: value for mi, value in ends(result, "plug_in").items() if mi >= 15}
    run = result.select(true_mi=max(end))[0]
    epoch, lost, apart = peak(run, "plug_in")[0], fall(run, "plug_in"), extent(end.values())
    says = (
        f"At {max(end):g} nats the plug-in peaks in epoch {epoch} and has lost {lost:.2f} by epoch "
        f"{spec_of(result).epochs}. {min(end):g} and {max(end):g} nats end {apart:.2f} apart."
    )
    word = word_of((lost > CLEAR and epoch <= EARLY, apart <= CLEAR), is_long(result))
    return Outcome(word, says, {"loss after the peak": lost, "difference of ends": apart})


def activations_alike(results: Results) -> Outcome:
    """Marks of MINE, NWJ and JS are the same under ELU and ReLU at the same truths and length."""
    alike: list[bool] = []
    for panel in ("fig-1d", "fig-2a", "fig-3ab"):
        pair = results[panel], results[f"{panel}-relu"]
        truths = set(spec_of(pair[0]).true_mi) & set(spec_of(pair[1]).true_mi)
        epochs = min(spec_of(result).epochs for result in pair)
        elu, relu = (_marks(_cut(result, sorted(truths), epochs)) for result in pair)
        alike += [a == b for a, b in zip(elu, relu, strict=True)]
    says = f"{sum(alike)} of {len(alike)} qualitative marks are the same under ELU and ReLU at equal length."
    return Outcome(word_of(alike), says, {"marks that agree": sum(alike), "marks compared": len(alike)})


def _marks(result: Result) -> Sequence[bool]:
    """What a reader would say of the curves: does any end clearly above log N, do any fall, is the order lost?"""
    marks = []
    for readout in spec_of(result).readouts:
        marks.append(any(final(run, readout) > log_n(run) + CLEAR for run in result.runs))
        marks.append(any(fall(run, readout) > FALL for run in result.runs))
        marks.append(largest_drop(result, readout) > CLEAR)
    return marks


def _cut(result: Result, truths: Sequence[float], epochs: int) -> Result:
    """The first seed's runs at these truths, with this many epochs."""
    spec = spec_of(result)
    smaller = dataclasses.replace(spec, true_mi=tuple(truths), epochs=epochs, seeds=spec.seeds[:1])
    runs = [
        {**run, "curves": {r: {s: v[:epochs] for s, v in c.items()} for r, c in run["curves"].items()}}
        for run in result.select(seed=spec.seeds[0])
        if run["true_mi"] in truths
    ]
    return dataclasses.replace(result, spec=smaller, runs=runs)


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
        "A mark of the curves that one activation shows and the other does not.",
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
