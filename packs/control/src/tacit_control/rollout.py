"""Acting in many copies at once, and what is remembered of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.errors import NotFinite
from tacit_control.moments import RunningMoments
from tacit_control.network import outputs_of
from tacit_control.policy import OBSERVATION_CLIP, ActionSpace
from tacit_control.world import World

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Rollout:
    """Consecutive steps of every copy; axis 0 is time, axis 1 the copy.

    After the last step of an episode comes one row that shows its last observation; the action there has no effect
    and the reward is 0. The row after that begins the next episode.

    Args:
        observation: (step, copy, width) float32, as the environment gives it.
        output: sampled choices (step, copy) int64, or numbers (step, copy, action) float32 before they are bounded.
        reward: the environment's own, (step, copy) float64.
        frame_state: (step, copy, k) float64, what is needed to draw each step.
        terminated: the environment ended the episode at this step, (step, copy).
        truncated: the horizon or the environment's time limit ended it, (step, copy).
        last: this row shows the last observation of an episode, (step, copy).
        age: steps since the episode began, (step, copy) int32.
        reset_seed: with which the episode was begun, (step, copy) int64; −1 where that is unknown.
        following: observation after the last row, (copy, width).
    """

    observation: NDArray[np.float32]
    output: NDArray[np.float32] | NDArray[np.int64]
    reward: NDArray[np.float64]
    frame_state: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    last: NDArray[np.bool_]
    age: NDArray[np.int32]
    reset_seed: NDArray[np.int64]
    following: NDArray[np.float32]

    def features(self, actions: ActionSpace) -> NDArray[np.float32]:
        """Return what a reward model sees, (step, copy, width + action + 1)."""
        return reward_features(actions, self.observation, self.output, self.last)


def reward_features(
    actions: ActionSpace, observation: NDArray[np.float32], output: NDArray[Any], held: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return what a reward model sees of each step: observation, action, and whether the episode is over and held.

    All ends are one absorbing state: the last number is 1 and all others are 0. A judge sees a still picture there,
    which differs from the one a moment before in that nothing moves any more; the observation differs in nothing, so
    a smooth network would pay the fall as it pays the leap before it. Being held lasts for ever, so that what is
    wrong by little in one state would be worth 1/(1 − γ) times as much.

    Source: Kostrikov et al. 2019, section 4.2 (absorbing states, marked by an indicator), arXiv:1809.02925.
    """
    seen = np.where(held[..., None], np.float32(0), np.concatenate([observation, actions.features(output)], axis=-1))
    return np.concatenate([seen, held[..., None].astype(np.float32)], axis=-1)


class Actor:
    """Acts in a world and remembers where it stands between rollouts.

    Args:
        world: copies of the environment.
        actions: the policy's action space.
        environment_id: for messages.
        seed: of the first episodes and of every action.
    """

    def __init__(self, world: World, actions: ActionSpace, environment_id: str, *, seed: int) -> None:
        self.world, self.actions, self._environment_id = world, actions, environment_id
        self._rng = np.random.default_rng(seed)
        self._observation = world.reset(int(self._rng.integers(2**31)))
        self._frames, self._reset_seed = world.frames(), world.episode_seeds()
        self._last = np.zeros(world.n_copies, dtype=np.bool_)
        self._age = np.zeros(world.n_copies, dtype=np.int32)

    def collect(self, weights: Weights, moments: RunningMoments, n_steps: int) -> Rollout:
        """Act for `n_steps` steps in every copy.

        Args:
            weights: of an `ActorCritic`, read out.
            moments: of the observations, held fixed.
            n_steps: steps a copy.

        Raises:
            NotFinite: the environment gave a NaN or infinite observation or reward.
        """
        noise = self._noise(n_steps, self.world.n_copies)
        mean, scale = moments.mean.astype(np.float32), (1 / moments.sd).astype(np.float32)
        sd = np.exp(weights["log_sd"]) if self.actions.n is None else None
        rows: dict[str, list[NDArray[Any]]] = {name: [] for name in _ROWS}
        for t in range(n_steps):
            x = np.clip((self._observation - mean) * scale, -OBSERVATION_CLIP, OBSERVATION_CLIP)
            out = outputs_of(weights, x)
            chosen = (out + noise[t]).argmax(axis=1) if sd is None else out + sd * noise[t]
            step = self.world.step(self.actions.to_environment(chosen))
            kept = (self._observation, chosen, step.reward, self._frames, step.terminated, step.truncated)
            for name, value in zip(_ROWS, (*kept, self._last, self._age, self._reset_seed), strict=True):
                rows[name].append(value)
            begun, self._last = self._last, step.terminated | step.truncated
            self._age = np.where(begun, 0, self._age + 1).astype(np.int32)
            if begun.any():
                self._reset_seed = self.world.episode_seeds()
            self._observation, self._frames = step.observation, self.world.frames()
        rollout = Rollout(**{name: np.stack(values) for name, values in rows.items()}, following=self._observation)
        _refuse_not_finite(rollout, self._environment_id)
        return rollout

    def _noise(self, n_steps: int, n: int) -> NDArray[np.float32]:
        """Return Gumbel noise for choices (their arg max is a draw), Gaussian noise for numbers."""
        shape = (n_steps, n, self.actions.width)
        if self.actions.n is None:
            return self._rng.standard_normal(shape, dtype=np.float32)
        return self._rng.gumbel(size=shape).astype(np.float32)


_ROWS = ("observation", "output", "reward", "frame_state", "terminated", "truncated", "last", "age", "reset_seed")


def _refuse_not_finite(rollout: Rollout, environment_id: str) -> None:
    seen = np.concatenate([rollout.observation, rollout.following[None]])
    for name, values in (("observation", seen), ("reward", rollout.reward)):
        if not np.isfinite(values).all():
            step, copy = (int(i) for i in np.argwhere(~np.isfinite(values))[0][:2])
            raise NotFinite(
                f"environment {environment_id}, copy {copy}, step {step}",
                got=f"{name} {values[step, copy]}",
                expected="finite numbers",
                do="Check the environment; what was learned so far is kept in the last checkpoint",
            )
