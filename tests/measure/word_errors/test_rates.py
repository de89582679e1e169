from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.measure.word_errors import Counts, count_errors, word_error_rates

counted = st.lists(st.tuples(*[st.integers(0, 6)] * 4), min_size=1, max_size=8)


def counts_of(rows):
    return Counts(*np.array(rows, dtype=np.int64).T)


# ---- worked by hand


def test_every_rate_of_eight_words_by_hand():
    # H 5, S 2, D 1, I 2 over two utterances, N = 8 said, P = 9 recognised:
    # WER 5/8; Hunt (2 + ½ + 1)/8 = 3.5/8; MER 5/10; WIP 25/72; both utterances have an error
    rates = word_error_rates(counts_of([[3, 1, 0, 2], [2, 1, 1, 0]]))
    assert rates.wer.mean == pytest.approx(5 / 8)
    assert rates.word_accuracy.mean == pytest.approx(3 / 8)
    assert rates.hunt.mean == pytest.approx(3.5 / 8)
    assert rates.mer.mean == pytest.approx(0.5)
    assert rates.wip.mean == pytest.approx(25 / 72)
    assert rates.wil.mean == pytest.approx(47 / 72)
    assert rates.ser.mean == 1


def test_word_accuracy_may_be_negative():
    # one word said, four recognised, none of them right: WER 4, accuracy −3
    rates = word_error_rates(count_errors([["a"], ["b"]], [["x", "y", "z", "w"], ["b"]]))
    assert (rates.wer.mean, rates.word_accuracy.mean) == (2, -1)


def test_where_nothing_was_said_the_rates_are_defined():
    silent = word_error_rates(count_errors([[], []], [[], []]))
    assert (silent.wer.mean, silent.word_accuracy.mean, silent.mer.mean, silent.wil.mean) == (0, 1, 0, 0)
    noisy = word_error_rates(count_errors([[], []], [["a"], []]))
    assert (noisy.wer.mean, noisy.hunt.mean, noisy.word_accuracy.mean) == (inf, inf, -inf)
    assert (noisy.mer.mean, noisy.wil.mean, noisy.ser.mean) == (1, 1, 0.5)


def test_where_nothing_was_recognised_everything_is_deleted():
    rates = word_error_rates(count_errors([["a", "b"], ["c"]], [[], []]))
    assert (rates.wer.mean, rates.hunt.mean, rates.mer.mean, rates.wil.mean) == (1, 0.5, 1, 1)


def test_an_empty_reference_among_others_adds_insertions():
    rates = word_error_rates(count_errors([["a", "b"], []], [["a", "b"], ["x"]]))
    assert rates.wer.mean == 0.5


# ---- published: the summary by speaker that sclite prints for its demonstration


def test_sclites_summary_of_the_csrnab_demonstration():
    # test1.raw: 1406 words, 1263 correct, 131 substituted, 12 deleted, 26 inserted, 169 errors
    rates = word_error_rates(counts_of([[1263, 131, 12, 26]]))
    assert rates.wer.mean == pytest.approx(169 / 1406)


# ---- invariants


@settings(max_examples=40)
@given(counted)
def test_the_rates_hold_together(rows):
    rates = word_error_rates(counts_of(rows))
    assert rates.word_accuracy.mean == 1 - rates.wer.mean
    assert 0 <= rates.mer.mean <= 1
    assert 0 <= rates.wip.mean <= 1
    assert rates.wil.mean == pytest.approx(1 - rates.wip.mean)
    assert rates.hunt.mean <= rates.wer.mean
    assert rates.mer.mean <= rates.wer.mean or rates.wer.mean == 0
    assert rates.wil.mean >= rates.mer.mean - 1e-9


@settings(max_examples=20)
@given(counted, st.permutations(range(8)))
def test_the_order_of_utterances_does_not_matter_to_the_rates(rows, order):
    shuffled = [rows[k] for k in order if k < len(rows)]
    assert word_error_rates(counts_of(rows)).wil.mean == pytest.approx(word_error_rates(counts_of(shuffled)).wil.mean)
