import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.measure.selective import risk_coverage

# ---- worked by hand


def test_four_predictions_by_hand():
    # right, right, wrong, right: risks 0, 0, 1/3, 1/4, mean 7/48. With its one error last: 0, 0, 0, 1/4, mean 1/16.
    got = risk_coverage([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1])
    assert got.coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert got.risk == pytest.approx([0, 0, 1 / 3, 1 / 4])
    assert (got.area.mean, got.excess.mean) == pytest.approx((7 / 48, 7 / 48 - 1 / 16))
    assert (got.risk_at(0.5), got.risk_at(0.6), got.risk_at(1)) == pytest.approx((0, 1 / 3, 1 / 4))


def test_equal_confidences_share_their_errors():
    # One error among four equals: whichever comes first, the expected risk is ¼ at every coverage.
    assert risk_coverage([0.5] * 4, [0, 1, 1, 1]).risk == pytest.approx([0.25] * 4)


# ---- recovers the truth


def test_a_confidence_that_knows_nothing_keeps_the_error_rate(rng):
    got = risk_coverage(rng.random(4_000), rng.random(4_000) < 0.8)
    assert got.area.low < 0.2 < got.area.high
    assert got.risk_at(0.5) == pytest.approx(0.2, abs=0.03)


def test_ninety_five_of_a_hundred_areas_cover(rng):
    # confidence c uniform, right with probability c: risk at coverage u is the mean of 1 − c over c > 1 − u, which is
    # u/2, so that the area is ¼ (the mean over finitely many ranks differs by less than 1/n)
    covered = []
    for seed in range(25):
        c = rng.random(400)
        got = risk_coverage(c, rng.random(400) < c, seed=seed).area
        covered.append(got.low <= 0.25 <= got.high)
    assert np.mean(covered) > 0.8


# ---- invariants


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_all_of_them_have_the_plain_error_rate_and_no_order_beats_the_ideal(rows):
    confidence, correct = zip(*rows, strict=True)
    got = risk_coverage(confidence, correct)
    assert got.risk[-1] == pytest.approx(1 - np.mean(correct))
    assert got.excess.mean >= -1e-12


# ---- refuses


def test_marks_other_than_0_and_1_are_refused():
    with pytest.raises(BadValue, match=r"risk_coverage, mark 1: got 0\.5, expected 0 or 1"):
        risk_coverage([0.1, 0.2], [0.5, 1])
