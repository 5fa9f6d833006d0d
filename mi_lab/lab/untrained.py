"""What the estimators without training say of the tasks beyond the report, computed when the page is built."""

from collections.abc import Sequence
from itertools import product

import torch

from mi_lab.estimation.catalogue import make_task
from mi_lab.estimation.pairs.yardsticks import Yardstick
from mi_lab.experiments.beyond import TRUE_MI
from mi_lab.ground.names import YARDSTICKS
from mi_lab.pages.chapters.beyond_the_report import cell
from mi_lab.pages.figures import NAMES
from mi_lab.pages.tables import table_html


def untrained(tasks: Sequence[str], pairs: int, true_mi: Sequence[float] = TRUE_MI[1:]) -> str:
    """HTML of a table: what KSG and the Gaussian closed form say of so many pairs of each task, made with seed 0."""
    rows = []
    for name, task in product(YARDSTICKS, tasks):
        values = []
        for mi in true_mi:
            x, y = make_task(task, 20, mi).sample(pairs, torch.Generator().manual_seed(0))
            values.append(cell(Yardstick(x.numpy(), y.numpy(), name).estimates()[0].mi))
        rows.append([NAMES[name, name], task, *values])
    head = ["estimator", "task", *(f"true {mi:g} nats" for mi in true_mi)]
    return f'<div class="mi-table">{table_html(head, rows, f"Estimates without training, of {pairs} pairs")}</div>'
