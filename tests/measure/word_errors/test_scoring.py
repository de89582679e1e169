import pytest

from tacit.errors import BadValue
from tacit.measure.word_errors import SCLITE, Normalization, Scoring, Step, Utterances, scoring, word_errors


def marked(reference, hypothesis, speaker=""):
    return Utterances(("u1",), (speaker,), (reference,), (hypothesis,), marked_up=True)


# ---- worked by hand


def test_the_whole_family_of_two_utterances_by_hand():
    # the cat → the hat: 1 of 2 words, 1 of 7 characters; ab → ba as one word each: 1 of 1 word, 2 of 2 characters (an
    # insertion and a deletion); normalised distances of the words ½ and 1
    got = word_errors(Utterances.of(["the cat", "ab"], ["the hat", "ba"]))
    assert got.counts.total() == {"substitutions": 2, "deletions": 0, "insertions": 0, "hits": 1}
    assert (got.character_errors.tolist(), got.n_characters.tolist()) == ([1, 2], [7, 2])
    assert got.rates["wer"].mean == pytest.approx(2 / 3)
    assert got.rates["cer"].mean == pytest.approx(3 / 9)
    assert got.normalized.tolist() == [0.5, 1]
    assert got.rates["normalized_edit_distance"].mean == pytest.approx(0.75)


def test_the_way_through_the_alternatives_is_what_was_said():
    got = word_errors(marked("so { uh um / @ } we go", "so we went"))
    assert got.counts.total() == {"substitutions": 1, "deletions": 0, "insertions": 0, "hits": 2}
    assert got.n_characters.tolist() == [len("so we go")]
    assert next(got.alignments()) == (
        Step("hit", "so", "so"),
        Step("hit", "we", "we"),
        Step("substitution", "go", "went"),
    )


def test_braces_in_plain_lines_are_words():
    assert word_errors(Utterances.of(["{ a / b }"], ["a"])).counts.reference_words.tolist() == [5]


def test_words_within_alternatives_are_normalised_too():
    folded = Scoring(Normalization(casefold=True, punctuation=False), SCLITE)
    assert word_errors(marked("{ Oh, / Ah! } YES.", "ah yes"), folded).counts.hits.tolist() == [2]


# ---- invariants


def test_many_utterances_are_scored_in_pieces_without_a_seam(rng, monkeypatch):
    words = list("abcd")
    said, heard = ([" ".join(rng.choice(words, n)) for n in rng.integers(0, 9, 60)] for _ in range(2))
    whole = word_errors(Utterances.of(said, heard))
    steps = list(whole.alignments())
    monkeypatch.setattr(scoring, "AT_ONCE", 7)
    pieces = word_errors(Utterances.of(said, heard))
    assert pieces.rates == whole.rates
    assert list(pieces.alignments()) == steps


# ---- refuses


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: word_errors(Utterances.of([], [])), "got no utterances, expected at least one"),
        (lambda: Utterances.of(["a"], []), "got 1 references and 0 hypotheses, expected as many of both"),
        (lambda: word_errors(Utterances.of(["a"], ["a"]), by_speaker=True), "utterances whose speaker is not known"),
        (lambda: word_errors(marked("{ a / b", "a")), "utterance u1: got an opening brace that is not closed"),
    ],
)
def test_what_cannot_be_scored_is_refused(call, message):
    with pytest.raises(BadValue, match=message):
        call()
