"""Every figure as plain data: which runs it is made of, and how large they are per profile. Needs no torch.

A *profile* is the size of an experiment: ``smoke`` (seconds, for tests), ``laptop`` (two cores,
about an hour a figure; these results are stored and shown) and ``report`` (App. C to the letter, for a GPU).
"""

from collections.abc import Mapping

from mi_lab.experiments.beyond import BEYOND
from mi_lab.experiments.fair import FAIR
from mi_lab.experiments.gaussians import GAUSSIANS
from mi_lab.experiments.images import IMAGES
from mi_lab.experiments.kinds import Experiment
from mi_lab.ground.names import known

EXPERIMENTS: Mapping[str, Experiment] = {e.name: e for e in (*GAUSSIANS, *IMAGES, *BEYOND, *FAIR)}
"""All of them by name."""


def experiment(name: str) -> Experiment:
    """The experiment of that name, or the one that a panel such as 'fig-3b' belongs to. Raises ValueError otherwise."""
    named = {panel: e for e in EXPERIMENTS.values() for panel in e.panels} | dict(EXPERIMENTS)
    return named[known("experiment", name, named)]
