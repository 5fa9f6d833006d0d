"""The verdicts that stored results give on the report's claims. Needs no torch.

A verdict is one of ``VERDICTS``. It comes out of a predicate over measured numbers, never out of a sentence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mi_lab.experiments.registry import EXPERIMENTS, experiment
from mi_lab.ground.names import known
from mi_lab.results.claims import exact, on_all_pairs, on_autoencoders, on_decoders, on_images, on_js, on_mine, on_nwj
from mi_lab.results.claims.claim import Claim
from mi_lab.results.claims.outcome import NOT_RUN, VERDICTS, Part
from mi_lab.results.store import Result, is_stored, load

_BY_SUBJECT = (on_nwj, on_mine, on_all_pairs, on_js, on_images, on_decoders, on_autoencoders, exact)
_ALL = sorted((claim for subject in _BY_SUBJECT for claim in subject.CLAIMS), key=lambda claim: claim.section)
CLAIMS: Mapping[str, Claim] = {claim.name: claim for claim in _ALL}
"""Every claim of the report by name, in the report's order: where it stands, our words for it, what judges it."""


@dataclass(frozen=True)
class Verdict:
    """A claim's verdict, its reason in one sentence, the numbers used, and the result files they come from.

    ``parts`` are what the claim says and whether it was seen. ``seeds`` are the fewest of any of the results, ``share``
    the least part of the report's epochs that any was given; None for what was counted and not trained.
    """

    claim: Claim
    word: str
    sentence: str
    numbers: Mapping[str, float]
    files: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    seeds: int | None = None
    share: float | None = None


def judge(name: str, folder: Path | None = None) -> Verdict:
    """The verdict on a claim by the results stored in ``folder`` (the book's own by default).

    Raises ValueError for an unknown name, ResultError for a damaged result; for a missing one it is NOT_RUN.
    """
    return _judge(CLAIMS[known("claim", name, CLAIMS)], folder, {})


def judge_all(names: Iterable[str] = CLAIMS, folder: Path | None = None) -> dict[str, Verdict]:
    """The verdicts on these claims by name, each result read once; raises as ``judge`` does."""
    read: dict[str, Result] = {}
    return {name: _judge(CLAIMS[known("claim", name, CLAIMS)], folder, read) for name in names}


def counts(verdicts: Mapping[str, Verdict]) -> dict[str, int]:
    """How many claims have each verdict."""
    words = [verdict.word for verdict in verdicts.values()]
    return {word: words.count(word) for word in VERDICTS}


def _judge(claim: Claim, folder: Path | None, read: dict[str, Result]) -> Verdict:
    missing = [needed for needed in claim.needs if needed not in EXPERIMENTS or not is_stored(needed, folder)]
    if missing:
        return Verdict(claim, NOT_RUN, f"Not stored yet: {', '.join(missing)}.", {}, ())
    read |= {needed: load(needed, folder=folder) for needed in claim.needs if needed not in read}
    results = {needed: read[needed] for needed in claim.needs}
    outcome = claim.test(results)
    files = tuple(result.file_name for result in results.values())
    trained = [result for result in results.values() if hasattr(result.spec, "epochs")]
    seeds = min((len({run["seed"] for run in result.runs}) for result in trained), default=None)
    share = min((_share(result) for result in trained), default=None)
    return Verdict(claim, outcome.word, outcome.sentence, outcome.numbers, files, tuple(outcome.parts), seeds, share)


def _share(result: Result) -> float:
    """Epochs of a result over those of its report profile."""
    return float(result.spec.epochs / experiment(result.experiment).report.epochs)  # type: ignore[union-attr]
