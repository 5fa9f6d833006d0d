"""The claims on MINE (Sec. 3.1) as predicates over stored curves, written when these results were known.

All but one: Fig. 1a at its full length came later, into predicates that were changed only to take it in.
"""

import math
from collections.abc import Sequence

from mi_lab.ground.costs import steps_per_epoch
from mi_lab.results.claims.claim import LONGER, Claim, Evidence
from mi_lab.results.claims.outcome import (
    BAND,
    CLEAR,
    LONG,
    NOT_REPRODUCED,
    NOT_RUN,
    PARTLY,
    REPRODUCED,
    Outcome,
    Results,
    Run,
    diverged,
    increasing,
    is_long,
    log_n,
    mean,
    spec_of,
    steps,
    word_of,
)
from mi_lab.results.curves import final, first_above, growth


def stable_below(results: Results) -> Outcome:
    """No run below log N leaves its truth upwards, and every long one ends within the band of it."""
    below = [(result, run) for result in results.values() for run in result.runs if run["true_mi"] < log_n(run)]
    lost = [run for _, run in below if diverged(run, "dv")]
    long = [run for result, run in below if steps(result, run) >= LONG]
    truths = sorted({run["true_mi"] for run in long})
    end = {mi: mean(final(run, "dv") for run in long if run["true_mi"] == mi) for mi in truths}
    good = [abs(end[mi] - mi) <= BAND * mi for mi in truths]
    told = "; ".join(f"{mi:g} nats ends at {end[mi]:.2f}" for mi in truths)
    says = (
        f"Of {len(below)} runs below log N {_count(lost)} left its truth upwards. In the long ones {told or 'nothing'}."
    )
    word = NOT_REPRODUCED if lost else NOT_RUN if not long else REPRODUCED if all(good) else PARTLY
    return Outcome(word, says, {f"end at {mi:g} nats": end[mi] for mi in truths})


def diverges_above(results: Results) -> Outcome:
    """Long runs above log N pass their truth or overflow; partly, if they only leave log N behind and keep growing."""
    result, own = results["fig-1d"], results["fig-1d-dv"]
    runs = [*result.runs, *results["fig-1a-long"].runs]
    above = [run for run in runs if run["true_mi"] > log_n(run)]
    gone, creeping = [run for run in above if diverged(run, "dv")], [run for run in above if _creeps(run)]
    top = max(run["true_mi"] for run in result.runs)
    end, own_end = (mean(final(run, "dv") for run in r.select(true_mi=top)) for r in (result, own))
    says = (
        f"Of {len(above)} runs above log N {_count(gone)} passed its truth, and {len(creeping)} rose clearly above "
        f"log N and were still growing. With the small critic {top:g} nats ends at {end:.1f} with log N = "
        f"{log_n(result.runs[0]):.2f}; with DV's own gradient, at {own_end:.1f}."
    )
    decided = is_long(result) and is_long(results["fig-1a-long"])
    word = word_of((len(gone) == len(above), bool(gone or creeping)), decided)
    numbers = {f"end at {top:g} nats": end, f"end at {top:g} nats, DV's own gradient": own_end}
    numbers["growth over the last fifth"] = mean(growth(run, "dv") for run in result.select(true_mi=top))
    return Outcome(word, says, numbers)


def batch_size_moves_threshold(results: Results) -> Outcome:
    """7.5 nats diverges at N = 256; 10 nats does not at N = 32768, for long."""
    small, large = results["fig-1b"], results["fig-1c"]
    [first], [second] = small.select(true_mi=7.5)[:1], large.select(true_mi=10.0)[:1]
    left, lost = diverged(first, "dv") or _creeps(first), diverged(second, "dv")
    ends = final(first, "dv"), final(second, "dv")
    says = (
        f"7.5 nats at N = 256 stands at {ends[0]:.1f} after {steps(small, first)} steps, 10 nats at N = 32768 at "
        f"{ends[1]:.1f} after {steps(large, second)}. By App. C.1 the report took {1000 * steps_per_epoch(256)} and "
        f"{1000 * steps_per_epoch(32768)}."
    )
    if (steps(small, first) >= LONG and not left) or lost:
        word = NOT_REPRODUCED
    else:
        word = word_of((left, steps(large, second) >= LONG), steps(large, second) >= LONG)
    return Outcome(word, says, {"end of 7.5 nats, N = 256": ends[0], "end of 10 nats, N = 32768": ends[1]})


def small_critic_hides(results: Results) -> Outcome:
    """At 30 nats the small critic passes log N later than the large one.

    Partly, if DV's own gradient alone shows it, and MINE's run with the large critic was too short to.
    """
    mine = [_passes(results, name) for name in ("fig-1d", "fig-1a-long")]
    dv = [_passes(results, name) for name in ("fig-1d-dv", "fig-1a-dv")]
    run_of = spec_of(results["fig-1a-long"]).epochs
    says = (
        f"With DV's own gradient 30 nats passes log N {_epoch(dv[1])} with the large critic and {_epoch(dv[0])} with "
        f"the small one. With MINE the small one passes it {_epoch(mine[0])}, the large one {_epoch(mine[1])} "
        f"({run_of} epochs were run)."
    )
    numbers = dict(zip(("epoch, DV small", "epoch, DV large", "epoch, MINE small", "epoch, MINE large"), [*dv, *mine],
                       strict=True))  # fmt: skip
    if math.isfinite(mine[1]) or is_long(results["fig-1a-long"]):
        return Outcome(REPRODUCED if mine[1] < mine[0] else NOT_REPRODUCED, says, numbers)
    return Outcome(PARTLY if dv[1] < dv[0] else NOT_RUN, says, numbers)


def speed(results: Results) -> Outcome:
    """The excess over log N grows with the truth and, after equally many steps, falls with N."""
    full, grid = results["fig-1d"], results["explorer-mine-shuffle"]
    truths = sorted(mi for mi in spec_of(full).true_mi if mi > math.log(512))
    by_truth = [mean(final(run, "dv") - log_n(run) for run in full.select(true_mi=mi)) for mi in truths]
    sizes = sorted(spec_of(grid).batch_size)
    count = min(steps(grid, run) for run in grid.runs)
    by_size = [mean(_excess_after(run, count) for run in grid.select(batch_size=n, true_mi=30.0)) for n in sizes]
    says = (
        f"With N = 512 the estimate ends {by_truth[0]:+.2f} from log N at {truths[0]:g} nats and {by_truth[-1]:+.2f} "
        f"at {truths[-1]:g}. At 30 nats after {count} steps it stands {by_size[0]:+.2f} from log N with N = {sizes[0]} "
        f"and {by_size[-1]:+.2f} with N = {sizes[-1]}."
    )
    word = word_of((increasing(by_truth), increasing(-excess for excess in by_size)))
    numbers = {f"excess, {mi:g} nats": excess for mi, excess in zip(truths, by_truth, strict=True)}
    return Outcome(word, says, numbers | {f"excess, N = {n}": e for n, e in zip(sizes, by_size, strict=True)})


def _creeps(run: Run) -> bool:
    """Clearly above log N and still growing, by more than the noise of a mean over a fifth of the epochs."""
    return final(run, "dv") > log_n(run) + CLEAR and growth(run, "dv") > 0.05


def _passes(results: Results, name: str) -> float:
    """The epoch in which the first seed at 30 nats passes its log N."""
    run = results[name].select(true_mi=30.0)[0]
    return first_above(run, "dv", log_n(run))


def _excess_after(run: Run, count: int) -> float:
    """Estimate minus log N after so many steps, a mean over the last tenth of them."""
    epoch = count // steps_per_epoch(run["batch_size"])
    curve = run["curves"]["dv"]["mean"]
    return mean(curve[epoch - max(1, epoch // 10) : epoch]) - log_n(run) if len(curve) >= epoch else math.nan


def _epoch(epoch: float) -> str:
    return f"in epoch {epoch:.0f}" if math.isfinite(epoch) else "in none"


def _count(runs: Sequence[Run]) -> str:
    return str(len(runs)) if runs else "none"


CLAIMS = (
    Claim(
        "mine-stable-below-log-n",
        "3.1",
        "For a truth below log N, MINE is stable and well behaved.",
        ("fig-1d", "fig-1a", "fig-1b"),
        stable_below,
        "Long runs below log N that end within a tenth of the truth, or a run that leaves it upwards.",
        Evidence("curves", "fig-1d", readout="dv", keep=lambda run: run["true_mi"] < log_n(run)),
    ),
    Claim(
        "mine-diverges-above-log-n",
        "3.1",
        "For a truth above log N, MINE diverges.",
        ("fig-1d", "fig-1a-long", "fig-1d-dv"),
        diverges_above,
        "A moving average with a shorter memory; more epochs, until runs pass their truths or come to rest.",
        Evidence("curves", "fig-1d", readout="dv", keep=lambda run: run["true_mi"] >= 10),
    ),
    Claim(
        "mine-batch-size-moves-threshold",
        "3.1",
        "The batch size moves the threshold: 7.5 nats diverges with N = 256, 10 nats is stable with N = 32768.",
        ("fig-1b", "fig-1c"),
        batch_size_moves_threshold,
        LONGER,
        Evidence("curves", "fig-1b", readout="dv", keep=lambda run: run["true_mi"] == 7.5),
    ),
    Claim(
        "mine-speed-by-truth-and-batch",
        "3.1",
        "MINE diverges faster for larger truths and for smaller batches.",
        ("fig-1d", "explorer-mine-shuffle"),
        speed,
        "A larger truth that ends lower above log N, or a larger batch further above its log N after equal steps.",
        Evidence("against_log_n", "explorer-mine-shuffle", readout="dv"),
    ),
    Claim(
        "mine-small-critic-hides-divergence",
        "3.1",
        "A small critic diverges so slowly that one may miss it.",
        ("fig-1d", "fig-1a-long", "fig-1d-dv", "fig-1a-dv"),
        small_critic_hides,
        "Both critics at one batch size; more epochs, if the large one has not passed log N.",
        Evidence("passing", "fig-1a-long", "fig-1d", "fig-1a-dv", "fig-1d-dv"),
    ),
)
