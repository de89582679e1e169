"""Proximal policy optimisation for text: the reward at the end, a price on every token that leaves the reference."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tacit.errors import BadValue
from tacit_language.policy.rollout import Rollout
from tacit_language.policy.targets import Losses, Targets, clipped_objective, masked_mean


@dataclass(frozen=True)
class PPO:
    """How a rollout becomes advantages, and these a loss.

    Args:
        n_epochs: passes over each rollout.
        n_minibatches: steps a pass.
        clip: how far the ratio of new to old probability may move, ε.
        value_clip: how far a value may move from what it was; None lets it.
        value_weight: weight of the value loss.
        discount: γ, a token.
        gae_lambda: λ of the generalised advantage.
        whiten_rewards: divide the tokens' rewards by their standard deviation.
        stop_divergence: mean divergence a token, in nats, from the policy that wrote the rollout, above which the
            passes over it end; None makes them all.

    Raises:
        BadValue: a setting outside its range.

    Source: Ziegler et al. 2019, section 2.2, arXiv:1909.08593; Schulman et al. 2017, eq. 7, arXiv:1707.06347.
    """

    n_epochs: int = 4
    n_minibatches: int = 1
    clip: float = 0.2
    value_clip: float | None = 0.2
    value_weight: float = 0.1
    discount: float = 1.0
    gae_lambda: float = 0.95
    whiten_rewards: bool = False
    stop_divergence: float | None = None

    needs_values = True

    def __post_init__(self) -> None:
        for name in ("n_epochs", "n_minibatches", "clip"):
            if getattr(self, name) <= 0:
                raise BadValue(f"PPO.{name}", got=getattr(self, name), expected="a number above 0")
        for name in ("discount", "gae_lambda"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadValue(f"PPO.{name}", got=getattr(self, name), expected="a number from 0 to 1")

    def targets(self, rollout: Rollout, values: Tensor | None, coefficient: float) -> Targets:
        """Return advantage and return of each token.

        Args:
            rollout: completions and scores.
            values: what the value head expected before each token, (completion, token).
            coefficient: β, what a nat of divergence costs.
        """
        if values is None:
            raise BadValue("PPO", got="no values", expected="a policy with a value head")
        mask = rollout.mask
        reward = token_rewards(rollout, coefficient)
        if self.whiten_rewards:
            reward = reward / reward[mask].std().clamp_min(1e-8)
        advantage = generalised_advantage(
            reward, values * mask, mask, discount=self.discount, gae_lambda=self.gae_lambda
        )
        white = torch.zeros_like(advantage)
        chosen = advantage[mask]
        white[mask] = (chosen - chosen.mean()) / chosen.std().clamp_min(1e-8)
        return Targets(white, advantage + values * mask, values * mask)

    def losses(
        self, log_probs: Tensor, values: Tensor | None, rollout: Rollout, targets: Targets, coefficient: float
    ) -> Losses:
        """Return the loss of some completions, and what happened.

        Args:
            log_probs: under the policy as it is now, (completion, token).
            values: as they are now.
            rollout: the completions. targets: their advantages and returns.
            coefficient: not used: the price of divergence is in the rewards.
        """
        del coefficient
        objective = clipped_objective(log_probs, rollout, targets.advantage, self.clip)
        if values is None or targets.returns is None or targets.values is None:
            return objective
        moved = values
        if self.value_clip is not None:
            moved = targets.values + (values - targets.values).clamp(-self.value_clip, self.value_clip)
        wrong = torch.maximum((values - targets.returns) ** 2, (moved - targets.returns) ** 2)
        value_loss = 0.5 * masked_mean(wrong, rollout.mask)
        return objective._replace(loss=objective.loss + self.value_weight * value_loss, value_loss=value_loss.detach())


def token_rewards(rollout: Rollout, coefficient: float) -> Tensor:
    """Return −β · log(π/ρ) at every token, and the score at the last one in addition, (completion, token).

    Source: Ziegler et al. 2019, section 2.2, arXiv:1909.08593.
    """
    reward = -coefficient * (rollout.log_probs - rollout.reference) * rollout.mask
    last = (rollout.mask.sum(dim=1) - 1).clamp_min(0)
    return reward.scatter_add(1, last[:, None], rollout.scores[:, None].to(reward.dtype))


def generalised_advantage(reward: Tensor, value: Tensor, mask: Tensor, *, discount: float, gae_lambda: float) -> Tensor:
    """Return the advantage of each token, 0 at padding; nothing follows the last real token.

    Args:
        reward: (completion, token). value: expected before each token. mask: True for real tokens.
        discount: γ. gae_lambda: λ.

    Source: Schulman et al. 2015, arXiv:1506.02438, eq. 16.
    """
    advantage = torch.zeros_like(reward)
    running = torch.zeros_like(reward[:, 0])
    follows = torch.zeros_like(running)
    for t in range(reward.shape[1] - 1, -1, -1):
        delta = reward[:, t] + discount * follows - value[:, t]
        running = torch.where(mask[:, t], delta + discount * gae_lambda * running, 0.0)
        follows = torch.where(mask[:, t], value[:, t], 0.0)
        advantage[:, t] = running
    return advantage
