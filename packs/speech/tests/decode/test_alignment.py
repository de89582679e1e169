import numpy as np
import pytest

from tacit.errors import BadValue
from tacit_speech import Alphabet, Posteriors
from tacit_speech.decode import align
from tacit_speech.decode.ctc import alignments, collapsed

ALPHABET = Alphabet(tuple("ab "))


def noise(seed, frames):
    logits = 2 * np.random.default_rng(seed).normal(size=(frames, 4))
    table = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return Posteriors(table.astype(np.float32), ALPHABET, frame_s=0.1, start_s=5.0)


def test_words_stand_where_they_were_said():
    # Frames - a b - space - b b: "ab" from frame 1 to 3, "b" from 6 to 8; each right symbol has p = .7.
    path = [0, 1, 2, 0, 3, 0, 2, 2]
    table = np.full((8, 4), np.log(0.1))
    table[np.arange(8), path] = np.log(0.7)
    aligned = align([Posteriors(table.astype(np.float32), ALPHABET, 0.1, start_s=5.0)], ["ab b"])[0]
    assert aligned.path.tolist() == path
    assert aligned.log_p == pytest.approx(8 * np.log(0.7), abs=1e-5)
    first, second = aligned.words
    assert (first.text, second.text) == ("ab", "b")
    assert (first.start_s, first.end_s, second.start_s, second.end_s) == pytest.approx((5.1, 5.3, 5.6, 5.8))
    assert first.confidence == pytest.approx(0.7, abs=1e-6)


def test_the_alignment_is_the_best_of_all():
    texts = ["", "a", "ab", "aa", "a b", "ba", "aab"]
    utterances = [noise(seed, 6) for seed in range(len(texts))]
    for utterance, text, aligned in zip(utterances, texts, align(utterances, texts), strict=True):
        wanted = tuple(ALPHABET.ids(text).tolist())
        ways = [
            (p, path) for path, p in alignments(utterance.log_posteriors.astype(float)) if collapsed(path) == wanted
        ]
        best, path = max(ways)
        assert aligned.log_p == pytest.approx(best, abs=1e-9)
        assert tuple(aligned.path.tolist()) == path


def test_recordings_of_all_lengths_are_aligned_as_if_alone():
    texts = ["a b", "", "abab b", "b"]
    utterances = [noise(seed, frames) for seed, frames in enumerate((9, 3, 20, 1))]
    together = align(utterances, texts)
    for utterance, text, aligned in zip(utterances, texts, together, strict=True):
        alone = align([utterance], [text])[0]
        assert aligned.words == alone.words
        assert aligned.path.tolist() == alone.path.tolist()


def test_words_do_not_overlap_and_lie_within_the_recording():
    utterances = [noise(seed, 40) for seed in range(20)]
    for aligned in align(utterances, ["ab ba b aa"] * 20):
        times = [time for word in aligned.words for time in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert 5.0 <= times[0] < times[-1] <= 5.0 + 40 * 0.1 + 1e-9
        assert all(0 <= word.confidence <= 1 for word in aligned.words)


def test_a_transcript_longer_than_its_frames_is_named():
    with pytest.raises(
        BadValue, match=r"recording 2 to align: frames: got 3, expected at least the 4 that 'aab' needs"
    ):
        align([noise(0, 9), noise(0, 3)], ["a", "aab"])
    with pytest.raises(BadValue, match=r"'c' \(U\+0063\) as character 2"):
        align([noise(0, 9)], ["ac"])
    with pytest.raises(BadValue, match="got 0, expected 1, one a recording"):
        align([noise(0, 9)], [])
