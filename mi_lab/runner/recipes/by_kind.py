"""How one run of an experiment on images, or on a staircase of true MI, is made, stage by stage.

A recipe takes the spec, one entry of its grid, the device and the run's ``Stages``. It returns ``curves``, ``values``,
``first_nonfinite_epoch`` and ``steps`` as ``mi_lab.results.store.Result`` describes them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from mi_lab.experiments.kinds import Spec, kind_of
from mi_lab.runner.recipes.consistency import keep_rows
from mi_lab.runner.recipes.fair_comparison import compare_fairly
from mi_lab.runner.recipes.find_border import find_border
from mi_lab.runner.recipes.find_limits import compute_limits
from mi_lab.runner.recipes.given_pairs import estimate_given
from mi_lab.runner.recipes.labeling_counts import count_labelings
from mi_lab.runner.recipes.learning import probe_as_it_learns
from mi_lab.runner.recipes.noisy_images import estimate_under_noise
from mi_lab.runner.recipes.probing import probe_pretext
from mi_lab.runner.recipes.staircase import climb
from mi_lab.runner.recipes.supervised_autoencoders import train_autoencoder
from mi_lab.runner.recipes.v_infomax_digits import encode_digits
from mi_lab.runner.recipes.v_infomax_images import encode_images
from mi_lab.runner.recipes.yardstick_estimates import estimate_untrained
from mi_lab.runner.stages import Stages

Recipe = Callable[[Any, Mapping[str, Any], torch.device, Stages], Mapping[str, Any]]
_RECIPES: Mapping[str, Recipe] = {
    "limits": compute_limits,
    "border": find_border,
    "labelings": count_labelings,
    "probing": probe_pretext,
    "learning": probe_as_it_learns,
    "noisy_images": estimate_under_noise,
    "v_infomax_digits": encode_digits,
    "v_infomax_images": encode_images,
    "supervised_autoencoders": train_autoencoder,
    "staircase": climb,
    "consistency": keep_rows,
    "untrained": estimate_untrained,
    "fair": compare_fairly,
    "given": estimate_given,
}


def recipe(spec: Spec) -> Recipe:
    """The recipe of a spec's kind."""
    return _RECIPES[kind_of(spec)]
