"""The policy and the value function as one batched network, with its gradient worked out by hand.

The networks of control tasks are so small that calling PyTorch's operations costs more than their arithmetic;
automatic differentiation doubles the calls and adds its own. Written out, a gradient step costs a fifth. The test
beside this file holds every gradient against PyTorch's own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Weights = dict[str, NDArray[np.float32]]


class Forward(NamedTuple):
    """What one pass computed: inputs (row, width), hidden (2, row, hidden), outputs (row, action), values (row,)."""

    observation: Tensor
    first: Tensor
    second: Tensor
    output: Tensor
    value: Tensor


class ActorCritic:
    """Two tanh networks of equal size, the policy's and the value's, multiplied as one batch.

    Every parameter is a view of one flat vector, and its gradient a view of another, so that an optimiser handles all
    of them at once. ``w1`` (2, width, hidden), ``b1`` (2, 1, hidden), ``w2``, ``b2`` belong to both, index 0 to the
    policy; ``w3``, ``b3`` to the policy, ``w4``, ``b4`` to the value, ``log_sd`` (action,) to actions that are numbers.

    Args:
        observation_width: inputs.
        action_width: outputs of the policy.
        hidden: units of each of the two hidden layers.
        numbers: whether actions are numbers, which adds a state-independent log standard deviation.
        log_sd: its first value.
        rng: of the orthogonal initialisation.
    """

    def __init__(
        self,
        observation_width: int,
        action_width: int,
        hidden: int,
        *,
        numbers: bool,
        log_sd: float,
        rng: np.random.Generator,
    ) -> None:
        def pair(rows: int, columns: int) -> NDArray[np.float32]:
            return np.stack([_orthogonal(rows, columns, np.sqrt(2), rng) for _ in range(2)])

        first = {
            "w1": pair(observation_width, hidden),
            "b1": np.zeros((2, 1, hidden), np.float32),
            "w2": pair(hidden, hidden),
            "b2": np.zeros((2, 1, hidden), np.float32),
            "w3": _orthogonal(hidden, action_width, 0.01, rng),
            "b3": np.zeros(action_width, np.float32),
            "w4": _orthogonal(hidden, 1, 1.0, rng),
            "b4": np.zeros(1, np.float32),
        }
        if numbers:
            first["log_sd"] = np.full(action_width, log_sd, np.float32)
        self.flat = torch.from_numpy(np.concatenate([w.ravel() for w in first.values()]))
        self.flat_gradient = torch.zeros_like(self.flat)
        self.parameters = _views(self.flat, first)
        self.gradients = _views(self.flat_gradient, first)
        self.numbers = numbers

    def forward(self, observation: Tensor) -> Forward:
        """Map normalised observations (row, width) to outputs and values."""
        p = self.parameters
        both = observation.expand(2, *observation.shape)
        first = torch.baddbmm(p["b1"], both, p["w1"]).tanh_()
        second = torch.baddbmm(p["b2"], first, p["w2"]).tanh_()
        output = torch.addmm(p["b3"], second[0], p["w3"])
        return Forward(observation, first, second, output, torch.addmm(p["b4"], second[1], p["w4"]).squeeze(1))

    def backward(self, done: Forward, output_gradient: Tensor, value_gradient: Tensor) -> None:
        """Fill the gradients of all weights and biases from those of the outputs (row, action) and values (row,)."""
        p, g = self.parameters, self.gradients
        column = value_gradient.unsqueeze(1)
        torch.mm(done.second[0].T, output_gradient, out=g["w3"])
        torch.sum(output_gradient, 0, out=g["b3"])
        torch.mm(done.second[1].T, column, out=g["w4"])
        torch.sum(column, 0, out=g["b4"])
        back = torch.stack((output_gradient @ p["w3"].T, column @ p["w4"].T))
        back = torch.addcmul(back, back * done.second, done.second, value=-1)
        torch.bmm(done.first.transpose(1, 2), back, out=g["w2"])
        torch.sum(back, 1, keepdim=True, out=g["b2"])
        back = torch.bmm(back, p["w2"].transpose(1, 2))
        back = torch.addcmul(back, back * done.first, done.first, value=-1)
        torch.bmm(done.observation.T.expand(2, *done.observation.T.shape), back, out=g["w1"])
        torch.sum(back, 1, keepdim=True, out=g["b1"])

    def read_out(self) -> Weights:
        """Return views of the weights as NumPy arrays."""
        return {name: parameter.numpy() for name, parameter in self.parameters.items()}


def values_of(weights: Weights, observation: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the value of normalised observations (n, width), shape (n,), without PyTorch's overhead."""
    hidden = np.tanh(observation @ weights["w1"][1] + weights["b1"][1])
    hidden = np.tanh(hidden @ weights["w2"][1] + weights["b2"][1])
    return np.asarray((hidden @ weights["w4"] + weights["b4"])[:, 0], np.float32)


def outputs_of(weights: Weights, observation: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the policy's outputs for normalised observations (n, width), shape (n, action)."""
    hidden = np.tanh(observation @ weights["w1"][0] + weights["b1"][0])
    hidden = np.tanh(hidden @ weights["w2"][0] + weights["b2"][0])
    return np.asarray(hidden @ weights["w3"] + weights["b3"], np.float32)


def _views(flat: Tensor, shapes: Weights) -> dict[str, Tensor]:
    parts = torch.split(flat, [w.size for w in shapes.values()])
    return {name: part.view(w.shape) for part, (name, w) in zip(parts, shapes.items(), strict=True)}


def _orthogonal(rows: int, columns: int, gain: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a matrix with orthonormal rows or columns times `gain`. Source: Saxe et al. 2013, arXiv:1312.6120."""
    normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(normal)
    q *= np.sign(np.diag(r))
    return np.ascontiguousarray(gain * (q if rows >= columns else q.T), dtype=np.float32)
