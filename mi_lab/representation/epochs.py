"""The loop of every training on images in memory: epochs, each in an order of its own, resumable to the step."""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mi_lab.estimation.resuming import Checkpoint
from mi_lab.ground.bars import Bar


class Order:
    """A generator's random order of the images, one per epoch, that can be asked again within the epoch."""

    def __init__(self, seed: int, place: torch.device | str = "cpu") -> None:
        self.generator = torch.Generator(device=place).manual_seed(seed)
        self.began = self.generator.get_state()

    def draw(self, count: int) -> Tensor:
        """The order of this epoch, (count,)."""
        self.generator.set_state(self.began)
        return torch.randperm(count, generator=self.generator, device=self.generator.device)

    def next(self) -> None:
        """The next epoch begins."""
        self.began = self.generator.get_state()


class Running:
    """A training as far as it has come. Epochs below 0 are a warm-up.

    ``models`` learn by their ``optimisers``; ``orders`` are those of the images, one per run, and ``generators`` draw
    all else. ``sums`` are of this epoch, ``step`` its batches that were learnt from, ``since`` those since the warm-up.
    ``seen`` holds what was noted between epochs.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        optimisers: Sequence[Any],
        orders: Sequence[Order],
        generators: Sequence[torch.Generator] = (),
        warm_up: int = 0,
    ) -> None:
        self.models, self.optimisers, self.orders, self.generators = models, optimisers, orders, generators
        self.epoch, self.step, self.since, self.warm_up = -warm_up, 0, 0, warm_up
        self.sums: list[float] = []
        self.seen: dict[str, Any] = {}

    def finished(self) -> bool:
        """Has it come to its end?"""
        raise NotImplementedError

    def learn(self, index: Tensor) -> None:
        """One step of every run on its own batch, the images at these places, (K, batch)."""
        raise NotImplementedError

    def note(self) -> None:
        """Note what is to be noted between two epochs; called at least once there."""
        raise NotImplementedError

    def order(self, count: int) -> Tensor:
        """This epoch's order of the images for each run, (K, count); the same whenever it is asked within the epoch."""
        self.note()
        return torch.stack([order.draw(count) for order in self.orders])

    def end_epoch(self) -> None:
        """The next epoch begins."""
        self.epoch, self.step = self.epoch + 1, 0
        for order in self.orders:
            order.next()
        self.note()

    def state(self) -> dict[str, Any]:
        """All that the steps to come depend on, and what the past ones gave."""
        return {
            "models": [model.state_dict() for model in self.models],
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "orders": [order.began for order in self.orders],
            "generators": [generator.get_state() for generator in self.generators],
            "counted": [self.epoch, self.step, self.since, self.sums],
            "seen": self.seen,
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        for kind in ("models", "optimisers"):
            for own, kept in zip(getattr(self, kind), state[kind], strict=True):
                own.load_state_dict(kept)
        for order, kept in zip(self.orders, state["orders"], strict=True):
            order.began = kept
        for generator, kept in zip(self.generators, state["generators"], strict=True):
            generator.set_state(kept)
        self.epoch, self.step, self.since, self.sums = copy.deepcopy(state["counted"])
        self.seen = copy.deepcopy(state["seen"])


def check_schedule(settings: Any) -> None:
    """Raise ValueError unless epochs and batch size are at least 1 and the learning rate is positive."""
    if settings.epochs < 1 or settings.batch_size < 1 or not settings.learning_rate > 0:
        raise ValueError(
            "epochs and batch_size must be at least 1 and learning_rate positive, "
            f"not {settings.epochs}, {settings.batch_size} and {settings.learning_rate}."
        )


def run_to_the_end(
    running: Running, count: int, batch_size: int, epochs: int, progress: str | None, checkpoint: Checkpoint | None
) -> float:
    """Take a training from its checkpoint, if there is one, to its end; to the same bits as without a break.

    Returns the seconds that it took, in all its parts if it was stopped and went on.
    """
    kept = checkpoint.load() if checkpoint else None
    start = time.perf_counter()
    if kept is not None:
        running.resume(kept)
        start -= kept["seconds"]

    def state() -> Mapping[str, Any]:
        return {**running.state(), "seconds": time.perf_counter() - start}

    steps = -(-count // batch_size)
    done = (running.epoch + running.warm_up) * steps + running.step
    with Bar(total=steps * epochs, initial=done, desc=progress, disable=not progress, leave=False) as bar:
        while not running.finished():
            for index in running.order(count).split(batch_size, -1)[running.step :]:
                running.learn(index)
                running.step += 1
                running.since += running.epoch >= 0
                if checkpoint:
                    checkpoint.offer(state)
                bar.update()
            running.end_epoch()
    return time.perf_counter() - start


def products_in(precision: str, place: torch.device) -> torch.autocast:
    """Within it a network multiplies in 'float32', or in 'bfloat16' with float32 weights (PyTorch's autocast)."""
    return torch.autocast(place.type, torch.bfloat16, enabled=precision == "bfloat16")


def in_parts(read: Callable[[Tensor], Tensor], images: Tensor, dim: int = 0, size: int = 1000) -> Tensor:
    """What ``read`` gives for images, a thousand at a time, joined along ``dim``."""
    return torch.cat([read(part) for part in images.split(size)], dim)
