"""A claim of the report as data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mi_lab.results.claims.outcome import Outcome, Results

LONGER = "All of App. C.1's 1000 epochs with the large critic."
MORE_EPOCHS = "More epochs, whose number the report does not name; more seeds."
WIDER = "App. C.2's width, epochs and images; more seeds."
PAGES = {
    "2.3": "background",
    "3.1": "mine",
    "3.2": "nwj",
    "3.2.1": "js",
    "3.3": "other-critics",
    "4": "labels",
    "5.1.1": "v-infomax",
    "5.2": "supervised-autoencoder",
    "A": "appendix-a",
    "D.1": "appendix-d1",
    "D.2": "appendix-d2",
    "D.4": "appendix-d4",
    "D.5": "v-infomax",
}
"""The page of the book that treats a section of the report."""


class Evidence:
    """The small figure that shows a claim: one of the kinds of ``mi_lab.pages.chapters.evidence``, and what it takes.

    ``names`` are experiments, ``options`` those of the kind.
    """

    def __init__(self, kind: str, *names: str, **options: Any) -> None:
        self.kind, self.names, self.options = kind, names, options


@dataclass(frozen=True)
class Claim:
    """What the report says, in our words, and how it is judged.

    ``section`` is where the report says so; ``test`` gets the results of the experiments it ``needs``, by name.
    ``evidence`` is None for a claim that is counted exactly.
    """

    name: str
    section: str
    says: str
    needs: tuple[str, ...]
    test: Callable[[Results], Outcome]
    would_change: str
    evidence: Evidence | None = None

    @property
    def page(self) -> str:
        """The page of the book that treats it."""
        return f"{PAGES[self.section]}.html"
