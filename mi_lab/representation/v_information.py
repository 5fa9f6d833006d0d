"""Predictive V-information (Xu et al., 2020; Sec. 2.6): what a family of models can use of x to predict y, in nats.

A family is fitted on one part of the pairs and read on the other. Read so, V-information may come out below zero: a
model that overfits is worse than none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from mi_lab.estimation.machine import one_thread
from mi_lab.ground.keywords import own_keywords
from mi_lab.ground.settings import as_type
from mi_lab.representation.families import Family, Predictor, described


class VEntropy(NamedTuple):
    """H_V(Y|X) or H_V(Y|∅) in nats: its mean over the held-out pairs, and the log loss of each, (held out,)."""

    value: float
    pointwise: Tensor


@dataclass(frozen=True)
class VInformation:
    """I_V(X → Y) = H_V(Y|∅) - H_V(Y|X) in nats, over the held-out pairs; ``null`` and ``conditional`` are the two.

    ``held_out`` tells which pairs these are, (held out,). A conditional entropy of densities may be negative.
    """

    null: VEntropy
    conditional: VEntropy
    held_out: Tensor
    of_labels: bool

    @property
    def value(self) -> float:
        """The V-information in nats."""
        return self.null.value - self.conditional.value

    @property
    def pointwise(self) -> Tensor:
        """The term log f[x](y) - log f'[∅](y) of each held-out pair; below zero where x misleads the family."""
        return self.null.pointwise - self.conditional.pointwise

    @property
    def normalised(self) -> float:
        """V-information of labels as a share of H(Y), as in the report's Table 2, which does not say so.

        Raises ValueError for other targets: a density has no entropy to be a share of.
        """
        if not self.of_labels:
            raise ValueError("only the V-information of labels can be normalised by H(Y); densities have no such unit.")
        return self.value / self.null.value


@own_keywords
def v_entropy(
    family: Family, y: Tensor, given: Tensor | None = None, *, held_out: float | Tensor = 0.25, seed: int = 0
) -> VEntropy:
    """The predictive V-entropy H_V(Y|X), or H_V(Y|∅) without ``given``, of n pairs in nats.

    Parameters
    ----------
    family : Family
        The models that the observer may use, such as ``Categorical()``.
    y : tensor
        (n,) labels, whole numbers from 0, or (n, ...) floats.
    given : tensor, optional
        x, (n, ...) floats, taken flat.
    held_out : float or tensor
        The share of the pairs that is drawn by ``seed`` and not fitted on, or a mask of them, (n,) of bool.
    seed : int
        Of that draw, and of a family's perceptron.

    Returns
    -------
    VEntropy
        ``value`` in nats, and ``pointwise``, the log loss of each held-out pair.

    Raises
    ------
    ValueError
        For a family that does not fit y, labels that do not start at 0 or of which the fitted part lacks one, values
        that are not finite, and an empty part.

    References
    ----------
    Xu et al., A Theory of Usable Information under Computational Constraints, 2020.

    Examples
    --------
    >>> import math
    >>> import torch
    >>> from mi_lab import Categorical, v_entropy
    >>> coin = torch.arange(400) % 2
    >>> abs(v_entropy(Categorical(), coin).value - math.log(2)) < 0.01
    True
    """
    _check_tensors(given=given, y=y)
    family.check(y)
    parts = _parts(len(y), held_out, seed)
    _check(y, given, parts)
    return next(_entropies(family, y, [given], parts, seed))


@own_keywords
def v_information(
    family: Family, x: Tensor, y: Tensor, *, held_out: float | Tensor = 0.25, seed: int = 0
) -> VInformation:
    """The predictive V-information I_V(X → Y) that x has about y for a family, both read on the same held-out pairs.

    Parameters
    ----------
    family : Family
        The models that the observer may use, such as ``Categorical()``.
    x : tensor
        (n, ...) floats, taken flat.
    y : tensor
        (n,) labels, whole numbers from 0, or (n, ...) floats.
    held_out : float or tensor
        The share of the pairs that is drawn by ``seed`` and not fitted on, or a mask of them, (n,) of bool.
    seed : int
        Of that draw, and of a family's perceptron.

    Returns
    -------
    VInformation
        ``value`` in nats, ``pointwise``, and the two entropies, ``null`` and ``conditional``.

    Raises
    ------
    ValueError
        For a family that does not fit y, labels that do not start at 0 or of which the fitted part lacks one, values
        that are not finite, and an empty part.

    References
    ----------
    Xu et al., A Theory of Usable Information under Computational Constraints, 2020.

    Examples
    --------
    >>> import torch
    >>> from mi_lab import Categorical, v_information
    >>> x = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    >>> label = (x[:, 0] > 0).long()
    >>> v_information(Categorical(), x, label).value > 0.6 > v_information(Categorical(), x[:, 1:], label).value
    True
    """
    _check_tensors(x=x, y=y)
    family.check(y)
    parts = _parts(len(y), held_out, seed)
    _check(y, x, parts)
    null, conditional = _entropies(family, y, [None, x], parts, seed)
    return VInformation(null, conditional, parts[1], not y.is_floating_point())


def _entropies(
    family: Family, y: Tensor, sides: list[Tensor | None], parts: tuple[Tensor, Tensor], seed: int
) -> Iterator[VEntropy]:
    fitted, read = parts
    for given in sides:
        x = None if given is None else given.flatten(1)
        with one_thread(), torch.inference_mode():
            network = None if x is None else family.fit(x[fitted], y[fitted], seed)
            found = Predictor(family, network, family.null(y[fitted]))
            loss = family.log_loss(found.outputs(None if x is None else x[read], len(read)), y[read])
        yield VEntropy(float(loss.double().mean()), loss)


def _parts(count: int, held_out: float | Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Where the fitted and the held-out pairs stand."""
    seed = as_type(int, "seed", seed)
    if isinstance(held_out, Tensor):
        if held_out.dtype != torch.bool or held_out.shape != (count,):
            raise ValueError(f"held_out must be a mask of shape ({count},) and type bool, not {described(held_out)}.")
        fitted, read = (~held_out).nonzero().flatten(), held_out.nonzero().flatten()
    else:
        if not isinstance(held_out, int | float) or not 0 < held_out < 1:
            raise ValueError(f"held_out, the share of held-out pairs, must lie between 0 and 1, not {held_out}.")
        order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
        read, fitted = order[: int(count * held_out)].sort().values, order[int(count * held_out) :].sort().values
    if not len(fitted) or not len(read):
        raise ValueError(
            f"of {count} pairs {len(fitted)} would be fitted and {len(read)} held out; both parts need at least one."
        )
    return fitted, read


def _check_tensors(**sides: Tensor | None) -> None:
    for name, values in sides.items():
        if values is not None and not isinstance(values, Tensor):
            raise ValueError(f"{name} must be a tensor, not {type(values).__name__}; torch.tensor({name}) makes one.")


def _check(y: Tensor, x: Tensor | None, parts: tuple[Tensor, Tensor]) -> None:
    if x is not None and (not x.is_floating_point() or x.dim() < 2 or len(x) != len(y)):
        raise ValueError(f"x must hold floats of shape ({len(y)}, ...), as many as y, not {described(x)}.")
    for name, values in (("x", x), ("y", y)):
        if values is not None and not bool(values.isfinite().all()):
            raise ValueError(f"{name} holds values that are not finite; remove those pairs first.")
    if not y.is_floating_point():
        missing = set(y.tolist()) - set(y[parts[0]].tolist())
        gaps = set(range(int(y.max()) + 1)) - set(y.tolist())
        if missing | gaps:
            raise ValueError(f"label {min(missing | gaps)} does not occur among the pairs to fit on.")
