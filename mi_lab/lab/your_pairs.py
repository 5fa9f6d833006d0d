"""Your own pairs, live: load or paste two arrays and see every estimator with its warnings."""

import asyncio
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from mi_lab.estimation.pairs.columns import Array
from mi_lab.estimation.pairs.estimates import Estimate
from mi_lab.estimation.pairs.pair_files import parse_array, read_pairs
from mi_lab.ground.names import OF_PAIRS
from mi_lab.ground.settings import as_type, first_line
from mi_lab.lab.apparatus import go, widgets
from mi_lab.lab.comparison import ESTIMATORS, fits, synthetic
from mi_lab.lab.drawing import draw_estimates, estimates_table

_SOURCES = ("Synthetic", "Paste", "Upload", "Path")


class YourPairs:
    """The panel of ``book/lab/your-pairs.ipynb``: ``panel`` is the widget to display.

    Training runs in slices on the kernel's event loop, so Stop answers within a fraction of a second. Whatever is wrong
    with the input is said in one sentence in the status line.
    """

    def __init__(self) -> None:
        wide, half = widgets.Layout(width="100%"), widgets.Layout(width="50%", height="140px")
        self.x = widgets.Textarea(placeholder="x: a line per pair, or JSON lists", layout=half)
        self.y = widgets.Textarea(placeholder="y: a line per pair; whole numbers are labels", layout=half)
        self.upload = widgets.FileUpload(accept=".npy,.npz,.csv,.tsv,.txt,.parquet,.feather", multiple=True)
        self.path = widgets.Text(placeholder="pairs.npz, or the file of x", layout=wide)
        self.path_y = widgets.Text(placeholder="the file of y, if it is another", layout=wide)
        told = widgets.HTML("4000 pairs of correlated Gaussians in 2 dimensions, made here; their MI is 1 nat.")
        hint = widgets.HTML("One file with x and y, or two files whose names start with x and with y.")
        self.source = widgets.Tab(
            [
                told,
                widgets.HBox([self.x, self.y]),
                widgets.VBox([hint, self.upload]),
                widgets.VBox([self.path, self.path_y]),
            ],
            titles=_SOURCES,
        )
        self.estimators = widgets.SelectMultiple(options=OF_PAIRS, value=ESTIMATORS, description="estimators")
        negatives = ["derangement", "shuffle", "all_pairs"]
        self.negatives = widgets.Dropdown(options=negatives, description="negatives")
        self.seeds = widgets.Text("0,1,2", description="seeds")
        self.start = widgets.Button(description="Estimate", button_style="primary")
        self.stop = widgets.Button(description="Stop", disabled=True)
        self.progress = widgets.FloatProgress(min=0, max=1)
        self.status = widgets.HTML()
        self.table, self.figure = widgets.HTML(), go.FigureWidget()
        self.shown = widgets.VBox()  # of the two, once there is something to show
        self.start.on_click(lambda _: self._begin())
        self.stop.on_click(lambda _: self._end())
        choices = widgets.HBox([self.estimators, widgets.VBox([self.negatives, self.seeds])])
        buttons = widgets.HBox([self.start, self.stop, self.progress])
        self.panel = widgets.VBox([self.source, choices, buttons, self.status, self.shown])
        self.stopping = False
        self.task: asyncio.Task[None] | None = None  # kept, or the event loop might drop it

    def _begin(self) -> None:
        # at once, so that a second click finds the button disabled
        self._running(True)
        self.task = asyncio.get_running_loop().create_task(self.estimate())

    def _end(self) -> None:
        self.stopping = True

    async def estimate(self) -> None:
        """What the button does: train one estimator after the other, and show each when it is finished."""
        self._running(True)
        found: list[Estimate] = []
        try:
            x, y = self._pairs()
            seeds = as_type(tuple[int, ...], "seeds", self.seeds.value)
            chosen = self.estimators.value
            for number, (name, fit) in enumerate(fits(x, y, chosen, negatives=self.negatives.value, seeds=seeds)):
                while not fit.finished and not self.stopping:
                    self._say(f"{name} ({number + 1} of {len(chosen)}), step {fit.steps[-1]}: {fit.latest()} nats")
                    self.progress.value = (number + fit.steps[-1] / fit.max_steps) / len(chosen)
                    await asyncio.sleep(0.01)  # the kernel hears of a click on Stop
                    fit.advance()
                if self.stopping:
                    self._say(f"Stopped during {name}; shown is what was finished.")
                    return
                found += fit.estimates()
                self._show(found)
            self._say("Finished.")
        except ValueError as error:
            self._say(str(error))
        except (MemoryError, RuntimeError) as error:  # what PyTorch raises where memory does not suffice
            self._say(f"The training broke off: {first_line(error)}")
        finally:
            self._running(False)

    def _running(self, running: bool) -> None:
        self.start.disabled, self.stop.disabled = running, not running
        self.stopping = False
        self.progress.value = 0 if running else self.progress.max

    def _say(self, sentence: str) -> None:
        self.status.value = escape(sentence)

    def _show(self, found: list[Estimate]) -> None:
        # widgets, and no captured output: a task outlives the click's message, and JupyterLab gives output to messages
        drawn = draw_estimates(found)
        self.table.value = estimates_table(found)
        with self.figure.batch_update():
            self.figure.data = ()
            self.figure.add_traces(drawn.data)
            self.figure.layout = drawn.layout
        self.shown.children = (self.table, self.figure)

    def _pairs(self) -> tuple[Any, Any]:
        match _SOURCES[self.source.selected_index or 0]:
            case "Synthetic":
                return synthetic()
            case "Paste":
                return parse_array(self.x.value, "x"), parse_array(self.y.value, "y")
            case "Upload":
                return self._uploaded()
            case _:
                if not self.path.value:
                    raise ValueError("no path is given; name a file such as pairs.npz.")
                return read_pairs(self.path.value, self.path_y.value or None)

    def _uploaded(self) -> tuple[Array, Array]:
        files = sorted(self.upload.value, key=lambda file: file["name"].lower())
        if len(files) not in (1, 2):
            raise ValueError(f"{len(files)} files are uploaded; one with x and y is needed, or one of x and one of y.")
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / Path(file["name"]).name for file in files]
            for path, file in zip(paths, files, strict=True):
                path.write_bytes(file["content"])
            return read_pairs(*paths)
