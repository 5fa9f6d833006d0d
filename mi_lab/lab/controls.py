"""Widgets that several live pages share."""

import contextlib
import math
from collections.abc import Iterable, Iterator
from typing import Any

from mi_lab.ground.gaussian import correlation_from_mi, mi_from_correlation
from mi_lab.lab.apparatus import widgets

LARGEST_CORRELATION = 0.9999
LARGEST_MI = 40.0
LARGEST_DIM = 100
_STYLE = {"style": {"description_width": "130px"}, "layout": {"width": "420px"}}


def choice(description: str, options: Iterable[Any], value: Any) -> widgets.Dropdown:
    """One of several words, or of (text, value) pairs."""
    return widgets.Dropdown(description=description, options=list(options), value=value, **_STYLE)


def whole_number(description: str, value: int) -> widgets.IntText:
    """A whole number to type in."""
    return widgets.IntText(description=description, value=value, **_STYLE)


def one_of(description: str, options: Iterable[tuple[str, float]], value: float) -> widgets.SelectionSlider:
    """A slider over given (text, value) pairs."""
    return widgets.SelectionSlider(
        description=description, options=list(options), value=value, continuous_update=False, **_STYLE
    )


def slider(description: str, value: float, largest: float, step: float, digits: int) -> widgets.FloatSlider:
    """A number from 0 to ``largest``."""
    return widgets.FloatSlider(
        description=description, value=value, min=0.0, max=largest, step=step, readout_format=f".{digits}f", **_STYLE
    )


def batch_sizes(value: int, smallest: int = 4, largest: int = 12) -> widgets.SelectionSlider:
    """N = 2^smallest … 2^largest."""
    return one_of("batch size N", [(f"{2**k} = 2^{k}", 2**k) for k in range(smallest, largest + 1)], value)


class Gaussians:
    """Dimension, correlation and true MI (nats) of correlated Gaussians: moving one moves what follows from it.

    The true MI, of two digits, is what a run has; the correlation is shown to four. A new dimension keeps the true MI,
    as far as the largest correlation allows.
    """

    def __init__(self, dim: int, mi: float, largest_correlation: float) -> None:
        self.largest_correlation = largest_correlation
        self.dim = widgets.BoundedIntText(description="dimension d", value=dim, min=1, max=LARGEST_DIM, **_STYLE)
        self.correlation = slider("correlation ρ", _correlation(mi, dim), largest_correlation, 1e-4, 4)
        self.mi = slider("true MI [nats]", mi, self._largest_mi(dim), 0.01, 2)
        self._linking = False
        self.dim.observe(lambda _: self._follow_dim(), "value")
        self.mi.observe(lambda _: self._follow_mi(), "value")
        self.correlation.observe(lambda _: self._follow_correlation(), "value")

    def _follow_dim(self) -> None:
        with self._link():
            self.mi.max = self._largest_mi(self.dim.value)
        self._follow_mi()

    def _follow_mi(self) -> None:
        if not self._linking:
            with self._link():
                self.correlation.value = _correlation(self.mi.value, self.dim.value)

    def _follow_correlation(self) -> None:
        if not self._linking:
            with self._link():
                self.mi.value = round(mi_from_correlation(self.correlation.value, self.dim.value), 2)

    @contextlib.contextmanager
    def _link(self) -> Iterator[None]:
        """What changes now is an answer to another change and asks for none itself."""
        self._linking = True
        try:
            yield
        finally:
            self._linking = False

    def _largest_mi(self, dim: int) -> float:
        return min(LARGEST_MI, math.floor(100 * mi_from_correlation(self.largest_correlation, dim)) / 100)


def _correlation(mi: float, dim: int) -> float:
    # a slider in a browser rounds to its step and would send that back as a change of its own
    return round(correlation_from_mi(mi, dim), 4)
