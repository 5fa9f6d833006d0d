"""Every claim of the report as data: where it stands, what it says in our words, and the predicate that judges it."""

from collections.abc import Mapping

from mi_lab.results.claims.appendices import APPENDICES
from mi_lab.results.claims.claim import Claim
from mi_lab.results.claims.main_text import MAIN_TEXT

CLAIMS: Mapping[str, Claim] = {claim.name: claim for claim in (*MAIN_TEXT, *APPENDICES)}
"""By name, in the order of the report."""
