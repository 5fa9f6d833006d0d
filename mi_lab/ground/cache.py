"""The one folder outside the checkout that mi_lab writes to: ``python -m mi_lab cache`` prints its place and size."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """``MI_LAB_CACHE`` if it is set, else ~/.cache/mi_lab. It holds finished runs, checkpoints and data sets."""
    given = os.environ.get("MI_LAB_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "mi_lab"


def runs_folder() -> Path:
    """Where finished runs and checkpoints are kept."""
    return cache_folder() / "runs"


def size(folder: Path) -> int:
    """The bytes of all files in a folder; 0 if there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def told() -> str:
    """The folder's place and the size of its parts, and how to be rid of it."""
    folder = cache_folder()
    if not folder.exists():
        return f"{folder}: not there, nothing is kept."
    parts = [f"{name}: {size(folder / name) / 1e6:.1f} MB" for name in sorted(p.name for p in folder.iterdir())]
    return "\n".join(
        [f"{folder}: {size(folder) / 1e6:.1f} MB", *parts, "Delete it to forget them; nothing else is kept."]
    )
