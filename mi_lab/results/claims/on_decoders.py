"""The claims on V-InfoMax (Sec. 5.1, D.5) as predicates over what two protocols read of codes of digits."""

import math
from collections.abc import Sequence

from mi_lab.experiments.reconstruction_specs import PIXELS
from mi_lab.experiments.registry import experiment
from mi_lab.results.claims.claim import MORE_EPOCHS, Claim, Evidence
from mi_lab.results.claims.outcome import Outcome, Part, Results, ahead, gap_by_seed, leads, mean, under
from mi_lab.results.store import Result

POINT = 0.5
"""In percentage points. An accuracy near 97 % on 5000 images scatters by 0.24 of them; twice that is a difference."""
LOWER = 0.9
"""A loss is lower if it is under nine tenths of the other; over seeds it varies by a hundredth."""
REST = 0.01
"""Of a loss, between the last two fifths of the epochs: a loss that changes by less rests."""
_SAID = {"linear": "linear", "non_linear": "non-linear"}


def match_wins(results: Results) -> Outcome:
    """The linear decoder's code clearly ahead under the linear protocol, the other's under the MLP protocol."""
    result = results["fig-5"]
    linear, mlp = _lead(result, "linear"), _lead(result, "mlp")
    says = (
        f"After the last epoch the code made for a linear decoder is {ahead(*linear)} under the linear protocol, and "
        f"{ahead(*mlp)} under the MLP protocol ({len(_seeds(result))} seeds, validation images)."
    )
    parts = (
        _leads("linear", "non_linear", result, "linear"),
        _leads("non_linear", "linear", result, "mlp"),
    )
    return Outcome(parts, says, {"linear protocol": linear[0], "MLP protocol": mlp[0]})


def lower_loss_is_not_better(results: Results) -> Outcome:
    """A clearly lower loss with the non-linear decoder, and a clearly worse code for the linear protocol."""
    result = results["fig-5"]
    linear, other, lead = _loss(result, "linear"), _loss(result, "non_linear"), _lead(result, "linear")
    says = (
        f"The loss per pixel is {other:.3f} with the non-linear and {linear:.3f} with the linear decoder; under the "
        f"linear protocol the linear decoder's code is {ahead(*lead)}."
    )
    numbers = {"loss, linear": linear, "loss, non-linear": other, "linear protocol": lead[0]}
    parts = (_lower(result), _leads("linear", "non_linear", result, "linear"))
    return Outcome(parts, says, numbers)


def joint_same_story(results: Results) -> Outcome:
    """With joint gradients, too: each decoder ahead under its own protocol; the non-linear one has the lower loss."""
    result = results["fig-14"]
    linear, mlp = _lead(result, "linear"), _lead(result, "mlp")
    ratio = _loss(result, "non_linear") / _loss(result, "linear")
    says = (
        f"With joint gradients the linear decoder's code is {ahead(*linear)} under the linear protocol and "
        f"{ahead(*mlp)} under the MLP protocol, and the non-linear decoder's loss is {ratio:.2f} times the other's."
    )
    numbers = {"linear protocol": linear[0], "MLP protocol": mlp[0], "ratio of losses": ratio}
    parts = (
        _leads("linear", "non_linear", result, "linear"),
        _leads("non_linear", "linear", result, "mlp"),
        _lower(result),
    )
    return Outcome(parts, says, numbers)


def _leads(decoder: str, other: str, result: Result, protocol: str) -> Part:
    says = f"Under the {protocol.replace('mlp', 'MLP')} protocol the {_SAID[decoder]} decoder's code is ahead."
    return leads(says, _values(result, decoder, protocol), _values(result, other, protocol), POINT, _long(result))


def _lower(result: Result) -> Part:
    loss, other = (_values(result, decoder, "l2") for decoder in ("non_linear", "linear"))
    ratios = (value / other[seed] for seed, value in loss.items())
    return under("The non-linear decoder reconstructs better.", ratios, LOWER, _long(result))


def _long(result: Result) -> bool:
    """Had it half of the epochs of its report profile, whose number the report does not name, or rests every loss?"""
    half = result.spec.epochs >= experiment(result.experiment).report.epochs / 2  # type: ignore[union-attr]
    return half or all(_rests(run["curves"]["l2"]) for run in result.runs if run["decoder"] != PIXELS)


def _rests(curve: Sequence[float]) -> bool:
    """Does the last fifth of a curve average within a hundredth of the fifth before?"""
    fifth = max(1, len(curve) // 5)
    last, before = mean(curve[-fifth:]), mean(curve[-2 * fifth : -fifth])
    return abs(last - before) <= REST * before


def _values(result: Result, decoder: str, measure: str) -> dict[int, float]:
    """By seed, accuracies in per cent; nan for a training that was lost."""
    runs = result.select(decoder=decoder)
    return {run["seed"]: math.nan if (v := run["values"][measure]) is None else 100 * v for run in runs}


def _lead(result: Result, protocol: str) -> tuple[float, float]:
    """Percentage points by which the linear decoder's code leads under a protocol, seed by seed: mean and error."""
    return gap_by_seed(_values(result, "linear", protocol), _values(result, "non_linear", protocol))


def _loss(result: Result, decoder: str) -> float:
    return _mean(result, decoder, "l2")


def _mean(result: Result, decoder: str, measure: str) -> float:
    return mean(run["values"][measure] for run in result.select(decoder=decoder))


def _seeds(result: Result) -> set[int]:
    return {run["seed"] for run in result.runs if run["decoder"] != PIXELS}


CLAIMS = (
    Claim(
        "v-match-wins",
        "5.1.1",
        "The decoder that matches the probe gives the better representation for it.",
        ("fig-5",),
        match_wins,
        MORE_EPOCHS,
        Evidence("protocols", "fig-5"),
    ),
    Claim(
        "lower-l2-is-not-better",
        "5.1.1",
        "The non-linear decoder reconstructs better, and its representation is worse for a linear probe.",
        ("fig-5",),
        lower_loss_is_not_better,
        MORE_EPOCHS,
        Evidence("losses", "fig-5"),
    ),
    Claim(
        "joint-gradients-same-story",
        "D.5",
        "With joint instead of alternating updates, the decoders compare as before.",
        ("fig-14",),
        joint_same_story,
        MORE_EPOCHS,
        Evidence("protocols", "fig-14"),
    ),
)
