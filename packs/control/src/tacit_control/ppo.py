"""Proximal policy optimisation: what is made of a rollout.

Source: Schulman et al. 2017, arXiv:1707.06347 (clipped objective, eq. 7); advantages after Schulman et al. 2015,
arXiv:1506.02438, eq. 16.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacit.errors import BadValue
from tacit_control.adam import FlatAdam
from tacit_control.network import ActorCritic

LOG_TWO_PI = log(2 * pi)


@dataclass(frozen=True)
class PPOSettings:
    """How the policy is improved.

    Args:
        n_copies: environments stepped together.
        n_steps: steps a copy and rollout.
        n_epochs: passes over each rollout.
        batch_size: transitions a gradient step.
        learning_rate: of Adam at the beginning; it falls linearly to `final_rate_share` of it.
        final_rate_share: share of the learning rate left when the run's steps are spent.
        discount: γ, a step.
        gae_lambda: λ of the generalised advantage.
        clip: how far the probability ratio may move, ε.
        entropy_bonus: weight of the policy's entropy, in nats.
        value_weight: weight of the value loss.
        largest_gradient: norm to which gradients are cut.
        hidden: units of each of two hidden layers.
        log_sd: first log standard deviation of actions that are numbers, in half-widths of their range.
    """

    n_copies: int = 8
    n_steps: int = 256
    n_epochs: int = 10
    batch_size: int = 256
    learning_rate: float = 1e-3
    final_rate_share: float = 0.1
    discount: float = 0.99
    gae_lambda: float = 0.95
    clip: float = 0.2
    entropy_bonus: float = 0.0
    value_weight: float = 0.5
    largest_gradient: float = 0.5
    hidden: int = 64
    log_sd: float = -0.5

    def __post_init__(self) -> None:
        for name in ("n_copies", "n_steps", "n_epochs", "batch_size", "hidden", "learning_rate"):
            if getattr(self, name) <= 0:
                raise BadValue(f"PPO setting {name!r}", got=getattr(self, name), expected="a number above 0")
        for name in ("discount", "gae_lambda"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadValue(f"PPO setting {name!r}", got=getattr(self, name), expected="a number from 0 to 1")

    @property
    def rollout_size(self) -> int:
        """Transitions a rollout."""
        return self.n_copies * self.n_steps


@dataclass(frozen=True)
class Batch:
    """Transitions to learn from, one a row.

    Args:
        observation: normalised, (row, width).
        output: choices (row,) int64, or numbers (row, action).
        log_p: log probability of `output` when it was sampled, (row,).
        advantage: (row,), mean 0 and standard deviation 1.
        value_target: (row,).
    """

    observation: NDArray[np.float32]
    output: NDArray[np.generic]
    log_p: NDArray[np.float32]
    advantage: NDArray[np.float32]
    value_target: NDArray[np.float32]


def generalised_advantage(
    reward: NDArray[np.float64],
    value: NDArray[np.float64],
    next_value: NDArray[np.float64],
    ended: NDArray[np.bool_],
    *,
    discount: float,
    gae_lambda: float,
) -> NDArray[np.float64]:
    """Return the advantage of every step, all arguments and the result of shape (step, copy).

    `next_value` is what follows a step: 0 where the episode was over, the value of the next state where it was cut.
    Where `ended`, nothing of the next row is passed back.

    Source: Schulman et al. 2015, arXiv:1506.02438, eq. 16.
    """
    delta = reward + discount * next_value - value
    keep = discount * gae_lambda * ~ended
    advantage = np.empty_like(delta)
    running = np.zeros(delta.shape[1])
    for t in range(len(delta) - 1, -1, -1):
        running = delta[t] + keep[t] * running
        advantage[t] = running
    return advantage


def held_worth(reward: NDArray[np.float64], terminated: NDArray[np.bool_], discount: float) -> NDArray[np.float64]:
    """Return what it is worth to be held for ever in the state where an episode ended, shape (step, copy).

    That is the reward of the row after the end, which shows the last state, over 1 − γ: a constant reward for ever.
    So an end is good or bad only as far as the judge finds what it looks like good or bad. An end in the last row,
    whose state is not scored yet, takes the mean of the others.
    """
    worth = np.zeros_like(reward)
    worth[:-1] = np.where(terminated[:-1], reward[1:], 0.0)
    seen = int(terminated[:-1].sum())
    worth[-1] = np.where(terminated[-1], worth.sum() / seen if seen else 0.0, 0.0)
    return worth / max(1 - discount, 1e-8)


def log_probability(
    out: NDArray[np.float32], output: NDArray[np.generic], log_sd: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Return the log probability of each sampled output, shape (row,): a categorical's, or a Gaussian's density."""
    if log_sd is None:
        shifted = out - out.max(axis=1, keepdims=True)
        chosen = np.take_along_axis(shifted, np.asarray(output, np.int64)[:, None], axis=1)[:, 0]
        return np.asarray(chosen - np.log(np.exp(shifted).sum(axis=1)), np.float32)
    z = (np.asarray(output, np.float32) - out) * np.exp(-log_sd)
    return np.asarray(-0.5 * (z * z).sum(axis=1) - log_sd.sum() - 0.5 * out.shape[1] * LOG_TWO_PI, np.float32)


def improve_policy(
    network: ActorCritic,
    optimiser: FlatAdam,
    batch: Batch,
    settings: PPOSettings,
    learning_rate: float,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Make `n_epochs` passes over `batch` in random minibatches and return what happened, as named numbers."""
    tensors = [torch.from_numpy(x) for x in (batch.observation, batch.output, batch.log_p)]
    tensors += [torch.from_numpy(x) for x in (batch.advantage, batch.value_target)]
    n = len(batch.log_p)
    n_minibatches = max(1, n // settings.batch_size)
    with torch.no_grad():
        for _ in range(settings.n_epochs):
            order = torch.from_numpy(rng.permutation(n))
            shuffled = [x[order].tensor_split(n_minibatches) for x in tensors]
            for minibatch in zip(*shuffled, strict=True):
                fill_gradients(network, minibatch, settings)
                optimiser.step(learning_rate, settings.largest_gradient)
        done = network.forward(tensors[0])
        log_p, entropy, _ = _likelihood(network, done.output, tensors[1])
        log_ratio = log_p - tensors[2]
        unexplained = float((tensors[4] - done.value).var() / tensors[4].var().clamp_min(1e-8))
        return {
            "approximate_kl": float((log_ratio.exp() - 1 - log_ratio).mean()),
            "entropy": float(entropy.mean()),
            "explained_variance": 1 - unexplained,
        }


def fill_gradients(network: ActorCritic, minibatch: tuple[Tensor, ...], settings: PPOSettings) -> None:
    """Fill `network.gradients` with those of the clipped objective, the value loss and the entropy bonus.

    The loss is ``−mean(min(A·ρ, A·clip(ρ)))``, plus `value_weight` times the mean squared error of the values, minus
    `entropy_bonus` times the mean entropy; ρ is the ratio of new to old probability. Where the clipped branch is the
    smaller one, an advantage passes no gradient.
    """
    observation, chosen, old_log_p, advantage, target = minibatch
    rows = len(target)
    done = network.forward(observation)
    log_p, entropy, score = _likelihood(network, done.output, chosen)
    ratio = torch.exp_(log_p - old_log_p)
    moved = torch.sign(advantage) * (ratio - 1) > settings.clip
    weight = (advantage * ratio).masked_fill_(moved, 0.0).mul_(-1 / rows)
    if isinstance(score, Gaussian):
        output_gradient = weight.unsqueeze(1) * score.by_mean
        torch.mv(score.squares.T, weight, out=network.gradients["log_sd"])
        network.gradients["log_sd"] -= weight.sum() + settings.entropy_bonus
    else:
        pull = settings.entropy_bonus / rows * (score.log_p_all + entropy.unsqueeze(1)) - weight.unsqueeze(1)
        output_gradient = score.p_all * pull
        output_gradient.scatter_add_(1, chosen.unsqueeze(1), weight.unsqueeze(1))
    value_gradient = (done.value - target).mul_(2 * settings.value_weight / rows)
    network.backward(done, output_gradient, value_gradient)


class Gaussian(NamedTuple):
    """Derivatives of the log density by the mean, (row, action), and the squared deviations in units of the sd."""

    by_mean: Tensor
    squares: Tensor


class Categorical(NamedTuple):
    """Log probabilities and probabilities of all choices, (row, choice)."""

    log_p_all: Tensor
    p_all: Tensor


def _likelihood(network: ActorCritic, output: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor, Gaussian | Categorical]:
    """Return log probabilities (row,), entropies (row,) or one for all, and what their derivatives are made of."""
    if not network.numbers:
        log_p_all = torch.log_softmax(output, dim=1)
        p_all = log_p_all.exp()
        entropy = (p_all * log_p_all).sum(dim=1).neg_()
        return log_p_all.gather(1, chosen.unsqueeze(1)).squeeze(1), entropy, Categorical(log_p_all, p_all)
    log_sd = network.parameters["log_sd"]
    inverse_sd = torch.exp(-log_sd)
    z = (chosen - output).mul_(inverse_sd)
    squares = z * z
    constant = log_sd.sum() + 0.5 * output.shape[1] * LOG_TWO_PI
    return (
        squares.sum(dim=1).mul_(-0.5).sub_(constant),
        constant + 0.5 * output.shape[1],
        Gaussian(z * inverse_sd, squares),
    )
