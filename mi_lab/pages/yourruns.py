"""The page of results that no figure of the book shows, each above the figure it varies."""

from pathlib import Path

from IPython.display import Markdown, display

from mi_lab.experiments import experiment
from mi_lab.pages.figures import curves_of
from mi_lab.pages.provenance import shown
from mi_lab.pages.theory import ceilings_of
from mi_lab.results import Result, ResultError, load, load_others
from mi_lab.specs import Sweep


def show_other_results(folder: Path | None = None) -> None:
    """Display every such result with the book's own figure below it; a sentence if there is none."""
    results = load_others(folder)
    if not results:
        display(Markdown("*No other result is stored in this copy of the book.*"))
    for result in results:
        own = experiment(result.experiment)
        # the run's own readouts, which are other ones if its estimator was changed
        readouts = result.spec.readouts if isinstance(result.spec, Sweep) else ("ceiling",)
        panels = {readout: panel for panel, readout in own.panels.items()}
        for readout in readouts:
            panel = panels.get(readout, own.name)
            display(Markdown(f"**{panel}, {_difference(result)}**"))
            _draw(result, readout, f"{result.file_name.removesuffix('.json')}-{readout}")
            if readout not in panels:
                continue
            try:
                beside = _varied(result, folder)
                display(Markdown(f"For comparison, {panel} at profile {beside.profile}:"))
                _draw(beside, readout, None)
            except ResultError as missing:
                display(Markdown(f"*{missing}*"))


def _varied(result: Result, folder: Path | None) -> Result:
    """The profile's own result that ``result`` varies, or the one the book shows if that is not stored."""
    try:
        return load(result.experiment, result.profile if result.overrides else None, folder)
    except ResultError:
        return load(result.experiment, folder=folder)


def _difference(result: Result) -> str:
    changed = [f"{name} = {shown(value)}" for name, value in result.overrides.items()]
    return ", ".join([f"profile {result.profile}", *changed])


def _draw(result: Result, readout: str, identity: str | None) -> None:
    figure = curves_of(result, readout) if isinstance(result.spec, Sweep) else ceilings_of(result)
    if identity is not None:
        figure.layout.meta["id"] = identity.replace("+", "-").replace(".", "-")
    display(figure)
