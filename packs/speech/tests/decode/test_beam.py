from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.errors import BadValue, NotFinite
from tacit_speech import Alphabet, Posteriors
from tacit_speech.decode import (
    BeamSettings,
    CharacterFusion,
    NoLanguageModel,
    beam_search,
    greedy,
    with_word_times,
    word_fusion,
)
from tacit_speech.decode.ctc import alignments, collapsed
from tacit_speech.decode.ngram import Unit, build

ALPHABET = Alphabet(tuple("ab "))
TEXT = ["ab a", "b ab", "a b ab", "ba a"]
WITHOUT_LIMITS = BeamSettings(width=10**6, beam_log_prob=None, symbol_log_prob=None, n_best=10**6)


def posteriors(rows, alphabet=ALPHABET):
    rows = np.asarray(rows, dtype=float)
    return Posteriors((rows - np.logaddexp.reduce(rows, axis=1, keepdims=True)).astype(np.float32), alphabet, 0.02)


def noise(seed, frames, alphabet=ALPHABET):
    return posteriors(2 * np.random.default_rng(seed).normal(size=(frames, len(alphabet))), alphabet)


@cache
def fusions():
    words, _ = build(TEXT, 2)
    characters, _ = build(TEXT, 3, unit=Unit.CHARACTER)
    return {
        "none": NoLanguageModel(),
        "words": word_fusion(words, ALPHABET, alpha=0.7, beta=0.4),
        "words, unforetold": word_fusion(words, ALPHABET, alpha=0.7, beta=0.4, look_ahead=False),
        "words, unknown for free": word_fusion(words, ALPHABET, alpha=1.3, beta=-0.5, unknown_log_prob=0.0),
        "known words alone": word_fusion(words, ALPHABET, alpha=0.7, beta=0.4, unknown_log_prob=None),
        "characters": CharacterFusion(characters, ALPHABET, alpha=0.6, beta=0.3),
    }


def bonus(fusion, ids):
    """Return what a fusion adds to a text, a symbol at a time; -inf where it forbids one."""
    node, state = (np.array([number]) for number in fusion.start())
    total = 0.0
    for symbol in ids:
        if fusion.bounds(node, state, np.array([symbol]))[0] == -np.inf:
            return -np.inf
        added, node, state = fusion.score(node, state, np.array([symbol]))
        total += added[0]
    return total + fusion.finish(node, state)[0]


def by_brute_force(utterance, fusion):
    """Return text → score, by every sequence of symbols; of texts that differ in spaces alone, the best."""
    total = {}
    for path, log_p in alignments(utterance.log_posteriors.astype(float)):
        ids = collapsed(path)
        total[ids] = np.logaddexp(total.get(ids, -np.inf), log_p)
    best = {}
    for ids, log_p in total.items():
        text, score = " ".join(ALPHABET.text(ids).split()), log_p + bonus(fusion, ids)
        if score > best.get(text, -np.inf):
            best[text] = score
    return best


def test_two_frames_by_hand_where_the_best_alignment_is_not_the_best_text():
    # p(blank, a) = (.6, .4) twice. The best alignment is "--" (.36), but "a" has aa .16 + a- .24 + -a .24 = .64.
    alphabet = Alphabet(("a",))
    utterance = posteriors(np.log([[0.6, 0.4], [0.6, 0.4]]), alphabet)
    assert greedy([utterance])[0].text == ""
    found = beam_search([utterance], settings=BeamSettings(n_best=2))[0]
    assert [one.text for one in found] == ["a", ""]
    assert np.exp([one.score for one in found]) == pytest.approx([0.64, 0.36], abs=1e-6)


@pytest.mark.parametrize("name", fusions())
def test_a_search_without_limits_is_brute_force(name):
    utterances = [noise(seed, frames) for seed, frames in enumerate((6, 1, 3, 5, 6, 2, 4, 0))]
    for utterance, found in zip(utterances, beam_search(utterances, fusions()[name], WITHOUT_LIMITS), strict=True):
        expected = by_brute_force(utterance, fusions()[name])
        assert {one.text for one in found} == set(expected)
        assert [one.score for one in found] == pytest.approx([expected[one.text] for one in found], abs=1e-9)
        assert found[0].text == max(expected, key=expected.get)


def test_the_model_is_asked_for_whole_words_in_their_context():
    # alpha ln p(ab | <s>) + alpha ln p(a | ab) + alpha ln p(</s> | a) + 2 beta, whatever was foretold on the way.
    model, _ = build(TEXT, 2)
    states, total = np.array([model.start]), 0.0
    for word in ("ab", "a", "</s>"):
        log_prob, states = model.advance(states, np.array([model.ids[word]]))
        total += 0.7 * log_prob[0]
    assert bonus(fusions()["words"], ALPHABET.ids("ab a")) == pytest.approx(total + 2 * 0.4)


@given(st.integers(0, 10_000), st.integers(1, 8))
@settings(max_examples=25, deadline=None)
def test_the_company_of_other_utterances_changes_nothing(seed, n):
    lengths = np.random.default_rng(seed).integers(0, 12, n)
    utterances = [noise(seed + i, int(length)) for i, length in enumerate(lengths)]
    limits = BeamSettings(width=5, n_best=3)
    together = beam_search(utterances, fusions()["words"], limits)
    apart = [beam_search([one], fusions()["words"], limits)[0] for one in utterances]
    assert [[h.text for h in found] for found in together] == [[h.text for h in found] for found in apart]


def test_a_wider_search_never_finds_worse():
    utterances = [noise(seed, 12) for seed in range(10)]
    scores = [
        [found[0].score for found in beam_search(utterances, fusions()["words"], BeamSettings(width=width))]
        for width in (1, 4, 16, 64)
    ]
    assert (np.diff(np.mean(scores, axis=1)) >= -1e-9).all()


def test_known_words_alone_are_written():
    utterances = [noise(seed, 10) for seed in range(20)]
    for found in beam_search(utterances, fusions()["known words alone"]):
        assert set(found[0].text.split()) <= {"a", "b", "ab", "ba"}


def test_an_unlikely_word_of_the_model_gives_way_and_an_unknown_one_can_be_said():
    # The frames say "bb" a little more loudly than "ba"; only "ba" is a word. A free unknown word is written as heard.
    said = posteriors([[0, 0, 9, 0], [9, 0, 0, 0], [0, 3.0, 4.0, 0]])
    strict, free = fusions()["known words alone"], fusions()["words, unknown for free"]
    assert greedy([said])[0].text == "bb"
    assert beam_search([said], strict)[0][0].text == "ba"
    loud = posteriors([[0, 0, 9, 0], [9, 0, 0, 0], [0, 0.0, 25.0, 0]])
    assert beam_search([loud], free)[0][0].text == "bb"


def test_of_thousands_of_symbols_none_of_which_is_probable_the_best_is_said():
    # 5,000 symbols share a frame: each has less than the least that is worth trying, exp(-6), and one a little more.
    many = Alphabet(tuple(chr(0x4E00 + i) for i in range(5_000)))
    logits = np.zeros((3, 5_001))
    logits[0, 0] = logits[2, 0] = 12  # blanks
    logits[1, 0], logits[1, 4_321] = -2, 0.5
    assert beam_search([posteriors(logits, many)])[0][0].text == many.symbols[4_320]


def test_words_of_the_hypotheses_have_times():
    # Frames: a a - space b: "a" from 0 to .04 s, "b" from .08 to .10 s.
    path = [1, 1, 0, 3, 2]
    said = posteriors(9.0 * np.eye(4)[path])
    words = with_word_times(beam_search([said])[0], said)[0].words
    assert [(word.text, round(word.start_s, 3), round(word.end_s, 3)) for word in words] == [
        ("a", 0.0, 0.04),
        ("b", 0.08, 0.1),
    ]


def test_what_cannot_be_decoded_is_refused():
    with pytest.raises(BadValue, match="width: got 0, expected 1 or more"):
        BeamSettings(width=0)
    with pytest.raises(BadValue, match="beam_log_prob: got 3, expected a logarithm, 0 or below"):
        BeamSettings(beam_log_prob=3)
    with pytest.raises(BadValue, match="several alphabets"):
        beam_search([noise(0, 2), noise(0, 2, Alphabet(("a",)))])
    with pytest.raises(NotFinite, match="frame 0"):
        beam_search([Posteriors(np.full((1, 4), np.nan, np.float32), ALPHABET, 0.02)])
    with pytest.raises(BadValue, match="got one over words, expected one over characters"):
        CharacterFusion(build(TEXT, 1)[0], ALPHABET, 1, 1)
    with pytest.raises(BadValue, match="no space among its symbols"):
        word_fusion(build(TEXT, 1)[0], Alphabet(("a", "b")), alpha=1, beta=1)
    with pytest.raises(BadValue, match="no words"):
        word_fusion(build(TEXT, 1)[0], ALPHABET, alpha=1, beta=1, words=["xyz"])
