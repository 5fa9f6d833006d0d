"""Fig. 4: what labelings of the enlarged set say about the object classes, by counting."""

from collections.abc import Mapping
from typing import Any

import torch

from mi_lab.experiments.image_specs import Labelings
from mi_lab.representation.datasets import load_dataset
from mi_lab.representation.labelings import animals, label_information, random_labels, rotations
from mi_lab.representation.pretext import RANDOM_CLASSES
from mi_lab.runner.stages import Stages

_PICTURES = 5  # classes of which the first image is kept, to be shown


def count_labelings(spec: Labelings, run: Mapping[str, Any], device: torch.device, stages: Stages) -> Mapping[str, Any]:
    """One labeling. ``values`` hold ``counts``, by object class and label, ``counted`` I(Y;Y') in nats and what
    counting independent labelings gives on average, ``expected``; for rotations also ``pictures``, uint8 flat."""
    train = load_dataset(spec.data).train
    turned, classes = rotations(train)
    labels = {
        "rotation": lambda: turned.labels,
        "random_labels": lambda: random_labels(len(classes), RANDOM_CLASSES, run["seed"]),
        "animal": lambda: animals(classes),
    }[run["labeling"]]()
    k, other = int(classes.max()) + 1, int(labels.max()) + 1
    table = torch.bincount(classes * other + labels, minlength=k * other).view(k, other)
    values: dict[str, Any] = label_information(classes, labels)._asdict()
    values["counts"] = {str(label): row for label, row in enumerate(table.tolist())}
    if run["labeling"] == "rotation":
        first = [int((train.labels == label).nonzero()[0]) for label in range(min(k, _PICTURES))]
        values["pictures"] = {str(label): train.images[i].flatten().tolist() for label, i in enumerate(first)}
    return {"curves": {}, "values": values, "first_nonfinite_epoch": None, "steps": 0}
