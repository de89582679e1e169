"""The optional fast path for MuJoCo and classic control: environments stepped in C++ by envpool, when installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit_control.observation import ObservationSpace
from tacit_control.world import Frames, Step, check_action_space

POSITION_WIDTH = {"Hopper-v5": 6, "HalfCheetah-v5": 9, "Walker2d-v5": 9}
"""Planar robots whose observation begins with every position but the first, which envpool reports as x_position."""


def can_pool(environment_id: str) -> bool:
    """Whether envpool is installed and this environment's frames can be drawn from what it reports."""
    return environment_id in POSITION_WIDTH and find_spec("envpool") is not None


def open_pool(environment_id: str, n_copies: int, limit: int | None, arguments: Mapping[str, Any]) -> PooledWorld:
    """Return `n_copies` of a planar MuJoCo robot in envpool."""

    def make(seed: int) -> Any:  # noqa: ANN401  envpool is untyped
        import envpool  # noqa: PLC0415  optional

        more = dict(arguments) | ({"max_episode_steps": limit} if limit else {})
        return envpool.make(
            environment_id, env_type="gymnasium", num_envs=n_copies, num_threads=1, seed=seed % 2**31, **more
        )

    return PooledWorld(make, n_copies, environment_id)


class PooledWorld:
    """Copies of a planar robot in envpool, which is seeded only when it is made."""

    mode = "envpool"

    def __init__(self, make: Callable[[int], Any], n_copies: int, environment_id: str) -> None:
        self._make, self.n_copies = make, n_copies
        self._n_positions = POSITION_WIDTH[environment_id]
        self._pool = make(0)
        self.action_space = self._pool.action_space
        check_action_space(self.action_space, environment_id)
        self.observations = ObservationSpace.of(self._pool.observation_space, environment_id)
        self._frames: Frames = np.empty((n_copies, self._n_positions))

    def reset(self, seed: int) -> NDArray[np.float32]:
        """Begin new episodes everywhere."""
        self._pool.close()
        self._pool = self._make(seed)
        observation, info = self._pool.reset()
        return self._keep(observation, info)

    def step(self, action: NDArray[Any]) -> Step:
        """Act in every copy."""
        observation, reward, terminated, truncated, info = self._pool.step(action)
        return Step(self._keep(observation, info), reward.astype(np.float64), terminated, truncated)

    def frames(self) -> Frames:
        """Return the positions, shape (copy, position)."""
        return self._frames

    def episode_seeds(self) -> NDArray[np.int64]:
        """Return −1: envpool draws the seeds itself."""
        return np.full(self.n_copies, -1, dtype=np.int64)

    def close(self) -> None:
        """Release the environments."""
        self._pool.close()

    def _keep(self, observation: NDArray[Any], info: Mapping[str, Any]) -> NDArray[np.float32]:
        positions = observation[:, : self._n_positions - 1]
        self._frames = np.concatenate([np.asarray(info["x_position"])[:, None], positions], axis=1)
        return observation.astype(np.float32)
