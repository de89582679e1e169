"""What a reward model must be for the loop, whatever it is made of: small networks over features, or whole models.

A producer whose items want a reward model of another kind than an ensemble over features brings it
(`BringsReward`); its features are then whatever that model reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.raters import RaterFit
from tacit.reward.comparisons import Comparisons
from tacit.reward.ensemble import SegmentEnsemble
from tacit.reward.fit import HeldOut, RewardFit, load_reward
from tacit.reward.fit_with_raters import fit_reward


class Reward(Protocol):
    """A fitted reward model. Items are given by their features, shape (…, step, feature)."""

    @property
    def held_out(self) -> HeldOut:
        """Predictions for pairs by those members alone that kept them out of their training."""
        ...

    @property
    def raters(self) -> tuple[str, ...]:
        """Names of those who answered."""
        ...

    @property
    def rater_fit(self) -> RaterFit:
        """How reliable each of them is."""
        ...

    @property
    def lapse(self) -> float:
        """Probability that an answer is a coin flip."""
        ...

    @property
    def losses(self) -> dict[str, float]:
        """What is told of its training: ``training_loss`` and ``validation_loss`` in nats, and what else it has."""
        ...

    def score(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Return the reward of each step, mean 0 and standard deviation 1 over what was fitted, shape (…)."""
        ...

    def score_members(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Return each member's reward of each step, in the same unit, shape (member, …)."""
        ...

    def difference_members(self, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float32]:
        """Return each member's log-odds that the first item is better, lapses aside, shape (member, …)."""
        ...

    def save(self, folder: Path) -> None:
        """Write it into `folder`, all of it or nothing."""
        ...


class RewardModel(Protocol):
    """Fits rewards to comparisons, and reads back those that were saved."""

    def fit(self, comparisons: Comparisons, *, seed: int, warm: Reward | None = None) -> Reward:
        """Return a reward fitted together with the reliability of each rater, from `warm` on where it can."""
        ...

    def load(self, folder: Path) -> Reward:
        """Return the reward that was saved in `folder`; what it scores is the same bit for bit."""
        ...


@runtime_checkable
class BringsReward(Protocol):
    """A producer that has a reward model of its own for its items."""

    def reward_model(self) -> RewardModel | None:
        """Return it; None if its features go to the ensemble like any others."""
        ...


@runtime_checkable
class Represents(Protocol):
    """A reward whose features are no coordinates, such as tokens, and that can say where an item lies."""

    def represent(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Return what a model makes of each item, the same in every fit of a run, (item, step, …) → (item, place)."""
        ...


@dataclass(frozen=True)
class EnsembleWithRaters:
    """The reward model of small networks over features.

    Args:
        settings: of the networks and their training.
    """

    settings: SegmentEnsemble = field(default_factory=SegmentEnsemble)

    def fit(self, comparisons: Comparisons, *, seed: int, warm: Reward | None = None) -> RewardFit:
        """Return a reward; see `tacit.reward.fit_reward`."""
        return fit_reward(comparisons, self.settings, seed=seed, warm=warm if isinstance(warm, RewardFit) else None)

    def load(self, folder: Path) -> RewardFit:
        """Return the reward in `folder`; see `tacit.reward.load_reward`."""
        return load_reward(folder)


def reward_model_for(producer: object, settings: SegmentEnsemble) -> RewardModel:
    """Return the reward model that `producer` brings, or else the ensemble of those settings."""
    own = producer.reward_model() if isinstance(producer, BringsReward) else None
    return own or EnsembleWithRaters(settings)


def preference(reward: Reward, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float32]:
    """Return the probability that the first item is preferred, mean of the members, lapses included, shape (…)."""
    half = np.float32(0.5)
    odds = reward.difference_members(first, second)
    p: NDArray[np.float32] = (half + np.float32((1 - reward.lapse) / 2) * np.tanh(half * odds)).mean(axis=0)
    return p


def places_of(reward: Reward, features: NDArray[Any]) -> NDArray[np.float32]:
    """Return where each item lies, (item, step, feature) → (item, place).

    That is the mean of its features over steps, or what a model makes of it where features are no coordinates.
    """
    if isinstance(reward, Represents):
        return reward.represent(features)
    places: NDArray[np.float32] = features.reshape(len(features), -1, features.shape[-1]).mean(axis=1)
    return places
