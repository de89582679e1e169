"""The page on which a recogniser's errors are heard and seen."""

import csv
import json

import numpy as np
import pytest

from tacit.cli.main import main
from tacit.errors import BadValue
from tacit.measure.word_errors import SCLITE, align
from tacit_speech import Alphabet, Posteriors
from tacit_speech.audio import wav_bytes
from tacit_speech.labeler import Heard, HeardWord
from tacit_speech.labeler.simulated import RATE_HZ, simulated_speech, simulated_texts
from tacit_speech.pages import Listened, recording_of, score


def listened(said, words, *, speaker="ann", condition="", name="take"):
    """A recording of a second in which these words were heard, a quarter of a second each."""
    heard = tuple(HeardWord(word, 0.25 * k, 0.25 * k + 0.2, 0.9) for k, word in enumerate(words.split()))
    alphabet = Alphabet(("a", "b", " "))
    p = np.full((40, 4), 0.01, np.float32)
    p[:, 0] = 0.97
    p[10] = (0.05, 0.02, 0.9, 0.03)  # b, at a quarter of a second
    p[20] = (0.05, 0.9, 0.02, 0.03)  # a, at half
    posteriors = Posteriors(np.log(p), alphabet, 0.025)
    sound = np.zeros(RATE_HZ, np.float32)
    return Listened(name, speaker, condition, said, Heard(heard, 0.8, True), sound, RATE_HZ, posteriors)


def test_words_that_are_wrong_have_times_by_hand():
    one = listened("one two three", "one too oh")
    (alignment,) = align([["one", "two", "three"]], [["one", "too", "oh"]], SCLITE)
    timed = recording_of(one, alignment).words
    assert [(word.kind, word.said, word.heard, word.start_s) for word in timed] == [
        ("hit", "one", "one", 0.0),
        ("substitution", "two", "too", 0.25),
        ("substitution", "three", "oh", 0.5),
    ]
    gone = recording_of(listened("a b c", "a c"), align([["a", "b", "c"]], [["a", "c"]], SCLITE)[0]).words
    assert (gone[1].kind, gone[1].start_s, gone[1].end_s) == ("deletion", 0.2, 0.25)


def test_the_posteriorgram_shows_probable_symbols_in_the_order_of_their_peaks():
    pictures = recording_of(listened("a", "a"), None).pictures
    assert pictures[1].rows == ["b", "a"]
    assert "2 symbols" in pictures[1].alt


def test_errors_are_told_apart_by_speaker_and_condition():
    takes = [
        listened("one two", "one two", speaker="ann", condition="quiet", name="a1"),
        listened("one two", "one", speaker="bob", condition="noisy", name="b1"),
        listened("one two", "one too", speaker="bob", condition="quiet", name="b2"),
        listened(None, "anything", name="c1"),
    ]
    scored = score(takes)
    # 2 errors in 6 words; bob: 2 in 4, ann 0 in 2; noisy 1 in 2, quiet 1 in 4.
    assert scored.errors.rates["wer"].mean == pytest.approx(2 / 6)
    assert {line.name: line.estimate.mean for line in scored.by("speaker")} == {"bob": 0.5, "ann": 0.0}
    assert {line.name: line.estimate.mean for line in scored.by("condition")} == {"noisy": 0.5, "quiet": 0.25}
    assert scored.right.tolist() == [1, 1, 1, 1, 0]
    with pytest.raises(BadValue, match="no recording with its transcript"):
        score([listened(None, "x")])


@pytest.fixture
def manifest(tmp_path):
    """A manifest of twelve takes by two speakers, and one that is no sound."""
    texts = simulated_texts(12, seed=21, most_words=2)
    rows = [("path", "text", "speaker", "condition")]
    for k, (text, sound) in enumerate(zip(texts, simulated_speech(texts, seed=21, noise=0.2), strict=True)):
        (tmp_path / f"t{k}.wav").write_bytes(wav_bytes(sound, RATE_HZ))
        rows.append((f"t{k}.wav", text, "ann" if k % 2 else "bob", "noisy"))
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    rows.append(("broken.wav", "lo", "ann", ""))
    with (tmp_path / "takes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "takes.csv"


def test_the_verb_scores_calibrates_and_writes_a_page(recognizer, manifest, tmp_path, capsys):
    recognizer.save(tmp_path / "model")
    words = ["speech", "score", str(tmp_path / "model"), str(manifest), "--report", str(tmp_path / "page.html")]
    assert main([*words, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["recordings"] == 12
    assert set(result["speakers"]) == {"ann", "bob"}
    assert set(result["conditions"]) == {"noisy"}
    assert "line 14: broken" in result["left_out"][0]
    assert any("--calibrate" in note for note in result["notes"])
    page = (tmp_path / "page.html").read_text()
    assert page.count('<figure class="recording"') == 12
    assert main([*words, "--calibrate"]) == 0
    assert "word error rate" in capsys.readouterr().out
    assert (tmp_path / "model" / "confidence.json").is_file()


def test_a_manifest_that_points_nowhere_is_said(recognizer, tmp_path, capsys):
    recognizer.save(tmp_path / "model")
    (tmp_path / "takes.csv").write_text("path,text\nnowhere.wav,lo\n")
    assert main(["speech", "score", str(tmp_path / "model"), str(tmp_path / "takes.csv")]) == 2
    assert "nowhere.wav" in capsys.readouterr().err


@pytest.mark.browser
def test_the_page_plays_its_recordings_in_a_browser(recognizer, manifest, tmp_path, chromium, capsys):
    recognizer.save(tmp_path / "model")
    page_path = tmp_path / "page.html"
    assert main(["speech", "score", str(tmp_path / "model"), str(manifest), "--report", str(page_path)]) == 0
    context = chromium.new_context(viewport={"width": 1000, "height": 900})
    try:
        page, complaints = context.new_page(), []
        page.set_default_timeout(60_000)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(page_path.as_uri())
        figure = page.locator("figure.recording").first
        figure.locator("button").first.click()
        page.wait_for_function("() => document.querySelector('figure.recording audio').currentTime > 0.1")
        page.wait_for_function("() => document.querySelector('figure.recording audio').paused")
        assert figure.locator("img").count() == 2
        assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
        assert complaints == []
        page.screenshot(path=str(tmp_path / "page.png"), full_page=True)
    finally:
        context.close()
