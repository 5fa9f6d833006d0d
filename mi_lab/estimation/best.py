"""Of each run of a stack in training, the parameters that were best so far."""

import contextlib
import math
from collections.abc import Container, Iterator, Sequence

import torch
from torch import Tensor


class Best:
    """The parameters of K runs as they were at each run's highest finite reading.

    A parameter may hold several rows per run, run by run, as those of bridges do.
    ``highest`` holds those readings, minus infinity before the first, and ``at`` which they were, counted from 0 and
    -1 before the first.
    """

    def __init__(self, parameters: Sequence[Tensor], runs: int) -> None:
        self.parameters, self.kept = parameters, [parameter.clone() for parameter in parameters]
        self.runs, self.highest, self.at, self.readings = runs, [-math.inf] * runs, [-1] * runs, 0

    def see(self, values: Sequence[float], ended: Container[int] = ()) -> None:
        """Take a reading of every run, and keep the parameters of those whose highest it is; not of the ``ended``."""
        for run, value in enumerate(values):
            if run not in ended and math.isfinite(value) and value > self.highest[run]:
                self.highest[run], self.at[run] = value, self.readings
                for kept, parameter in zip(self.kept, self.parameters, strict=True):
                    rows = slice(run * len(kept) // self.runs, (run + 1) * len(kept) // self.runs)
                    kept[rows] = parameter[rows]
        self.readings += 1

    @contextlib.contextmanager
    @torch.inference_mode()
    def restored(self) -> Iterator[None]:
        """Within it the parameters are the kept ones."""
        now = [parameter.clone() for parameter in self.parameters]
        self._put(self.kept)
        try:
            yield
        finally:
            self._put(now)

    def _put(self, values: Sequence[Tensor]) -> None:
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.copy_(value)
