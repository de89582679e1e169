import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue, NotFinite, UnknownName
from tacit.measure.agreement import Ratings, bootstrap_alpha, coincidences, krippendorff_alpha

METRICS = ("nominal", "ordinal", "interval", "ratio")

# ---- worked by hand


def test_three_items_of_two_labels():
    # Items (1,1), (1,2), (2,2): six values, three of each. D_o: one item of three disagrees, 1/3.
    # D_e: of 6·5 ordered pairs of values 2·3·3 = 18 differ, 18/30 = 0.6. alpha = 1 − (1/3)/0.6 = 4/9.
    alpha = krippendorff_alpha(Ratings.from_matrix([[1, 1], [1, 2], [2, 2]]))
    assert (alpha.observed, alpha.expected, alpha.alpha) == pytest.approx((1 / 3, 0.6, 4 / 9))


def test_labelers_who_always_differ_agree_less_than_chance():
    # Items (1,2), (1,2): D_o = 1; of 4·3 pairs 2·2·2 = 8 differ, D_e = 2/3; alpha = 1 − 3/2.
    assert krippendorff_alpha(Ratings.from_matrix([[1, 2], [1, 2]])).alpha == pytest.approx(-0.5)


def test_an_item_of_three_labels_counts_three():
    # Values 1,1,2 and 2,2: of the first item's 6 ordered pairs 4 differ, /(3 − 1) = 2; the second's none. n = 5:
    # D_o = 2/5. D_e: 2·2·3/(5·4) = 0.6.
    ratings = Ratings.from_matrix([[1, 1, 2], [2, 2, np.nan]])
    alpha = krippendorff_alpha(ratings)
    assert (alpha.observed, alpha.expected) == pytest.approx((0.4, 0.6))


def test_when_all_agree_the_lower_end_is_what_few_items_cannot_exclude():
    # Two items without disagreement: a rate of 1 − √0.025 = 0.842 is compatible with that. D_e = 8/12.
    estimate = krippendorff_alpha(Ratings.from_matrix([[1, 1], [2, 2]])).estimate()
    assert (estimate.mean, estimate.high) == (1, 1)
    assert estimate.low == pytest.approx(max(-1, 1 - (1 - 0.025**0.5) / (8 / 12)))


# ---- published


@pytest.mark.parametrize(
    ("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_the_four_coders_of_krippendorff(four_coders, metric, published):
    assert krippendorff_alpha(four_coders, metric).alpha == pytest.approx(published, abs=5e-4)


def test_the_coincidences_of_the_four_coders(four_coders):
    # Krippendorff 2011, section B: 40 pairable values; margins 9, 13, 10, 5, 3; diagonal 7, 10, 8, 4, 3.
    values, matrix = coincidences(four_coders)
    assert values.tolist() == [1, 2, 3, 4, 5]
    assert matrix.sum(axis=0) == pytest.approx([9, 13, 10, 5, 3])
    assert np.diag(matrix) == pytest.approx([7, 10, 8, 4, 3])


# ---- recovers the truth


@pytest.mark.parametrize("metric", METRICS)
def test_leaving_out_in_one_pass_is_leaving_out_one_by_one(crowd, metric):
    ratings = crowd(0, n_items=60, n_labelers=8, per_item=4, missing=0.3)
    alpha = krippendorff_alpha(ratings, metric)
    used = alpha.ratings
    gone, because = alpha._left_alone()
    at_once = alpha._without(gone, used.labeler[because], used.item[gone])
    one_by_one = []
    for labeler in np.unique(used.labeler):
        kept = ratings.labeler != labeler
        rest = Ratings(ratings.item[kept], ratings.labeler[kept], ratings.value[kept], ratings.n_items, 8)
        one_by_one.append(np.log(1 - krippendorff_alpha(rest, metric).alpha))
    # exact but for the ordinal metric, whose mid-ranks are moved to first order
    assert at_once == pytest.approx(np.array(one_by_one), abs=5e-3 if metric == "ordinal" else 1e-9)


@pytest.mark.parametrize("metric", ["nominal", "ordinal"])
def test_the_interval_covers_the_agreement_of_the_crowd_it_was_drawn_from(crowd, metric):
    truth = krippendorff_alpha(crowd(1, n_items=8_000, n_labelers=800), metric).alpha
    covered = sum(
        estimate.low <= truth <= estimate.high
        for seed in range(100)
        for estimate in [krippendorff_alpha(crowd(100 + seed), metric).estimate()]
    )
    assert 88 <= covered <= 99  # of 100; benchmarks/agreement_coverage.py counts 1,000


def test_an_interval_for_these_labelers_is_narrower_than_one_for_labelers_like_them(crowd):
    alpha = krippendorff_alpha(crowd(3))
    these, alike = alpha.estimate(clusters="item"), alpha.estimate(clusters="item and labeler")
    assert alike.low < these.low < these.high < alike.high


def test_drawing_items_and_labelers_anew_gives_much_the_same_interval(crowd):
    ratings = crowd(4, n_items=300, n_labelers=30)
    jackknife, bootstrap = krippendorff_alpha(ratings).estimate(), bootstrap_alpha(ratings, seed=0, n_resamples=300)
    assert bootstrap.mean == jackknife.mean
    assert (bootstrap.high - bootstrap.low) / (jackknife.high - jackknife.low) == pytest.approx(1.1, abs=0.35)


def test_a_labeler_drawn_twice_does_not_agree_with_itself(crowd):
    drawn = bootstrap_alpha(crowd(5, n_labelers=5, per_item=5), seed=1, n_resamples=200)
    assert drawn.low < drawn.mean < drawn.high


# ---- invariants


@given(st.integers(0, 2**32 - 1), st.sampled_from(METRICS))
def test_the_order_of_labels_and_the_names_of_items_and_labelers_mean_nothing(seed, metric):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(1, 5, (6, 4)).astype(float)
    matrix[0, :2] = 1, 2
    shuffled = matrix[rng.permutation(6)][:, rng.permutation(4)]
    one, other = (krippendorff_alpha(Ratings.from_matrix(x), metric) for x in (matrix, shuffled))
    assert one.alpha == pytest.approx(other.alpha)
    if one.observed > 0:
        assert one.variance().total == pytest.approx(other.variance().total)


def test_alpha_of_a_linear_scale_does_not_depend_on_its_unit(crowd):
    ratings = crowd(6)
    moved = Ratings(ratings.item, ratings.labeler, 1e6 + 3 * ratings.value, ratings.n_items, ratings.n_labelers)
    assert krippendorff_alpha(moved, "interval").alpha == pytest.approx(krippendorff_alpha(ratings, "interval").alpha)


def test_items_with_one_label_change_nothing(crowd):
    ratings = crowd(7)
    more = Ratings(
        np.append(ratings.item, ratings.n_items),
        np.append(ratings.labeler, 0),
        np.append(ratings.value, 9.0),
        ratings.n_items + 1,
        ratings.n_labelers,
    )
    assert krippendorff_alpha(more).estimate() == krippendorff_alpha(ratings).estimate()


# ---- refuses


def test_what_cannot_be_measured_is_said():
    with pytest.raises(BadValue, match="no item with two labels"):
        krippendorff_alpha(Ratings.from_matrix([[1, np.nan], [np.nan, 2]]))
    with pytest.raises(BadValue, match="the value 1 alone"):
        krippendorff_alpha(Ratings.from_matrix([[1, 1], [1, 1]]))
    with pytest.raises(BadValue, match="values of 0 or more"):
        krippendorff_alpha(Ratings.from_matrix([[-1, 1], [1, 1]]), "ratio")
    with pytest.raises(UnknownName, match="Did you mean 'nominal'"):
        krippendorff_alpha(Ratings.from_matrix([[1, 2]]), "nominl")
    with pytest.raises(BadValue, match="the ratio metric"):
        bootstrap_alpha(Ratings.from_matrix([[1, 2], [1, 1]]), "ratio", seed=0)


def test_ratings_that_are_none_are_refused():
    with pytest.raises(NotFinite, match="label 2"):
        Ratings.from_labels(["a", "b"], ["x", "x"], [1.0, np.nan])
    with pytest.raises(BadValue, match="one label a labeler and item"):
        Ratings.from_labels(["a", "a"], ["x", "x"], [1, 2])
    with pytest.raises(BadValue, match="no labels"):
        Ratings.from_labels([], [], [])
    with pytest.raises(BadValue, match="2 items, 1 labelers"):
        Ratings(np.arange(2), np.arange(1), np.ones(2), 2, 1)
    with pytest.raises(BadValue, match="a code from 0 to 0"):
        Ratings(np.array([1]), np.array([0]), np.ones(1), 1, 1)
