"""An agent: a policy, what it was taught with, and where its teaching stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tacit_control.adam import FlatAdam
from tacit_control.moments import RunningMoments
from tacit_control.network import ActorCritic, outputs_of, values_of
from tacit_control.open_world import open_world
from tacit_control.policy import OBSERVATION_CLIP, ActionSpace, Policy
from tacit_control.ppo import Batch, PPOSettings, generalised_advantage, held_worth, improve_policy, log_probability
from tacit_control.rollout import Actor, Rollout
from tacit_control.task import Task, Termination
from tacit_control.world import World

RewardOf = Callable[[Rollout], NDArray[np.floating]]
"""A rollout → the reward to learn from, shape (step, copy)."""


HELD_MEMORY = 20.0
"""Ends of episodes after which the mean reward of held states is half renewed."""


def _ignore(_: Rollout) -> None:
    """Do nothing with a rollout."""


class PPOAgent:
    """A policy that is improved by PPO.

    Args:
        task: the environment and its horizon.
        settings: how it is improved.
        total_steps: environment steps that the whole run will spend, over which the learning rate falls.
        seed: of the first weights.
        state: of an earlier agent, to go on from.
    """

    def __init__(
        self,
        task: Task,
        settings: PPOSettings,
        *,
        total_steps: int,
        seed: int,
        state: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        torch.set_num_threads(1)
        self.task, self.settings, self.total_steps = task, settings, total_steps
        self._worlds: dict[bool, World] = {}
        world = self._world(own_episodes=False)
        self.actions, self.observation_space = ActionSpace.of(world.action_space), world.observations
        self._network = ActorCritic(
            world.observations.width,
            self.actions.width,
            settings.hidden,
            numbers=self.actions.n is None,
            log_sd=settings.log_sd,
            rng=np.random.default_rng(seed),
        )
        self._optimiser = FlatAdam(self._network.flat, self._network.flat_gradient)
        self._observations = RunningMoments.nothing_seen(world.observations.width)
        self._returns = RunningMoments.nothing_seen(1)
        self._held_mean: float | None = None
        self.spent = 0
        if state is not None:
            self._restore(state)

    @property
    def world_mode(self) -> str:
        """How the environment is stepped."""
        return self._world(own_episodes=False).mode

    @property
    def policy(self) -> Policy:
        """The present policy, frozen."""
        weights = self._network.read_out()
        own = {name: np.array(weights[name][0]) for name in ("w1", "b1", "w2", "b2")}
        own |= {name: np.array(weights[name]) for name in ("w3", "b3", "log_sd") if name in weights}
        own["b1"], own["b2"] = own["b1"][0], own["b2"][0]
        moments = {"mean": self._observations.mean.astype(np.float32), "sd": self._observations.sd.astype(np.float32)}
        return Policy(own | moments, self.actions, self.task.environment_id, self.observation_space)

    def explore(self, n_steps: int, seed: int) -> Rollout:
        """Return what the present policy does in `n_steps` steps of every copy, and learn nothing from it."""
        rollout = self._actor(seed, own_episodes=False).collect(self._network.read_out(), self._observations, n_steps)
        self.spent += rollout.reward.size
        return rollout

    def train(
        self,
        reward_of: RewardOf,
        budget: int,
        seed: int,
        *,
        own_episodes: bool = False,
        after_rollout: Callable[[Rollout], None] = _ignore,
    ) -> dict[str, float]:
        """Spend about `budget` environment steps, at least one rollout, on raising the reward.

        Args:
            reward_of: what to raise.
            budget: environment steps.
            seed: of episodes, actions and the order of transitions.
            own_episodes: train in the environment as it is registered.
            after_rollout: shown every rollout.

        Returns:
            ``spent`` steps, ``mean_reward`` a step, ``terminated`` episodes, and the last update's numbers.
        """
        actor = self._actor(seed, own_episodes=own_episodes)
        held = not own_episodes and self.task.termination is Termination.ABSORBED
        rng = np.random.default_rng([seed, 1])
        happened: dict[str, float] = {}
        rewards, terminated, before = [], 0, self.spent
        for _ in range(max(1, round(budget / self.settings.rollout_size))):
            rollout = actor.collect(self._network.read_out(), self._observations, self.settings.n_steps)
            self.spent += self.settings.rollout_size
            reward = np.asarray(reward_of(rollout), np.float64)
            happened = self._update(rollout, reward, rng, held=held)
            rewards.append(float(reward.mean()))
            terminated += int(rollout.terminated.sum())
            after_rollout(rollout)
        return {
            "spent": float(self.spent - before),
            "mean_reward": float(np.mean(rewards)),
            "terminated": float(terminated),
            **happened,
        }

    def _actor(self, seed: int, *, own_episodes: bool) -> Actor:
        return Actor(self._world(own_episodes=own_episodes), self.actions, self.task.environment_id, seed=seed)

    def _update(
        self, rollout: Rollout, reward: NDArray[np.float64], rng: np.random.Generator, *, held: bool
    ) -> dict[str, float]:
        """Learn from one rollout, then take its observations into the moments."""
        left = max(0.0, 1 - self.spent / max(1, self.total_steps))
        share = self.settings.final_rate_share + (1 - self.settings.final_rate_share) * left
        rate = self.settings.learning_rate * share
        batch = self._batch(rollout, reward, held=held)
        happened = improve_policy(self._network, self._optimiser, batch, self.settings, rate, rng)
        self._observations = self._observations.including(rollout.observation.reshape(reward.size, -1))
        return happened

    def _batch(self, rollout: Rollout, reward: NDArray[np.float64], *, held: bool) -> Batch:
        settings, weights = self.settings, self._network.read_out()
        flat = self._normalise(rollout.observation.reshape(reward.size, -1))
        value = values_of(weights, flat).reshape(reward.shape).astype(np.float64)
        next_value = np.concatenate([value[1:], values_of(weights, self._normalise(rollout.following))[None]])
        if held:
            reward = reward - self._held_reward(rollout, reward)
        scaled = self._scale(reward, rollout.last)
        future = held_worth(scaled, rollout.terminated, settings.discount) if held else np.zeros_like(scaled)
        advantage = generalised_advantage(
            scaled,
            value,
            np.where(rollout.terminated, future, next_value),
            rollout.terminated | rollout.truncated,
            discount=settings.discount,
            gae_lambda=settings.gae_lambda,
        )
        valid = np.flatnonzero(~rollout.last.ravel())
        output = rollout.output.reshape(reward.size, *rollout.output.shape[2:])[valid]
        chosen = advantage.ravel()[valid]
        return Batch(
            observation=flat[valid],
            output=output,
            log_p=log_probability(outputs_of(weights, flat[valid]), output, weights.get("log_sd")),
            advantage=((chosen - chosen.mean()) / (chosen.std() + 1e-8)).astype(np.float32),
            value_target=(advantage + value).ravel()[valid].astype(np.float32),
        )

    def _held_reward(self, rollout: Rollout, reward: NDArray[np.float64]) -> float:
        """Return the mean reward of held states, the newest rollouts counting most.

        It is taken off every reward. That changes no preference between policies where nothing ever ends, and being
        held is then worth about 0: the critic need not first learn a constant as large as 1/(1 − γ) rewards, which
        drowns everything else that it should learn.
        """
        seen = reward[1:][rollout.terminated[:-1]]
        if len(seen):
            trust = len(seen) / (len(seen) + HELD_MEMORY)
            self._held_mean = float(seen.mean()) if self._held_mean is None else self._held_mean
            self._held_mean += trust * (float(seen.mean()) - self._held_mean)
        return self._held_mean or 0.0

    def _normalise(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        mean, scale = self._observations.mean.astype(np.float32), (1 / self._observations.sd).astype(np.float32)
        return np.asarray(np.clip((observation - mean) * scale, -OBSERVATION_CLIP, OBSERVATION_CLIP), np.float32)

    def _scale(self, reward: NDArray[np.float64], ended: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Divide rewards by the standard deviation of discounted returns seen so far."""
        running = np.zeros(reward.shape[1])
        returns = np.empty_like(reward)
        for t in range(len(reward)):
            running = reward[t] + self.settings.discount * running
            returns[t] = running
            running = running * ~ended[t]
        self._returns = self._returns.including(returns.reshape(-1, 1))
        return reward / float(self._returns.sd[0])

    def _world(self, *, own_episodes: bool) -> World:
        if own_episodes not in self._worlds:
            self._worlds[own_episodes] = open_world(self.task, self.settings.n_copies, own_episodes=own_episodes)
        return self._worlds[own_episodes]

    def close(self) -> None:
        """Release the environments."""
        for world in self._worlds.values():
            world.close()
        self._worlds.clear()

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything needed to go on from here, as named arrays."""
        arrays: dict[str, NDArray[Any]] = {f"network.{k}": np.array(v) for k, v in self._network.read_out().items()}
        first, second = self._optimiser.moments()
        arrays |= {"adam.first_moment": first.numpy().copy(), "adam.second_moment": second.numpy().copy()}
        arrays["adam.n_steps"] = np.array([self._optimiser.n_steps])
        for label, moments in (("observations", self._observations), ("returns", self._returns)):
            arrays |= {f"{label}.mean": moments.mean, f"{label}.variance": moments.variance}
            arrays[f"{label}.count"] = np.array([moments.count])
        held = np.nan if self._held_mean is None else self._held_mean
        return arrays | {"spent": np.array([self.spent]), "held_mean": np.array([held])}

    def _restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        for name, parameter in self._network.parameters.items():
            parameter.copy_(torch.from_numpy(np.array(state[f"network.{name}"])))
        for moment, name in zip(self._optimiser.moments(), ("first_moment", "second_moment"), strict=True):
            moment.copy_(torch.from_numpy(np.array(state[f"adam.{name}"])))
        self._optimiser.n_steps = int(state["adam.n_steps"][0])
        self._observations, self._returns = (
            RunningMoments(
                np.array(state[f"{label}.mean"]),
                np.array(state[f"{label}.variance"]),
                float(state[f"{label}.count"][0]),
            )
            for label in ("observations", "returns")
        )
        self.spent = int(state["spent"][0])
        held = float(state["held_mean"][0])
        self._held_mean = None if np.isnan(held) else held
