"""The training loop: one for every estimator, critic and scheme of negatives.

K runs train together as one stack. A run is fixed by its task, seed and settings alone: it
draws its weights, samples, permutations and dropout masks from its own generator, so it
gives the same curve, up to rounding, in any stack.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm.auto import tqdm

from mi_lab.estimation.bounds import Bound, estimator
from mi_lab.estimation.critics import Critic, make_critic
from mi_lab.estimation.negatives import Batch, check_batch, draw_batch, scores
from mi_lab.estimation.tasks import Task

STATISTICS = ("mean", "median", "q05", "q95")


@dataclass
class Curve:
    """Estimates of one run, per readout and statistic one value per epoch, in nats.

    ``curves["nwj"]["mean"][e]`` is the mean over the batches of epoch e; ``median``, ``q05`` and
    ``q95`` are quantiles over the same batches. A curve ends before the first epoch with a
    value that is not finite; ``first_nonfinite_epoch`` (counted from 1) is that epoch, or None.
    """

    curves: dict[str, dict[str, list[float]]]
    first_nonfinite_epoch: int | None


def steps_per_epoch(batch_size: int) -> int:
    """App. C.1's rule: 100 batches, or 51200/N of them when N < 512."""
    return 100 if batch_size >= 512 else 51_200 // batch_size


def device_named(name: str) -> torch.device:
    """'auto' is CUDA where there is one, else the CPU. Raises ValueError for a device that is not there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device '{name}' is not available here; use 'auto', or 'cpu'.") from error
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"device '{name}' is not supported; use 'auto', 'cpu' or 'cuda'.")
    return device


def train(
    tasks: Sequence[Task],
    seeds: Sequence[int],
    *,
    estimator_name: str,
    batch_size: int,
    epochs: int,
    negatives: str = "shuffle",
    critic: str = "joint",
    hidden: Sequence[int] = (512, 512),
    activation: str = "elu",
    dropout: Sequence[float] | Tensor = (),
    weight_decay: float | Sequence[float] = 0.0,
    learning_rate: float = 1e-4,
    device: str = "auto",
    progress: str | None = None,
    position: int = 0,
) -> list[Curve]:
    """Train one critic per task (run k: ``tasks[k]`` under ``seeds[k]``) and return their curves.

    Each step draws a fresh batch, reads the estimate on it with dropout off and *before* the
    critic is updated on it, and then ascends the objective with Adam. So every estimate is
    made on pairs that the critic has not seen. ``dropout`` and ``weight_decay`` may differ by
    run. ``progress`` is the label of a progress bar, None for none. Raises ValueError for
    any setting out of range; a run whose values stop being finite is recorded, not raised.
    """
    chosen = estimator(estimator_name)
    check_batch(batch_size, negatives)
    decay = torch.as_tensor(weight_decay, dtype=torch.float32)
    if len(seeds) != len(tasks) or decay.numel() not in (1, len(tasks)):
        raise ValueError(f"{len(tasks)} tasks need as many seeds, and one weight_decay or as many.")
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"epochs must be a whole number of at least 1, not {epochs}.")
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate must be a positive number, not {learning_rate}.")
    if not bool((decay >= 0).all()):
        raise ValueError(f"weight_decay must be at least 0, not {weight_decay}.")
    place = device_named(device)
    generators = [torch.Generator(device=place).manual_seed(seed) for seed in seeds]
    model = make_critic(critic, tasks, generators, hidden, activation, dropout)
    step = _Step(model, chosen.objective(), learning_rate, decay.to(place).expand(len(tasks)))
    steps = steps_per_epoch(batch_size)
    epochs_done: list[dict[str, Tensor]] = []
    with tqdm(total=epochs * steps, desc=progress, position=position, disable=progress is None, leave=False) as bar:
        for _ in range(epochs):
            values = {
                readout: torch.empty(steps, len(tasks), dtype=torch.float64, device=place)
                for readout in chosen.readouts
            }
            for i in range(steps):
                batch = draw_batch(tasks, batch_size, negatives, generators)
                for readout, value in step(batch, chosen.readouts, generators).items():
                    values[readout][i] = value
                bar.update()
            epochs_done.append({readout: _statistics(v) for readout, v in values.items()})
            bar.set_postfix_str(_latest(epochs_done[-1]), refresh=False)
    return [_curve(epochs_done, run) for run in range(len(tasks))]


class _Step:
    """One step for a stack: read the estimate, then update the critic."""

    def __init__(self, critic: Critic, objective: Bound, learning_rate: float, weight_decay: Tensor) -> None:
        self.critic, self.objective, self.weight_decay = critic, objective, weight_decay
        self.decays = bool(weight_decay.any())
        self.parameters = list(critic.parameters())
        self.optimiser = torch.optim.Adam(self.parameters, lr=learning_rate, fused=True) if self.parameters else None

    def __call__(
        self, batch: Batch, readouts: dict[str, Bound], generators: Sequence[torch.Generator]
    ) -> dict[str, Tensor]:
        learns = self.optimiser is not None
        with torch.set_grad_enabled(learns and not self.critic.drops_out):
            positive, negative = scores(self.critic, batch)
        in_float64 = positive.detach().double(), negative.detach().double()
        values = {name: readout(*in_float64) for name, readout in readouts.items()}
        if self.optimiser is not None:
            if self.critic.drops_out:
                positive, negative = scores(self.critic, batch, generators)
            self.optimiser.zero_grad()
            # the sum's gradient is each run's own, so a run that overflows leaves the others alone
            (-self.objective(positive, negative)).sum().backward()
            self._decay()
            self.optimiser.step()
        return values

    def _decay(self) -> None:
        # Adam's L2 penalty, but with a rate for each run of the stack
        if self.decays:
            for parameter in self.parameters:
                assert parameter.grad is not None
                parameter.grad.addcmul_(parameter.detach(), self.weight_decay[:, None, None].to(parameter))


def _statistics(values: Tensor) -> Tensor:
    """(steps, K) batch estimates of one epoch -> (statistics, K), in the order of STATISTICS."""
    quantiles = torch.tensor([0.5, 0.05, 0.95], dtype=values.dtype, device=values.device)
    finite = values.isfinite().all(0)
    rows = torch.cat([values.mean(0, keepdim=True), values.nan_to_num().quantile(quantiles, 0)])
    return torch.where(finite, rows, torch.nan).cpu()


def _latest(statistics: dict[str, Tensor]) -> str:
    return " | ".join(f"{name} " + " ".join(f"{v:.2f}" for v in rows[0].tolist()) for name, rows in statistics.items())


def _curve(epochs_done: Sequence[dict[str, Tensor]], run: int) -> Curve:
    finite = [all(bool(rows[:, run].isfinite().all()) for rows in epoch.values()) for epoch in epochs_done]
    end = finite.index(False) if False in finite else len(finite)
    curves = {
        readout: {
            name: [float(epoch[readout][i, run]) for epoch in epochs_done[:end]] for i, name in enumerate(STATISTICS)
        }
        for readout in epochs_done[0]
    }
    return Curve(curves, None if end == len(finite) else end + 1)
