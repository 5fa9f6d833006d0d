"""The training loop: one for every estimator, critic and scheme of negatives.

K runs train together as one stack. A run is fixed by its task, seed and settings alone: it
draws its weights, samples, permutations and dropout masks from its own generator, so it
gives the same curve, up to rounding, in any stack.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mi_lab.estimation.adam import Adam
from mi_lab.estimation.bounds import MovingAverageDV
from mi_lab.estimation.catalogue import critic_for, estimator
from mi_lab.estimation.machine import device_named
from mi_lab.estimation.mlp import DEFAULT, Layers
from mi_lab.estimation.negatives import check_batch, draw_batch
from mi_lab.estimation.readings import Curve, Readings
from mi_lab.estimation.resuming import Checkpoint
from mi_lab.estimation.steps import captured, make_step
from mi_lab.estimation.tasks import Task
from mi_lab.ground.bars import Bar
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.ground.keywords import own_keywords
from mi_lab.ground.settings import MOST_SEED, as_type, within


@own_keywords
@torch.inference_mode()
def train(
    tasks: Sequence[Task],
    seeds: int | Sequence[int],
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
    precision: str = "float32",
    device: str = "auto",
    progress: str | None = None,
    position: int = 0,
    checkpoint: Checkpoint | None = None,
    **options: float | None,
) -> list[Curve]:
    """Train one critic per task and return their curves. Run k trains on ``tasks[k]`` under ``seeds[k]``.

    Each step draws a fresh batch, reads the estimate on it with dropout off and *before* the critic is updated on it,
    and then ascends the objective with Adam. So every estimate is made on pairs that the critic has not seen.

    Parameters
    ----------
    tasks : sequence of Task
        K joint distributions of one size.
    seeds : sequence of int
        K seeds, one per run; for a single run its seed will do.
    estimator_name : str
        One of those in ``mi_lab.ground.names.READOUTS``.
    batch_size : int
        Pairs per step, at least 2.
    epochs : int
        An epoch has 100 batches, or 51200/N of a batch size N under 512.
    negatives : str
        'shuffle', 'derangement', 'all_pairs' or 'independent'.
    critic : str
        'joint', 'separable', 'bilinear', 'quadratic', 'inner_product' or 'optimal'; 'conditional', 'flow' and
        'denoiser' for those that model densities, and for those only.
    hidden : sequence of int
        Units of each hidden layer.
    activation : str
        'elu' or 'relu'.
    dropout : sequence of float, or tensor
        One rate per hidden layer, or none; a tensor of shape (K, layers) where runs differ.
    weight_decay : float or sequence of float
        Adam's L2 penalty, for all runs or for each.
    learning_rate : float
        Adam's.
    precision : str
        'float32', or 'bfloat16', which rounds what the hidden layers multiply and saves time where a machine has units
        for it; estimates are still read in float32 or better.
    device : str
        'auto', 'cpu' or 'cuda'.
    progress : str, optional
        The label of a progress bar; None for no bar.
    position : int
        The line of that bar.
    checkpoint : Checkpoint, optional
        A training goes on where it left off, and ends with the same curves to the bit.
    **options
        The estimator's own number: ``average_weight`` of the newest batch in MINE's moving average, ``tau`` of SMILE
        or ``alpha`` of I_alpha; None leaves it at its default.

    Returns
    -------
    list of Curve
        K curves of estimates in nats. A run whose values stop being finite is recorded, not raised.

    Raises
    ------
    ValueError
        For any setting out of range.

    Examples
    --------
    >>> from mi_lab import CorrelatedGaussians, train
    >>> task = CorrelatedGaussians(dim=2, mi=1.0)
    >>> quick = {"hidden": (16,), "learning_rate": 1e-2, "device": "cpu"}
    >>> [curve] = train([task], [0], estimator_name="nwj", batch_size=512, epochs=2, **quick)
    >>> first, last = curve.curves["nwj"]["mean"]
    >>> first < last < 1.1
    True
    """
    training = Training(
        tasks,
        seeds,
        estimator_name=estimator_name,
        batch_size=batch_size,
        negatives=negatives,
        critic=critic,
        layers=Layers(hidden, activation, dropout, precision),
        weight_decay=weight_decay,
        learning_rate=learning_rate,
        device=device,
        **options,
    )
    return training.run(epochs, progress, position, checkpoint)


class Training:
    """K runs in training, as far as they have come; the settings are those of ``train``.

    ``steps`` are taken so far, ``steps_per_epoch`` make an epoch, and ``epochs`` holds the statistics of every whole
    one: per readout a tensor of shape (statistics, K), in nats. ``critic`` and ``objective`` are as the last step left
    them.
    """

    @torch.inference_mode()
    def __init__(
        self,
        tasks: Sequence[Task],
        seeds: int | Sequence[int],
        *,
        estimator_name: str,
        batch_size: int,
        negatives: str = "shuffle",
        critic: str = "joint",
        layers: Layers = DEFAULT,
        weight_decay: float | Sequence[float] = 0.0,
        learning_rate: float = 1e-4,
        device: str = "auto",
        **options: float | None,
    ) -> None:
        chosen = estimator(estimator_name, **options)
        check_batch(batch_size, negatives)
        if not isinstance(tasks, Sequence):
            raise ValueError(f"tasks must be a list of tasks, not a {type(tasks).__name__}.")
        own: tuple[int, ...] = as_type(tuple[int, ...], "seeds", seeds)
        within("seeds", own, 0, MOST_SEED)
        learning_rate = as_type(float, "learning_rate", learning_rate)
        decay = torch.tensor(as_type(tuple[float, ...], "weight_decay", weight_decay), dtype=torch.float32)
        if not tasks or len(own) != len(tasks) or decay.numel() not in (1, len(tasks)):
            raise ValueError(f"{len(tasks)} tasks need as many seeds, and one weight_decay or as many.")
        if learning_rate <= 0:
            raise ValueError(f"learning_rate must be a positive number, not {learning_rate}.")
        if not bool((decay >= 0).all()):
            raise ValueError(f"weight_decay must be at least 0, not {weight_decay}.")
        self.tasks, self.batch_size, self.negatives = tasks, batch_size, negatives
        self.place = place = device_named(device)
        self.generators = [torch.Generator(device=place).manual_seed(seed) for seed in own]
        self.critic = critic_for(estimator_name, critic, tasks, self.generators, layers)
        self.objective: Any = chosen.objective
        parameters = list(self.critic.parameters())
        self.optimiser = Adam(parameters, learning_rate) if parameters else None
        decay = decay.to(place).expand(len(tasks))
        step = make_step(self.critic, self.objective, self.optimiser, decay, self.generators)
        self.step = (
            captured(step, place) if place.type == "cuda" and not (self.critic.drops_out or self.critic.eager) else step
        )
        self.steps, self.steps_per_epoch = 0, steps_per_epoch(batch_size)
        average = self.objective if isinstance(self.objective, MovingAverageDV) else None
        self.readings = Readings(chosen.readouts, average, self.steps_per_epoch, len(tasks), place)
        self.began, self.began_work = time.perf_counter(), time.process_time()

    @torch.inference_mode()
    def run(
        self, epochs: int, progress: str | None = None, position: int = 0, checkpoint: Checkpoint | None = None
    ) -> list[Curve]:
        """Go on to the end of that many epochs, from where the ``checkpoint`` left off, and return the curves."""
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
            raise ValueError(f"epochs must be a whole number of at least 1, not {epochs}.")
        kept = checkpoint.load() if checkpoint else None
        if kept is not None:
            self.resume(kept)
        total, silent = epochs * self.steps_per_epoch, progress is None
        with Bar(total=total, initial=self.steps, desc=progress, position=position, disable=silent, leave=False) as bar:
            while self.steps < total:
                self.advance()
                if checkpoint:
                    checkpoint.offer(self.state)
                bar.update()
                if self.steps % self.steps_per_epoch == 0:
                    bar.set_postfix_str(_latest(self.epochs[-1]), refresh=False)
        return self.curves()

    @torch.inference_mode()
    def advance(self) -> None:
        """Take one step; the last one of an epoch adds that epoch's statistics to ``epochs``."""
        positive, negative = self.step(draw_batch(self.tasks, self.batch_size, self.negatives, self.generators))
        self.readings.take(self.steps % self.steps_per_epoch, positive, negative)
        self.steps += 1

    @property
    def epochs(self) -> list[dict[str, Tensor]]:
        """The statistics of every whole epoch."""
        return self.readings.epochs

    def curves(self) -> list[Curve]:
        """The curves of the runs up to the last whole epoch."""
        runs = len(self.tasks)
        return self.readings.curves(self.seconds() / runs, self.processor_seconds() / runs)

    def seconds(self) -> float:
        """Since the training began."""
        return time.perf_counter() - self.began

    def processor_seconds(self) -> float:
        """What this process worked since the training began."""
        return time.process_time() - self.began_work

    def state(self) -> dict[str, Any]:
        """All that the steps to come depend on, and what the past ones gave."""
        return {
            "steps": self.steps,
            "seconds": self.seconds(),
            "processor_seconds": self.processor_seconds(),
            "critic": self.critic.state_dict(),
            "optimiser": self.optimiser.state_dict() if self.optimiser else None,
            "generators": [generator.get_state() for generator in self.generators],
            "readings": self.readings.state(),
        }

    @torch.inference_mode()
    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state`` gave."""
        self.critic.load_state_dict(state["critic"])
        if self.optimiser:
            self.optimiser.load_state_dict(state["optimiser"])
        for generator, kept in zip(self.generators, state["generators"], strict=True):
            generator.set_state(kept)
        self.readings.resume(state["readings"])
        self.steps = state["steps"]
        self.began = time.perf_counter() - state["seconds"]
        self.began_work = time.process_time() - state["processor_seconds"]


def _latest(statistics: dict[str, Tensor]) -> str:
    return " | ".join(f"{name} " + " ".join(f"{v:.2f}" for v in rows[0].tolist()) for name, rows in statistics.items())
