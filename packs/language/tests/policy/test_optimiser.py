"""Policies learn from any Python function, pay for divergence, and go on from a checkpoint bit for bit."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch

from tacit.errors import BadValue, NotFinite
from tacit_language.models import GPT, GPTConfig, Sampling, generate, token_log_probs
from tacit_language.policy import PPO, KLControl, PolicyOptimiser, PolicySettings, grpo, rloo
from tacit_language.policy.rollout import branches_of, read, read_all

SYMBOLS = 12
METHODS = {"ppo": PPO(n_epochs=2, n_minibatches=2), "rloo": rloo(), "grpo": grpo()}


def a_policy():
    return GPT(GPTConfig(context_length=16, width=16, n_layers=2, n_heads=2, vocabulary_size=SYMBOLS), seed=0)


def high_symbols(prompts, completions):
    return [sum(c) / len(c) / SYMBOLS for c in completions]


def settings(**changes):
    chosen = {"n_per_prompt": 4, "learning_rate": 1e-2, "kl": KLControl(0.02)} | changes
    return PolicySettings(Sampling(6), **chosen)


PROMPTS = [[1, 2], [3], [4, 5, 6]]


def test_log_probabilities_are_those_of_sampling_and_of_the_plain_model():
    policy = a_policy()
    written = generate(policy, [p for p in PROMPTS for _ in range(3)], Sampling(5, temperature=0.7), seed=1)
    batch = branches_of(written)
    assert len(batch.prompts) == 3
    together, _ = read(policy, batch, temperature=0.7)
    torch.testing.assert_close(together.detach(), written.log_probs, rtol=1e-4, atol=1e-5)
    targets = torch.cat([torch.zeros_like(written.prompt_mask), written.completion_mask], dim=1)
    plain = token_log_probs(policy, written.tokens, written.mask, targets, temperature=0.7)[:, 3:]
    torch.testing.assert_close(together, plain, rtol=1e-4, atol=1e-5)
    in_parts = read_all(policy, batch, temperature=0.7, tokens_at_once=1)
    torch.testing.assert_close(in_parts, together.detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_raises_a_reward_that_is_a_python_function(name):
    optimiser = PolicyOptimiser(a_policy(), high_symbols, settings(), METHODS[name], seed=0)
    numbers = [optimiser.step(PROMPTS * 3) for _ in range(12)]
    first, last = (np.mean([n["score"] for n in part]) for part in (numbers[:2], numbers[-2:]))
    assert last > first + 0.1
    assert numbers[0]["kl"] == pytest.approx(0, abs=1e-4)
    assert numbers[-1]["kl"] > 0.1


def test_a_high_price_keeps_the_policy_at_the_reference():
    free, dear = (
        PolicyOptimiser(a_policy(), high_symbols, settings(kl=KLControl(price)), PPO(), seed=0) for price in (0.0, 5.0)
    )
    for optimiser in (free, dear):
        for _ in range(10):
            numbers = optimiser.step(PROMPTS * 3)
        optimiser.last = numbers
    assert abs(dear.last["kl"]) < 0.3 < free.last["kl"]


def test_the_price_moves_towards_its_target():
    optimiser = PolicyOptimiser(a_policy(), high_symbols, settings(kl=KLControl(1.0, target=2.0)), rloo(), seed=0)
    optimiser.step(PROMPTS)
    assert optimiser.coefficient == pytest.approx(0.98)  # no divergence yet: the error is cut to −.2


@pytest.mark.parametrize("name", ["ppo", "rloo"])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(name, tmp_path):
    adaptive = settings(kl=KLControl(0.1, target=1.0))
    whole = PolicyOptimiser(a_policy(), high_symbols, adaptive, METHODS[name], seed=4)
    expected = [whole.step(PROMPTS) for _ in range(4)]
    begun = PolicyOptimiser(a_policy(), high_symbols, adaptive, METHODS[name], seed=4, folder=tmp_path)
    assert not begun.resume()
    for _ in range(2):
        begun.step(PROMPTS)
    begun.save()
    resumed = PolicyOptimiser(a_policy(), high_symbols, adaptive, METHODS[name], seed=4, folder=tmp_path)
    assert resumed.resume()
    assert [resumed.step(PROMPTS) for _ in range(2)] == expected[2:]
    assert torch.equal(resumed.optimiser.flat, whole.optimiser.flat)


def test_parts_of_a_minibatch_add_up_to_it():
    whole, in_parts = (
        PolicyOptimiser(a_policy(), high_symbols, settings(tokens_at_once=size), rloo(), seed=0) for size in (10_000, 8)
    )
    for optimiser in (whole, in_parts):
        optimiser.learn(optimiser.roll_out(PROMPTS)[0])
    torch.testing.assert_close(whole.optimiser.flat, in_parts.optimiser.flat, rtol=1e-3, atol=1e-4)


def test_passes_end_when_the_policy_has_moved_too_far():
    eager = settings(learning_rate=0.1)
    optimiser = PolicyOptimiser(a_policy(), high_symbols, eager, PPO(n_epochs=8, stop_divergence=0.01), seed=0)
    assert optimiser.step(PROMPTS)["passes"] < 8


def test_an_unfinished_completion_gets_the_fixed_score():
    fixed = PolicySettings(Sampling(6, stop=((0,),)), n_per_prompt=8, unfinished_score=-1.0)
    optimiser = PolicyOptimiser(a_policy(), lambda p, c: [5.0] * len(c), fixed, rloo(), seed=0)
    rollout, finished = optimiser.roll_out(PROMPTS)
    assert 0 < finished < 1
    assert sorted(set(rollout.scores.tolist())) == [-1.0, 5.0]


def test_a_reward_that_is_not_a_number_a_completion_stops_and_says_which():
    def broken(prompts, completions):
        return [float("nan") if i == 2 else 1.0 for i in range(len(completions))]

    with pytest.raises(NotFinite, match=r"reward broken, completion 2 \("):
        PolicyOptimiser(a_policy(), broken, settings(), rloo(), seed=0).step(PROMPTS)
    with pytest.raises(BadValue, match="got 1 numbers, expected 12 numbers"):
        PolicyOptimiser(a_policy(), lambda p, c: [1.0], settings(), rloo(), seed=0).step(PROMPTS)


def test_a_loss_that_is_not_finite_keeps_the_last_good_checkpoint(tmp_path):
    optimiser = PolicyOptimiser(a_policy(), high_symbols, settings(), rloo(), seed=0, folder=tmp_path)
    optimiser.step(PROMPTS)
    optimiser.save()
    good = optimiser.optimiser.flat.clone()
    rollout, _ = optimiser.roll_out(PROMPTS)
    with pytest.raises(NotFinite, match=r"policy, step 2, loss and its gradient: got nan.*go on from"):
        optimiser.learn(type(rollout)(rollout.batch, rollout.log_probs, rollout.reference, rollout.scores * torch.nan))
    assert torch.equal(optimiser.optimiser.flat, good)
    fresh = PolicyOptimiser(a_policy(), high_symbols, settings(), rloo(), seed=0, folder=tmp_path)
    assert fresh.resume()
    assert torch.equal(fresh.optimiser.flat, good)


def test_prompts_longer_than_the_context_and_a_foreign_checkpoint_are_refused(tmp_path):
    optimiser = PolicyOptimiser(a_policy(), high_symbols, settings(), rloo(), seed=0, folder=tmp_path)
    with pytest.raises(BadValue, match="prompt 0: got 14 tokens, expected at most 10"):
        optimiser.step([[1] * 14])
    optimiser.save()
    other = PolicyOptimiser(a_policy(), high_symbols, settings(), rloo(), seed=1, folder=tmp_path)
    with pytest.raises(BadValue, match="got a run with seed 0, expected seed 1"):
        other.resume()
    with pytest.raises(BadValue, match="checkpoint: got no folder"):
        PolicyOptimiser(a_policy(), high_symbols, settings(), rloo(), seed=0).save()


def test_the_reference_stays_as_it_was():
    policy = a_policy()
    before = deepcopy(policy)
    optimiser = PolicyOptimiser(policy, high_symbols, settings(), rloo(), seed=0)
    optimiser.step(PROMPTS)
    for kept, first in zip(optimiser.reference.parameters(), before.parameters(), strict=True):
        assert torch.equal(kept, first)
