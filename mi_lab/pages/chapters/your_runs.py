"""The page of results that no figure of the book shows, each above the figure it varies."""

from pathlib import Path

import plotly.graph_objects as go
from IPython.display import HTML, Markdown, display

from mi_lab.experiments.border_specs import Border
from mi_lab.experiments.consistency_specs import Consistency, Staircase, Untrained
from mi_lab.experiments.fair_specs import Fair, Given
from mi_lab.experiments.image_specs import Labelings, NoisyImages, Probing
from mi_lab.experiments.learning_specs import Learning
from mi_lab.experiments.reconstruction_specs import SupervisedAutoencoders, VInfoMaxDigits, VInfoMaxImages
from mi_lab.experiments.registry import experiment
from mi_lab.experiments.sweep_specs import CeilingTable, Limits, Sweep
from mi_lab.ground.files import ResultError
from mi_lab.pages.chapters.autoencoders import table
from mi_lab.pages.chapters.beyond_the_report import untrained
from mi_lab.pages.chapters.fitted import by_fit
from mi_lab.pages.chapters.noise import ESTIMATORS, over_noise
from mi_lab.pages.chapters.protocols import accuracies, losses
from mi_lab.pages.chapters.self_consistency import agreements, climbs
from mi_lab.pages.chapters.shuffle_audit import borders_of, limits_table
from mi_lab.pages.chapters.taps import by_tap
from mi_lab.pages.chapters.theory import ceilings_of
from mi_lab.pages.chapters.venn import venn
from mi_lab.pages.chapters.who_is_right import values_table
from mi_lab.pages.figures import curves_of
from mi_lab.pages.provenance import shown
from mi_lab.results.store import Result, load, load_others


def show_other_results(folder: Path | None = None) -> None:
    """Display every such result with the book's own figure below it; a sentence if there is none."""
    results = load_others(folder)
    if not results:
        display(Markdown("*No other result is stored in this copy of the book.*"))
    for result in results:
        own = experiment(result.experiment)
        panels = {readout: panel for panel, readout in own.panels.items()}
        for part, figure in figures_of(result).items():
            panel = panels.get(part, own.name)
            display(Markdown(f"**{panel}, {_difference(result)}**"))
            if isinstance(figure, go.Figure):
                identity = f"{result.file_name.removesuffix('.json')}-{part}"
                figure.layout.meta["id"] = identity.replace("+", "-").replace(".", "-")
            display(figure)
            if isinstance(result.spec, Sweep) and part not in panels:
                continue  # read otherwise than the figure it varies
            try:
                beside = _varied(result, folder)
                display(Markdown(f"For comparison, {panel} at profile {beside.profile}:"))
                display(figures_of(beside)[part])
            except (ResultError, KeyError) as missing:
                display(Markdown(f"*{missing}*"))


def figures_of(result: Result) -> dict[str, go.Figure | HTML]:
    """Every figure or table of a stored result, whatever its kind, by what it shows."""
    match result.spec:
        case Sweep():
            return {readout: curves_of(result, readout) for readout in result.spec.readouts}
        case CeilingTable():
            return {"ceiling": ceilings_of(result)}
        case Limits():
            return {"table": HTML(limits_table(result))}
        case Border():
            return {"border": borders_of(result)}
        case Labelings():
            return {labeling: venn(result, labeling) for labeling in result.spec.labelings}
        case Probing():
            return {measure: by_tap([result], measure) for measure in ("linear", "nmi")}
        case Learning():
            return {"fit": by_fit([result], "prelogits")}
        case NoisyImages():
            return {name: over_noise(result, name) for name in ESTIMATORS}
        case VInfoMaxDigits():
            return {"linear": accuracies(result, "linear"), "mlp": accuracies(result, "mlp"), "l2": losses(result)}
        case VInfoMaxImages() | SupervisedAutoencoders():
            return {"table": HTML(table(result, ("linear", "mlp", "l2"), {}))}
        case Staircase():
            return {task: climbs({result.spec.estimator: result}, task) for task in result.spec.tasks}
        case Consistency():
            return {"rows": agreements({result.spec.estimator: result})}
        case Untrained():
            return {"table": HTML(untrained(result))}
        case Fair() | Given():
            return {"table": HTML(values_table(result))}


def _varied(result: Result, folder: Path | None) -> Result:
    """The profile's own result that ``result`` varies, or the one the book shows if that is not stored."""
    try:
        return load(result.experiment, result.profile if result.overrides else None, folder)
    except ResultError:
        return load(result.experiment, folder=folder)


def _difference(result: Result) -> str:
    changed = [f"{name} = {shown(value)}" for name, value in result.overrides.items()]
    return ", ".join([f"profile {result.profile}", *changed])
