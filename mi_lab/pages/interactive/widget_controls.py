"""The controls of the widgets as data, which ``MILab.panel`` of ``mi-widgets.js`` turns into inputs.

A control is a slider from ``min`` to ``max``, a list of ``options``, or a ``number`` to type into a cell of a table. A
slider with a ``power`` holds the exponent of its value; its whole values may have ``names``. What a script adds to them
are functions: ``press`` for a button, ``when`` to show a control, ``get`` and ``put`` for what follows from the state.

``panel(el, model, { title, controls, update, python, grid })`` shows them. ``update(state)`` returns { drawing,
summary, table: { head, rows, note } }, a table of null to leave the one that is there; perhaps ``offers``, buttons
[[label, changes], …], and the ``source`` of what is shown, null for none. ``python(state)`` is code that gives the
same.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

SCHEMES = {"shuffle": "shuffle", "derangement": "derangement", "all_pairs": "all pairs"}
Control = dict[str, Any]


def slider(key: str, label: str, low: float, high: float, step: float, value: float, **more: Any) -> Control:
    """A slider; ``more`` may give its ``unit``, ``power`` or ``names``."""
    return {"key": key, "label": label, "min": low, "max": high, "step": step, "value": value, **more}


def choice(key: str, label: str, options: Mapping[str, str] | Iterable[list[str]], value: str) -> Control:
    """A list of options, which are values and what they are called."""
    pairs = options.items() if isinstance(options, Mapping) else options
    return {"key": key, "label": label, "options": [list(pair) for pair in pairs], "value": value}


def exploring(estimators: Iterable[list[str]], critics: Mapping[str, str], most: int) -> list[Control]:
    """Of the stored runs, with batches of up to ``most`` pairs."""
    return [
        choice("estimator", "estimator", estimators, "nwj-nwj"),
        choice("critic", "critic (hidden layers × width)", critics, "1x64"),
        choice("negatives", "negatives", SCHEMES, "shuffle"),
        slider("n", "batch size N", 6, math.log2(most), 1, 64, power=2),
        slider("mi", "true MI", 0.5, 30, 0.1, 10, unit="nats"),
    ]


def training(estimators: Iterable[list[str]], mi: float, label_of_n: str) -> list[Control]:
    """Of a critic that is trained in the page."""
    return [
        choice("estimator", "estimator", estimators, "nwj-nwj"),
        choice("negatives", "negatives", SCHEMES, "shuffle"),
        slider("mi", "true MI", 0.5, 30, 0.5, mi, unit="nats"),
        slider("n", label_of_n, 4, 9, 1, 64, power=2),
        slider("width", "critic: one hidden layer of", 5, 7, 1, 64, unit="units", power=2),
        slider("rate", "learning rate", -5, -2, 0.25, 1e-3, power=10),
        slider("seed", "seed", 0, 99, 1, 0),
    ]


def sampling() -> list[Control]:
    """Of batches that are drawn for the perfect critic."""
    return [
        slider("mi", "true MI", 0.5, 30, 0.5, 5, unit="nats"),
        slider("n", "batch size N", 3, 8, 1, 64, power=2),
        choice("negatives", "negatives", SCHEMES, "shuffle"),
        slider("seed", "seed", 0, 9999, 1, 0),
    ]


PLACES = list(product(range(4), range(2), range(2)))
"""x, y and z of the cells; X has two values, or four where it carries two bits."""
_WIDE: Callable[[int, int, int], bool] = lambda x, y, z: (y, z) == (x >> 1, x & 1)  # noqa: E731
_RULES: dict[str, tuple[str, str, Callable[[int, int, int], bool]]] = {
    "xor": ("Y = X xor Z", "exclusive or", lambda x, y, z: x < 2 and y == x ^ z),
    "copy": ("all three are the same coin", "copy", lambda x, y, z: x < 2 and x == y == z),
    "independent": ("three coins", "independent", lambda x, y, z: x < 2),
    "rotations": ("X is an image: what it shows, Y, and how it is turned, Z", "Section 4: rotations", _WIDE),
    "random": (
        "X is an image: what it shows, Y, and a coin thrown once for it and kept, Z",
        "Section 4: random labels",
        _WIDE,
    ),
}


def three_variables() -> dict[str, Any]:
    """Presets of a table of weights by their names: what they are, what they are called, and their weights."""
    return {
        name: [told, label, [int(rule(*place)) for place in PLACES]] for name, (told, label, rule) in _RULES.items()
    }
