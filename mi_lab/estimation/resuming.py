"""What a training asks of the place that keeps its state."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Checkpoint(Protocol):
    """Where a training's state is kept, so that it can go on after being stopped at any moment."""

    def load(self) -> Mapping[str, Any] | None:
        """The state kept last; None to begin anew."""
        ...

    def offer(self, state: Callable[[], Mapping[str, Any]]) -> None:
        """Called after every step; takes the state if it is time to."""
        ...
