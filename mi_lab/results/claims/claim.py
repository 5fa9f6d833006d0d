"""A claim of the report as data."""

from collections.abc import Callable
from dataclasses import dataclass

from mi_lab.results.claims.outcome import Outcome, Results

MORE_EPOCHS = "More epochs, whose number the report does not name; more seeds."
WIDER = "App. C.2's width, epochs and images; more seeds."


@dataclass(frozen=True)
class Claim:
    """What the report says, in our words, and how it is judged.

    ``test`` gets the results of the experiments it ``needs``, by name.
    ``section`` and ``page`` say where the report makes the claim and which page of the book, if any, treats it.
    """

    name: str
    section: str
    page: str
    says: str
    needs: tuple[str, ...]
    test: Callable[[Results], Outcome]
    would_change: str
