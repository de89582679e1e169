from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.measure.agreement import (
    Ratings,
    judges_for_reliability,
    krippendorff_alpha,
    labels_for_accuracy,
    majority_accuracy,
    plan_for_alpha,
)

# ---- worked by hand


def test_majorities_by_hand():
    # three labels right with 0.8: 0.8³ + 3·0.8²·0.2 = 0.512 + 0.384
    assert majority_accuracy(0.8, 3) == pytest.approx(0.896)
    # two labels: both right, or one and a coin: 0.64 + ½·2·0.16 = 0.8, no better than one
    assert majority_accuracy(0.8, 2) == pytest.approx(0.8)
    # two labels on three classes: 0.36 + ½·2·0.6·0.4 = 0.6
    assert majority_accuracy(0.6, 2, 3) == pytest.approx(0.6)


def test_labels_for_accuracy_by_hand():
    # 0.8: three give 0.896, five 0.942, seven 0.967
    assert [labels_for_accuracy(0.8, wanted) for wanted in (0.8, 0.89, 0.94, 0.95)] == [1, 3, 5, 7]
    assert labels_for_accuracy(0.5, 0.6) == inf


def test_judges_for_reliability_by_hand():
    # 0.8·0.5/(0.5·0.2) = 4
    assert [judges_for_reliability(0.5, 0.8), judges_for_reliability(0.9, 0.8)] == [4, 1]
    assert judges_for_reliability(0.0, 0.8) == inf


# ---- recovers the truth


@pytest.mark.parametrize(("p", "n", "k"), [(0.6, 5, 3), (0.4, 6, 4), (0.7, 4, 2), (0.3, 7, 5)])
def test_majorities_as_they_are_drawn(rng, p, n, k):
    labels = rng.choice(k, (40_000, n), p=[p] + [(1 - p) / (k - 1)] * (k - 1))
    votes = np.stack([(labels == c).sum(axis=1) for c in range(k)], axis=1) + rng.random((40_000, k)) / 2
    drawn = (votes.argmax(axis=1) == 0).mean()
    assert majority_accuracy(p, n, k) == pytest.approx(drawn, abs=4 * 0.5 / 200)


def test_the_plan_comes_true(crowd):
    plan = plan_for_alpha(krippendorff_alpha(crowd(0, n_items=80, n_labelers=20)), 0.06)
    assert plan.half_width_now > 0.06
    widths = []
    for seed in range(5):
        more = crowd(50 + seed, n_items=plan.items_with_labelers, n_labelers=plan.labelers_with_items)
        estimate = krippendorff_alpha(more).estimate()
        widths.append((estimate.high - estimate.low) / 2)
    assert np.mean(widths) == pytest.approx(0.06, rel=0.35)


def test_no_number_of_items_makes_up_for_few_different_labelers(rng):
    # five labelers of very different skill: their difference alone is more than the wanted width
    truth, skill = rng.integers(0, 2, (400, 1)), np.array([0.95, 0.9, 0.6, 0.55, 0.5])
    labels = np.where(rng.random((400, 5)) < skill, truth, 1 - truth).astype(float)
    plan = plan_for_alpha(krippendorff_alpha(Ratings.from_matrix(labels)), 0.02)
    assert plan.items == inf
    assert plan.labelers_with_items > 5


# ---- invariants


@given(st.floats(0.55, 0.99), st.integers(1, 30), st.integers(2, 6))
def test_more_labels_never_hurt_and_probabilities_stay_within_bounds(p, n, k):
    one, more = majority_accuracy(p, n, k), majority_accuracy(p, n + 2, k)
    assert 0 <= one <= more + 1e-9 <= 1 + 2e-9


def test_thousands_of_labels_go_over_into_a_normal_law():
    assert majority_accuracy(0.55, 171) == pytest.approx(majority_accuracy(0.55, 169), abs=0.005)
    assert 1_000 < labels_for_accuracy(0.51, 0.9) < 10_000


# ---- refuses


def test_what_is_outside_its_range_is_said(four_coders):
    with pytest.raises(BadValue, match="half width"):
        plan_for_alpha(krippendorff_alpha(four_coders), 0)
    with pytest.raises(BadValue, match="never differ"):
        plan_for_alpha(krippendorff_alpha(Ratings.from_matrix([[1, 1], [2, 2]])), 0.1)
    with pytest.raises(BadValue, match="a probability"):
        majority_accuracy(1.5, 3)
    with pytest.raises(BadValue, match="two classes"):
        majority_accuracy(0.5, 0)
    with pytest.raises(BadValue, match="wanted"):
        labels_for_accuracy(0.8, 1.0)
    with pytest.raises(BadValue, match="wanted"):
        judges_for_reliability(0.8, 1.0)
