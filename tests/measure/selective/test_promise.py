from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tacit.errors import BadValue, NotFinite
from tacit.measure.selective import precision_lower_bound, promise_precision
from tacit.measure.selective.promise import METHODS

# ---- worked by hand


def test_fifty_nine_right_of_fifty_nine_are_the_fewest_that_promise_ninety_five_per_cent():
    # 0.95^58 = 0.0510 > 0.05 ≥ 0.95^59 = 0.0485; and the bound of 59 of 59 is 0.05^(1/59) = 0.9505
    assert precision_lower_bound(58, 58) < 0.95 <= precision_lower_bound(59, 59)
    assert precision_lower_bound(59, 59) == pytest.approx(0.05 ** (1 / 59))
    assert precision_lower_bound(0, 10) == 0


def test_the_sure_half_is_kept_and_the_other_is_not():
    # 200 sure items, all right; 200 unsure ones, all wrong. At the rank of the last sure one nothing wrong is kept.
    confidence = [0.9] * 200 + [0.1] * 200
    got = promise_precision(confidence, [1] * 200 + [0] * 200, precision=0.9)
    assert (got.threshold, got.kept.mean, got.observed.mean, got.holds) == (0.1, 0.5, 1.0, True)


def test_all_are_kept_where_all_are_right():
    got = promise_precision(np.linspace(0, 1, 300), np.ones(300))
    assert (got.threshold, got.kept.mean) == (-inf, 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_promised_from_too_few_items(method):
    got = promise_precision(np.linspace(0, 1, 20), np.ones(20), method=method)
    assert not got.holds
    assert (got.threshold, got.kept.mean) == (inf, 0)


def test_one_early_failure_ends_a_fixed_sequence_but_not_the_fallback(rng):
    # The surest item of all is wrong: the strictest tests fail, the later ones have room for it.
    confidence = np.arange(2_000)[::-1]
    correct = np.ones(2_000)
    correct[0] = 0
    assert not promise_precision(confidence, correct, method="fixed_sequence").holds
    assert promise_precision(confidence, correct, method="fallback").kept.mean == 1


# ---- published oracle


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.01, 0.3))
def test_the_bound_is_the_exact_test_turned_round(right, wrong, risk):
    n = right + wrong
    if n == 0:
        return
    published = binomtest(right, n, alternative="greater").proportion_ci(1 - risk, method="exact").low
    assert precision_lower_bound(right, n, risk=risk) == pytest.approx(published, abs=1e-9)


# ---- keeps the promise where the truth is known


def true_precision(threshold):
    """Return the precision above `threshold` where confidence c is uniform on [0, 1] and right with probability √c."""
    t = min(max(threshold, 0.0), 1.0)
    return 1.0 if t >= 1 else (1 - t**1.5) / 1.5 / (1 - t)


@pytest.mark.parametrize("method", METHODS)
def test_the_promise_is_broken_in_at_most_five_of_a_hundred_samples(rng, method):
    broken = n_held = 0
    for _ in range(400):
        c = rng.random(600)
        got = promise_precision(c, rng.random(600) < np.sqrt(c), precision=0.85, method=method)
        n_held += got.holds
        broken += got.holds and true_precision(got.threshold) < 0.85
    assert n_held > 300
    assert broken / 400 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_the_fallback_keeps_more_than_equal_parts_do(rng):
    c = rng.random(3_000)
    correct = rng.random(3_000) < np.sqrt(c)
    kept = {m: promise_precision(c, correct, precision=0.85, method=m).kept.mean for m in METHODS}
    # true_precision(t) = 0.85 at t = 0.426, so that at most 0.574 can be kept
    assert 0.4 < kept["bonferroni"] <= kept["fallback"] < 0.574


# ---- invariants


@given(st.integers(0, 2**32))
def test_only_the_order_of_the_confidences_matters(seed):
    rng = np.random.default_rng(seed)
    c, correct = rng.random(150), rng.random(150) < 0.97
    first = promise_precision(c, correct, precision=0.9)
    second = promise_precision(np.exp(5 * c), correct, precision=0.9)
    assert (first.kept, first.observed) == (second.kept, second.observed)


@given(st.integers(0, 2**32))
def test_what_is_kept_lies_above_the_threshold(seed):
    rng = np.random.default_rng(seed)
    c = rng.integers(0, 5, 400) / 5  # with many ties
    correct = rng.random(400) < 0.9 + 0.1 * c
    got = promise_precision(c, correct, precision=0.9)
    assert got.kept.mean * 400 == pytest.approx((c > got.threshold).sum())
    assert got.observed.n == (c > got.threshold).sum()
    assert not got.holds or got.observed.mean >= 0.9


# ---- refuses


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: promise_precision([0.1], [1], precision=95), "precision: got 95, expected a share between 0 and 1"),
        (lambda: promise_precision([0.1], [1], risk=0), "risk: got 0"),
        (lambda: promise_precision([0.1], [1], method="holm"), "expected one of fallback, fixed_sequence, bonferroni"),
        (lambda: promise_precision([0.1], [1], n_thresholds=0), "n_thresholds: got 0, expected at least one"),
        (lambda: promise_precision([0.1, 0.2], [1]), "2 scores and 1 marks"),
        (lambda: promise_precision([0.1, 0.2], [1, 2]), "mark 2: got 2.0, expected 0 or 1"),
        (lambda: promise_precision([], []), "got no values"),
        (lambda: precision_lower_bound(3, 2), "got 3 of 2"),
    ],
)
def test_what_cannot_be_promised_is_refused(call, message):
    with pytest.raises(BadValue, match=message):
        call()


def test_a_confidence_that_is_not_a_number_is_named():
    with pytest.raises(NotFinite, match="score, value 2: got nan"):
        promise_precision([0.5, float("nan")], [1, 0])
