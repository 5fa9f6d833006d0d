"""The optimiser of all stacks."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.optim.adam import adam


class Adam:
    """Adam (Kingma & Ba, 2015) that ascends, on PyTorch's fused kernel.

    torch.optim.Adam calls the same function, but takes twice as long about it at the size of these critics.
    """

    def __init__(self, parameters: Sequence[Tensor], learning_rate: float) -> None:
        self.parameters, self.learning_rate = list(parameters), learning_rate
        self.means = [torch.zeros_like(parameter) for parameter in parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in parameters]
        self.steps = [torch.zeros((), device=parameter.device) for parameter in parameters]

    def state_dict(self) -> dict[str, list[Tensor]]:
        """What the next step depends on besides parameters and gradients."""
        return {"means": self.means, "squares": self.squares, "steps": self.steps}

    @torch.inference_mode()
    def load_state_dict(self, state: Mapping[str, Sequence[Tensor]]) -> None:
        """Go on from such a state."""
        for name, own in self.state_dict().items():
            for tensor, kept in zip(own, state[name], strict=True):
                tensor.copy_(kept)

    def step(self) -> None:
        """Move every parameter along its gradient, and set the gradients to zero."""
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        adam(
            self.parameters,
            gradients,
            self.means,
            self.squares,
            [],
            self.steps,
            fused=True,
            capturable=self.steps[0].is_cuda,
            maximize=True,
            amsgrad=False,
            lr=self.learning_rate,
            beta1=0.9,
            beta2=0.999,
            eps=1e-8,
            weight_decay=0.0,
        )
        for gradient in gradients:
            gradient.zero_()
