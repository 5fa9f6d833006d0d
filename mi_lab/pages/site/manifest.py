"""What a copy of the book rests on, as ``manifest.json``: results by SHA-256, the revision, the packages."""

import hashlib
import importlib.metadata
import json
import platform
import subprocess
from pathlib import Path
from typing import Any

from mi_lab.ground.files import ResultError
from mi_lab.results.store import lacking, results_dir

NAME = "manifest.json"


def check_results() -> None:
    """Raise ResultError, one sentence, where the folder of results lacks some that the book shows."""
    if missing := lacking():
        raise ResultError(
            f"MI_LAB_RESULTS names {results_dir()}, which lacks {len(missing)} of the results that the book shows, "
            f"{missing[0]} first; copy those of book/results there, or unset it."
        )


def manifest() -> dict[str, Any]:
    """SHA-256 by file name of every stored result, the git revision, and the version of every installed package."""
    packages = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
    return {
        "revision": revision(),
        "results": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(results_dir().glob("*.json"))
        },
        "python": platform.python_version(),
        "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
    }


def write_manifest(folder: Path) -> None:
    """Write it into a built book."""
    (folder / NAME).write_text(json.dumps(manifest(), indent=1) + "\n", encoding="utf-8")


def revision() -> str:
    """The commit the book is built from, marked if a file differs from it; 'unknown' outside a checkout."""
    here = Path(__file__).parent
    try:
        said = [
            subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, check=True).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{said[0]} with changes" if said[1] else said[0]
