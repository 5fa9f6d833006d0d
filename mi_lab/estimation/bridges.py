"""The critics of telescoping ratios, and their objective: a large log ratio as a sum of small ones."""

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from mi_lab.estimation.critics import Critic, Scorer
from mi_lab.estimation.mlp import Generators

BRIDGES = 6
_STEPS = tuple(math.pi / 2 * step / BRIDGES for step in range(BRIDGES + 1))


class TelescopingCritic(Scorer):
    """A critic per bridge, whose sum is the log ratio (Rhodes et al., 2020).

    Between y_0 = y, which belongs to x, and y_m = y~, which does not, stand y_k = sqrt(1 - a_k^2) y + a_k y~ of the
    same two, with a_k = sin(k pi / 2m). Critic k learns log p_k / p_(k+1) of the pairs (x, y_k) and (x, y_(k+1)); from
    p_0 = p(x, y) to p_m = p(x)p(y) the sum telescopes, whatever the p_k between are. ``critic`` is a stack of
    ``BRIDGES`` critics per run. What is read is the sum at the pairs themselves; what is trained on are the scores of
    each critic at its (x, y_k), and then those at its (x, y_(k+1)).
    """

    def __init__(self, critic: Critic) -> None:
        super().__init__()
        self.critic, self.drops_out = critic, critic.drops_out

    def pairs(self, x: Tensor, y: Tensor, generators: Generators | None = None) -> Tensor:
        return self._per_bridge(self.critic.pairs(_for_each(x), _for_each(y), _of_each(generators))).sum(1)

    def read_and_trained(
        self, x: Tensor, y: Tensor, y_negative: Tensor | None, generators: Generators | None = None
    ) -> tuple[Tensor, Tensor]:
        if y_negative is None:
            raise ValueError("tre needs one negative per x, such as a 'derangement', not 'all_pairs'.")
        read = self.pairs(x, y, generators)
        marks = [math.cos(step) * y + math.sin(step) * y_negative for step in _STEPS]
        near, far = (torch.stack(some, 1).flatten(0, 1) for some in (marks[:-1], marks[1:]))
        x = _for_each(x)
        scores = self.critic.pairs(torch.cat([x, x], 1), torch.cat([near, far], 1), _of_each(generators))
        return read, torch.cat([self._per_bridge(half) for half in scores.chunk(2, 1)], 1).mT

    def pull_back(self, grad: Tensor) -> None:
        n = grad.shape[1] // (2 * BRIDGES + 1)
        near, far = grad[:, n:].unflatten(1, (2 * BRIDGES, n)).chunk(2, 1)
        self.critic.pull_back(torch.cat([near, far], 2).flatten(0, 1))

    def _per_bridge(self, scores: Tensor) -> Tensor:
        return scores.unflatten(0, (-1, BRIDGES))


def bridged_js(positive: Tensor, negative: Tensor) -> Tensor:
    """The sum over bridges of JS, of scores as ``TelescopingCritic`` has them: half of M at each bridge's first end.

    Every bridge has its own critic, so the sum is highest where each is, at T_k = log p_k / p_(k+1) (Rhodes et al.,
    2020). Then the sum of T_k is the log ratio, whose mean over the pairs is ``plug_in``. That is no bound. All T_k are
    read at the pairs, but only the first has learnt from them: the others are off where they do not carry that far.
    """
    near, far = negative.chunk(2, -1)
    return (logsigmoid(near) + logsigmoid(-far)).mean(1).sum(-1)


def bridged_js_gradient(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """That of ``bridged_js``: nothing, and in each bridge JS's."""
    near, far = negative.chunk(2, -1)
    return torch.zeros_like(positive), torch.cat([torch.sigmoid(-near), -torch.sigmoid(far)], -1) / positive.shape[1]


def _for_each(values: Tensor) -> Tensor:
    """(K, N, d) -> (K m, N, d), each run's once per bridge."""
    return values.repeat_interleave(BRIDGES, 0)


def _of_each(generators: Generators | None) -> Generators | None:
    return generators and [generator for generator in generators for _ in range(BRIDGES)]
