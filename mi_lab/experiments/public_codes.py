"""What public codes of neural MI estimators do with negatives and with the average of e^T: read in their sources.

Plain data, for the tables of the shuffle audit. Nothing was run. Needs no torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass

READ_ON = "2026-11-28"
"""The day on which the codes were read, each at the version that stands beside it."""

DIVISORS: Mapping[str, str] = {
    "newest included": "up",
    "newest left out": "down",
    "two batches": "down",
    "shrinking": "up",
    "anchored": "none: it is held",
    "batch itself": "none",
}
"""What divides a batch's e^T in the gradient, and where that drives the critic's constant, to second order."""

SCHEMES: Mapping[str, str] = {
    "shuffle": "1",
    "derangement": "0",
    "all_pairs": "0",
    "index_draw": "N/n",
}
"""Schemes of negatives, and the true pairs that they leave among those of a batch, on average."""


@dataclass(frozen=True)
class Example:
    """A code's own test bed, where it is of correlated Gaussians: N, their dimension and the largest true MI in nats.

    ``points`` is n, the size of the data set that an index draw takes its pairs from.
    """

    batch_size: int
    dim: int
    true_mi: float
    points: int | None = None


@dataclass(frozen=True)
class PublicCode:
    """A code as it was read: repository, version, place, negatives, and the average by which its gradient divides.

    ``version`` is a commit, or the SHA-256 of a wheel. ``weight`` is r, that of the newest batch; None if there is no
    average. ``start`` is what the average holds before the first batch. ``example`` is None where its own is of
    another kind, or was not read.
    """

    name: str
    version: str
    file: str
    function: str
    negatives: str
    negatives_said: str
    weight: float | None
    divisor: str
    average_said: str
    start: str
    example: Example | None


_EMA = "moving average"
_NONE = "none; DV's own gradient"

PUBLIC_CODES: tuple[PublicCode, ...] = (
    PublicCode(
        "gtegner/mine-pytorch",
        "51c3fab0c3631a2c54933b01b44abdcf8de3af77",
        "mine/models/mine.py",
        "Mine.forward, ema_loss",
        "shuffle",
        "permutes the batch",
        0.01,
        "newest included",
        f"{_EMA}; its own 20-dimensional test turns it off, which is DV",
        "first batch",
        Example(128, 20, 39.2),
    ),
    PublicCode(
        "mohith-sakthivel/mine-pytorch",
        "eedf0103a05837836f1e97747d6e3b2502edc5f1",
        "mine/mine.py",
        "MINE_DV, UnbiasedLogMeanExp",
        "shuffle",
        "permutes the batch",
        0.006,
        "newest included",
        f"{_EMA}, moved twice a batch by default, so 0.012 in effect",
        "first batch",
        None,
    ),
    PublicCode(
        "joe-ip-ml/MINE",
        "f171e9d5c49eba1233bc1ea626c3eeb8df58d9ca",
        "mine.py",
        "func_T.MINE",
        "shuffle",
        "permutes the batch, which is all the data",
        0.001,
        "newest included",
        _EMA,
        "0, not corrected",
        None,
    ),
    PublicCode(
        "VanessB/pytorch-kld (for VanessB/mutinfo)",
        "477ec5229231acfa632d08dbb953c30716b182bd",
        "torchfd/loss/donsker_varadhan.py",
        "DonskerVaradhanLoss",
        "shuffle",
        "permutes x",
        0.01,
        "newest left out",
        f"{_EMA} as it was before the batch",
        "first batch, which divides itself",
        None,
    ),
    PublicCode(
        "HorizonRobotics/alf",
        "23aca4924967228ca6e7368517ab11b3612295f0",
        "alf/algorithms/mi_estimator.py",
        "train_step, AdaptiveAverager",
        "shuffle",
        "one of five samplers; the default draws y from a buffer of earlier batches",
        None,
        "shrinking",
        f"{_EMA} with r = 10/(10 + t) at step t; e^T is cut at T = 20",
        "first batch",
        Example(512, 20, 16.6),
    ),
    PublicCode(
        "fengsxy/mi_estimators (diffusion-mi 0.1.0)",
        "e2a2150f414a2b4c96a22a66ce9398a7881846e4fa52bb5b250b74851706b3fa",
        "estimators/neural/MINE.py",
        "MINE",
        "shuffle",
        "permutes the batch; a derangement for DIME alone",
        None,
        "batch itself",
        _NONE,
        "no average",
        Example(256, 20, 2.88),
    ),
    PublicCode(
        "cyz-ai/neural-MI-estimate-clean",
        "d1a10257fae4c3bcc8a50f9a412224e3fc80217e",
        "estimators/MINE.py",
        "MINE.objective_func",
        "shuffle",
        "two permutations a step",
        None,
        "batch itself",
        _NONE,
        "no average",
        None,
    ),
    PublicCode(
        "Linear95/CLUB",
        "57b4ad70d73d1bab0539aee16c20376959e5b58b",
        "mi_estimators.py",
        "MINE",
        "shuffle",
        "draws from the batch with replacement, which leaves as many true pairs",
        None,
        "batch itself",
        _NONE,
        "no average",
        Example(64, 20, 10.0),
    ),
    PublicCode(
        "sungyubkim/MINE-Mutual-Information-Neural-Estimation-",
        "63316dc5c1877207ed0cddbaefbcfeaf32a2f7bb",
        "MINE.ipynb",
        "learn_mine, sample_batch",
        "index_draw",
        "a second draw of indices, without replacement",
        0.01,
        "newest included",
        _EMA,
        "1",
        Example(100, 1, 0.83, points=300),
    ),
    PublicCode(
        "cbg-ethz/bmi (benchmark-mi 0.1.3)",
        "6c569b93f966dbdf53d4eb3fc287c791d87f2cd2",
        "src/bmi/estimators/neural/_mine_estimator.py",
        "_mine_value_neg_grad_log_denom",
        "index_draw",
        "a second draw of indices, without replacement; all pairs for its DV and NWJ",
        0.1,
        "newest included",
        _EMA,
        "0, not corrected",
        None,
    ),
    PublicCode(
        "burklight/MINE-PyTorch",
        "ea732cada58adeb912e313e2bc77dd92fdb217d6",
        "src/mine.py",
        "train, sample_batch",
        "index_draw",
        "a second draw of indices",
        0.01,
        "newest included",
        _EMA,
        "1",
        Example(128, 1, 1.16, points=5000),
    ),
    PublicCode(
        "fasterminee/NeurIPS2019",
        "31a57600c1a0dbb39477d24cf62619fdb247a91e",
        "model/mine.py",
        "_resample, MINE.step",
        "index_draw",
        "draws x and y anew, each without replacement",
        0.1,
        "newest included",
        _EMA,
        "1",
        Example(100, 6, 4.98, points=400),
    ),
    PublicCode(
        "ccha23/miml",
        "6a41de1c0bb41d38e3cdc6e9c27363215b7729b9",
        "source/part2/MI.md",
        "MINETrainer",
        "index_draw",
        "x and y each in an order of their own, over all the data",
        0.9,
        "newest included",
        f"{_EMA}; the constant 0.1 weighs the past",
        "1",
        None,
    ),
    PublicCode(
        "mieskolainen/icenet",
        "8d3d968b02a6e92ec53289ccff6c7aeabea09f2d",
        "icefit/mine.py",
        "sample_batch, compute_mine",
        "index_draw",
        "x and y each in an order of their own, over all the data",
        0.99,
        "newest included",
        f"{_EMA}; the constant 0.01 weighs the past",
        "first batch",
        None,
    ),
    PublicCode(
        "mfederici/torch-mist (0.2.17)",
        "25f954af3d1e5ff08f25f388cb67157137179101",
        "src/torch_mist/estimators/discriminative/implementations/mine.py",
        "MINE, ExponentialMovingAverage",
        "derangement",
        "rolls the batch by one; more rolls, or all pairs, on request",
        0.1,
        "newest included",
        f"{_EMA}, cut to lie between 1e-4 and 1e4",
        "first batch",
        Example(64, 1, 0.83),
    ),
    PublicCode(
        "nicolaNovello/fDIME",
        "5095d86eb1e41d90a193721b701cc3032876f913",
        "utils.py",
        "derangement, mine_ma_deranged",
        "derangement",
        "with the architecture 'deranged'; all pairs with the others",
        0.1,
        "anchored",
        "0.9 of the number 1 and 0.1 of the newest batch, at every step",
        "1, never moved",
        Example(64, 5, 10.0),
    ),
    PublicCode(
        "karlstratos/doe",
        "84b5d5c394d5e6be3455a48ced742c231e2fef5c",
        "util.py",
        "MINE",
        "all_pairs",
        "all pairs off the diagonal",
        0.01,
        "newest included",
        f"{_EMA}, also in the value it reports",
        "first batch",
        Example(64, 128, 106.3),
    ),
    PublicCode(
        "kyungeun-lee/mibenchmark",
        "efcf9cab9d149e10ecb1ed8d2b2415b33c93e26f",
        "libs/bounds.py",
        "mine_lower_bound",
        "all_pairs",
        "all pairs off the diagonal",
        0.1,
        "two batches",
        "0.9 of the batch before and 0.1 of the newest; nothing older",
        "1",
        None,
    ),
    PublicCode(
        "mboudiaf/Mutual-Information-Variational-Bounds",
        "56e8e3f2369ed107cd363d854d9f155fbf242930",
        "Mi_estimator.py",
        "mine",
        "all_pairs",
        "with the separable critic, as in its example; a shuffle with the joint one",
        0.01,
        "anchored",
        "0.99 of the first batch, for ever, and 0.01 of the newest; 0.9 and 0.1 in its example",
        "first batch, never moved",
        Example(128, 20, 23.3),
    ),
    PublicCode(
        "ermongroup/smile-mi-estimator",
        "afa72e03f4c80a0997eb8f6b95d7f96bdf916ea7",
        "estimators.py",
        "logmeanexp_nodiag, estimate_mutual_information",
        "all_pairs",
        "all pairs off the diagonal",
        None,
        "batch itself",
        f"{_NONE}: its mine_lower_bound is never called",
        "no average",
        Example(64, 20, 10.0),
    ),
    PublicCode(
        "rdevon/DIM",
        "bac4765a8126746675f517c7bfa1b04b88044d51",
        "cortex_DIM/functions/dim_losses.py",
        "donsker_varadhan_loss",
        "all_pairs",
        "all pairs off the diagonal; a shuffle per feature elsewhere",
        None,
        "batch itself",
        _NONE,
        "no average",
        None,
    ),
    PublicCode(
        "google-research/google-research",
        "10bf941a5a0625bf27bb8443aa849e9b48fdd5f9",
        "vbmi/vbmi_demo.ipynb",
        "reduce_logmeanexp_nodiag",
        "all_pairs",
        "all pairs off the diagonal",
        None,
        "batch itself",
        "none; it has NWJ and others, but no MINE",
        "no average",
        Example(64, 20, 10.0),
    ),
)
"""By scheme of negatives, as it was read of each code's MINE, or of its DV where there is none."""


def computed_as(code: PublicCode) -> str:
    """The scheme by which a code's limits are computed: to the ceiling, an index draw of n is a shuffle of n."""
    return "shuffle" if code.negatives == "index_draw" else code.negatives


def grids() -> dict[tuple[str, int], tuple[tuple[int, ...], tuple[float, ...]]]:
    """Batch sizes and true MI in nats of the codes' own examples, by computed scheme and dimension."""
    found: dict[tuple[str, int], tuple[set[int], set[float]]] = {}
    for code in PUBLIC_CODES:
        if code.example is not None:
            sizes, truths = found.setdefault((computed_as(code), code.example.dim), (set(), set()))
            sizes.add(code.example.points or code.example.batch_size)
            truths.add(code.example.true_mi)
    return {key: (tuple(sorted(sizes)), tuple(sorted(truths))) for key, (sizes, truths) in found.items()}
