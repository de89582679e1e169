"""Fits are kept as files, judgments become preferences, and imitation scores texts by their likelihood."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch

from tacit.errors import BadFile, BadValue
from tacit.judging import Question, QuestionKind, judgments_table, questions_table
from tacit_language.models import GPT, GPTConfig, token_log_probs
from tacit_language.preference import (
    PreferenceSettings,
    fit_preferences,
    imitation_scores,
    load_preferences,
    pairs,
    preferences_from_judgments,
    save_preferences,
    sequences,
)


def a_trunk(width=16):
    sizes = {"context_length": 10, "width": width, "n_layers": 1, "n_heads": 2, "vocabulary_size": 9}
    return GPT(GPTConfig(**sizes), seed=0)


@pytest.fixture(scope="module")
def fitted():
    draw = np.random.default_rng(0)
    texts = sequences(draw.integers(0, 9, (40, 2)).tolist(), draw.integers(0, 9, (40, 5)).tolist(), context_length=10)
    given = pairs(texts, range(0, 40, 2), range(1, 40, 2), rater=np.arange(20) % 2, raters=("a", "b"))
    return texts, fit_preferences(given, a_trunk(), PreferenceSettings(members=2, epochs=1), seed=0, rounds=1)


def test_what_is_read_back_scores_the_same_and_knows_its_raters(fitted, tmp_path):
    texts, fit = fitted
    save_preferences(tmp_path / "kept", fit)
    back = load_preferences(tmp_path / "kept")
    assert np.array_equal(back.score(texts), fit.score(texts))
    assert back.p_agree == fit.p_agree
    assert (back.settings, back.history, back.left_out) == (fit.settings, fit.history, fit.left_out)
    assert sorted(path.suffix for path in (tmp_path / "kept").iterdir()) == [".json", ".safetensors"]


def test_a_folder_without_preference_models_and_another_trunk_are_refused(fitted, tmp_path):
    with pytest.raises(BadFile, match="no such file"):
        load_preferences(tmp_path)
    save_preferences(tmp_path / "kept", fitted[1])
    with pytest.raises(BadValue, match=r"trunk: got .*expected the model that was fitted"):
        load_preferences(tmp_path / "kept", a_trunk(width=8))


def test_a_trunk_for_another_fit_is_a_copy(fitted):
    trunk = fitted[1].trunk(1)
    with torch.no_grad():
        trunk.transformer.wte.weight.zero_()
    assert fitted[1].models[1].trunk.transformer.wte.weight.abs().sum() > 0


def test_every_outcome_of_a_judgment_counts_by_its_rule():
    names = tuple("abcd")
    texts = sequences([[1]] * 4, [[2], [3], [4], [5]], context_length=10)
    comparison, probability = (
        Question(QuestionKind.COMPARISON, ("a", "b")),
        Question(QuestionKind.PROBABILITY, ("c", "d")),
    )
    rows = {
        "judgment_id": list("123456"),
        "question_id": [comparison.question_id] * 5 + [probability.question_id],
        "labeler_id": ["x", "y", "x", "y", "x", "y"],
        "outcome": ["answered", "tie", "both_bad", "cant_tell", "skipped", "answered"],
        "comparison": [1, None, None, None, None, None],
        "probability": [None] * 5 + [0.8],
    }
    given = preferences_from_judgments(
        judgments_table(rows), questions_table([comparison, probability]), texts, item_ids=names
    )
    assert given.target.tolist() == pytest.approx([0.0, 0.5, 0.5, 0.8])
    assert given.both_bad.tolist() == [False, False, True, False]
    assert given.left_out == {"cant_tell": 1, "skipped": 1}
    assert given.raters == ("x", "y")
    with pytest.raises(BadValue, match="item_ids: got 3 names, expected 4"):
        preferences_from_judgments(pl.DataFrame(rows), questions_table([comparison]), texts, item_ids=names[:3])


def test_imitation_scores_are_mean_log_probabilities_of_the_completion():
    model = a_trunk()
    texts = sequences([[1, 2], [3], []], [[4, 5, 6], [], [7, 8]], context_length=10)
    tokens = torch.tensor([[1, 2, 4, 5, 6]])
    targets = torch.tensor([[False, False, True, True, True]])
    expected = float(token_log_probs(model, tokens, None, targets).detach().sum()) / 3
    scores = imitation_scores(model, texts)
    assert scores[0] == pytest.approx(expected, abs=1e-5)
    assert scores[1] == 0.0
    alone = token_log_probs(model, torch.tensor([[7, 8]]), None, torch.tensor([[False, True]]))
    assert scores[2] == pytest.approx(float(alone.detach().sum()), abs=1e-5)
