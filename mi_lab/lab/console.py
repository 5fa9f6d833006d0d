"""What trains while a live page goes on answering: Start and Stop, a progress bar and a line of words.

The training is a task on the kernel's own event loop. It works for a slice of time, then gives way, so a moved slider
or a click is answered between two slices; nothing runs in a second thread.
"""

import asyncio
import time
from collections.abc import Callable
from html import escape

from mi_lab.estimation.machine import one_thread
from mi_lab.estimation.training import Training
from mi_lab.ground.settings import first_line
from mi_lab.lab.apparatus import widgets

SLICE = 0.08
"""Seconds of training between two looks at what was clicked."""
_PAUSE = 0.002  # seconds; a message takes the kernel's loop several turns, and none of them should cost a slice
_DRAWN = 0.25  # seconds between two updates of what is drawn


class Console:
    """One training at a time, in slices.

    ``begin`` gives what to train and for how many epochs; its ValueError becomes the line of words. ``draw`` is called
    when epochs were added, and ``end`` when the training is over: at its last epoch, at a click on Stop, or after an
    epoch with a value that is not finite. ``task`` is the asyncio task of the latest training.
    """

    def __init__(
        self, begin: Callable[[], tuple[Training, int]], draw: Callable[[], None], end: Callable[[], None]
    ) -> None:
        self.begin, self.draw, self.end = begin, draw, end
        self.start = widgets.Button(description="Start", icon="play", button_style="primary", layout={"width": "100px"})
        self.stop = widgets.Button(description="Stop", icon="stop", disabled=True, layout={"width": "100px"})
        self.progress = widgets.IntProgress(description="no epoch yet", style={"description_width": "110px"})
        self.status = widgets.HTML()
        self.task: asyncio.Task[None] | None = None
        self.stopping = False
        self.start.on_click(lambda _: self._start())
        self.stop.on_click(lambda _: self._stop())

    @property
    def busy(self) -> bool:
        """Whether a training is under way."""
        return self.task is not None and not self.task.done()

    def say(self, sentence: str) -> None:
        """Put a sentence into the line of words."""
        self.status.value = f"<div role='status'>{escape(sentence)}</div>"

    def _start(self) -> None:
        if self.busy:
            self.say("A training is under way; stop it first.")
            return
        try:
            training, epochs = self.begin()
        except ValueError as error:
            self.say(str(error))
            return
        self.stopping, self.start.disabled, self.stop.disabled = False, True, False
        self.task = asyncio.get_running_loop().create_task(self._train(training, epochs))

    def _stop(self) -> None:
        self.stopping = True

    async def _train(self, training: Training, epochs: int) -> None:
        try:
            await self._slices(training, epochs)
            self.end()
        except (MemoryError, RuntimeError) as error:  # what PyTorch raises where memory does not suffice
            self.say(f"The training broke off: {first_line(error)}")
        finally:
            self.start.disabled, self.stop.disabled = False, True

    async def _slices(self, training: Training, epochs: int) -> None:
        total, seen, drawn = epochs * training.steps_per_epoch, 0, 0.0
        self.progress.max = total
        while training.steps < total and not self.stopping:
            with one_thread():
                until = time.perf_counter() + SLICE
                while training.steps < total and time.perf_counter() < until:
                    training.advance()
            self.progress.value = training.steps
            self.progress.description = f"epoch {len(training.epochs)}/{epochs}"
            if len(training.epochs) > seen and time.perf_counter() > drawn + _DRAWN:
                if not _is_finite(training):
                    return
                self.draw()
                seen, drawn = len(training.epochs), time.perf_counter()
            await asyncio.sleep(_PAUSE)


def _is_finite(training: Training) -> bool:
    """Whether every value of the last whole epoch is."""
    return all(bool(rows.isfinite().all()) for rows in training.epochs[-1].values())
