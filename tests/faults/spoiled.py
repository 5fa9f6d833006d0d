"""Files as they should not be: bytes that were cut or changed, and JSON with parts of the wrong kind."""

import copy
import json
import math
import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

INPUTS = int(os.environ.get("MI_LAB_FUZZ_INPUTS", "200"))
"""How many spoiled inputs each reader is given; the slow tier gives ten times as many."""

FUZZ = settings(
    max_examples=INPUTS,
    deadline=20_000,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
"""The same inputs at every run; one that takes 20 seconds counts as hanging."""

_NUMBERS = [0, 1, -1, 2**63, -(2**63), 10**400, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf]
_TEXTS = ["", "../../x", "<script>", "\x00", "é" * 300, "nan", "1e999", "dv"]
_SCALARS = st.sampled_from([None, True, False, *_NUMBERS, *_TEXTS, [], {}, [[[[]]]], {"value": {}}])
JUNK = st.one_of(
    _SCALARS, st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner))
)


@st.composite
def spoiled_bytes(draw, content):
    """``content`` cut, with bits flipped, bytes put in or parts exchanged; or something else altogether."""
    at = st.integers(0, max(len(content) - 1, 0))
    match draw(st.sampled_from(("cut", "bits", "put in", "taken out", "twice", "other"))):
        case "cut":
            return content[: draw(at)]
        case "bits":
            changed = bytearray(content)
            for place in draw(st.lists(at, min_size=1, max_size=8)):
                changed[place] ^= 1 << draw(st.integers(0, 7))
            return bytes(changed)
        case "put in":
            place = draw(at)
            return content[:place] + draw(st.binary(min_size=1, max_size=40)) + content[place:]
        case "taken out":
            first, last = sorted((draw(at), draw(at)))
            return content[:first] + content[last + 1 :]
        case "twice":
            return content + content[: draw(at)]
        case _:
            return draw(
                st.binary(max_size=200) | st.sampled_from([b"[" * 20_000, b'{"a":' * 10_000, b"\xff\xfe", b"1"])
            )


def places(value, path=()):
    """The paths of all parts of a JSON value, the whole first."""
    yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, (*path, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from places(part, (*path, number))


@st.composite
def spoiled_json(draw, document):
    """``document`` with one to three parts that are replaced, taken out, nested deeply or joined by foreign ones."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(changed))))
        if not path:
            continue
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        match draw(st.sampled_from(("replaced", "taken out", "nested", "foreign"))):
            case "replaced":
                holder[path[-1]] = copy.deepcopy(draw(JUNK))
            case "taken out":
                del holder[path[-1]]
            case "nested":
                for _ in range(draw(st.sampled_from((1, 40, 400)))):
                    holder[path[-1]] = [holder[path[-1]]]
            case "foreign" if isinstance(holder, dict):
                holder[draw(st.text(max_size=8))] = copy.deepcopy(draw(JUNK))
            case _:
                holder.append(copy.deepcopy(draw(JUNK)))
    return changed


def as_text(document):
    """JSON as a careless program writes it: NaN and infinity as JavaScript has them."""
    return json.dumps(document)
