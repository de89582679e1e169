import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.measure.word_errors import count_errors
from tacit.measure.word_errors.counts import edit_distances

utterance = st.lists(st.sampled_from("abc"), max_size=7)


def least_errors(reference, hypothesis):
    """Return the edit distance by the plain recurrence."""
    row = list(range(len(hypothesis) + 1))
    for i, said in enumerate(reference, start=1):
        above, row = row, [i]
        for j, heard in enumerate(hypothesis, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (said != heard)))
    return row[-1]


# ---- worked by hand


def test_three_utterances_by_hand():
    # the cat sat → the hat sat down: one substitution, one insertion; a b → b: one deletion; nothing → x y: insertions
    got = count_errors([["the", "cat", "sat"], ["a", "b"], []], [["the", "hat", "sat", "down"], ["b"], ["x", "y"]])
    assert got.hits.tolist() == [2, 1, 0]
    assert got.substitutions.tolist() == [1, 0, 0]
    assert got.deletions.tolist() == [0, 1, 0]
    assert got.insertions.tolist() == [1, 0, 2]
    assert got.reference_words.tolist() == [3, 2, 0]
    assert got.hypothesis_words.tolist() == [4, 1, 2]
    assert got.total() == {"substitutions": 1, "deletions": 1, "insertions": 3, "hits": 3}


def test_kitten_is_three_edits_from_sitting():
    assert edit_distances(["kitten", "", "abc"], ["sitting", "ab", "abc"]).tolist() == [3, 2, 0]
    assert len(edit_distances([], [])) == 0


# ---- invariants


@given(utterance, utterance)
def test_errors_are_the_least_there_are_and_every_word_is_counted_once(reference, hypothesis):
    got = count_errors([reference], [hypothesis])
    assert got.errors[0] == least_errors(reference, hypothesis)
    assert (got.reference_words[0], got.hypothesis_words[0]) == (len(reference), len(hypothesis))
    assert min(got.hits[0], got.substitutions[0], got.deletions[0], got.insertions[0]) >= 0


@given(st.lists(st.tuples(utterance, utterance), min_size=1, max_size=5))
def test_utterances_are_counted_each_by_itself(pairs):
    references, hypotheses = zip(*pairs, strict=True)
    together = count_errors(references, hypotheses)
    apart = [count_errors([r], [h]) for r, h in pairs]
    assert together.substitutions.tolist() == [one.substitutions[0] for one in apart]
    assert together.of(np.array([0])).total() == apart[0].total()


# ---- refuses


def test_unequal_numbers_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        count_errors([["a"], ["b"]], [["a"]])
