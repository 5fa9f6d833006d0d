"""The claims on autoencoders of photographs (Table 2, Sec. 5.2) as predicates.

Written before their results were known; what seeds, lengths and losses must be was added when laptop results were.

Accuracies are those of the test split, in per cent, the mean over seeds.
"""

import math
from collections.abc import Mapping

from mi_lab.experiments.image_specs import Probing
from mi_lab.experiments.reconstruction_specs import SupervisedAutoencoders, VInfoMaxImages
from mi_lab.results.claims.claim import WIDER, Claim, Evidence
from mi_lab.results.claims.on_decoders import LOWER
from mi_lab.results.claims.on_images import FULL, POINTS, accuracies, memorised
from mi_lab.results.claims.outcome import SEEN, BySeed, Outcome, Results, ahead, gap_by_seed, leads, mean, under
from mi_lab.results.store import Result


def match_wins_on_images(results: Results) -> Outcome:
    """Table 2: each decoder ahead under the probe of its kind, though the non-linear one has a clearly lower loss."""
    [result] = results.values()
    at = {d: {probe: _values(result, d, probe) for probe in ("linear", "mlp")} for d in ("linear", "non_linear")}
    lead = {probe: gap_by_seed(*_pair(at, probe)) for probe in ("linear", "mlp")}
    by_seed = {decoder: _values(result, decoder, "l2", scale=1) for decoder in ("linear", "non_linear")}
    losses = {decoder: mean(values.values()) for decoder, values in by_seed.items()}
    says = (
        f"The prelogits made for a linear decoder are {ahead(*lead['linear'])} under the linear probe and "
        f"{ahead(*lead['mlp'])} under the MLP probe; the loss is {losses['linear']:.2f} with the linear and "
        f"{losses['non_linear']:.2f} with the non-linear decoder."
    )
    # a non-linear decoder that reconstructs no better has not learnt, and says nothing of the match
    decided = _full(result) and losses["non_linear"] < LOWER * losses["linear"]
    ratios = (value / by_seed["linear"][seed] for seed, value in by_seed["non_linear"].items())
    parts = (
        leads("The linear decoder leads under the linear probe.", *_pair(at, "linear"), POINTS, decided),
        leads("The non-linear one leads under the MLP probe.", *_pair(at, "mlp")[::-1], POINTS, decided),
        under("The non-linear one has the lower loss.", ratios, LOWER, decided),
    )
    numbers = {"linear probe": lead["linear"][0], "MLP probe": lead["mlp"][0]} | {
        f"loss, {d}": v for d, v in losses.items()
    }
    return Outcome(parts, says, numbers)


def helps_at_small_weight(results: Results) -> Outcome:
    """Rotations with λ = 0.25 above λ = 0: a linear decoder for the linear probe, the other for the MLP."""
    [result] = results.values()
    gains = {"linear probe": _gain(result, "linear", "linear"), "MLP probe": _gain(result, "non_linear", "mlp")}
    says = (
        f"At λ = 0.25 the linear probe reads {_points(gains['linear probe']):+.1f} points with a linear decoder, the "
        f"MLP probe {_points(gains['MLP probe']):+.1f} with a non-linear one, against rotations alone."
    )
    parts = [leads(f"It helps the {probe}.", *gain, POINTS, _full(result)) for probe, gain in gains.items()]
    return Outcome(parts, says, {probe: _points(gain) for probe, gain in gains.items()})


def weight_trades_off(results: Results) -> Outcome:
    """Rotations best at a finite λ; random labels better at λ = ∞, which has learnt. Linear probe and decoder."""
    by_pretext = {
        r.spec_of(SupervisedAutoencoders).pretext: r
        for r in results.values()
        if isinstance(r.spec, SupervisedAutoencoders)
    }
    rotation, random = (_over_weight(by_pretext[name]) for name in ("rotation", "random_labels"))
    untrained = accuracies(results["table-1-untrained"], "prelogits")
    best = max((w for w in rotation if w != "inf"), key=lambda w: mean(rotation[w].values()))
    kept, gain = _points((rotation[best], rotation["inf"])), _points((random["inf"], random["0"]))
    learnt = all(memorised(run) for run in by_pretext["random_labels"].select(weight="0", decoder="none"))
    says = (
        f"With rotations the best finite λ is {kept:+.1f} points from λ = ∞. With random labels λ = ∞ is {gain:+.1f} "
        f"points from λ = 0, and {_points((random['inf'], untrained)):+.1f} from an untrained encoder."
    )
    # a reconstruction alone that stays at an untrained encoder has not learnt, and says nothing of its weight
    above = leads("", random["inf"], untrained, POINTS).state == SEEN
    parts = (
        leads("Rotations want a finite λ.", rotation[best], rotation["inf"], POINTS, _full(by_pretext["rotation"])),
        leads("Random labels want reconstruction alone.", random["inf"], random["0"], POINTS, learnt and above),
    )
    return Outcome(parts, says, {"rotations, best finite λ - ∞": kept, "random labels, ∞ - 0": gain})


def helps_plainnet_more(results: Results) -> Outcome:
    """λ = 0.25 with a linear decoder lifts the linear probe without skips, and by more than with them."""
    gains = {r.spec_of(SupervisedAutoencoders).architecture: _gain(r, "linear", "linear") for r in results.values()}
    plain, residual = gains["plainnet18"], gains["resnet18"]
    says = (
        f"At λ = 0.25 the linear probe reads {_points(plain):+.1f} points on PlainNet18 and {_points(residual):+.1f} "
        "on ResNet18, against rotations alone."
    )
    decided = all(map(_full, results.values()))
    more, less = ({seed: high[seed] - low[seed] for seed in high} for high, low in (plain, residual))
    parts = (
        leads("It helps the network without skips.", *plain, POINTS, decided),
        leads("It helps it more than the one with skips.", more, less, POINTS, decided),
    )
    return Outcome(parts, says, {"PlainNet18": _points(plain), "ResNet18": _points(residual)})


def _full(result: Result) -> bool:
    """Had it half of the report's epochs?"""
    reported = VInfoMaxImages.epochs if isinstance(result.spec, VInfoMaxImages) else Probing.epochs
    return bool(result.spec.epochs >= FULL * reported)  # type: ignore[union-attr]


def _values(result: Result, decoder: str, measure: str, weight: str | None = None, scale: float = 100) -> BySeed:
    """By seed, in per cent unless scaled otherwise."""
    chosen = result.select(decoder=decoder) if weight is None else result.select(decoder=decoder, weight=weight)
    return {run["seed"]: math.nan if (v := run["values"][measure]) is None else scale * v for run in chosen}


def _pair(at: Mapping[str, Mapping[str, BySeed]], probe: str) -> tuple[BySeed, BySeed]:
    return at["linear"][probe], at["non_linear"][probe]


def _gain(result: Result, decoder: str, measure: str) -> tuple[BySeed, BySeed]:
    """Accuracies at λ = 0.25, and at λ = 0, which has no decoder."""
    return _values(result, decoder, measure, "0.25"), _values(result, "none", measure, "0")


def _points(gain: tuple[BySeed, BySeed]) -> float:
    return gap_by_seed(*gain)[0]


def _over_weight(result: Result) -> dict[str, BySeed]:
    """Linear accuracies by λ with a linear decoder, in the order of λ."""
    weights = sorted(result.spec_of(SupervisedAutoencoders).weights, key=float)
    return {w: _values(result, "none" if float(w) == 0 else "linear", "linear", w) for w in weights}


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
        ("table-3-resnet18", "table-4-resnet18", "table-1-untrained"),
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
