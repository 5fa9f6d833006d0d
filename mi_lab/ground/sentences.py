"""How an error looks in a notebook: by its sentence alone, where this package wrote the sentence."""

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path

_HERE = str(Path(__file__).parent.parent)


@contextlib.contextmanager
def in_a_sentence() -> Iterator[None]:
    """Within it, an error that mi_lab itself raises shows without the calls that led to it.

    Errors of other packages keep theirs, which say where the fault is. ``_render_traceback_`` is IPython's hook.
    """
    try:
        yield
    except Exception as error:
        if traceback.extract_tb(error.__traceback__)[-1].filename.startswith(_HERE):
            sentence = f"{type(error).__name__}: {error}"
            error._render_traceback_ = lambda: [sentence]  # type: ignore[attr-defined]
        raise
