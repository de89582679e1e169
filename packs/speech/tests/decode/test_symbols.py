import numpy as np
import pytest

from tacit.errors import BadValue
from tacit_speech import Alphabet, Posteriors
from tacit_speech.decode import BeamSettings, align, beam_search, greedy, symbol_fusion, with_word_times
from tacit_speech.decode.ctc import alignments, collapsed
from tacit_speech.decode.ngram import Unit, build
from tacit_speech.decode.tuning import Weights, fusion_of

WORDS = Alphabet(("one", "two", "six"), whole_words=True)
MODEL = build(["one two", "two two six", "six one"], 2)[0]
WITHOUT_LIMITS = BeamSettings(width=10**6, beam_log_prob=None, symbol_log_prob=None, n_best=10**6)


def posteriors(p):
    return Posteriors(np.log(np.asarray(p)).astype(np.float32), WORDS, 0.1)


def noise(seed, frames=5):
    logits = np.random.default_rng(seed).normal(size=(frames, len(WORDS)))
    return posteriors(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))


def bonus(fusion, ids):
    node, state = (np.array([number]) for number in fusion.start())
    total = 0.0
    for symbol in ids:
        added, node, state = fusion.score(node, state, np.array([symbol]))
        assert added[0] <= fusion.bounds(node, state, np.array([symbol]))[0] + 1e-12
        total += added[0]
    return total + fusion.finish(node, state)[0]


def test_words_side_by_side_need_no_space_and_have_times_of_their_own():
    # The frames say two, two, blank, two, six: of those in a row one is meant, so "two two six".
    sure = np.full((5, 4), 0.01)
    sure[np.arange(5), [2, 2, 0, 2, 3]] = 0.97
    heard = greedy([posteriors(sure)])[0]
    assert heard.text == "two two six"
    words = with_word_times([heard], posteriors(sure))[0].words
    assert [(one.text, round(one.start_s, 6), round(one.end_s, 6)) for one in words] == [
        ("two", 0.0, 0.2),
        ("two", 0.3, 0.4),
        ("six", 0.4, 0.5),
    ]


def test_a_model_adds_its_logarithm_and_a_bonus_for_each_word():
    fusion = symbol_fusion(MODEL, WORDS, alpha=0.5, beta=2.0)
    expected = 0.5 * MODEL.sentence_log_probs([["one", "two"]])[0] + 2 * 2.0
    assert bonus(fusion, WORDS.ids("one two").tolist()) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("alpha", "beta"), [(0.0, 0.0), (0.8, 1.0), (2.0, -1.0)])
def test_a_search_without_limits_is_brute_force(seed, alpha, beta):
    utterance, fusion = noise(seed), symbol_fusion(MODEL, WORDS, alpha=alpha, beta=beta)
    total = {}
    for path, log_p in alignments(utterance.log_posteriors.astype(float)):
        total[collapsed(path)] = np.logaddexp(total.get(collapsed(path), -np.inf), log_p)
    found = {one.text: one.score for one in beam_search([utterance], fusion, WITHOUT_LIMITS)[0]}
    assert found.keys() == {WORDS.text(ids) for ids in total}
    for ids, log_p in total.items():
        assert found[WORDS.text(ids)] == pytest.approx(log_p + bonus(fusion, ids), abs=1e-6)


def test_the_words_of_a_lexicon_alone_are_written():
    closed = fusion_of(MODEL, WORDS, Weights(0.5, 1.0), words=["one", "six"], closed=True)
    for seed in range(5):
        assert "two" not in beam_search([noise(seed)], closed, WITHOUT_LIMITS)[0][0].text.split()


def test_a_symbol_that_the_model_does_not_know_scores_as_unknown():
    fusion = fusion_of(build(["one two"], 1)[0], WORDS, Weights(1.0, 0.0))
    unknown = fusion.score(np.zeros(1, int), np.array([fusion.start()[1]]), WORDS.ids("six"))[0][0]
    assert unknown == pytest.approx(build(["one two"], 1)[0].sentence_log_probs([["dog"]])[0] - bonus(fusion, []))


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadValue, match="over characters"):
        symbol_fusion(build(["one"], 2, unit=Unit.CHARACTER)[0], WORDS, alpha=1.0, beta=0.0)
    with pytest.raises(BadValue, match="parts of words"):
        symbol_fusion(MODEL, Alphabet.english(), alpha=1.0, beta=0.0)
    with pytest.raises(BadValue, match="no words"):
        symbol_fusion(MODEL, WORDS, alpha=1.0, beta=0.0, words=["dog"])
    with pytest.raises(BadValue, match="'dog' as word 2"):
        align([noise(0)], ["one dog"])
