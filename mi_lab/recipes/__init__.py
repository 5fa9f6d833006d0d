"""How one run of an experiment on images is made, stage by stage, from the parts in ``mi_lab.representation``.

A recipe takes the spec, one entry of its grid, the device and the run's ``Stages``. It returns ``curves``, ``values``,
``first_nonfinite_epoch`` and ``steps`` as ``mi_lab.results.Result`` describes them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from mi_lab.experiments import Spec, kind_of
from mi_lab.recipes.labelings import labelings
from mi_lab.recipes.noisy_images import noisy_images
from mi_lab.recipes.probing import probing
from mi_lab.recipes.supervised_autoencoders import supervised_autoencoders
from mi_lab.recipes.v_infomax_digits import v_infomax_digits
from mi_lab.recipes.v_infomax_images import v_infomax_images
from mi_lab.stages import Stages

Recipe = Callable[[Any, Mapping[str, Any], torch.device, Stages], Mapping[str, Any]]
_RECIPES: Mapping[str, Recipe] = {
    "labelings": labelings,
    "probing": probing,
    "noisy_images": noisy_images,
    "v_infomax_digits": v_infomax_digits,
    "v_infomax_images": v_infomax_images,
    "supervised_autoencoders": supervised_autoencoders,
}


def recipe(spec: Spec) -> Recipe:
    """The recipe of a spec's kind."""
    return _RECIPES[kind_of(spec)]
