"""The claims on NWJ and InfoNCE (Sec. 2.3, 3.2) as predicates, written when all of these results were known."""

import math

import numpy as np

from mi_lab.results.claims.claim import Claim, Evidence
from mi_lab.results.claims.outcome import (
    BAND,
    CLEAR,
    NEAR,
    NOT_REPRODUCED,
    NOT_RUN,
    PARTLY,
    REPRODUCED,
    Outcome,
    Results,
    ends,
    extent,
    increasing,
    log_n,
    long_sizes,
    mean,
    spec_of,
    word_of,
)
from mi_lab.results.curves import final


def saturates(results: Results) -> Outcome:
    """At 30 nats every long run ends near its log N; reproduced only if all batch sizes of Fig. 2b ran long."""
    found: dict[int, list[float]] = {}
    for result in results.values():
        for n in long_sizes(result):
            found.setdefault(n, []).extend(final(run, "nwj") for run in result.select(true_mi=30.0, batch_size=n))
    if len(found) < 2:
        return Outcome(NOT_RUN, "Fewer than two batch sizes ran long enough.", {})
    plateau = {n: mean(values) for n, values in sorted(found.items())}
    slope, intercept = (float(v) for v in np.polyfit([math.log(n) for n in plateau], list(plateau.values()), 1))
    told = ", ".join(f"{end:.2f} at N = {n} (log N = {math.log(n):.2f})" for n, end in plateau.items())
    says = f"At 30 nats the long runs end at {told}. A line through them has slope {slope:.2f}."
    numbers = {"slope": slope, "intercept": intercept} | {f"end, N = {n}": end for n, end in plateau.items()}
    if any(not abs(end - math.log(n)) <= NEAR for n, end in plateau.items()):
        return Outcome(NOT_REPRODUCED, says, numbers)
    return Outcome(REPRODUCED if set(plateau) >= set(spec_of(results["fig-2b"]).batch_size) else PARTLY, says, numbers)


def bias_grows(results: Results) -> Outcome:
    """At every batch size that ran long, truth minus estimate is larger at each larger truth."""
    grid = results["explorer-nwj-shuffle"]
    bias = {n: {mi: mi - end for mi, end in ends(grid, "nwj", n).items()} for n in long_sizes(grid)}
    if not bias:
        return Outcome(NOT_RUN, "No run is long enough.", {})
    n, truths = min(bias), sorted(spec_of(grid).true_mi)
    told = ", ".join(f"{bias[n][mi]:.2f} at {mi:g}" for mi in truths)
    says = f"With N = {n} the estimate lies under the truth by {told} nats."
    word = word_of([increasing(values.values()) for values in bias.values()])
    return Outcome(word, says, {f"bias at {mi:g} nats": bias[n][mi] for mi in truths})


def cannot_tell_above_15(results: Results) -> Outcome:
    """From 15 nats on, long runs end within twice the seeds' spread; partly, within a tenth of the truths' range."""
    grid = results["explorer-nwj-shuffle"]
    truths, sizes = [mi for mi in spec_of(grid).true_mi if mi >= 15], long_sizes(grid)
    if not sizes:
        return Outcome(NOT_RUN, "No run is long enough.", {})
    widest = max(extent(ends(grid, "nwj", n)[mi] for mi in truths) for n in sizes)
    finals = [[final(run, "nwj") for run in grid.select(batch_size=n, true_mi=mi)] for n in sizes for mi in truths]
    seeds = max(map(extent, finals))
    same = widest <= max(2 * seeds, 0.05)  # 0.05: a final estimate's own error
    tail = "so the truths cannot be told apart" if same else "so their order can be read, but hardly a truth"
    says = (
        f"From {min(truths):g} to {max(truths):g} nats the long runs' estimates differ by {widest:.2f} at most; seeds "
        f"differ by up to {seeds:.2f}, {tail}."
    )
    word = REPRODUCED if same else PARTLY if widest <= BAND * extent(truths) else NOT_REPRODUCED
    return Outcome(word, says, {"widest difference of truths": widest, "widest difference of seeds": seeds})


def infonce_saturates(results: Results) -> Outcome:
    """No epoch passes log N, and from 15 nats on every run ends clearly at it."""
    runs = results["explorer-infonce-all_pairs"].runs
    over = max(max(run["curves"]["infonce"]["mean"], default=-math.inf) - log_n(run) for run in runs)
    gap = max(log_n(run) - final(run, "infonce") for run in runs if run["true_mi"] >= 15)
    says = (
        f"No epoch lies more than {max(over, 0):.3f} above log N. From 15 nats on the runs end within {gap:.2f} of it."
    )
    # stored with four digits, so half a unit of the last is no excess
    return Outcome(word_of((over <= 5e-4, gap <= CLEAR)), says, {"highest epoch minus log N": over, "widest gap": gap})


CLAIMS = (
    Claim(
        "infonce-saturates-at-log-n",
        "2.3",
        "InfoNCE cannot report more than log N, and does report log N where the truth is far above.",
        ("explorer-infonce-all_pairs",),
        infonce_saturates,
        "An epoch above log N: the bound is a theorem, so that would be a fault of the code.",
        Evidence("against_truth", "explorer-infonce-all_pairs", readout="infonce"),
    ),
    Claim(
        "nwj-saturates-at-log-n",
        "3.2",
        "Far above log N, NWJ comes to rest at log N, whatever the batch size.",
        ("fig-2b", "fig-2a-long", "explorer-nwj-shuffle"),
        saturates,
        "All batch sizes of Fig. 2b at full length.",
        Evidence("against_log_n", "fig-2b", "fig-2a-long", "explorer-nwj-shuffle", readout="nwj"),
    ),
    Claim(
        "nwj-bias-grows",
        "3.2",
        "NWJ's bias grows with the truth.",
        ("explorer-nwj-shuffle",),
        bias_grows,
        "A larger truth with a smaller bias.",
        Evidence("against_truth", "explorer-nwj-shuffle", readout="nwj", sizes=(64, 128)),
    ),
    Claim(
        "nwj-cannot-tell-above-15",
        "3.2",
        "NWJ cannot tell truths from 15 nats on from each other.",
        ("explorer-nwj-shuffle",),
        cannot_tell_above_15,
        "Longer runs: the ceilings of these truths are equal to a few hundredths of a nat.",
        Evidence("against_truth", "explorer-nwj-shuffle", readout="nwj", sizes=(64, 128), least=10),
    ),
)
