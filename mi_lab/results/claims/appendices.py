"""The claims of Appendices A and D, each with the predicate that judges it."""

from mi_lab.results.claims import exact, on_all_pairs, on_decoders, on_images, on_js
from mi_lab.results.claims.claim import MORE_EPOCHS, WIDER, Claim

_LONGER_ON_DIGITS = "App. D.1's critics of 512 units, trained until they settle; more seeds."

APPENDICES = (
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
        "appendix-d1.html",
        "At low MI, the estimators agree and fall with the noise.",
        ("noisy-mnist",),
        on_images.estimators_agree,
        _LONGER_ON_DIGITS,
    ),
    Claim(
        "js-brackets-truth",
        "D.1",
        "appendix-d1.html",
        "At low MI, the NWJ readout of a JS critic lies below the truth and the plug-in above.",
        ("noisy-mnist",),
        on_images.js_brackets,
        _LONGER_ON_DIGITS,
    ),
    Claim(
        "layers-break-dpi",
        "D.1",
        "appendix-d1.html",
        "A later layer seems to say slightly more about the label than an earlier one.",
        ("noisy-mnist",),
        on_images.layers_break,
        _LONGER_ON_DIGITS,
    ),
    Claim(
        "all-pairs-mine-unstable",
        "D.2",
        "appendix-d2.html",
        "With all pairs as negatives, MINE diverges quickly, and with a large critic even at small truths.",
        ("fig-10a", "fig-10b"),
        on_all_pairs.mine_unstable,
        "Long runs in which most truths are kept.",
    ),
    Claim(
        "all-pairs-nwj-unsaturated-but-noisy",
        "D.2",
        "appendix-d2.html",
        "With all pairs, NWJ no longer saturates, but varies widely.",
        ("fig-11a", "explorer-nwj-shuffle"),
        on_all_pairs.nwj_unsaturated_but_noisy,
        "An estimate of 30 nats that stays at log N, or batches that scatter no more than under a shuffle.",
    ),
    Claim(
        "all-pairs-js-nwj-unstable",
        "D.2",
        "appendix-d2.html",
        "With all pairs, the NWJ readout of a JS critic is very unstable.",
        ("fig-12",),
        on_all_pairs.js_nwj_unstable,
        "Long runs in which few truths fall.",
    ),
    Claim(
        "all-pairs-js-plugin-not-monotone",
        "D.2",
        "appendix-d2.html",
        "With all pairs, the plug-in still gives larger truths lower estimates.",
        ("fig-12",),
        on_js.plug_in_not_monotone,
        "Long runs that keep the order.",
    ),
    Claim(
        "zero-label-mi-plainnet",
        "D.4",
        "appendix-d4.html",
        "The same holds for a network without skip connections.",
        ("fig-4", "table-8-rotation", "table-8-random-labels", "table-8-untrained"),
        on_images.zero_label_mi,
        WIDER,
    ),
    Claim(
        "joint-gradients-same-story",
        "D.5",
        "v-infomax.html",
        "With joint instead of alternating updates, the decoders compare as before.",
        ("fig-14",),
        on_decoders.joint_same_story,
        MORE_EPOCHS,
    ),
)
"""In the order of the report."""
