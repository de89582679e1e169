"""Preferences move a policy without sampling; the best of n is chosen; a context becomes part of the weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tacit.errors import BadValue
from tacit_language.models import GPT, GPTConfig, Sampling, generate
from tacit_language.policy import DistillationSettings, best_of_n, distil_context, optimise_directly
from tacit_language.policy.distillation import distillation_loss, remembered
from tacit_language.preference import PreferenceSettings, branches, pairs, rankings, sequences

SYMBOLS = 12


def a_policy(seed=0):
    sizes = {"context_length": 16, "width": 16, "n_layers": 2, "n_heads": 2, "vocabulary_size": SYMBOLS}
    return GPT(GPTConfig(**sizes), seed=seed)


def answers(n, k, seed):
    draw = np.random.default_rng(seed)
    written = draw.integers(0, SYMBOLS, (n, k, 5))
    prompts = draw.integers(0, SYMBOLS, (n, 2)).repeat(k, axis=0)
    texts = sequences(prompts.tolist(), written.reshape(n * k, 5).tolist(), context_length=16)
    return texts, written.sum(axis=2)


def test_the_first_loss_is_ln_2():
    # at the beginning policy and reference agree: Δ = 0 for every pair
    texts, worth = answers(8, 2, 0)
    given = pairs(texts, 2 * np.arange(8), 2 * np.arange(8) + 1, worth[:, 0] > worth[:, 1])
    settings = PreferenceSettings(epochs=1, batch_size=8, held_out_share=0.0)
    fit = optimise_directly(a_policy(), given, settings, coefficient=0.5, seed=0)
    assert fit.losses == pytest.approx([np.log(2)], abs=1e-5)


@pytest.mark.parametrize("k", [2, 3])
def test_preferences_move_the_policy_towards_what_is_preferred(k):
    texts, worth = answers(200, k, 1)
    if k == 2:
        given = pairs(texts, 2 * np.arange(200), 2 * np.arange(200) + 1, worth[:, 0] > worth[:, 1])
    else:
        given = rankings(texts, (np.argsort(-worth, axis=1) + k * np.arange(200)[:, None]).tolist())
    policy = a_policy()
    settings = PreferenceSettings(epochs=4, learning_rate=3e-3, held_out_share=0.2)
    fit = optimise_directly(policy, given, settings, coefficient=0.3, seed=0)
    assert fit.validation_loss[-1] < fit.validation_loss[0]
    written = generate(policy, [[1, 2]] * 100, Sampling(5), seed=0)
    assert np.mean([np.mean(c) for c in written.texts()]) > 5.5 + 0.5
    scores = fit.reward.score(texts).reshape(200, k)
    assert np.mean(np.sign(scores[:, 0] - scores[:, 1]) == np.sign(worth[:, 0] - worth[:, 1])) > 0.7


def test_a_rater_who_is_not_believed_moves_nothing():
    texts, _ = answers(8, 2, 2)
    given = pairs(texts, 2 * np.arange(8), 2 * np.arange(8) + 1)
    policy = a_policy()
    before = policy.transformer.wte.weight.clone()
    settings = PreferenceSettings(epochs=1, held_out_share=0.0)
    optimise_directly(policy, given, settings, precision=np.zeros(1), seed=0)
    assert torch.equal(before, policy.transformer.wte.weight)


def test_the_best_of_n_is_the_best_and_rejection_keeps_the_best_prompts():
    found = best_of_n(a_policy(), [[1], [2], [3, 4]], lambda p, c: [float(x[0]) for x in c], 4, Sampling(3), seed=0)
    assert found.scores.shape == (3, 4)
    prompts, texts = found.chosen()
    assert prompts == [[1], [2], [3, 4]]
    assert [text[0] for text in texts] == found.scores.max(axis=1).tolist()
    top = found.scores.max(axis=1)
    assert len(found.chosen(at_least=float(top.max()))[0]) == int((top == top.max()).sum())
    assert len(found.chosen(share=0.5)[0]) == 2
    with pytest.raises(BadValue, match="best of n: got 0"):
        best_of_n(a_policy(), [[1]], lambda p, c: [0.0], 0, Sampling(3), seed=0)


def strongly_contextual():
    teacher = a_policy(seed=3)
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in teacher.parameters():
            weight.add_(torch.randn(weight.shape, generator=draw) * 0.15)
    return teacher


def test_what_is_remembered_of_the_teacher_sums_to_one_and_costs_nothing_to_itself():
    teacher = strongly_contextual()
    batch = branches(sequences([[1, 2], [3]], [[4, 5], [6]], context_length=16), np.arange(2))
    token, log_p = remembered(teacher, batch, 4)
    assert token.shape == (3, 4)
    assert log_p.exp().sum(dim=1).tolist() == pytest.approx([1.0] * 3, abs=1e-5)
    assert float(distillation_loss(teacher, batch, (token, log_p)).detach()) == pytest.approx(0, abs=1e-6)


def test_a_distilled_context_is_written_without_being_there():
    teacher, context = strongly_contextual(), [7, 7, 8]
    draw = np.random.default_rng(0)
    prompts = draw.integers(0, SYMBOLS, (150, 2)).tolist()
    completions = generate(teacher, [[*context, *p] for p in prompts], Sampling(5), seed=1).texts()
    settings = DistillationSettings(likeliest=6, epochs=8, learning_rate=3e-3)
    student = distil_context(teacher, context, prompts[:120], completions[:120], settings, seed=0).model
    held_out = slice(120, 150)
    prompted = sequences([[*context, *p] for p in prompts[held_out]], completions[held_out], context_length=16)
    plain = sequences(prompts[held_out], completions[held_out], context_length=16)
    known = remembered(teacher, branches(prompted, np.arange(30)), 6)
    with torch.no_grad():
        before, after = (float(distillation_loss(m, branches(plain, np.arange(30)), known)) for m in (teacher, student))
    assert after < 0.6 * before


def test_a_context_that_does_not_fit_or_is_empty_is_refused():
    with pytest.raises(BadValue, match="got 18 tokens, expected at most 16"):
        distil_context(a_policy(), [1] * 14, [[1, 2]], [[3, 4]], seed=0)
    with pytest.raises(BadValue, match="context or prompt: got no token"):
        distil_context(a_policy(), [], [[1]], [[2]], seed=0)
