"""The settings page: every training of every experiment as the code really runs it, and where the laptop differs."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from IPython.display import Markdown

from mi_lab.experiments.kinds import Experiment
from mi_lab.experiments.registry import experiment
from mi_lab.pages.provenance import shown
from mi_lab.pages.tables import table_html

_HEADS = {"hidden": "hidden layers", "true_mi": "true MI [nats]", "dim": "dimension", "data": "data set"}
_PROFILES = ("report", "laptop")


def shared(names: Sequence[str]) -> dict[str, Any]:
    """The settings in which these experiments agree at both profiles."""
    specs = [experiment(name).spec(profile) for name in names for profile in _PROFILES]
    return {name: getattr(specs[0], name) for name in _fields(names) if len({getattr(s, name) for s in specs}) == 1}


def settings_table(*names: str) -> Markdown:
    """A row per experiment with what they do not all share; 'laptop:' follows where the laptop differs."""
    common = shared(names)
    varying = [name for name in _fields(names) if name not in common]
    rows = [[name, *(_cell(experiment(name), setting) for setting in varying)] for name in names]
    head = ["experiment", *map(_head, varying)]
    told = "; ".join(f"{_head(name)} {_text(value)}" for name, value in common.items())
    table = table_html(head, rows, f"Settings of {', '.join(names)}")
    return Markdown(f'All of these: {told}.\n\n<div class="mi-table mi-words">{table}</div>')


def _fields(names: Sequence[str]) -> list[str]:
    """Every setting of the experiments' kind of spec."""
    return [field.name for field in fields(experiment(names[0]).report)]


def _head(name: str) -> str:
    return _HEADS.get(name, name.replace("_", " "))


def _cell(own: Experiment, name: str) -> str:
    report, laptop = (getattr(own.spec(profile), name) for profile in _PROFILES)
    return _text(report) + ("" if report == laptop else f" (laptop: {_text(laptop)})")


def _text(value: Any) -> str:
    if value == ():
        return "none"
    return shown(value).replace("_", " ")
