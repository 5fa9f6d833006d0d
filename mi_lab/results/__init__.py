"""What was measured, and the verdicts it gives on the report's claims. Needs no torch.

``load``, ``read``, ``save`` and ``Result`` can be taken from here as well as from ``store``, which is loaded for them.
"""

import importlib
from typing import Any

from mi_lab.ground.extras import require

require("fastjsonschema")


def __getattr__(name: str) -> Any:
    if name in ("load", "read", "save", "Result"):
        return getattr(importlib.import_module("mi_lab.results.store"), name)
    raise AttributeError(f"module 'mi_lab.results' has no attribute '{name}'")
