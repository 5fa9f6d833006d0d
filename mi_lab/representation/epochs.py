"""The loop of every training on images in memory: epochs, each in an order of its own, resumable to the step."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor
from tqdm.auto import tqdm

from mi_lab.estimation.resuming import Checkpoint


class Running(Protocol):
    """A training as far as it has come."""

    step: int
    """Batches of this epoch that it has learnt from."""

    def epochs_done(self) -> int:
        """How many epochs it has gone through."""
        ...

    def finished(self) -> bool:
        """Has it come to its end?"""
        ...

    def order(self, count: int) -> Tensor:
        """This epoch's order of the images, (..., count); the same whenever it is asked within the epoch."""
        ...

    def learn(self, index: Tensor) -> None:
        """One step on a batch, the images at these places, (..., batch)."""
        ...

    def end_epoch(self) -> None:
        """Note what the epoch gave; the next one begins."""
        ...

    def state(self) -> Mapping[str, Any]:
        """All that the steps to come depend on, and what the past ones gave."""
        ...

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        ...


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
    done = running.epochs_done() * steps + running.step
    with tqdm(total=steps * epochs, initial=done, desc=progress, disable=not progress, leave=False) as bar:
        while not running.finished():
            for index in running.order(count).split(batch_size, -1)[running.step :]:
                running.learn(index)
                if checkpoint:
                    checkpoint.offer(state)
                bar.update()
            running.end_epoch()
    return time.perf_counter() - start


def products_in(precision: str, place: torch.device) -> torch.autocast:
    """Within it a network multiplies in 'float32', or in 'bfloat16' with float32 weights (PyTorch's autocast)."""
    return torch.autocast(place.type, torch.bfloat16, enabled=precision == "bfloat16")


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


def in_parts(read: Callable[[Tensor], Tensor], images: Tensor, dim: int = 0, size: int = 1000) -> Tensor:
    """What ``read`` gives for images, a thousand at a time, joined along ``dim``."""
    return torch.cat([read(part) for part in images.split(size)], dim)
