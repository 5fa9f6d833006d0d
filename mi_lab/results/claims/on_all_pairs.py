"""The claims on all N(N-1) negatives (App. D.2) as predicates.

The first form was written before any result was there; that MINE's two critics are parts of their own, that plain DV is
asked, and that the pull stands for what quantiles cannot see came when the results of the small critic were known.
"""

import math

import numpy as np

from mi_lab.results.claims.claim import Claim, Evidence
from mi_lab.results.claims.outcome import (
    CLEAR,
    FALL,
    NEAR,
    Outcome,
    Results,
    Run,
    all_decide,
    diverged,
    exceeds,
    log_n,
    mean,
    part,
    spec_of,
)
from mi_lab.results.curves import fall, final, pull, smooth
from mi_lab.results.store import Result


def mine_unstable(results: Results) -> Outcome:
    """Half of the truths are lost with the small critic; with the large one a truth of 5 nats or less; half with DV."""
    small, large, own = (results[name] for name in ("fig-10a", "fig-10b", "explorer-dv-all_pairs"))
    lost = [{run["true_mi"] for run in result.runs if _lost(run)} for result in (small, large)]
    truths = [spec_of(result).true_mi for result in (small, large)]
    low = [mi for mi in lost[1] if mi <= 5]
    of_dv = [run for run in own.runs if run["batch_size"] == 64]
    gone = {run["true_mi"] for run in of_dv if _lost(run)}
    count = len({run["true_mi"] for run in of_dv})
    says = (
        f"With the small critic {len(lost[0])} of {len(truths[0])} truths are lost, with the large one {len(lost[1])} "
        f"of {len(truths[1])}, {len(low)} of these at 5 nats or less. With DV's own gradient the small critic loses "
        f"{len(gone)} of {count}."
    )
    parts = (
        part("The small critic loses half of the truths.", 2 * len(lost[0]) >= len(truths[0]), all_decide(small, "dv")),
        part("The large one loses one of 5 nats or less.", bool(low), all_decide(large, "dv")),
        part("With DV's own gradient the small critic loses half.", 2 * len(gone) >= count, all_decide(own, "dv")),
    )
    return Outcome(parts, says, {"truths lost, small": len(lost[0]), "truths lost, large": len(lost[1])})


def nwj_unsaturated_but_noisy(results: Results) -> Outcome:
    """30 nats passes log N, and rare batches pull the mean further down than under a shuffle, all else equal."""
    result, shuffled = results["fig-11a"], results["explorer-nwj-shuffle"]
    run = result.select(true_mi=30.0)[0]
    top = float(max(smooth(run["curves"]["nwj"]["mean"]), default=math.nan))
    ours, theirs = _pulls(result), _pulls(shuffled)
    says = (
        f"At 30 nats the smoothed estimate reaches {top:.1f} with log N = {log_n(run):.2f}. From 10 nats on the mean "
        f"of an epoch's batches lies {mean(ours):.2f} nats under their median, under a shuffle {mean(theirs):.2f}."
    )
    decided = all_decide(result, "nwj")
    parts = (
        part("30 nats passes log N.", top > log_n(run) + NEAR, decided),
        exceeds("Rare batches pull the mean further down.", ours, theirs, CLEAR, decided),
    )
    numbers = {"highest smoothed estimate": top, "pull": mean(ours), "pull under a shuffle": mean(theirs)}
    return Outcome(parts, says, numbers)


def js_nwj_unstable(results: Results) -> Outcome:
    """Read through NWJ, at least half of the truths fall from a peak."""
    result = results["fig-12"]
    depth = {mi: mean(fall(run, "nwj") for run in result.select(true_mi=mi)) for mi in spec_of(result).true_mi}
    fell = [mi for mi, value in depth.items() if value > FALL]
    says = f"{len(fell)} of {len(depth)} truths fall from a peak; the largest loss is {max(depth.values()):.1f}."
    decided = all_decide(result, "nwj")
    parts = (
        part("Some truth falls from a peak.", bool(fell), decided),
        part("Half of the truths do.", 2 * len(fell) >= len(depth), decided),
    )
    return Outcome(parts, says, {"truths that fall": len(fell), "largest loss": max(depth.values())})


def _pulls(result: Result) -> list[float]:
    """How far the mean lies under the median at N = 64, the median over truths from 10 nats on, one value a seed."""
    runs = [run for run in result.select(batch_size=64) if run["true_mi"] >= 10]
    seeds = sorted({run["seed"] for run in runs})
    return [float(np.median([pull(run, "nwj") for run in runs if run["seed"] == seed])) for seed in seeds]


def _lost(run: Run) -> bool:
    """Diverged, or ended below zero, where no MI lies."""
    return diverged(run, "dv") or not final(run, "dv") >= 0


CLAIMS = (
    Claim(
        "all-pairs-mine-unstable",
        "D.2",
        "With all pairs as negatives, MINE diverges quickly, and with a large critic even at small truths.",
        ("fig-10a", "fig-10b", "explorer-dv-all_pairs"),
        mine_unstable,
        "Long runs in which most truths are kept.",
        Evidence("curves", "fig-10a", readout="dv"),
    ),
    Claim(
        "all-pairs-nwj-unsaturated-but-noisy",
        "D.2",
        "With all pairs, NWJ no longer saturates, but varies widely.",
        ("fig-11a", "explorer-nwj-shuffle"),
        nwj_unsaturated_but_noisy,
        "An estimate of 30 nats that stays at log N, or batches that scatter no more than under a shuffle.",
        Evidence("curves", "fig-11a", readout="nwj"),
    ),
    Claim(
        "all-pairs-js-nwj-unstable",
        "D.2",
        "With all pairs, the NWJ readout of a JS critic is very unstable.",
        ("fig-12",),
        js_nwj_unstable,
        "Long runs in which few truths fall.",
        Evidence("curves", "fig-12", readout="nwj"),
    ),
)
