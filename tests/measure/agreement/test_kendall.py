import numpy as np
import pytest
from scipy.stats import kendalltau

from tacit.errors import BadValue
from tacit.measure.agreement import Ratings, kendall_tau_b, kendall_w

# ---- worked by hand


def test_one_pair_out_of_order():
    # 1 2 3 4 against 1 3 2 4: of six pairs five agree and one does not, (5 − 1)/6
    assert kendall_tau_b([1, 2, 3, 4], [1, 3, 2, 4]).mean == pytest.approx(4 / 6)


def test_concordance_by_hand():
    # Rankings 123, 123, 132: rank sums 3, 7, 8, mean 6, S = 9 + 1 + 4 = 14; W = 12·14/(9·(27 − 3)) = 168/216 = 7/9.
    # Mean rank correlation (3·7/9 − 1)/2 = 2/3: Spearman 1, ½, ½. χ² = 3·2·7/9 = 14/3, 2 degrees: e^(−7/3) = 0.09697.
    got = kendall_w(Ratings.from_matrix([[1, 1, 1], [2, 2, 3], [3, 3, 2]]))
    assert (got.w, got.mean_rank_correlation.mean) == pytest.approx((7 / 9, 2 / 3))
    assert got.p_value == pytest.approx(np.exp(-7 / 3))


def test_ties_do_not_keep_equal_rankings_from_full_concordance():
    assert kendall_w(Ratings.from_matrix([[1, 10], [1, 10], [2, 20], [5, 50]])).w == pytest.approx(1)


# ---- published


def test_tau_b_is_that_of_scipy(rng):
    first = rng.integers(0, 5, 200)
    second = first + rng.integers(0, 3, 200)
    assert kendall_tau_b(first, second).mean == pytest.approx(kendalltau(first, second).statistic)


def test_its_error_agrees_with_the_jackknife(rng):
    first = rng.integers(0, 5, 200)
    second = first + rng.integers(0, 3, 200)
    without = np.array([kendall_tau_b(np.delete(first, i), np.delete(second, i)).mean for i in range(200)])
    error = np.sqrt(199 / 200 * np.sum((without - without.mean()) ** 2))
    estimate = kendall_tau_b(first, second)
    half = (np.arctanh(estimate.high) - np.arctanh(estimate.low)) / 2 * (1 - estimate.mean**2)
    assert half == pytest.approx(1.972 * error, rel=0.03)  # t(0.975, 199 degrees) = 1.972


def test_thousands_of_different_scores_are_drawn_anew(rng, monkeypatch):
    monkeypatch.setattr("tacit.measure.agreement.kendall.MOST_CELLS", 100)
    first = rng.normal(size=300)
    estimate = kendall_tau_b(first, first + rng.normal(size=300))
    assert estimate.low < estimate.mean < estimate.high
    assert "bootstrap" in estimate.method


# ---- refuses


def test_what_cannot_be_measured_is_said():
    with pytest.raises(BadValue, match="all the same"):
        kendall_tau_b([1, 1, 1], [1, 2, 3])
    with pytest.raises(BadValue, match="2 and 2 scores"):
        kendall_tau_b([1, 2], [1, 2])
    with pytest.raises(BadValue, match="ranks all items alike"):
        kendall_w(Ratings.from_matrix([[1, 1], [1, 2], [1, 3]]))
    with pytest.raises(BadValue, match="2 items"):
        kendall_w(Ratings.from_matrix([[1, 1], [2, 2]]))
