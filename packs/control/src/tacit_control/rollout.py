"""Acting in many copies at once, and what is remembered of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.errors import NotFinite
from tacit_control.moments import RunningMoments
from tacit_control.network import outputs_of
from tacit_control.policy import OBSERVATION_CLIP, ActionSpace
from tacit_control.task import Task, Termination
from tacit_control.world import World

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Rollout:
    """Consecutive steps of every copy; axis 0 is time, axis 1 the copy.

    Args:
        observation: (step, copy, width) float32, as the environment gives it.
        output: sampled choices (step, copy) int64, or numbers (step, copy, action) float32 before they are bounded.
        reward: the environment's own, (step, copy) float64; 0 once an episode is over.
        frame_state: (step, copy, k) float64, what is needed to draw each step.
        terminated: the environment ended the episode at this step and the learner may know it, (step, copy).
        ended: the next row begins another episode, (step, copy).
        valid: the action had an effect, (step, copy).
        following: observation after the last step, (copy, width).
        boundary: step → observation after it, where a horizon ended all episodes at once.
        n_terminated: how many episodes the environment ended, held or not.
    """

    observation: NDArray[np.float32]
    output: NDArray[np.float32] | NDArray[np.int64]
    reward: NDArray[np.float64]
    frame_state: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    ended: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    following: NDArray[np.float32]
    boundary: dict[int, NDArray[np.float32]]
    n_terminated: int

    def features(self, actions: ActionSpace) -> NDArray[np.float32]:
        """Return what a reward model sees, (step, copy, width + action)."""
        return np.concatenate([self.observation, actions.features(self.output)], axis=-1)


class Actor:
    """Acts in a world and remembers where it stands between rollouts.

    Args:
        world: copies of the environment.
        task: gives the horizon and what becomes of an ended episode.
        actions: the policy's action space.
        own_episodes: let the environment end and begin episodes itself.
        seed: of the first episodes and of every action.
    """

    def __init__(self, world: World, task: Task, actions: ActionSpace, *, own_episodes: bool, seed: int) -> None:
        self.world, self.task, self.actions = world, task, actions
        self._own = own_episodes or task.termination is Termination.OWN
        self._rng = np.random.default_rng(seed)
        self._begin()

    def _begin(self) -> None:
        n = self.world.n_copies
        self._observation = self.world.reset(int(self._rng.integers(2**31)))
        self._frames = self.world.frames()
        self._held = np.zeros(n, dtype=np.bool_)
        self._just_ended = np.zeros(n, dtype=np.bool_)
        self._age = 0

    def collect(self, weights: Weights, moments: RunningMoments, n_steps: int) -> Rollout:
        """Act for `n_steps` steps in every copy.

        Args:
            weights: of an `ActorCritic`, read out.
            moments: of the observations, held fixed.
            n_steps: steps a copy.

        Raises:
            NotFinite: the environment gave a NaN or infinite observation or reward.
        """
        n, world = self.world.n_copies, self.world
        noise = self._noise(n_steps, n)
        mean, scale = moments.mean.astype(np.float32), (1 / moments.sd).astype(np.float32)
        sd = np.exp(weights["log_sd"]) if self.actions.n is None else None
        rows: dict[str, list[NDArray[np.generic]]] = {name: [] for name in _ROWS}
        boundary: dict[int, NDArray[np.float32]] = {}
        n_terminated = 0
        for t in range(n_steps):
            x = np.clip((self._observation - mean) * scale, -OBSERVATION_CLIP, OBSERVATION_CLIP)
            out = outputs_of(weights, x)
            chosen = (out + noise[t]).argmax(axis=1) if sd is None else out + sd * noise[t]
            step = world.step(self.actions.to_environment(chosen))
            over = step.terminated | step.truncated
            n_terminated += int((step.terminated & ~self._held).sum())
            self._age += 1
            at_horizon = not self._own and self._age == self.task.horizon
            reward = np.where(self._held, 0.0, step.reward)
            kept = (
                self._observation, chosen, reward, self._frames,
                step.terminated & self._own, over if self._own else np.full(n, at_horizon), ~self._just_ended,
            )  # fmt: skip
            for name, value in zip(_ROWS, kept, strict=True):
                rows[name].append(value)
            self._advance(step.observation, step.terminated, over)
            if at_horizon:
                boundary[t] = self._observation
                self._begin()
        stacked = {name: np.stack(values) for name, values in rows.items()}
        rollout = Rollout(**stacked, following=self._observation, boundary=boundary, n_terminated=n_terminated)
        _refuse_not_finite(rollout, self.task.environment_id)
        return rollout

    def _advance(
        self, observation: NDArray[np.float32], terminated: NDArray[np.bool_], over: NDArray[np.bool_]
    ) -> None:
        """Move on; where an episode is over before the horizon, hold its last observation and frame."""
        frames = self.world.frames()
        if self._own:
            self._just_ended = over
        elif self._held.any():
            observation = np.where(self._held[:, None], self._observation, observation)
            frames = np.where(self._held[:, None], self._frames, frames)
        if not self._own:
            self._held = self._held | terminated
        self._observation, self._frames = observation, frames

    def _noise(self, n_steps: int, n: int) -> NDArray[np.float32]:
        """Return Gumbel noise for choices (their arg max is a draw), Gaussian noise for numbers."""
        shape = (n_steps, n, self.actions.width)
        if self.actions.n is None:
            return self._rng.standard_normal(shape, dtype=np.float32)
        return self._rng.gumbel(size=shape).astype(np.float32)


_ROWS = ("observation", "output", "reward", "frame_state", "terminated", "ended", "valid")


def _refuse_not_finite(rollout: Rollout, environment_id: str) -> None:
    for name, values in (("observation", rollout.observation), ("reward", rollout.reward)):
        if not np.isfinite(values).all():
            step, copy = (int(i) for i in np.argwhere(~np.isfinite(values))[0][:2])
            raise NotFinite(
                f"environment {environment_id}, copy {copy}, step {step}",
                got=f"{name} {values[step, copy]}",
                expected="finite numbers",
                do="Check the environment; what was learned so far is kept in the last checkpoint",
            )
