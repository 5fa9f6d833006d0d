"""Every claim of the report as data: where it stands, what it says in our words, and the predicate that judges it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mi_lab.claims import all_pairs, exact, images, js, mine, nwj
from mi_lab.claims.outcome import Outcome, Results


@dataclass(frozen=True)
class Claim:
    """What the report says, in our words, and how it is judged.

    ``test`` gets the results of the experiments it ``needs``, by name; without a test there is nothing to judge by yet.
    ``section`` and ``page`` say where the report makes the claim and which page of the book, if any, treats it.
    """

    name: str
    section: str
    page: str
    says: str
    needs: tuple[str, ...]
    test: Callable[[Results], Outcome] | None
    would_change: str


_LONGER = "All of App. C.1's 1000 epochs with the large critic."
_WIDER = "App. C.2's width, epochs and images; more seeds."
_LONGER_ON_DIGITS = "App. D.1's critics of 512 units, trained until they settle; more seeds."
_IMAGES = "The images' results, which are not stored yet."

CLAIMS: Mapping[str, Claim] = {
    claim.name: claim
    for claim in (
        Claim(
            "infonce-saturates-at-log-n",
            "2.3",
            "background.html",
            "InfoNCE cannot report more than log N, and does report log N where the truth is far above.",
            ("explorer-infonce-all_pairs",),
            nwj.infonce_saturates,
            "An epoch above log N: the bound is a theorem, so that would be a fault of the code.",
        ),
        Claim(
            "mine-stable-below-log-n",
            "3.1",
            "mine.html",
            "For a truth below log N, MINE is stable and well behaved.",
            ("fig-1d", "fig-1a", "fig-1b"),
            mine.stable_below,
            "Long runs below log N that end within a tenth of the truth, or a run that leaves it upwards.",
        ),
        Claim(
            "mine-diverges-above-log-n",
            "3.1",
            "mine.html",
            "For a truth above log N, MINE diverges.",
            ("fig-1d", "fig-1d-dv"),
            mine.diverges_above,
            "A moving average with a shorter memory; more epochs, until runs pass their truths or come to rest.",
        ),
        Claim(
            "mine-batch-size-moves-threshold",
            "3.1",
            "mine.html",
            "The batch size moves the threshold: 7.5 nats diverges with N = 256, 10 nats is stable with N = 32768.",
            ("fig-1b", "fig-1c"),
            mine.batch_size_moves_threshold,
            _LONGER,
        ),
        Claim(
            "mine-speed-by-truth-and-batch",
            "3.1",
            "mine.html",
            "MINE diverges faster for larger truths and for smaller batches.",
            ("fig-1d", "explorer-mine-shuffle"),
            mine.speed,
            "A larger truth that ends lower above log N, or a larger batch further above its log N after equal steps.",
        ),
        Claim(
            "mine-small-critic-hides-divergence",
            "3.1",
            "mine.html",
            "A small critic diverges so slowly that one may miss it.",
            ("fig-1d", "fig-1a", "fig-1d-dv", "fig-1a-dv"),
            mine.small_critic_hides,
            "MINE's large critic run until it passes log N, at the batch size of the small one.",
        ),
        Claim(
            "nwj-saturates-at-log-n",
            "3.2",
            "nwj.html",
            "Far above log N, NWJ comes to rest at log N, whatever the batch size.",
            ("fig-2b", "fig-2a-long", "explorer-nwj-shuffle"),
            nwj.saturates,
            "All batch sizes of Fig. 2b at full length.",
        ),
        Claim(
            "nwj-bias-grows",
            "3.2",
            "nwj.html",
            "NWJ's bias grows with the truth.",
            ("explorer-nwj-shuffle",),
            nwj.bias_grows,
            "A larger truth with a smaller bias.",
        ),
        Claim(
            "nwj-cannot-tell-above-15",
            "3.2",
            "nwj.html",
            "NWJ cannot tell truths from 15 nats on from each other.",
            ("explorer-nwj-shuffle",),
            nwj.cannot_tell_above_15,
            "Longer runs: the ceilings of these truths are equal to a few hundredths of a nat.",
        ),
        Claim(
            "js-nwj-rises-then-falls",
            "3.2.1",
            "js.html",
            "Read through NWJ, a JS critic rises and then falls; more so if it is large, not so if it is regularised.",
            ("fig-3ab", "fig-13", "fig-3cd"),
            js.rises_then_falls,
            "A regularised critic that does not fall over 1000 epochs; dropout left on when the estimate is read.",
        ),
        Claim(
            "js-nwj-saturates-at-log-n",
            "3.2.1",
            "js.html",
            "Read through NWJ, a JS critic, too, saturates at log N.",
            ("fig-3ab",),
            js.nwj_readout_saturates,
            "A critic whose NWJ readout does not fall at truths near log N.",
        ),
        Claim(
            "js-nwj-noisier-than-nwj",
            "3.2.1",
            "js.html",
            "With shuffled negatives, the NWJ readout of a JS critic varies more than NWJ trained directly.",
            ("explorer-js-shuffle", "explorer-nwj-shuffle"),
            js.nwj_readout_is_noisier,
            "Settings in which the JS critic scatters less.",
        ),
        Claim(
            "js-plugin-good-to-10",
            "3.2.1",
            "js.html",
            "As a plug-in, the unregularised JS critic works well up to 10 nats.",
            ("fig-3ab",),
            js.plug_in_good_to_10,
            "A critic, or a batch size with a larger log N, that brings 10 nats within a tenth.",
        ),
        Claim(
            "js-plugin-not-monotone",
            "3.2.1",
            "js.html",
            "As a plug-in, the unregularised JS critic gives truths above 10 nats lower and lower estimates.",
            ("fig-3ab", "fig-13"),
            js.plug_in_not_monotone,
            "A critic or seed that keeps the order of truths above 10 nats.",
        ),
        Claim(
            "js-regularised-spikes",
            "3.2.1",
            "js.html",
            "Regularised, the plug-in spikes early at high truths and no longer tells them apart.",
            ("fig-3cd",),
            js.regularised_spikes,
            _LONGER,
        ),
        Claim(
            "elu-relu-alike",
            "3.3",
            "high-mi.html",
            "With ReLU instead of ELU the estimators behave alike.",
            ("fig-1d", "fig-2a", "fig-3ab", "fig-1d-relu", "fig-2a-relu", "fig-3ab-relu"),
            js.activations_alike,
            "A mark of the curves that one activation shows and the other does not.",
        ),
        Claim(
            "zero-label-mi-yet-useful",
            "4",
            "labels.html",
            "Rotations and random labels say nothing about the object; yet one teaches its classes, one destroys.",
            ("fig-4", "table-1-rotation", "table-1-random-labels", "table-1-untrained"),
            images.zero_label_mi,
            _WIDER,
        ),
        Claim(
            "zero-label-mi-plainnet",
            "D.4",
            "labels.html",
            "The same holds for a network without skip connections.",
            ("fig-4", "table-8-rotation", "table-8-random-labels", "table-8-untrained"),
            images.zero_label_mi,
            _WIDER,
        ),
        Claim(
            "v-match-wins",
            "5.1.1",
            "background.html",
            "The decoder that matches the probe gives the better representation for it.",
            ("fig-5", "table-2"),
            None,
            _IMAGES,
        ),
        Claim(
            "lower-l2-is-not-better",
            "5.1.1",
            "background.html",
            "The non-linear decoder reconstructs better, and its representation is worse for a linear probe.",
            ("fig-5", "table-2"),
            None,
            _IMAGES,
        ),
        Claim(
            "sae-helps-at-small-lambda",
            "5.2",
            "background.html",
            "A little reconstruction beside the rotations makes the representation better.",
            ("fig-7", "table-3"),
            None,
            _IMAGES,
        ),
        Claim(
            "sae-lambda-trades-off",
            "5.2",
            "background.html",
            "The worse the pretext fits the task, the more weight the reconstruction should have.",
            ("fig-7", "table-4"),
            None,
            _IMAGES,
        ),
        Claim(
            "sae-helps-plainnet-more",
            "5.2",
            "background.html",
            "A network without skips gains more from the reconstruction.",
            ("fig-7", "table-3"),
            None,
            _IMAGES,
        ),
        Claim(
            "xor-interaction-is-minus-one-bit",
            "A",
            "appendix-a.html",
            "Two fair coins and their exclusive or share minus one bit.",
            (),
            exact.xor_interaction,
            "Nothing: it is counted exactly.",
        ),
        Claim(
            "low-mi-estimators-agree",
            "D.1",
            "background.html",
            "At low MI, the estimators agree and fall with the noise.",
            ("noisy-mnist",),
            images.estimators_agree,
            _LONGER_ON_DIGITS,
        ),
        Claim(
            "js-brackets-truth",
            "D.1",
            "background.html",
            "At low MI, the NWJ readout of a JS critic lies below the truth and the plug-in above.",
            ("noisy-mnist",),
            images.js_brackets,
            _LONGER_ON_DIGITS,
        ),
        Claim(
            "layers-break-dpi",
            "D.1",
            "background.html",
            "A later layer seems to say slightly more about the label than an earlier one.",
            ("noisy-mnist",),
            images.layers_break,
            _LONGER_ON_DIGITS,
        ),
        Claim(
            "all-pairs-mine-unstable",
            "D.2",
            "high-mi.html",
            "With all pairs as negatives, MINE diverges quickly, and with a large critic even at small truths.",
            ("fig-10a", "fig-10b"),
            all_pairs.mine_unstable,
            "Long runs in which most truths are kept.",
        ),
        Claim(
            "all-pairs-nwj-unsaturated-but-noisy",
            "D.2",
            "high-mi.html",
            "With all pairs, NWJ no longer saturates, but varies widely.",
            ("fig-11a", "explorer-nwj-shuffle"),
            all_pairs.nwj_unsaturated_but_noisy,
            "An estimate of 30 nats that stays at log N, or batches that scatter no more than under a shuffle.",
        ),
        Claim(
            "all-pairs-js-nwj-unstable",
            "D.2",
            "high-mi.html",
            "With all pairs, the NWJ readout of a JS critic is very unstable.",
            ("fig-12",),
            all_pairs.js_nwj_unstable,
            "Long runs in which few truths fall.",
        ),
        Claim(
            "all-pairs-js-plugin-not-monotone",
            "D.2",
            "high-mi.html",
            "With all pairs, the plug-in still gives larger truths lower estimates.",
            ("fig-12",),
            js.plug_in_not_monotone,
            "Long runs that keep the order.",
        ),
        Claim(
            "joint-gradients-same-story",
            "D.5",
            "background.html",
            "With joint instead of alternating updates, the decoders compare as before.",
            ("fig-5", "fig-14"),
            None,
            _IMAGES,
        ),
    )
}
"""By name, in the order of the report."""
