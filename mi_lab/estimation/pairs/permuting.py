"""Is there anything at all? A permutation test with critics that never saw the pairs they judge."""

import numpy as np
from numpy.typing import NDArray

MOST_NULL = 100_000  # permutations


def p_value(scores: NDArray[np.float64], permutations: int, seed: int) -> float:
    """The share of permutations that score as high as the pairs do, (parts, n, n) -> a number in (0, 1].

    ``scores[f, i, j]`` is T(x_i, y_j) of part f, by a critic of the parts before it. Were x and y independent, all
    orders of y within a part would be as likely, the true one among them. A part's score is what the true order has
    over the mean of the others, in their deviations, so that none outweighs the rest; the parts' scores are added.

    Examples
    --------
    >>> import numpy as np
    >>> from mi_lab.estimation.pairs.permuting import p_value
    >>> p_value(np.eye(30)[None], permutations=99, seed=0)
    0.01
    """
    parts, n, _ = scores.shape
    draw = np.random.default_rng([seed, permutations])
    rows, part = np.arange(n), np.arange(parts)[:, None]
    orders = (draw.permuted(np.tile(rows, (parts, 1)), axis=1) for _ in range(permutations))
    permuted = np.array([scores[part, rows, order].sum(1) for order in orders])
    observed = np.trace(scores, axis1=1, axis2=2)
    whole = np.vstack([observed, permuted])
    deviation = whole.std(0)
    deviation[deviation <= 1e-9 * np.abs(whole).max()] = np.inf  # a critic that tells nothing has no say
    added = ((whole - whole.mean(0)) / deviation).sum(1)
    return float((added >= added[0] - 1e-9).mean())
