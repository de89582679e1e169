"""Preference models learn a planted worth from pairs, choices and rankings, and find out who answers at random."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit

from tacit.errors import BadValue, NotFinite
from tacit_language.models import GPT, GPTConfig
from tacit_language.preference import (
    PreferenceModel,
    PreferenceSettings,
    fit_preferences,
    normalise,
    pairs,
    rankings,
    sequences,
)

SYMBOLS, LENGTH, CONTEXT = 12, 6, 12
FAST = PreferenceSettings(members=2, epochs=6, patience=6, learning_rate=1e-2)


def a_trunk(width=16):
    sizes = {"context_length": CONTEXT, "width": width, "n_layers": 1, "n_heads": 2, "vocabulary_size": SYMBOLS}
    return GPT(GPTConfig(**sizes), seed=0)


def planted(n, k, seed):
    """Return n groups of k texts after a prompt of their own, and their worth: the sum of their symbols' values."""
    draw = np.random.default_rng(seed)
    value = np.linspace(-1.5, 1.5, SYMBOLS)
    written = draw.integers(0, SYMBOLS, (n, k, LENGTH))
    prompts = draw.integers(0, SYMBOLS, (n, 3)).repeat(k, axis=0)
    texts = sequences(prompts.tolist(), written.reshape(n * k, LENGTH).tolist(), context_length=CONTEXT)
    return texts, value[written].sum(axis=2)


def accuracy(fit, seed=99):
    texts, worth = planted(400, 2, seed)
    score = fit.score(texts).reshape(-1, 2)
    return np.mean((score[:, 0] > score[:, 1]) == (worth[:, 0] > worth[:, 1]))


def test_pairs_teach_a_planted_worth_and_who_answers_at_random_or_the_wrong_way_round():
    n = 450
    texts, worth = planted(n, 2, 1)
    draw = np.random.default_rng(2)
    rater = np.arange(n) % 5
    honest = draw.random(n) < expit(2 * (worth[:, 0] - worth[:, 1]))
    answer = np.where(rater == 0, draw.random(n) < 0.5, np.where(rater == 1, ~honest, honest))
    first = 2 * np.arange(n)
    given = pairs(texts, first, first + 1, answer, rater=rater, raters=("coin", "inverted", "c", "d", "e"))
    fit = fit_preferences(given, a_trunk(), FAST, seed=3, rounds=2)
    coin, inverted, *others = fit.believed
    assert abs(coin) < 0.3
    assert inverted < -0.5
    assert min(others) > 0.5
    assert accuracy(fit) > 0.85
    assert fit.p_agree["coin"].low < 0.5 < fit.p_agree["coin"].high
    assert fit.held_out.agreement().n == n
    assert fit.calibration().mean < 0.1
    assert fit.spread(texts).shape == (2 * n,)


@pytest.mark.parametrize("placed", [1, 3])
def test_choices_and_rankings_of_four_teach_it_too(placed):
    n = 150
    texts, worth = planted(n, 4, 4)
    noisy = worth + np.random.default_rng(5).gumbel(0, 0.3, worth.shape)
    order = np.argsort(-noisy, axis=1) + 4 * np.arange(n)[:, None]
    given = rankings(texts, order.tolist(), np.full(n, placed))
    assert accuracy(fit_preferences(given, a_trunk(), FAST, seed=0)) > 0.75


@pytest.mark.parametrize("change", [{"objective": "binary"}, {"language_weight": 0.1}])
def test_binary_discrimination_and_a_language_loss_on_the_better_text_learn(change):
    texts, worth = planted(300, 2, 6)
    first = 2 * np.arange(300)
    given = pairs(texts, first, first + 1, worth[:, 0] > worth[:, 1])
    settings = PreferenceSettings(members=1, epochs=6, learning_rate=1e-2, **change)
    assert accuracy(fit_preferences(given, a_trunk(), settings, seed=0)) > 0.7


def test_the_same_seed_gives_the_same_model_bit_for_bit_and_the_trunk_is_left_alone():
    texts, worth = planted(60, 2, 7)
    given = pairs(texts, 2 * np.arange(60), 2 * np.arange(60) + 1, worth[:, 0] > worth[:, 1])
    trunk = a_trunk()
    before = [p.clone() for p in trunk.parameters()]
    settings = PreferenceSettings(members=2, epochs=2)
    one, other = (fit_preferences(given, trunk, settings, seed=5) for _ in range(2))
    assert one.history == other.history
    assert np.array_equal(one.score(texts), other.score(texts))
    assert all(torch.equal(a, b) for a, b in zip(before, trunk.parameters(), strict=True))


def test_a_score_is_read_at_the_last_real_token_whatever_stands_beside_it():
    model = PreferenceModel(a_trunk(), seed=1).eval()
    alone = sequences([[1, 2, 3]], [[4, 5]], context_length=CONTEXT)
    beside = sequences([[1, 2, 3], [7] * 8, [1, 2, 3]], [[4, 5], [8, 9, 3], []], context_length=CONTEXT)
    assert model.score(beside)[0] == pytest.approx(model.score(alone)[0], abs=1e-5)
    whole = sequences([[]], [[1, 2, 3]], context_length=CONTEXT)
    assert model.score(beside)[2] == pytest.approx(model.score(whole)[0], abs=1e-5)  # an empty completion


def test_normalised_scores_have_mean_0_and_variance_1_on_the_reference_samples():
    model = PreferenceModel(a_trunk(), seed=1)
    texts, _ = planted(50, 2, 8)
    before = model.score(texts)
    normalise(model, texts)
    after = model.score(texts)
    assert after.mean() == pytest.approx(0, abs=1e-4)
    assert after.std() == pytest.approx(1, abs=1e-4)
    assert np.corrcoef(before, after)[0, 1] == pytest.approx(1, abs=1e-4)


def test_equal_texts_are_left_out_and_counted():
    texts = sequences([[1], [1], [1]], [[2, 3], [2, 3], [4]], context_length=CONTEXT)
    given = pairs(texts, [0, 0], [1, 2])
    assert len(given) == 1
    assert given.left_out == {"same_text": 1}


def test_prompts_are_cut_at_the_left_and_completions_that_do_not_fit_are_refused():
    texts = sequences([list(range(12))], [[1, 2, 3]], context_length=8)
    assert texts.n_cut == 1
    assert texts.prompt(0).tolist() == [7, 8, 9, 10, 11]
    with pytest.raises(BadValue, match="text 0, completion: got 9 tokens, expected at most 8"):
        sequences([[1]], [[0] * 9], context_length=8)
    with pytest.raises(BadValue, match="text 1: got no token at all"):
        sequences([[1], []], [[1], []], context_length=8)


def test_bad_answers_are_refused_by_name():
    texts = sequences([[1], [1]], [[2], [3]], context_length=8)
    with pytest.raises(BadValue, match=r"answer 0, target: got 2\.0, expected a probability"):
        pairs(texts, [0], [1], [2.0])
    with pytest.raises(NotFinite, match="weight, answer 0"):
        pairs(texts, [0], [1], weight=[np.nan])
    with pytest.raises(BadValue, match="expected a text once an answer"):
        pairs(texts, [0], [0])
    with pytest.raises(BadValue, match="preferences: got none"):
        fit_preferences(pairs(texts, [], []), a_trunk(), seed=0)


def test_a_loss_that_is_not_finite_stops_and_says_where():
    texts, worth = planted(20, 2, 9)
    given = pairs(texts, 2 * np.arange(20), 2 * np.arange(20) + 1, worth[:, 0] > worth[:, 1])
    trunk = a_trunk()
    with torch.no_grad():
        trunk.transformer.wte.weight[3] = float("nan")
    with pytest.raises(NotFinite, match="preference model 0, pass 1, step 1, loss and its gradient: got nan"):
        fit_preferences(given, trunk, FAST, seed=0)
