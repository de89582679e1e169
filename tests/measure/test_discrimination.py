import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from scipy.stats import mannwhitneyu

from tacit.errors import BadValue
from tacit.measure.discrimination import area_under_roc, average_precision

marks = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=25).filter(
    lambda rows: len({positive for _, positive in rows}) == 2
)

# ---- worked by hand


def test_three_of_four_pairs_are_in_order():
    # positives 0.35, 0.8; negatives 0.1, 0.4: only 0.35 < 0.4 is wrong
    assert area_under_roc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).mean == 0.75
    assert area_under_roc([1, 1], [0, 1]).mean == 0.5


def test_the_precision_at_each_positive_is_averaged():
    # positives at ranks 1 and 3: (1/1 + 2/3)/2
    assert average_precision([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]).mean == pytest.approx(5 / 6)
    # all alike: one step of precision ½
    assert average_precision([1, 1, 1, 1], [1, 0, 1, 0]).mean == pytest.approx(0.5)


def test_a_perfect_order_of_few_pairs_is_not_certain():
    # 0.05^(1/3): as if three tries without a miss
    got = area_under_roc([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1])
    assert (got.mean, got.high) == (1, 1)
    assert got.low == pytest.approx(0.05 ** (1 / 3))


# ---- published oracle


@settings(max_examples=40)
@given(marks)
def test_the_area_is_mann_and_whitneys_u(rows):
    score, positive = map(np.array, zip(*rows, strict=True))
    published = mannwhitneyu(score[positive], score[~positive], method="asymptotic").statistic
    n_pairs = positive.sum() * (~positive).sum()
    assert area_under_roc(score, positive).mean == pytest.approx(published / n_pairs)


# ---- recovers the truth


def test_ninety_five_of_a_hundred_areas_cover(rng):
    truth = float(ndtr(1 / np.sqrt(2)))  # positives one standard deviation above negatives
    covered = []
    for _ in range(300):
        positive = np.repeat([True, False], [40, 80])
        got = area_under_roc(rng.normal(size=120) + positive, positive)
        covered.append(got.low <= truth <= got.high)
    assert 0.92 < np.mean(covered) < 0.98


def test_guessing_scores_a_half_and_the_share_of_positives(rng):
    score, positive = rng.random(3_000), rng.random(3_000) < 0.2
    area, precision = area_under_roc(score, positive), average_precision(score, positive)
    assert area.low < 0.5 < area.high
    assert precision.low < 0.22
    assert precision.high > 0.19


def test_clusters_widen_the_interval(rng):
    labeler = np.repeat(np.arange(12), 30)
    positive = rng.random(360) < 0.5
    score = positive * (rng.random(12) < 0.5)[labeler] * 3 + rng.normal(size=360)
    apart, together = area_under_roc(score, positive), area_under_roc(score, positive, clusters=labeler)
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


# ---- invariants


@settings(max_examples=40)
@given(marks)
def test_turning_the_scores_round_mirrors_the_area(rows):
    score, positive = map(np.array, zip(*rows, strict=True))
    there, back = area_under_roc(score, positive), area_under_roc(-score, positive)
    assert there.mean == pytest.approx(1 - back.mean)
    assert 0 <= there.low <= there.mean <= there.high <= 1


def test_only_the_order_matters(rng):
    score, positive = rng.normal(size=60), rng.random(60) < 0.4
    assert area_under_roc(score, positive) == area_under_roc(np.exp(score), positive)
    assert average_precision(score, positive).mean == average_precision(np.exp(score), positive).mean


# ---- refuses


@pytest.mark.parametrize("function", [area_under_roc, average_precision])
def test_marks_of_one_kind_are_refused(function):
    with pytest.raises(BadValue, match="got 2 positives and nothing else, expected positives and negatives"):
        function([0.1, 0.2], [1, 1])
