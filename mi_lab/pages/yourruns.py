"""The page of results that are not a profile's own, each above the figure it varies."""

from pathlib import Path

from IPython.display import Markdown, display

from mi_lab.experiments import Sweep, experiment
from mi_lab.pages.figures import curves_of
from mi_lab.pages.provenance import shown
from mi_lab.results import ResultError, load, load_custom


def show_custom_results(folder: Path | None = None) -> None:
    """Display every custom result with its profile's own figure below; a sentence if there is none."""
    results = [result for result in load_custom(folder) if isinstance(result.spec, Sweep)]
    if not results:
        display(Markdown("*No such result is stored in this copy of the book yet.*"))
    for result in results:
        changed = ", ".join(f"{name} = {shown(value)}" for name, value in result.overrides.items())
        own = experiment(result.experiment)
        for panel, readout in own.panels.items():
            display(Markdown(f"**{panel}, with {changed}**"))
            figure = curves_of(result, readout)
            figure.layout.meta["id"] = (
                f"{result.file_name.removesuffix('.json').replace('+', '-').replace('.', '-')}-{readout}"
            )
            display(figure)
            try:
                display(
                    Markdown(f"For comparison, {panel} as stored:"), curves_of(load(own.name, folder=folder), readout)
                )
            except ResultError as missing:
                display(Markdown(f"*{missing}*"))
