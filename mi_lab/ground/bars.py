"""Progress bars. In a notebook a finished one becomes a line of text, in whatever the notebook is stored. No torch."""

from typing import Any

from tqdm.auto import tqdm

_OF_WIDGETS = any(one.__module__ == "tqdm.notebook" for one in tqdm.__mro__)


class Bar(tqdm):
    """tqdm's bar, drawn as it draws one here. A stored notebook would keep a widget as it stood at first, at 0 %."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings, **({"display": False} if _OF_WIDGETS else {}))
        self.shown = None
        if _OF_WIDGETS and not self.disable:
            from tqdm.notebook import display  # IPython's, which is there if tqdm draws widgets

            self.shown, self.displayed = display(self.container, display_id=True), True

    def close(self) -> None:
        """End it, and leave its last state as a line where it was a widget."""
        shown, self.shown = getattr(self, "shown", None), None  # an object of which __init__ failed has none
        line = str(self) if shown else ""
        super().close()
        if shown:
            shown.update({"text/plain": line}, raw=True)

    def finish(self) -> None:
        """What it has come to is all there was to do."""
        self.total = self.n
        self.close()
