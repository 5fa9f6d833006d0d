"""The stages of one long run: each result is kept as soon as it is there, so that a killed run goes on after it."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mi_lab.ground.files import check_writable
from mi_lab.ground.sealed import read_sealed, write_sealed
from mi_lab.runner.checkpoints import FileCheckpoint


class Stages:
    """Where a run keeps what it has: a folder of its own, whose name holds all that decides the run's values.

    ``identity`` and ``owner`` are those of its checkpoints; ``label`` names its progress bars, None for none.
    """

    def __init__(
        self, folder: Path, identity: Mapping[str, str], owner: int | None = None, label: str | None = None
    ) -> None:
        check_writable(folder, "finished stages")
        self.folder, self.identity, self.owner, self.label = folder, identity, owner, label
        self.seconds = 0.0
        """Time spent in the stages so far, in whichever process."""

    def checkpoint(self, name: str) -> FileCheckpoint:
        """The checkpoint of a stage that is itself resumable."""
        return FileCheckpoint(self.folder / f"{name}.checkpoint", self.identity, self.owner)

    def keep(self, name: str, compute: Callable[[], Any]) -> Any:
        """What ``compute`` gives, plain data; taken from the folder if it is there."""
        path = self.folder / f"{name}.sealed"
        kept = read_sealed(path)
        if kept is not None:
            self.seconds += kept["seconds"]
            return kept["value"]
        start = time.perf_counter()
        value = compute()
        seconds = time.perf_counter() - start
        write_sealed(path, {"value": value, "seconds": seconds})
        self.seconds += seconds
        return value
