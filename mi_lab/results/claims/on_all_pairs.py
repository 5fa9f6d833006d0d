"""The claims on all N(N-1) negatives (App. D.2) as predicates, written before any of their results was there."""

import numpy as np

from mi_lab.results.claims.claim import Claim, Evidence
from mi_lab.results.claims.outcome import (
    FALL,
    NEAR,
    Outcome,
    Results,
    Run,
    diverged,
    is_long,
    log_n,
    scatter_ratios,
    spec_of,
    word_of,
)
from mi_lab.results.curves import fall, final, smooth


def mine_unstable(results: Results) -> Outcome:
    """Half of the truths are lost with the small critic, and with the large one a truth of 5 nats or less is."""
    small, large = results["fig-10a"], results["fig-10b"]
    lost = [{run["true_mi"] for run in result.runs if _lost(run)} for result in (small, large)]
    low = [mi for mi in lost[1] if mi <= 5]
    says = (
        f"With the small critic {len(lost[0])} of {len(spec_of(small).true_mi)} truths are lost, with the large one "
        f"{len(lost[1])} of {len(spec_of(large).true_mi)}, {len(low)} of these at 5 nats or less."
    )
    seen = (2 * len(lost[0]) >= len(spec_of(small).true_mi), bool(low))
    word = word_of(seen, all(seen) or (is_long(small) and is_long(large)))
    return Outcome(word, says, {"truths lost, small": len(lost[0]), "truths lost, large": len(lost[1])})


def nwj_unsaturated_but_noisy(results: Results) -> Outcome:
    """30 nats passes log N, and batches scatter at least twice as widely as under a shuffle."""
    result = results["fig-11a"]
    run = result.select(true_mi=30.0)[0]
    top = max(smooth(run["curves"]["nwj"]["mean"]), default=float("nan"))
    ratio = float(np.median(scatter_ratios(result, results["explorer-nwj-shuffle"], "nwj")))
    says = (
        f"At 30 nats the smoothed estimate reaches {top:.1f} with log N = {log_n(run):.2f}. Batches scatter "
        f"{ratio:.1f} times as widely as under a shuffle."
    )
    seen = (top > log_n(run) + NEAR, ratio >= 2)
    word = word_of(seen, all(seen) or is_long(result))
    return Outcome(word, says, {"highest smoothed estimate": float(top), "ratio of scatter": ratio})


def js_nwj_unstable(results: Results) -> Outcome:
    """Read through NWJ, at least half of the truths fall from a peak; partly, if some do."""
    result = results["fig-12"]
    depth = {mi: max(fall(run, "nwj") for run in result.select(true_mi=mi)) for mi in spec_of(result).true_mi}
    fell = [mi for mi, value in depth.items() if value > FALL]
    says = f"{len(fell)} of {len(depth)} truths fall from a peak; the largest loss is {max(depth.values()):.1f}."
    seen = (bool(fell), 2 * len(fell) >= len(depth))
    word = word_of(seen, all(seen) or is_long(result))
    return Outcome(word, says, {"truths that fall": len(fell), "largest loss": max(depth.values())})


def _lost(run: Run) -> bool:
    """Diverged, or ended below zero, where no MI lies."""
    return diverged(run, "dv") or not final(run, "dv") >= 0


CLAIMS = (
    Claim(
        "all-pairs-mine-unstable",
        "D.2",
        "With all pairs as negatives, MINE diverges quickly, and with a large critic even at small truths.",
        ("fig-10a", "fig-10b"),
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
