"""Where the critics of a stack begin: each at the log ratio of its own Gaussian copula."""

import numpy as np
import torch
from torch import Tensor

from mi_lab.estimation.pairs.copula import Copula


class Beginning:
    """The log ratios of K copulas at once, as float32 tensors; without copulas, zero."""

    def __init__(self, copulas: list[Copula], place: torch.device) -> None:
        self.none = not any(len(one.r) for one in copulas)
        if self.none:
            return
        most = max(len(one.r) for one in copulas)

        def stacked(name: str, shape: tuple[int, ...]) -> Tensor:
            whole = np.zeros((len(copulas), *shape))
            for run, one in enumerate(copulas):
                whole[run, ..., : len(one.r)] = getattr(one, name)
            return torch.as_tensor(whole, dtype=torch.float32, device=place)

        self.to_u, self.to_v = (stacked(name, (getattr(copulas[0], name).shape[0], most)) for name in ("to_u", "to_v"))
        self.r = stacked("r", (1, most))
        means = [np.stack([getattr(one, name) for one in copulas])[:, None] for name in ("mean_x", "mean_y")]
        self.mean_x, self.mean_y = (torch.as_tensor(mean, dtype=torch.float32, device=place) for mean in means)

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """(K, n, d_x), (K, n, d_y) -> (K, n), nats."""
        if self.none:
            return x.new_zeros(x.shape[:2])
        u, v = torch.bmm(x - self.mean_x, self.to_u), torch.bmm(y - self.mean_y, self.to_v)
        share = self.r**2
        terms = (self.r * u * v - share * (u**2 + v**2) / 2) / (1 - share) - torch.log1p(-share) / 2
        return terms.sum(-1)
