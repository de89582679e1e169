"""Adam over one flat vector: a few vector operations a step, whatever the number of parameters.

PyTorch's own optimisers import its compiler when the first one is made, which costs several CPU-seconds, as much as
a small agent's whole training; and they visit each small parameter in turn.
"""

from __future__ import annotations

import torch
from torch import Tensor

FIRST_DECAY, SECOND_DECAY = 0.9, 0.999


class FlatAdam:
    """Adam with gradient clipping.

    Args:
        value: the flat vector of parameters, changed in place.
        gradient: the flat vector of their gradients.
        epsilon: added to the root of the second moment.

    Source: Kingma and Ba 2015, arXiv:1412.6980, algorithm 1.
    """

    def __init__(self, value: Tensor, gradient: Tensor, *, epsilon: float = 1e-5) -> None:
        self._value, self._gradient, self._epsilon, self.n_steps = value, gradient, epsilon, 0
        self._first, self._second = torch.zeros_like(value), torch.zeros_like(value)

    def step(self, learning_rate: float, largest_gradient: float) -> None:
        """Move every parameter by one step, the gradient's norm cut to `largest_gradient`."""
        gradient = self._gradient
        norm = float(torch.linalg.vector_norm(gradient))
        if norm > largest_gradient:
            gradient.mul_(largest_gradient / norm)
        self.n_steps += 1
        self._first.lerp_(gradient, 1 - FIRST_DECAY)
        self._second.mul_(SECOND_DECAY).addcmul_(gradient, gradient, value=1 - SECOND_DECAY)
        scale = self._second.sqrt().mul_((1 - SECOND_DECAY**self.n_steps) ** -0.5).add_(self._epsilon)
        self._value.addcdiv_(self._first, scale, value=-learning_rate / (1 - FIRST_DECAY**self.n_steps))

    def moments(self) -> tuple[Tensor, Tensor]:
        """Return the running first and second moments of the gradient, flat."""
        return self._first, self._second
