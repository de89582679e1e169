import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from tacit.errors import BadValue, NotFinite
from tacit.measure.calibration import expected_calibration_error, plain_calibration_error, top_label

# ---- worked by hand


def test_the_plain_error_of_four_predictions_by_hand():
    # one bin: mean prediction (0.2 + 0.4 + 0.9 + 0.9)/4 = 0.6, observed (0 + 1 + 1 + ½)/4 = 0.625, gap 0.025
    assert plain_calibration_error([0.9, 0.2, 0.4, 0.9], [1, 0, 1, 0.5]) == pytest.approx(0.025)


def test_the_plain_error_weighs_bins_by_their_size():
    # five predictions in two bins of 3 and 2: gaps |0.1 − 1/3| and |0.9 − ½|; (3 · 0.23333 + 2 · 0.4)/5 = 0.3
    p, y = [0.1, 0.1, 0.1, 0.9, 0.9], [0, 0, 1, 1, 0]
    assert plain_calibration_error(p, y, n_bins=2) == pytest.approx(0.3)


def test_a_gap_that_chance_explains_is_no_gap():
    # 200 predictions of ½ of which 103 come true: the gap, 0.015, is less than half a standard error, 0.035
    got = expected_calibration_error([0.5] * 200, [1] * 103 + [0] * 97, n_bins=1)
    assert (got.mean, got.low) == (0, 0)
    assert 0.05 < got.high < 0.1


def test_the_correction_of_one_clear_gap_is_nothing():
    # one bin, gap 0.3 at a standard error of 0.02: E|N(0.3, 0.02)| = 0.3, and the interval is 0.3 ± 1.96 · 0.02
    y = np.repeat([1, 0], [200, 200])
    error = np.sqrt(0.25 * 400 / 399 / 400)
    got = expected_calibration_error(np.full(400, 0.8), y, n_bins=1)
    assert got.mean == pytest.approx(0.3)
    assert (got.low, got.high) == pytest.approx((0.3 - 1.96 * error, 0.3 + 1.96 * error), abs=1e-4)


def test_several_classes_are_asked_for_their_first_choice():
    p, right = top_label([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4]], [0, 2])
    assert (p.tolist(), right.tolist()) == ([0.7, 0.5], [1, 0])


# ---- recovers the truth


def overconfident(rng, n):
    """Return predictions that are too sure and what came true; their error over ten bins is 0.0740."""
    p = rng.beta(0.7, 0.7, n).clip(1e-9, 1 - 1e-9)
    return p, (rng.random(n) < expit(0.6 * logit(p))).astype(float)


def test_calibrated_predictions_are_found_so_where_the_plain_error_is_not(rng):
    plain, corrected = [], []
    for _ in range(60):
        p = rng.random(400)
        y = (rng.random(400) < p).astype(float)
        plain.append(plain_calibration_error(p, y))
        corrected.append(expected_calibration_error(p, y))
    assert np.mean(plain) > 0.04
    assert np.mean([one.mean for one in corrected]) < 0.4 * np.mean(plain)
    assert np.mean([one.low == 0 for one in corrected]) > 0.9


def test_intervals_cover_and_the_estimate_is_nearly_unbiased(rng):
    got = [expected_calibration_error(*overconfident(rng, 1_000), n_bins=10) for _ in range(100)]
    assert np.mean([one.low <= 0.0740 <= one.high for one in got]) > 0.9
    assert np.mean([one.mean for one in got]) == pytest.approx(0.0740, abs=0.004)


# ---- invariants


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_order_does_not_matter_and_bounds_hold_the_estimate(seed):
    rng = np.random.default_rng(seed)
    p, y, order = rng.random(90), rng.integers(0, 2, 90).astype(float), rng.permutation(90)
    one, other = expected_calibration_error(p, y), expected_calibration_error(p[order], y[order])
    assert one == other
    assert 0 <= one.low <= one.mean <= one.high <= 1
    assert one.mean <= plain_calibration_error(p, y) + 1e-9


# ---- refuses


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: expected_calibration_error([0.5], [1, 0]),
            "1 predictions and 2 outcomes, expected an outcome for each",
        ),
        (lambda: expected_calibration_error([1.5, 0.2], [1, 0]), "p, value 1: got 1.5, expected a number from 0 to 1"),
        (lambda: expected_calibration_error([0.5], [2]), "outcome, value 1: got 2"),
        (
            lambda: expected_calibration_error([0.5], [1], n_bins=2),
            "n_bins: got 2, expected 1 to 1, the number of pred",
        ),
        (lambda: top_label([[0.5, 0.4]], [0]), "p, row 1: got a sum of 0.9, expected probabilities that sum to 1"),
        (lambda: top_label([[0.5, 0.5]], [2]), "label 1: got 2, expected the index of a class, 0 to 1"),
        (lambda: top_label([0.5, 0.5], [0, 1]), r"got shape \(2,\), expected a row an item"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, message):
    with pytest.raises(BadValue, match=message):
        call()


def test_a_prediction_that_is_not_a_number_is_named():
    with pytest.raises(NotFinite, match="value 2: got nan"):
        expected_calibration_error([0.5, float("nan")], [1, 0])
