"""The claim of App. A, counted exactly from a table of probabilities."""

import math

import numpy as np

from mi_lab.ground.discrete import interaction
from mi_lab.results.claims.claim import Claim
from mi_lab.results.claims.outcome import Outcome, Results, part


def xor_interaction(results: Results) -> Outcome:
    """I(X;Y;Z) of two fair coins and their exclusive or is minus one bit; it needs no results."""
    table = np.zeros((2, 2, 2))  # axes X, Y, Z
    table[[0, 0, 1, 1], [0, 1, 1, 0], [0, 1, 0, 1]] = 1 / 4
    bits = interaction(table) / math.log(2)
    parts = [part("It is minus one bit.", math.isclose(bits, -1, abs_tol=1e-12))]
    return Outcome(parts, f"Counted from the table: {bits:.0f} bit.", {"interaction information in bits": bits})


CLAIMS = (
    Claim(
        "xor-interaction-is-minus-one-bit",
        "A",
        "Two fair coins and their exclusive or share minus one bit.",
        (),
        xor_interaction,
        "Nothing: it is counted exactly.",
    ),
)
