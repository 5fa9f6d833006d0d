"""``python -m mi_lab estimate FILE``: the MI of the pairs in a file, by the rules of ``mi_lab.estimate``."""

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Sequence
from typing import Any

from mi_lab.estimation.pairs.estimates import Estimate
from mi_lab.estimation.pairs.estimating import estimate
from mi_lab.estimation.pairs.pair_files import read_pairs
from mi_lab.ground.names import AUTO, OF_PAIRS


def main(arguments: Sequence[str]) -> int:
    """Print the estimate; 0, or 1 with one sentence for what cannot be read or estimated, or 2 for a wrong option."""
    parser = argparse.ArgumentParser("python -m mi_lab estimate", description="The MI of the pairs in a file.")
    parser.add_argument("path", help="a table (.csv, .tsv, .txt, .parquet, .feather), or .npz with arrays x and y")
    parser.add_argument("path_y", nargs="?", help="a second file, which holds y")
    parser.add_argument("--x", help="the columns of x, as in age,height; not needed where there are two columns")
    parser.add_argument("--y", help="the columns of y")
    parser.add_argument("--estimator", default=AUTO, choices=OF_PAIRS, metavar="NAME", help=f"{', '.join(OF_PAIRS)}")
    parser.add_argument("--missing", default="refuse", help="refuse, or drop for pairs that lack an entry")
    parser.add_argument("--null", type=int, help="how many permutations test for independence, such as 200")
    parser.add_argument("--seed", type=int, help="of the split and of the critics")
    parser.add_argument("--json", action="store_true", help="everything that is known of the estimate, as JSON")
    given = parser.parse_args(arguments)
    settings = {"missing": given.missing, "null": given.null, "seeds": given.seed}
    try:
        x, y = read_pairs(given.path, given.path_y, x=given.x, y=given.y)
        chosen = {name: value for name, value in settings.items() if value is not None}
        found = estimate(x, y, given.estimator, progress=sys.stderr.isatty(), **chosen)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(as_plain(found), indent=2, ensure_ascii=False) if given.json else found)
    return 0


def as_plain(found: Estimate) -> dict[str, Any]:
    """All that is known of an estimate as JSON takes it, in nats, and once in bits; what is not finite becomes None."""
    plain = dataclasses.asdict(found) | {"bits": found.bits, "share": found.share, "bound": found.bound}
    return {name: _finite(value) for name, value in plain.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
