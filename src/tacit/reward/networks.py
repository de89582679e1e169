"""The members of an ensemble side by side: one tensor operation computes a layer of them all.

The gradient is written out. Within a segment every step has the same derivative of the loss, so the last layer is
summed over steps before it is multiplied; and buffers are made once a fit, where automatic differentiation makes new
ones at every step, which on a processor costs as much as the arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import leaky_relu_

Float32 = NDArray[np.float32]


class StackedNetworks:
    """Weights of all members, each layer (member, in, out), as views of one flat vector; gradients alike.

    Args:
        weights: a layer each, shape (member, in, out); the last one has a single output and no bias, since a
            constant added to the reward of every step cancels in every difference.
        biases: a layer each but the last, shape (member, 1, out).
        segments: segments that a member sees at once, always the same number.
        steps: steps of a segment.
        negative_slope: of the leaky rectifier.
        device: where to compute.
    """

    def __init__(
        self,
        weights: Sequence[Float32],
        biases: Sequence[Float32],
        *,
        segments: int,
        steps: int,
        negative_slope: float,
        device: str,
    ) -> None:
        self.members, self.steps, self._slope = len(weights[0]), steps, negative_slope
        blocks = [*weights, *biases]
        self.flat = torch.from_numpy(np.concatenate([block.ravel() for block in blocks])).to(device)
        self.gradient = torch.zeros_like(self.flat)
        self.weights, self.biases = _views(self.flat, weights), _views(self.flat, biases, from_end=True)
        self._weight_gradients = _views(self.gradient, weights)
        self._bias_gradients = _views(self.gradient, biases, from_end=True)
        owner = np.concatenate([np.repeat(np.arange(self.members), block[0].size) for block in blocks])
        self.member_of = torch.from_numpy(owner).to(device)
        n_weights = sum(weight.size for weight in weights)
        self.is_weight = (torch.arange(len(self.flat)) < n_weights).float().to(device)
        rows = (self.members, segments * steps)
        sizes = [weight.shape[2] for weight in weights[:-1]]
        self._layers = [torch.empty(*rows, size, device=device) for size in sizes]
        self._deltas = [torch.empty(*rows, size, device=device) for size in sizes]

    def totals(self, x: Tensor) -> Tensor:
        """Return the summed reward of each segment, shape (member, segment).

        Args:
            x: normalised features, shape (member, segment · step, feature).
        """
        below = x
        for weight, bias, layer in zip(self.weights[:-1], self.biases, self._layers, strict=True):
            torch.baddbmm(bias, below, weight, out=layer)
            below = leaky_relu_(layer, self._slope)
        self._top = below.view(self.members, -1, self.steps, below.shape[2])
        self._summed = self._top.sum(2)
        return torch.bmm(self._summed, self.weights[-1])[:, :, 0]

    def backpropagate(self, x: Tensor, by_total: Tensor) -> None:
        """Add to `gradient` that of the segments that `totals` was last called with.

        Args:
            x: what `totals` was given.
            by_total: derivative of the loss by each segment's summed reward, shape (member, segment).
        """
        self._weight_gradients[-1].baddbmm_(self._summed.transpose(1, 2), by_total[:, :, None])
        by_top = by_total[:, :, None, None] * self.weights[-1].view(self.members, 1, 1, -1)
        self._through_rectifier(by_top.expand(self._top.shape), self._top, self._deltas[-1].view(self._top.shape))
        belows = [x, *self._layers[:-1]]
        for i in reversed(range(len(self._layers))):
            delta = self._deltas[i]
            self._weight_gradients[i].baddbmm_(belows[i].transpose(1, 2), delta)
            self._bias_gradients[i].add_(delta.sum(1, keepdim=True))
            if i:
                torch.bmm(delta, self.weights[i].transpose(1, 2), out=self._deltas[i - 1])
                self._through_rectifier(self._deltas[i - 1], self._layers[i - 1], self._deltas[i - 1])

    def arrays(self, flat: Tensor) -> tuple[tuple[Float32, ...], tuple[Float32, ...]]:
        """Return the weights and biases that `flat`, laid out as `self.flat`, stands for."""
        on_cpu = flat.cpu()
        weights = _views(on_cpu, [w.shape for w in self.weights])
        biases = _views(on_cpu, [b.shape for b in self.biases], from_end=True)
        return tuple(w.numpy().copy() for w in weights), tuple(b.numpy().copy() for b in biases)

    def _through_rectifier(self, gradient: Tensor, output: Tensor, into: Tensor) -> None:
        torch.ops.aten.leaky_relu_backward.grad_input(gradient, output, self._slope, True, grad_input=into)


def _views(flat: Tensor, blocks: Sequence[Float32] | Sequence[torch.Size], *, from_end: bool = False) -> list[Tensor]:
    shapes = [tuple(block if isinstance(block, torch.Size) else block.shape) for block in blocks]
    sizes = [int(np.prod(shape)) for shape in shapes]
    start = len(flat) - sum(sizes) if from_end else 0
    edges = np.cumsum([start, *sizes]).tolist()
    return [flat[a:b].view(shape) for (a, b), shape in zip(pairwise(edges), shapes, strict=True)]
