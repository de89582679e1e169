import pytest

from tacit.measure.word_errors import UNIT, Utterances, align, confusions, speaker_table, vocabulary, word_errors

REFERENCES = [["the", "cat", "sat"], ["the", "dog"], ["a", "cat"]]
HYPOTHESES = [["a", "cat", "sat", "down"], ["a", "dog"], ["cat"]]


@pytest.fixture
def alignments():
    return align(REFERENCES, HYPOTHESES, UNIT)


# ---- worked by hand


def test_confusions_come_most_frequent_first(alignments):
    got = confusions(alignments)
    assert got.substitutions == (("the", "a", 2),)
    assert got.deletions == (("a", 1),)
    assert got.insertions == (("down", 1),)


def test_each_word_of_the_vocabulary_has_its_own_error_rate(alignments):
    words = {one.word: one for one in vocabulary(alignments)}
    assert set(words) == {"the", "cat", "sat", "dog", "a"}
    assert (words["the"].error_rate.mean, words["the"].error_rate.n, words["the"].substituted) == (1, 2, 2)
    assert (words["a"].error_rate.mean, words["a"].deleted, words["a"].intruded) == (1, 1, 2)
    assert (words["cat"].error_rate.mean, words["cat"].error_rate.n) == (0, 2)
    assert [one.word for one in vocabulary(alignments)][:2] == ["the", "a"]


def test_a_row_a_speaker():
    pairs = Utterances(("1", "2", "3"), ("ann", "bob", "ann"), ("a b", "c", "d"), ("a x", "c", "d"))
    ann, bob = speaker_table(word_errors(pairs))
    assert (ann.speaker, ann.n_utterances, ann.counts["substitutions"], ann.wer.mean) == ("ann", 2, 1, 1 / 3)
    assert (bob.speaker, bob.ser.mean, bob.wer.mean) == ("bob", 0, 0)


def test_speakers_who_are_not_known_have_no_table():
    assert speaker_table(word_errors(Utterances.of(["a"], ["a"]))) == []


# ---- invariants


def test_the_parts_add_up_to_the_whole(alignments, rng):
    words = list("abc")
    said, heard = ([list(rng.choice(words, n)) for n in rng.integers(0, 9, 40)] for _ in range(2))
    found, rows = confusions(align(said, heard, UNIT)), vocabulary(align(said, heard, UNIT))
    counts = word_errors(Utterances.of([" ".join(x) for x in said], [" ".join(x) for x in heard])).counts.total()
    assert sum(n for _, _, n in found.substitutions) == sum(one.substituted for one in rows) == counts["substitutions"]
    assert sum(n for _, n in found.deletions) == sum(one.deleted for one in rows) == counts["deletions"]
    assert sum(one.error_rate.n for one in rows) == sum(map(len, said))
    assert sum(one.intruded for one in rows) <= counts["substitutions"] + counts["insertions"]
