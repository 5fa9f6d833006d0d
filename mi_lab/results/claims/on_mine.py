"""The claims on MINE (Sec. 3.1) as predicates over stored curves.

Of runs at full length, Fig. 1d with its companion and two truths of Fig. 1a were known when they were fixed.
"""

import math
from collections.abc import Sequence

import numpy as np

from mi_lab.ground.costs import steps_per_epoch
from mi_lab.results.claims.claim import LONGER, Claim, Evidence
from mi_lab.results.claims.outcome import (
    CLEAR,
    Outcome,
    Part,
    Results,
    Run,
    all_decide,
    decides,
    diverged,
    every,
    exceeds,
    log_n,
    mean,
    part,
    rests,
    spec_of,
    steps,
    unslowed,
)
from mi_lab.results.curves import final, first_above
from mi_lab.results.destinations import limit

_FIG_1 = ("fig-1a", "fig-1b", "fig-1d")
SMALL, LARGE = "average-0.01-1x64-64", "average-0.01-2x512-64"
"""MINE at N = 64 with either critic, where both take equal batches and steps."""
WEIGHTS = ("1", "0.1")
"""Weights of the newest batch at which speeds are compared, that of DV's own gradient and one that public codes use."""
SIZES = (64, 256, 512)
SLOW = 0.05
"""In nats per 10,000 steps. A run that grows by less looks at rest."""


def stable_below(results: Results) -> Outcome:
    """Every run below log N comes to rest, between the ceiling and the destination of its truth."""
    below = [(results[name], run) for name in _FIG_1 for run in results[name].runs if run["true_mi"] < log_n(run)]
    long = [run for result, run in below if decides(result, run, "dv")]
    calm = [rests(run, "dv") for run in long]
    inside = [
        limit(results["limits"], run, "ceiling") - CLEAR
        <= final(run, "dv")
        <= limit(results["limits"], run, "destination") + CLEAR
        for run in long
    ]
    says = (
        f"Of {len(below)} runs below log N {len(long)} were long. Of these {sum(calm)} came to rest, and {sum(inside)} "
        "ended between their ceiling and their destination, give or take a quarter of a nat."
    )
    decided = len(long) == len(below) > 0
    parts = (
        part("Every run below log N comes to rest.", all(calm), decided),
        part("It ends between its ceiling and its destination.", all(inside), decided),
    )
    return Outcome(parts, says, {f"end at {m:g} nats, N = {n}": v for (m, n), v in _means(long).items()})


def diverges_above(results: Results) -> Outcome:
    """Above log N every run passes log N clearly and grows without slowing, or beyond its truth; 30 nats first."""
    runs = [run for name in ("fig-1a", "fig-1d") for run in results[name].runs if run["true_mi"] > log_n(run)]
    decided = all(all_decide(results[name], "dv") for name in ("fig-1a", "fig-1d"))
    top = max(run["true_mi"] for run in runs)
    highest = [run for run in runs if run["true_mi"] == top]
    over = [_passed(run) for run in runs]
    growing = [unslowed(run, "dv") for run in runs]
    ends = {run["batch_size"]: final(run, "dv") for run in highest}
    own = {r["batch_size"]: final(r, "dv") for n in ("fig-1a-dv", "fig-1d-dv") for r in results[n].select(true_mi=top)}
    says = (
        f"Of {len(runs)} runs above log N {sum(over)} rose clearly above it, and {sum(growing)} were still growing "
        f"without slowing, or beyond their truth. {top:g} nats ends at {_at(ends)}; with DV's own gradient, at "
        f"{_at(own)}."
    )
    parts = (
        part(f"{top:g} nats rises clearly above log N.", all(map(_passed, highest)), decided),
        part("Its growth does not slow.", all(unslowed(run, "dv") for run in highest), decided),
        part("So it is with every truth above log N.", all(over) and all(growing), decided),
    )
    return Outcome(parts, says, {f"end at {top:g} nats, N = {n}": v for n, v in ends.items()})


def batch_size_moves_threshold(results: Results) -> Outcome:
    """7.5 nats diverges at N = 256 under some memory of MINE, and without one; 10 nats rests at N = 32768."""
    memories = {"0.01": "fig-1b", "0.1": "average-0.1-2x512-256", "1": "fig-1b-dv"}
    small = {r: (results[name], results[name].select(true_mi=7.5)[0]) for r, name in memories.items()}
    large, run = results["fig-1c"], results["fig-1c"].select(true_mi=10.0)[0]
    gone = {r: _passed(one) and unslowed(one, "dv") for r, (_, one) in small.items()}
    ends = {r: final(one, "dv") for r, (_, one) in small.items()}
    told = ", ".join(f"{end:.2f} with r = {r}" if end > -100 else f"{end:,.0f} with r = {r}" for r, end in ends.items())
    says = (
        f"7.5 nats at N = 256 (log N = {math.log(256):.2f}) ends at {told}. 10 nats at N = 32768 stands at "
        f"{final(run, 'dv'):.1f} after {steps(large, run)} of the report's {1000 * steps_per_epoch(32768)} steps."
    )
    decided = {r: decides(result, one, "dv") for r, (result, one) in small.items()}
    parts = (
        part(
            "With MINE's average, 7.5 nats leaves log N behind at N = 256.",
            gone["0.01"] or gone["0.1"],
            decided["0.01"] and decided["0.1"],
        ),
        part("So it does with DV's own gradient.", gone["1"], decided["1"]),
        part(
            "10 nats rests under log N at N = 32768.",
            rests(run, "dv") and final(run, "dv") < log_n(run) + CLEAR,
            decides(large, run, "dv"),
        ),
    )
    numbers = {f"end of 7.5 nats, N = 256, r = {r}": final(one, "dv") for r, (_, one) in small.items()}
    return Outcome(parts, says, numbers | {"end of 10 nats, N = 32768": final(run, "dv")})


def small_critic_hides(results: Results) -> Outcome:
    """At 30 nats and equal N the small critic passes log N later than the large one, and then grows more slowly."""
    runs = {name: results[name].select(true_mi=30.0) for name in (SMALL, LARGE)}
    epochs = {
        name: [min(first_above(run, "dv", log_n(run)), _last(run) + 1) for run in rs] for name, rs in runs.items()
    }
    rates = {name: [rate(run) for run in rs] for name, rs in runs.items()}
    decided = all(all_decide(results[name], "dv") for name in runs)
    says = (
        f"At N = 64, 30 nats passes log N in epoch {mean(epochs[LARGE]):.0f} with the large critic and "
        f"{mean(epochs[SMALL]):.0f} with the small one, and grows by {mean(rates[LARGE]):.2f} and "
        f"{mean(rates[SMALL]):.2f} nats per 10,000 steps in the second half of {spec_of(results[SMALL]).epochs} epochs."
    )
    parts = (
        exceeds("The small critic passes log N later.", epochs[SMALL], epochs[LARGE], 1.0, decided),
        exceeds("It grows more slowly.", rates[LARGE], rates[SMALL], SLOW, decided),
    )
    numbers = {"epoch, small": mean(epochs[SMALL]), "epoch, large": mean(epochs[LARGE])}
    return Outcome(parts, says, numbers | {"rate, small": mean(rates[SMALL]), "rate, large": mean(rates[LARGE])})


def speed(results: Results) -> Outcome:
    """After equal steps, 30 nats grows faster than 10 at every N, and N = 64 faster than 512; with both averages."""
    parts: list[Part] = []
    told, numbers = [], dict[str, float]()
    for weight in WEIGHTS:
        by = {
            (n, mi): [rate(run) for run in results[f"average-{weight}-1x64-{n}"].select(true_mi=mi)]
            for n in SIZES
            for mi in (10.0, 30.0)
        }
        decided = all(all_decide(results[f"average-{weight}-1x64-{n}"], "dv") for n in SIZES)
        larger = [exceeds("", by[n, 30.0], by[n, 10.0], SLOW, decided) for n in SIZES]
        parts += [
            every(f"With r = {weight}, a larger truth grows faster.", larger),
            exceeds(f"With r = {weight}, a smaller batch grows faster.", by[64, 30.0], by[512, 30.0], SLOW, decided),
        ]
        rates = ", ".join(f"{mean(by[n, 10.0]):.2f} and {mean(by[n, 30.0]):.2f} at N = {n}" for n in SIZES)
        told.append(f"with r = {weight}, 10 and 30 nats grow by {rates}")
        numbers |= {f"rate, r = {weight}, N = {n}, {mi:g} nats": mean(values) for (n, mi), values in by.items()}
    return Outcome(parts, f"In nats per 10,000 steps: {'; '.join(told)}.", numbers)


def rate(run: Run) -> float:
    """Growth over the second half of a run, in nats per 10,000 steps: the slope of a line through its epochs."""
    if run["first_nonfinite_epoch"] is not None:
        return math.inf
    curve = run["curves"]["dv"]["mean"]
    half = curve[len(curve) // 2 :]
    slope = float(np.polyfit(range(len(half)), half, 1)[0]) if len(half) > 1 else math.nan
    return slope * 10_000 / steps_per_epoch(run["batch_size"])


def _passed(run: Run) -> bool:
    """Clearly above log N at its end, or lost."""
    return diverged(run, "dv") or final(run, "dv") > log_n(run) + CLEAR


def _last(run: Run) -> int:
    return len(run["curves"]["dv"]["mean"])


def _means(runs: Sequence[Run]) -> dict[tuple[float, int], float]:
    """Final estimates, the mean over seeds, by truth and N."""
    points = sorted({(run["true_mi"], run["batch_size"]) for run in runs})
    return {p: mean(final(run, "dv") for run in runs if (run["true_mi"], run["batch_size"]) == p) for p in points}


def _at(ends: dict[int, float]) -> str:
    return " and ".join(f"{end:.1f} with N = {n} (log N = {math.log(n):.2f})" for n, end in ends.items())


CLAIMS = (
    Claim(
        "mine-stable-below-log-n",
        "3.1",
        "For a truth below log N, MINE is stable and well behaved.",
        (*_FIG_1, "limits"),
        stable_below,
        "A run below log N that does not come to rest, or that ends outside of its ceiling and its destination.",
        Evidence("curves", "fig-1d", readout="dv", keep=lambda run: run["true_mi"] < log_n(run)),
    ),
    Claim(
        "mine-diverges-above-log-n",
        "3.1",
        "For a truth above log N, MINE diverges.",
        ("fig-1a", "fig-1d", "fig-1a-dv", "fig-1d-dv"),
        diverges_above,
        "A moving average with a shorter memory; more epochs, until runs pass their truths or come to rest.",
        Evidence("curves", "fig-1d", readout="dv", keep=lambda run: run["true_mi"] >= 10),
    ),
    Claim(
        "mine-batch-size-moves-threshold",
        "3.1",
        "The batch size moves the threshold: 7.5 nats diverges with N = 256, 10 nats is stable with N = 32768.",
        ("fig-1b", "fig-1b-dv", "average-0.1-2x512-256", "fig-1c"),
        batch_size_moves_threshold,
        LONGER,
        Evidence("curves", "fig-1b", readout="dv", keep=lambda run: run["true_mi"] == 7.5),
    ),
    Claim(
        "mine-speed-by-truth-and-batch",
        "3.1",
        "MINE diverges faster for larger truths and for smaller batches.",
        tuple(f"average-{weight}-1x64-{n}" for weight in WEIGHTS for n in SIZES),
        speed,
        "A larger truth that grows more slowly, or a larger batch that grows faster, after equal steps.",
        Evidence("curves", "average-1-1x64-64", readout="dv", keep=lambda run: run["seed"] == 0),
    ),
    Claim(
        "mine-small-critic-hides-divergence",
        "3.1",
        "A small critic diverges so slowly that one may miss it.",
        (SMALL, LARGE),
        small_critic_hides,
        "A small critic that passes log N as early as a large one, or grows as fast.",
        Evidence("passing", LARGE, SMALL),
    ),
)
