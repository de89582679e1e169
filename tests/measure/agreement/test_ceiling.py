import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.measure import Estimate, proportion
from tacit.measure.agreement import Ratings, accuracy_ceiling, ceiling_from_ratings, krippendorff_alpha

# ---- worked by hand


def test_agreement_of_63_per_cent_caps_accuracy_at_75_and_a_half():
    # 1 − 2e(1 − e) = 0.63 gives e = (1 − √(2·0.63 − 1))/2 = (1 − 0.509902)/2 = 0.245049; at most 1 − e = 0.754951
    ceiling = accuracy_ceiling(Estimate(0.63, 0.63, 0.63, 1_000))
    assert (ceiling.equally_hard.mean, ceiling.flip.mean) == pytest.approx((0.754951, 0.245049), abs=1e-6)
    assert ceiling.hard_or_easy.mean == 0.63


def test_four_classes_by_hand():
    # a label is right with 0.7, each other class with 0.1: two agree with 0.49 + 3·0.01 = 0.52
    assert accuracy_ceiling(Estimate(0.52, 0.52, 0.52, 9), 4).equally_hard.mean == pytest.approx(0.7)


def test_agreement_below_chance_leaves_a_guess():
    ceiling = accuracy_ceiling(Estimate(0.4, 0.3, 0.5, 9))
    assert (ceiling.equally_hard.mean, ceiling.hard_or_easy.mean) == (0.5, 0.5)


# ---- recovers the truth


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), min_size=1, max_size=20))
def test_the_best_model_lies_between_the_two_bounds_whatever_the_items_are(weights):
    p = np.array(weights) / np.sum(weights, axis=1, keepdims=True)
    best, agreement = p.max(axis=1).mean(), float((p**2).sum(axis=1).mean())
    ceiling = accuracy_ceiling(Estimate(agreement, agreement, agreement, 1), 3)
    assert ceiling.hard_or_easy.mean - 1e-9 <= best <= ceiling.equally_hard.mean + 1e-9


def test_a_crowd_that_flips_labels_alike_is_read_back(rng):
    truth = rng.integers(0, 2, (3_000, 1))
    labels = np.where(rng.random((3_000, 4)) < 0.2, 1 - truth, truth).astype(float)
    ceiling = ceiling_from_ratings(krippendorff_alpha(Ratings.from_matrix(labels)))
    assert ceiling.equally_hard.low <= 0.8 <= ceiling.equally_hard.high
    assert ceiling.equally_hard.high - ceiling.equally_hard.low < 0.04


# ---- refuses


def test_what_is_no_agreement_of_classes_is_said(four_coders):
    with pytest.raises(BadValue, match="at least two"):
        accuracy_ceiling(proportion(1, 2), 1)
    with pytest.raises(BadValue, match="between 0 and 1"):
        accuracy_ceiling(Estimate(1.2, 1, 2, 3))
    with pytest.raises(BadValue, match="the interval metric"):
        ceiling_from_ratings(krippendorff_alpha(four_coders, "interval"))
