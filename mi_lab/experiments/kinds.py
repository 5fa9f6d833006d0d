"""What an experiment is: its name, its spec at each profile, and the kinds of spec there are. Needs no torch."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from mi_lab.experiments.border_specs import Border
from mi_lab.experiments.consistency_specs import Consistency, Staircase, Untrained
from mi_lab.experiments.fair_specs import Fair, Given
from mi_lab.experiments.image_specs import Labelings, NoisyImages, Probing
from mi_lab.experiments.learning_specs import Learning
from mi_lab.experiments.reconstruction_specs import (
    Reconstruction,
    SupervisedAutoencoders,
    VInfoMaxDigits,
    VInfoMaxImages,
)
from mi_lab.experiments.sweep_specs import CeilingTable, Limits, Sweep
from mi_lab.ground.names import known
from mi_lab.ground.settings import as_type

PROFILES = ("smoke", "laptop", "report")

Spec = (
    Sweep
    | CeilingTable
    | Limits
    | Border
    | Labelings
    | Probing
    | Learning
    | NoisyImages
    | Reconstruction
    | Staircase
    | Consistency
    | Untrained
    | Fair
    | Given
)
KINDS: Mapping[str, type[Spec]] = {
    "sweep": Sweep,
    "ceiling": CeilingTable,
    "limits": Limits,
    "border": Border,
    "labelings": Labelings,
    "probing": Probing,
    "learning": Learning,
    "noisy_images": NoisyImages,
    "v_infomax_digits": VInfoMaxDigits,
    "v_infomax_images": VInfoMaxImages,
    "supervised_autoencoders": SupervisedAutoencoders,
    "staircase": Staircase,
    "consistency": Consistency,
    "untrained": Untrained,
    "fair": Fair,
    "given": Given,
}
"""The kinds of result, each with the class of its spec."""


@dataclass(frozen=True)
class Experiment:
    """A figure: its ``report`` spec and what the smaller profiles change in it.

    ``panels`` maps each figure or panel id of the report to the readout it shows.
    """

    name: str
    notebook: str
    panels: Mapping[str, str]
    report: Spec
    laptop: Mapping[str, Any]
    smoke: Mapping[str, Any]

    def spec(self, profile: str = "laptop", /, **overrides: Any) -> Spec:
        """The runs at a profile, with single settings replaced; None leaves a setting as it is.

        Raises ValueError for an unknown profile or parameter, or a value out of range.
        """
        known("profile", profile, PROFILES)
        changes: dict[str, Any] = {} if profile == "report" else dict(self.laptop)
        if profile == "smoke":
            changes |= self.smoke
        changes |= {name: value for name, value in overrides.items() if value is not None}
        types = {f.name: f.type for f in fields(self.report)}
        return dataclasses.replace(
            self.report, **{known("parameter", n, types): as_type(types[n], n, v) for n, v in changes.items()}
        )


def spec_from_dict(kind: str, values: Mapping[str, Any]) -> Spec:
    """The spec that ``dataclasses.asdict`` wrote. Raises ValueError for a missing, unknown or wrong value."""
    made = KINDS[known("kind of spec", kind, KINDS)]
    types = {f.name: f.type for f in fields(made)}
    missing = sorted(f.name for f in fields(made) if f.name not in values and not f.metadata.get("later"))
    if missing:
        raise ValueError(f"'{missing[0]}' is missing.")
    return made(**{known("parameter", n, types): as_type(types[n], n, v) for n, v in values.items()})


def kind_of(spec: Spec) -> str:
    """The name in ``KINDS`` of a spec's class."""
    return next(kind for kind, made in KINDS.items() if isinstance(spec, made))
