import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.measure.word_errors import SCLITE, UNIT, Costs, count_errors
from tacit.measure.word_errors import weighted as under_test
from tacit.measure.word_errors.weighted import DELETE, DIAGONAL, INSERT, weighted_counts, weighted_steps

utterance = st.lists(st.sampled_from("abc"), max_size=7)
costs = st.builds(Costs, st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.just("drawn"))


def plain_steps(reference, hypothesis, prices):
    """Return the steps by the plain recurrence, cell by cell, with the stated preference."""
    best = {(0, 0): 0}
    back = {}
    for i in range(len(reference) + 1):
        for j in range(len(hypothesis) + 1):
            choices = []
            if i and j:
                differ = reference[i - 1] != hypothesis[j - 1]
                choices.append((best[i - 1, j - 1] + prices.substitution * differ, 0, DIAGONAL))
            if j:
                choices.append((best[i, j - 1] + prices.insertion, 1, INSERT))
            if i:
                choices.append((best[i - 1, j] + prices.deletion, 2, DELETE))
            if choices:
                best[i, j], _, back[i, j] = min(choices)
    i, j, steps = len(reference), len(hypothesis), []
    while (i, j) != (0, 0):
        steps.append(back[i, j])
        i, j = i - (steps[-1] != INSERT), j - (steps[-1] != DELETE)
    return steps[::-1]


# ---- worked by hand


def test_one_substitution_costs_more_than_sclites_deletion_or_insertion_alone():
    # a b → b c: substituting twice costs 8, deleting a and inserting c costs 6; at unit costs both cost 2
    assert weighted_steps([["a", "b"]], [["b", "c"]], SCLITE)[0].tolist() == [DELETE, DIAGONAL, INSERT]
    assert weighted_counts([["a", "b"]], [["b", "c"]], SCLITE).total() == {
        **{"substitutions": 0, "deletions": 1, "insertions": 1, "hits": 1}
    }


def test_of_equals_a_substitution_comes_last_and_an_insertion_after_a_deletion():
    # a → x y: x inserted and a substituted by y, or the other way; the last step is the substitution
    assert weighted_steps([["a"]], [["x", "y"]], UNIT)[0].tolist() == [INSERT, DIAGONAL]


def test_nothing_said_and_nothing_recognised_take_no_step():
    assert [one.tolist() for one in weighted_steps([[], ["a"], []], [[], [], ["b"]], SCLITE)] == [
        [],
        [DELETE],
        [INSERT],
    ]
    assert weighted_steps([], [], SCLITE) == []


# ---- invariants


@given(st.lists(st.tuples(utterance, utterance), min_size=1, max_size=6), costs)
def test_many_at_once_are_what_each_is_alone(pairs, prices):
    references, hypotheses = zip(*pairs, strict=True)
    got = weighted_steps(references, hypotheses, prices)
    assert [one.tolist() for one in got] == [plain_steps(r, h, prices) for r, h in pairs]


@given(st.lists(st.tuples(utterance, utterance), min_size=1, max_size=6))
def test_at_unit_costs_the_errors_are_as_many_as_the_fast_way_counts(pairs):
    references, hypotheses = zip(*pairs, strict=True)
    slow, fast = weighted_counts(references, hypotheses, UNIT), count_errors(references, hypotheses)
    assert slow.errors.tolist() == fast.errors.tolist()
    assert slow.reference_words.tolist() == fast.reference_words.tolist()


def test_batches_of_any_size_give_the_same(monkeypatch, rng):
    words = list("abcdefgh")
    references, hypotheses = ([list(rng.choice(words, n)) for n in rng.integers(0, 30, 40)] for _ in range(2))
    whole = weighted_steps(references, hypotheses, SCLITE)
    monkeypatch.setattr("tacit.measure.word_errors.padded.CELLS_A_BATCH", 500)
    assert all(np.array_equal(a, b) for a, b in zip(whole, weighted_steps(references, hypotheses, SCLITE), strict=True))


# ---- refuses


def test_an_utterance_that_would_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr(under_test, "MOST_CELLS", 50)
    with pytest.raises(BadValue, match="a reference of 10 and a hypothesis of 9 words in one utterance"):
        weighted_steps([["a"] * 10], [["b"] * 9], SCLITE)
