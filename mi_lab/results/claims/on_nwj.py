"""The claims on NWJ and InfoNCE (Sec. 2.3, 3.2) as predicates.

Of runs at full length, 5, 10, 15 and 30 nats of Fig. 2a were known when they were fixed.
"""

import math
from itertools import pairwise

import numpy as np

from mi_lab.results.claims.claim import Claim, Evidence
from mi_lab.results.claims.outcome import (
    CLEAR,
    NEAR,
    Outcome,
    Results,
    all_decide,
    decides,
    ends,
    every,
    exceeds,
    log_n,
    mean,
    part,
    same,
    spec_of,
)
from mi_lab.results.curves import final


def saturates(results: Results) -> Outcome:
    """At 30 nats every run that is long or rests ends near its log N, at all batch sizes of Fig. 2b."""
    found: dict[int, list[float]] = {}
    for name in ("fig-2b", "fig-2a", "explorer-nwj-shuffle"):
        for run in results[name].select(true_mi=30.0):
            if decides(results[name], run, "nwj"):
                found.setdefault(run["batch_size"], []).append(final(run, "nwj"))
    plateau = {n: mean(values) for n, values in sorted(found.items())}
    sizes = set(spec_of(results["fig-2b"]).batch_size)
    told = ", ".join(f"{end:.2f} at N = {n} (log N = {math.log(n):.2f})" for n, end in plateau.items()) or "nowhere"
    says = f"At 30 nats the runs that are long or at rest end at {told}."
    numbers = {f"end, N = {n}": end for n, end in plateau.items()}
    if len(plateau) > 1:
        slope = float(np.polyfit([math.log(n) for n in plateau], list(plateau.values()), 1)[0])
        says += f" A line through them has slope {slope:.2f}."
        numbers["slope"] = slope

    def near(some: set[int]) -> bool:
        return all(abs(plateau.get(n, math.nan) - math.log(n)) <= NEAR for n in some)

    low, high = ({n for n in sizes if (n <= 4096) == small} for small in (True, False))
    parts = (
        part("Up to N = 4096, 30 nats comes to rest at log N.", near(low), low <= set(plateau)),
        part("So it does with larger batches.", near(high), bool(high) and high <= set(plateau)),
    )
    return Outcome(parts, says, numbers)


def bias_grows(results: Results) -> Outcome:
    """At every batch size that ran long, truth minus estimate is larger at each larger truth."""
    parts, told, numbers = [], [], dict[str, float]()
    for name, n in (("fig-2a", 512), ("explorer-nwj-shuffle", 64), ("explorer-nwj-shuffle", 128)):
        bias = {mi: [mi - end for end in found] for mi, found in ends(results[name], "nwj", n).items()}
        decided = all(decides(results[name], run, "nwj") for run in results[name].select(batch_size=n))
        steps = [exceeds("", bias[b], bias[a], CLEAR, decided) for a, b in pairwise(bias)]
        parts.append(every(f"With N = {n} it grows from each truth to the next.", steps))
        told.append(f"N = {n}: " + ", ".join(f"{mean(values):.2f} at {mi:g}" for mi, values in bias.items()))
        numbers |= {f"bias at {mi:g} nats, N = {n}": mean(values) for mi, values in bias.items()}
    return Outcome(parts, f"The estimate lies under the truth by, in nats, {'; '.join(told)}.", numbers)


def cannot_tell_above_15(results: Results) -> Outcome:
    """From 15 nats on no two neighbouring truths can be told apart by their final estimates, nor can the ends."""
    result = results["fig-2a"]
    end = {mi: values for mi, values in ends(result, "nwj").items() if mi >= 15}
    decided = all(decides(result, run, "nwj") for run in result.runs if run["true_mi"] >= 15)
    neighbours = [same("", end[a], end[b], CLEAR, decided) for a, b in pairwise(end)]
    seeds = min(map(len, end.values()))
    told = ", ".join(f"{mean(values):.2f} at {mi:g}" for mi, values in end.items())
    says = f"With N = 512 the large critic ends at {told} nats, the mean of {seeds} seed{'s' * (seeds > 1)}."
    parts = (
        every("Neighbouring truths from 15 nats on cannot be told apart.", neighbours),
        same("Nor can 15 and 30 nats.", end[min(end)], end[max(end)], CLEAR, decided),
    )
    return Outcome(parts, says, {f"end at {mi:g} nats": mean(values) for mi, values in end.items()})


def infonce_saturates(results: Results) -> Outcome:
    """No epoch passes log N, and from 15 nats on every run ends clearly at it."""
    result = results["explorer-infonce-all_pairs"]
    over = max(max(run["curves"]["infonce"]["mean"], default=-math.inf) - log_n(run) for run in result.runs)
    gap = max(log_n(run) - final(run, "infonce") for run in result.runs if run["true_mi"] >= 15)
    says = (
        f"No epoch lies more than {max(over, 0):.3f} above log N. From 15 nats on the runs end within {gap:.2f} of it."
    )
    parts = (
        # stored with four digits, so half a unit of the last is no excess; a theorem, which needs no length
        part("No epoch lies above log N.", over <= 5e-4),
        part("Far above log N, it comes to rest there.", gap <= CLEAR, all_decide(result, "infonce")),
    )
    return Outcome(parts, says, {"highest epoch minus log N": over, "widest gap": gap})


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
        ("fig-2b", "fig-2a", "explorer-nwj-shuffle"),
        saturates,
        "All batch sizes of Fig. 2b at full length.",
        Evidence("against_log_n", "fig-2b", "fig-2a", "explorer-nwj-shuffle", readout="nwj"),
    ),
    Claim(
        "nwj-bias-grows",
        "3.2",
        "NWJ's bias grows with the truth.",
        ("fig-2a", "explorer-nwj-shuffle"),
        bias_grows,
        "A larger truth with a smaller bias.",
        Evidence("against_truth", "explorer-nwj-shuffle", readout="nwj", sizes=(64, 128)),
    ),
    Claim(
        "nwj-cannot-tell-above-15",
        "3.2",
        "NWJ cannot tell truths from 15 nats on from each other.",
        ("fig-2a",),
        cannot_tell_above_15,
        "Seeds that differ by more, or by less, than the truths do.",
        Evidence("against_truth", "fig-2a", readout="nwj", least=10),
    ),
)
