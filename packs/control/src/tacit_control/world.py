"""Many copies of one environment stepped together: what the learner needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_control.observation import ObservationSpace

Frames = NDArray[np.float64]
"""What is needed to draw each copy's present state without replaying, shape (copy, k); k is 0 where that is unknown."""


@dataclass(frozen=True)
class Step:
    """What one step of every copy brought.

    Args:
        observation: shape (copy, width), float32.
        reward: the environment's own, shape (copy,), float64.
        terminated: the environment ended the episode, shape (copy,).
        truncated: the time limit ended it, shape (copy,).
    """

    observation: NDArray[np.float32]
    reward: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]


class World(Protocol):
    """Copies of one environment.

    A copy whose episode ended begins a new one at the step after, whatever the action; the reward of that step is 0.
    """

    mode: str
    n_copies: int
    observations: ObservationSpace
    action_space: spaces.Space[Any]

    def reset(self, seed: int) -> NDArray[np.float32]:
        """Begin new episodes everywhere and return the first observations, shape (copy, width)."""
        ...

    def step(self, action: NDArray[Any]) -> Step:
        """Act in every copy."""
        ...

    def frames(self) -> Frames:
        """Return what is needed to draw the present states."""
        ...

    def episode_seeds(self) -> NDArray[np.int64]:
        """Return the seed with which each copy's episode was begun, −1 where that is unknown; shape (copy,)."""
        ...

    def close(self) -> None:
        """Release the environments."""
        ...


def check_action_space(space: spaces.Space[Any], name: str) -> None:
    """Refuse action spaces other than Discrete and one-dimensional Box of real numbers."""
    real_numbers = isinstance(space, spaces.Box) and len(space.shape) == 1 and np.issubdtype(space.dtype, np.floating)
    if isinstance(space, spaces.Discrete) or real_numbers:
        return
    raise BadValue(
        f"environment {name}",
        got=f"actions {space}",
        expected="Discrete actions, or a one-dimensional Box of real numbers",
        do="Wrap it with gymnasium.wrappers.TransformAction and register the wrapped environment",
    )
