"""The claims on autoencoders of photographs (Table 2, Sec. 5.2) as predicates, written before their results were known.

Accuracies are those of the test split, in per cent, the mean over seeds.
"""

from collections.abc import Mapping
from itertools import pairwise

from mi_lab.experiments.image_specs import Probing
from mi_lab.experiments.reconstruction_specs import SupervisedAutoencoders, VInfoMaxImages
from mi_lab.results.claims.claim import WIDER, Claim, Evidence
from mi_lab.results.claims.on_decoders import LOWER
from mi_lab.results.claims.on_images import POINTS, memorised
from mi_lab.results.claims.outcome import Outcome, Results, ahead, mean, word_of
from mi_lab.results.store import Result

_FULL = 0.5
"""Share of the report's epochs from which on what a run does not show counts; the laptop gives far fewer."""


def match_wins_on_images(results: Results) -> Outcome:
    """Table 2: each decoder clearly ahead under the probe of its kind, though the non-linear one has the lower loss."""
    [result] = results.values()
    linear, mlp = (
        _mean(result, "linear", measure) - _mean(result, "non_linear", measure) for measure in ("linear", "mlp")
    )
    losses = {decoder: _mean(result, decoder, "l2", scale=1) for decoder in ("linear", "non_linear")}
    says = (
        f"The prelogits made for a linear decoder are {ahead(linear)} under the linear probe and {ahead(mlp)} under "
        f"the MLP probe; the loss is {losses['linear']:.2f} with the linear and {losses['non_linear']:.2f} with the "
        "non-linear decoder."
    )
    parts = (linear > POINTS, mlp < -POINTS, losses["non_linear"] < LOWER * losses["linear"])
    numbers = {"linear probe": linear, "MLP probe": mlp} | {f"loss, {name}": v for name, v in losses.items()}
    return Outcome(word_of(parts, decided=all(parts) or _full(result)), says, numbers)


def helps_at_small_weight(results: Results) -> Outcome:
    """Rotations with λ = 0.25 clearly above λ = 0: a linear decoder for the linear probe, the other for the MLP."""
    [result] = results.values()
    gains = {"linear probe": _gain(result, "linear", "linear"), "MLP probe": _gain(result, "non_linear", "mlp")}
    says = (
        f"At λ = 0.25 the linear probe reads {gains['linear probe']:+.1f} points with a linear decoder, the MLP probe "
        f"{gains['MLP probe']:+.1f} with a non-linear one, against rotations alone."
    )
    parts = [gain > POINTS for gain in gains.values()]
    return Outcome(word_of(parts, decided=all(parts) or _full(result)), says, gains)


def weight_trades_off(results: Results) -> Outcome:
    """Rotations clearly best at a finite λ; random labels better the larger λ. Linear probe and decoder."""
    by_pretext = {result.spec_of(SupervisedAutoencoders).pretext: result for result in results.values()}
    rotation, random = (_over_weight(by_pretext[name]) for name in ("rotation", "random_labels"))
    kept = max(value for weight, value in rotation.items() if weight != "inf") - rotation["inf"]
    gain, fall = random["inf"] - random["0"], _largest_fall(random)
    says = (
        f"With rotations the best finite λ is {kept:+.1f} points from λ = ∞. With random labels λ = ∞ is {gain:+.1f} "
        f"points from λ = 0, and no larger λ is worse than the one before by more than {fall:.1f}."
    )
    learnt = all(memorised(run) for run in by_pretext["random_labels"].select(weight="0", decoder="none"))
    parts = (kept > POINTS, gain > POINTS and fall < POINTS)
    decided = all(parts) or (_full(by_pretext["rotation"]) and learnt)
    numbers = {"rotations, best finite λ - ∞": kept, "random labels, ∞ - 0": gain, "largest fall": fall}
    return Outcome(word_of(parts, decided), says, numbers)


def helps_plainnet_more(results: Results) -> Outcome:
    """λ = 0.25 with a linear decoder lifts the linear probe clearly without skips, and clearly more than with them."""
    gains = {
        result.spec_of(SupervisedAutoencoders).architecture: _gain(result, "linear", "linear")
        for result in results.values()
    }
    plain, residual = gains["plainnet18"], gains["resnet18"]
    says = (
        f"At λ = 0.25 the linear probe reads {plain:+.1f} points on PlainNet18 and {residual:+.1f} on ResNet18, "
        "against rotations alone."
    )
    parts = (plain > POINTS, plain - residual > POINTS)
    decided = all(parts) or all(map(_full, results.values()))
    return Outcome(word_of(parts, decided), says, {"PlainNet18": plain, "ResNet18": residual})


def _full(result: Result) -> bool:
    """Had it about as many epochs as the report's?"""
    reported = VInfoMaxImages.epochs if isinstance(result.spec, VInfoMaxImages) else Probing.epochs
    return bool(result.spec.epochs >= _FULL * reported)  # type: ignore[union-attr]


def _mean(result: Result, decoder: str, measure: str, weight: str | None = None, scale: float = 100) -> float:
    chosen = result.select(decoder=decoder) if weight is None else result.select(decoder=decoder, weight=weight)
    return scale * mean(run["values"][measure] for run in chosen)


def _gain(result: Result, decoder: str, measure: str) -> float:
    """Points at λ = 0.25 over λ = 0, which has no decoder."""
    return _mean(result, decoder, measure, "0.25") - _mean(result, "none", measure, "0")


def _over_weight(result: Result) -> dict[str, float]:
    """Linear accuracy by λ with a linear decoder, in the order of λ."""
    weights = sorted(result.spec_of(SupervisedAutoencoders).weights, key=float)
    return {w: _mean(result, "none" if float(w) == 0 else "linear", "linear", w) for w in weights}


def _largest_fall(line: Mapping[str, float]) -> float:
    return max(0.0, *(before - after for before, after in pairwise(line.values())))


CLAIMS = (
    Claim(
        "v-match-wins-on-images",
        "5.1.1",
        "On photographs, too, each decoder wins under the probe of its kind, whatever the loss.",
        ("table-2",),
        match_wins_on_images,
        WIDER,
        Evidence("by_decoder", "table-2"),
    ),
    Claim(
        "sae-helps-at-small-lambda",
        "5.2",
        "A little reconstruction beside the rotations makes the representation better.",
        ("table-3-resnet18",),
        helps_at_small_weight,
        WIDER,
        Evidence("over_weight", "table-3-resnet18"),
    ),
    Claim(
        "sae-lambda-trades-off",
        "5.2",
        "The worse the pretext fits the task, the more weight the reconstruction should have.",
        ("table-3-resnet18", "table-4-resnet18"),
        weight_trades_off,
        WIDER,
        Evidence("over_weight", "table-3-resnet18", "table-4-resnet18"),
    ),
    Claim(
        "sae-helps-plainnet-more",
        "5.2",
        "A network without skips gains more from the reconstruction.",
        ("table-3-resnet18", "table-3-plainnet18"),
        helps_plainnet_more,
        WIDER,
        Evidence("over_weight", "table-3-resnet18", "table-3-plainnet18"),
    ),
)
