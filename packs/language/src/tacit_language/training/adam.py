"""Adam over all of a model's parameters as one flat vector: a few vector operations a step, a state of three tensors.

PyTorch's own optimisers import its compiler when the first one is made, which costs several CPU-seconds, more than a
small model's whole training; and they visit each parameter in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite

import torch
from torch import Tensor, nn

from tacit.errors import BadValue

FIRST_DECAY = 0.9


class FlatAdamW:
    """Adam with decoupled weight decay and gradient clipping, for parameters that lie side by side in memory.

    The parameters become views of one vector, so the model goes on as before. Their gradients accumulate in views of
    another until `step` has used them. Parameters that need no gradient are left alone.

    Args:
        parameters: of the model; those of fewer than two axes, biases and gains, do not decay.
        weight_decay: share of a weight that decays per step and unit of learning rate.
        second_decay: of the running mean of squared gradients.
        epsilon: added to the root of the second moment.

    Raises:
        BadValue: no parameter that needs a gradient, or some of another type or on another device than the rest.

    Source: Loshchilov and Hutter 2019, algorithm 2, arXiv:1711.05101.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        *,
        weight_decay: float = 0.0,
        second_decay: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        chosen = list({id(p): p for p in parameters if p.requires_grad}.values())
        kinds = {(p.dtype, p.device) for p in chosen}
        if len(kinds) != 1:
            got = " and ".join(sorted(f"{dtype} on {device}" for dtype, device in kinds)) or "nothing to train"
            raise BadValue("parameters", got=got, expected="parameters of one type on one device")
        self.weight_decay, self.second_decay, self.epsilon, self.n_steps = weight_decay, second_decay, epsilon, 0
        self.flat = torch.cat([p.detach().reshape(-1) for p in chosen])
        self.gradient = torch.zeros_like(self.flat)
        self._first, self._second = torch.zeros_like(self.flat), torch.zeros_like(self.flat)
        self._decaying: list[slice] = []
        start = 0
        for p in chosen:
            here = slice(start, start + p.numel())
            p.data = self.flat[here].view_as(p)
            p.grad = self.gradient[here].view_as(p)
            if p.ndim > 1:
                self._decaying.append(here)
            start = here.stop

    def step(self, learning_rate: float, largest_gradient: float = float("inf")) -> float:
        """Move every parameter by one step and set the gradient to 0.

        Args:
            learning_rate: of this step.
            largest_gradient: norm to which the gradient is cut.

        Returns:
            The gradient's norm before it was cut; if it is not finite, nothing has moved.
        """
        gradient = self.gradient
        norm = float(torch.linalg.vector_norm(gradient))
        if not isfinite(norm):
            gradient.zero_()
            return norm
        if norm > largest_gradient:
            gradient.mul_(largest_gradient / norm)
        if self.weight_decay:
            for here in self._decaying:
                self.flat[here].mul_(1 - learning_rate * self.weight_decay)
        self.n_steps += 1
        self._first.lerp_(gradient, 1 - FIRST_DECAY)
        self._second.mul_(self.second_decay).addcmul_(gradient, gradient, value=1 - self.second_decay)
        torch.sqrt(self._second, out=gradient)  # the gradient has been used: its memory holds the step's size
        gradient.mul_((1 - self.second_decay**self.n_steps) ** -0.5).add_(self.epsilon)
        self.flat.addcdiv_(self._first, gradient, value=-learning_rate / (1 - FIRST_DECAY**self.n_steps))
        gradient.zero_()
        return norm

    def state(self) -> dict[str, Tensor]:
        """Return copies of the weights, both moments and the number of steps: all that a resumed run needs."""
        tensors = {"weights": self.flat, "first": self._first, "second": self._second}
        return {**{k: v.clone() for k, v in tensors.items()}, "n_steps": torch.tensor([self.n_steps])}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state`, weights included.

        Raises:
            BadValue: it is of a model of another size.
        """
        if state["weights"].shape != self.flat.shape:
            got = f"{len(state['weights'])} parameters"
            raise BadValue("state of the optimiser", got=got, expected=f"{len(self.flat)}, as the model has")
        for mine, theirs in ((self.flat, "weights"), (self._first, "first"), (self._second, "second")):
            mine.copy_(state[theirs])
        self.n_steps = int(state["n_steps"][0])
        self.gradient.zero_()
