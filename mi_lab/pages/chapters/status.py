"""The status page: where every figure's numbers come from, and the versions that built the book."""

import importlib.metadata
import platform

from IPython.display import Markdown

from mi_lab.experiments.registry import EXPERIMENTS
from mi_lab.pages.provenance import duration
from mi_lab.pages.tables import words_table
from mi_lab.results.store import is_stored, load

PACKAGES = ("mi_lab", "torch", "numpy", "jupyter-book", "sphinx", "myst-nb", "plotly", "papermill")


def results_table() -> Markdown:
    """A row per experiment: its figures, the stored profile, its date, time and revision, or that it is not run."""
    rows = []
    for name, experiment in EXPERIMENTS.items():
        panels = ", ".join(experiment.panels)
        if not is_stored(name):
            rows.append([name, panels, "not run", "", "", "", ""])
            continue
        result = load(name)
        made = result.provenance
        took, where = duration(made["wall_seconds"]), f"{made['device']}, torch {made['torch']}"
        rows.append([name, panels, result.profile, made["date"], took, where, made["git_revision"]])
    head = ["experiment", "figures", "profile", "date", "time of all runs", "made on", "revision"]
    return words_table(head, rows, "Stored results")


def versions_table() -> Markdown:
    """Python and the packages that make the book or its results, as installed where it was built."""
    rows = [["Python", platform.python_version()]]
    rows += [[name, importlib.metadata.version(name)] for name in PACKAGES]
    return words_table(["package", "version"], rows, "Versions")
