"""Copies of an environment through Gymnasium's own vector environments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from tacit_control.observation import ObservationSpace
from tacit_control.world import Frames, Step, check_action_space


class SeededEpisodes(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Begins every episode from a seed of its own, so that each can be replayed by itself."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self.episode_seed = -1
        self._seeds = np.random.default_rng(0)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; `seed` also decides the seeds of all that follow."""
        if seed is not None:
            self._seeds = np.random.default_rng(seed)
        self.episode_seed = int(self._seeds.integers(2**31))
        return self.env.reset(seed=self.episode_seed, options=options)


class GymnasiumWorld:
    """A Gymnasium vector environment: hand-vectorised where the environment offers it, else stepped in turn."""

    def __init__(self, vector: gymnasium.vector.VectorEnv[Any, Any, Any], n_copies: int, mode: str, name: str) -> None:
        self.mode, self.n_copies, self._vector = mode, n_copies, vector
        self.action_space = vector.single_action_space
        check_action_space(self.action_space, name)
        self.observations = ObservationSpace.of(vector.single_observation_space, name)
        self._frames = _frame_reader(vector, mode)

    def reset(self, seed: int) -> NDArray[np.float32]:
        """Begin new episodes everywhere."""
        observation, _ = self._vector.reset(seed=seed)
        return self.observations.flat(observation)

    def step(self, action: NDArray[Any]) -> Step:
        """Act in every copy."""
        observation, reward, terminated, truncated, _ = self._vector.step(action)
        return Step(self.observations.flat(observation), np.asarray(reward, np.float64), terminated, truncated)

    def frames(self) -> Frames:
        """Return what is needed to draw the present states."""
        return self._frames()

    def episode_seeds(self) -> NDArray[np.int64]:
        """Return the seed with which each copy's episode was begun, −1 where the environment does not tell."""
        copies = getattr(self._vector, "envs", None)
        if copies is None:
            return np.full(self.n_copies, -1, dtype=np.int64)
        return np.array([copy.get_wrapper_attr("episode_seed") for copy in copies], dtype=np.int64)

    def close(self) -> None:
        """Release the environments."""
        self._vector.close()


def _frame_reader(vector: gymnasium.vector.VectorEnv[Any, Any, Any], mode: str) -> Callable[[], Frames]:
    """Return a function that reads what is needed to draw each copy; some environments have a state only once reset."""
    n = vector.num_envs
    if mode == "vector_entry_point":
        base: Any = vector.unwrapped
        return lambda: np.array(base.state, dtype=np.float64).T if hasattr(base, "state") else np.empty((n, 0))
    copies = [copy.unwrapped for copy in getattr(vector, "envs", ())]
    if copies and hasattr(getattr(copies[0], "data", None), "qpos"):
        return lambda: np.array([copy.data.qpos for copy in copies], dtype=np.float64)

    def states() -> Frames:
        found = [getattr(copy, "state", None) for copy in copies]
        if not found or any(state is None or np.ndim(state) != 1 for state in found):
            return np.empty((n, 0))
        return np.array(found, dtype=np.float64)

    return states
