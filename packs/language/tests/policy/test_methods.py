"""Advantages and losses of PPO, RLOO and GRPO, worked by hand."""

from __future__ import annotations

from math import exp, log

import pytest
import torch

from tacit.errors import BadValue, UnknownName
from tacit_language.policy import PPO, Group, grpo, rloo
from tacit_language.policy.ppo import generalised_advantage, token_rewards
from tacit_language.policy.rollout import Rollout
from tacit_language.policy.targets import Targets, clipped_objective
from tacit_language.preference import Branches


def a_rollout(log_probs, reference, mask, scores, owner):
    mask = torch.tensor(mask)
    n_prompts = max(owner) + 1
    prompts = torch.ones(n_prompts, 1, dtype=torch.int64)
    batch = Branches(prompts, prompts.bool(), torch.ones_like(mask, dtype=torch.int64), mask, torch.tensor(owner))
    return Rollout(batch, torch.tensor(log_probs), torch.tensor(reference), torch.tensor(scores))


def test_leaving_the_reference_costs_at_every_token_and_the_score_comes_at_the_last():
    rollout = a_rollout([[-1.0, -2.0, 0.0]], [[-1.5, -1.0, 0.0]], [[True, True, False]], [3.0], [0])
    # −β(log π − log ρ): −.1 · .5 and −.1 · −1 + 3
    assert token_rewards(rollout, 0.1)[0].tolist() == pytest.approx([-0.05, 3.1, 0.0])
    assert rollout.divergence.tolist() == pytest.approx([-0.5])


def test_advantages_worked_by_hand():
    # the last token: 2 − 1 = 1; the first: 0 + .5 · 1 − 3 = −2.5, and .5 · .8 of what follows: −2.5 + .4 = −2.1
    reward, value = torch.tensor([[0.0, 2.0, 9.0]]), torch.tensor([[3.0, 1.0, 7.0]])
    mask = torch.tensor([[True, True, False]])
    advantage = generalised_advantage(reward, value, mask, discount=0.5, gae_lambda=0.8)
    assert advantage[0].tolist() == pytest.approx([-2.1, 1.0, 0.0])


def test_ppo_whitens_advantages_and_returns_are_not():
    rollout = a_rollout([[-1.0, -1.0]] * 2, [[-1.0, -1.0]] * 2, [[True, True]] * 2, [1.0, 3.0], [0, 0])
    targets = PPO(gae_lambda=1.0).targets(rollout, torch.zeros(2, 2), 0.0)
    assert targets.returns.tolist() == [[1.0, 1.0], [3.0, 3.0]]
    assert float(targets.advantage.mean()) == pytest.approx(0, abs=1e-6)
    assert float(targets.advantage.std()) == pytest.approx(1, abs=1e-5)


def test_a_ratio_beyond_the_clip_passes_no_gradient_where_it_would_go_further():
    rollout = a_rollout([[log(0.5), log(0.5)]], [[0.0, 0.0]], [[True, True]], [0.0], [0])
    now = torch.tensor([[log(0.7), log(0.7)]], requires_grad=True)  # ratio 1.4
    losses = clipped_objective(now, rollout, torch.tensor([[1.0, -1.0]]), 0.2)
    # −mean(min(1.4, 1.2), min(−1.4, −1.2)) = −(1.2 − 1.4) / 2
    assert losses.loss.item() == pytest.approx(0.1, abs=1e-6)
    losses.loss.backward()
    assert now.grad[0].tolist() == pytest.approx([0.0, 0.7])
    assert float(losses.clipped) == 1.0
    assert float(losses.divergence) == pytest.approx(1.4 - 1 - log(1.4), abs=1e-6)


def test_values_are_held_near_what_they_were():
    rollout = a_rollout([[0.0]], [[0.0]], [[True]], [0.0], [0])
    targets = Targets(torch.zeros(1, 1), torch.tensor([[2.0]]), torch.tensor([[0.0]]))
    losses = PPO(value_weight=1.0).losses(torch.zeros(1, 1), torch.tensor([[1.0]]), rollout, targets, 0.0)
    # the value moved from 0 to 1, held to .2: the larger of (1 − 2)² and (.2 − 2)², halved
    assert float(losses.value_loss) == pytest.approx(1.62, abs=1e-6)


def test_leave_one_out_worked_by_hand():
    # scores less β · divergence: 1 − .5 · 2 = 0, 2, 4; each less the mean of the two others: −3, 0, 3
    rollout = a_rollout([[-1.0], [-1.0], [-1.0]], [[-3.0], [-1.0], [-1.0]], [[True]] * 3, [1.0, 2.0, 4.0], [0, 0, 0])
    assert rloo().targets(rollout, None, 0.5).advantage[:, 0].tolist() == pytest.approx([-3.0, 0.0, 3.0])


def test_group_relative_worked_by_hand():
    # two prompts: (1, 3) has mean 2 and deviation √2; (5, 5) has none, and nothing to learn from
    log_probs = [[-1.0]] * 4
    rollout = a_rollout(log_probs, [[-2.0]] * 4, [[True]] * 4, [1.0, 3.0, 5.0, 5.0], [0, 0, 1, 1])
    targets = grpo().targets(rollout, None, 0.1)
    assert targets.advantage[:, 0].tolist() == pytest.approx([-(0.5**0.5), 0.5**0.5, 0.0, 0.0], abs=1e-3)
    # the price: .1 · (ρ/π − 1 − ln ρ/π) at ln ρ/π = −1, beside an objective whose advantages sum to 0
    losses = grpo().losses(torch.tensor(log_probs), None, rollout, targets, 0.1)
    assert float(losses.loss) == pytest.approx(0.1 * exp(-1), abs=1e-5)


def test_what_cannot_be_compared_or_named_is_refused():
    alone = a_rollout([[-1.0]], [[-1.0]], [[True]], [1.0], [0])
    with pytest.raises(BadValue, match="completions of a prompt: got 1, expected at least 2"):
        rloo().targets(alone, None, 0.1)
    with pytest.raises(UnknownName, match="Did you mean 'leave_one_out'"):
        Group(baseline="leave_one")
    with pytest.raises(BadValue, match=r"PPO\.n_epochs: got 0"):
        PPO(n_epochs=0)
    with pytest.raises(BadValue, match="got no values"):
        PPO().targets(alone, None, 0.1)
