"""What is read of critics in training: the estimate on every batch, its statistics by epoch, the curves of the runs."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from mi_lab.estimation.bounds import Bound, MovingAverageDV

STATISTICS = ("mean", "median", "q05", "q95", "std")
_READ_AT_ONCE = 2**16  # scores


@dataclass
class Curve:
    """Estimates of one run, per readout and statistic one value per epoch, in nats.

    ``curves["nwj"]["mean"][e]`` is the mean over the batches of epoch e; ``median``, ``q05`` and
    ``q95`` are quantiles over the same batches and ``std`` is their standard deviation. A curve ends before the first
    epoch with a value that is not finite; ``first_nonfinite_epoch`` (counted from 1) is that epoch, or None.
    ``moving_average`` tells of MINE's, per epoch: ``log_mean_w`` is log E[w] over its batches, w being a batch's mean
    of e^T over the average that it has moved, and ``log_average`` the log of the average at its end; None for others.
    ``wall_seconds`` is the run's share of the time its stack took, ``processor_seconds`` of the time a processor gave
    to it, which does not count what else a machine did meanwhile.
    """

    curves: dict[str, dict[str, list[float]]]
    first_nonfinite_epoch: int | None
    wall_seconds: float
    processor_seconds: float
    moving_average: dict[str, list[float]] | None = None

    def record(self) -> dict[str, Any]:
        """What of it is stored, as plain data."""
        return {name: value for name, value in asdict(self).items() if (name, value) != ("moving_average", None)}


class Readings:
    """The estimates of K runs, batch by batch, as far as their training has come.

    ``epochs`` holds the statistics of every whole epoch: per readout a tensor of shape (statistics, K), in nats.
    ``average`` is the objective of MINE, of whose moving average every epoch tells, too; None for other estimators.
    """

    def __init__(
        self,
        readouts: Mapping[str, Bound],
        average: MovingAverageDV | None,
        steps_per_epoch: int,
        runs: int,
        place: torch.device,
    ) -> None:
        self.readouts, self.average = readouts, average
        self.steps_per_epoch, self.runs, self.place = steps_per_epoch, runs, place
        shape = (steps_per_epoch, runs)
        self.values = {name: torch.zeros(shape, dtype=torch.float64, device=place) for name in readouts}
        self.unread: list[tuple[Tensor, Tensor]] = []
        self.epochs: list[dict[str, Tensor]] = []
        self.log_w = torch.zeros(shape, dtype=torch.float64, device=place)
        self.averages: list[Tensor] = []

    def take(self, row: int, positive: Tensor, negative: Tensor) -> None:
        """The scores of a step, its epoch's ``row``, counted from 0; the last row adds its epoch to ``epochs``."""
        self.unread.append((positive.clone(), negative.clone()))
        if self.average is not None and self.average.log_w is not None:  # it is not, once a step was taken
            self.log_w[row] = self.average.log_w
        last = row + 1 == self.steps_per_epoch
        # small batches are read many at once, since one alone is all overhead
        if last or len(self.unread) * (positive.numel() + negative.numel()) >= _READ_AT_ONCE:
            self._read(row + 1)
        if last:
            self.epochs.append({readout: _statistics(values) for readout, values in self.values.items()})
            if self.average is not None and self.average.log_average is not None:
                log_mean_w = self.log_w.logsumexp(0) - math.log(self.steps_per_epoch)
                self.averages.append(torch.stack([log_mean_w, self.average.log_average.double()]).cpu())

    def _read(self, end: int) -> None:
        """Estimates of the unread batches, which are those of this epoch up to ``end``."""
        count = len(self.unread)
        positive, negative = (torch.cat(scores).double() for scores in zip(*self.unread, strict=True))
        for name, readout in self.readouts.items():
            self.values[name][end - count : end] = readout(positive, negative).view(count, self.runs)
        self.unread.clear()

    def curves(self, wall_seconds: float, processor_seconds: float) -> list[Curve]:
        """The curves of the runs up to the last whole epoch; the seconds are each run's."""
        return [self._curve(run, wall_seconds, processor_seconds) for run in range(self.runs)]

    def _curve(self, run: int, wall_seconds: float, processor_seconds: float) -> Curve:
        finite = [all(bool(rows[:, run].isfinite().all()) for rows in epoch.values()) for epoch in self.epochs]
        end = finite.index(False) if False in finite else len(finite)
        curves = {
            name: {
                kind: [float(epoch[name][i, run]) for epoch in self.epochs[:end]] for i, kind in enumerate(STATISTICS)
            }
            for name in self.readouts
        }
        of_average = {
            name: [float(epoch[i, run]) for epoch in self.averages[:end]]
            for i, name in enumerate(("log_mean_w", "log_average"))
        }
        lost = None if end == len(finite) else end + 1
        return Curve(curves, lost, wall_seconds, processor_seconds, of_average if self.averages else None)

    def state(self) -> dict[str, Any]:
        """All that the readings to come depend on, and the past ones."""
        average = self.average and [self.average.log_average, self.average.log_w]
        names = ("values", "unread", "epochs", "log_w", "averages")
        return {"average": average} | {name: getattr(self, name) for name in names}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state`` gave."""
        if self.average is not None:
            self.average.log_average, self.average.log_w = (kept.to(self.place) for kept in state["average"])
        for name, values in self.values.items():
            values.copy_(state["values"][name])
        self.unread = [(positive.to(self.place), negative.to(self.place)) for positive, negative in state["unread"]]
        self.log_w.copy_(state["log_w"])
        self.epochs, self.averages = list(state["epochs"]), list(state["averages"])


def _statistics(values: Tensor) -> Tensor:
    """(steps, K) batch estimates of one epoch -> (statistics, K), in the order of STATISTICS."""
    quantiles = torch.tensor([0.5, 0.05, 0.95], dtype=values.dtype, device=values.device)
    finite = values.isfinite().all(0)
    # scaled, as the square of a value may overflow where the value itself does not
    scale = values.abs().amax(0).clamp(min=1)
    spread = (values / scale).std(0, correction=0) * scale
    rows = torch.cat([values.mean(0, keepdim=True), values.nan_to_num().quantile(quantiles, 0), spread[None]])
    return torch.where(finite, rows, torch.nan).cpu()
