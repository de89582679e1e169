"""Credences of words and texts come true."""

import numpy as np
import pytest

from tacit.errors import BadFile, BadValue, NotIdentified
from tacit.measure.calibration import expected_calibration_error
from tacit_speech.audio import TimedWord
from tacit_speech.decode import Hypothesis
from tacit_speech.labeler import Confidence
from tacit_speech.labeler.confidence import fit_confidence, fit_line, text_features, word_features, word_marks
from tacit_speech.labeler.simulated import simulated_speech, simulated_texts


def hypothesis(text, score, *, sure=0.9):
    words = tuple(TimedWord(word, float(k), k + 0.5, sure) for k, word in enumerate(text.split()))
    return Hypothesis(text, (), score, 0.0, words)


def test_the_share_of_rivals_that_agree_by_hand():
    # Scores ln 3, ln 1: shares .75 and .25. "one" stands in both: 1; "two" in the first alone: odds .75/.25 = 3.
    some = [hypothesis("one two", np.log(3)), hypothesis("one too", 0.0)]
    (features,) = word_features([some])
    assert features[1, 0] == pytest.approx(np.log(3))
    assert features[0, 0] == pytest.approx(np.log(0.9999 / 0.0001))
    assert features[:, 1] == pytest.approx([np.log(9)] * 2)  # .9 / .1
    texts = text_features([some], [features])
    assert texts[0, 0] == pytest.approx(np.log(3))


def test_a_recording_in_which_nothing_was_heard_has_no_words_and_yet_a_credence():
    silent = [hypothesis("", 0.0)]
    (features,) = word_features([silent])
    assert features.shape == (0, 3)
    assert np.isfinite(text_features([silent], [features])).all()
    assert text_features([[]], word_features([[]])).shape == (1, 3)


def test_a_planted_line_is_found():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(20_000, 2))
    p = 1 / (1 + np.exp(-(0.5 + 2 * features[:, 0] - features[:, 1])))
    line = fit_line(features, (rng.random(20_000) < p).astype(float), "words")
    assert line.weights == pytest.approx((2, -1), abs=0.1)
    assert line.intercept == pytest.approx(0.5, abs=0.1)


def test_marks_are_those_of_the_alignment():
    found = [[hypothesis("one two four", 0.0)], [hypothesis("", 0.0)]]
    marks = word_marks(found, ["one two three four", "five"])
    assert marks[0].tolist() == [1, 1, 1]
    assert word_marks([[hypothesis("one five two", 0.0)]], ["one two"])[0].tolist() == [1, 0, 1]
    assert len(marks[1]) == 0


def test_credences_come_true_on_recordings_that_were_not_fitted(recognizer):
    texts = simulated_texts(240, seed=3, most_words=2)
    sounds = simulated_speech(texts, seed=3, noise=0.2, drift=0.15)
    half = len(texts) // 2
    fitted = recognizer.calibrated(sounds[:half], texts[:half])
    heard = fitted.hear(sounds[half:])
    marks = np.concatenate(word_marks([[hypothesis(one.text, 0.0)] for one in heard], texts[half:]))
    credence = np.array([word.credence for one in heard for word in one.words])
    assert 0.5 < marks.mean() < 0.98
    assert expected_calibration_error(credence, marks).low < 0.05
    whole = np.array([one.credence for one in heard])
    right = np.array([one.text == text for one, text in zip(heard, texts[half:], strict=True)], dtype=float)
    assert whole.mean() == pytest.approx(right.mean(), abs=0.15)
    surest = np.argsort(-whole)[: len(whole) // 2]
    assert right[surest].mean() > right.mean()


def test_a_confidence_is_kept_as_json(recognizer, tmp_path):
    texts = simulated_texts(40, seed=5)
    sounds = simulated_speech(texts, seed=5, noise=0.3)
    fitted = recognizer.calibrated(sounds, texts)
    fitted.save(tmp_path)
    again = type(recognizer).load(tmp_path)
    assert again.confidence == fitted.confidence
    assert again.hear(sounds[:1]) == fitted.hear(sounds[:1])
    with pytest.raises(BadFile, match="confidence"):
        Confidence.from_json({"word": {}})


def test_too_few_examples_are_refused():
    with pytest.raises(NotIdentified, match="ten or more"):
        fit_confidence([[hypothesis("one", 0.0)]] * 4, ["one"] * 4)
    with pytest.raises(BadValue, match="as many"):
        fit_confidence([[hypothesis("one", 0.0)]], [])
