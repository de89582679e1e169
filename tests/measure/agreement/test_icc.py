import numpy as np
import pytest

from tacit.errors import BadValue, UnknownName
from tacit.measure.agreement import Ratings, intraclass_correlation, spearman_brown

# Shrout and Fleiss 1979, table 2: six targets, four judges
TARGETS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


# ---- published


@pytest.mark.parametrize(
    ("form", "published"),
    [
        ("ICC(1)", 0.17),
        ("ICC(A,1)", 0.29),
        ("ICC(C,1)", 0.71),
        ("ICC(k)", 0.44),
        ("ICC(A,k)", 0.62),
        ("ICC(C,k)", 0.91),
    ],
)
def test_the_table_of_shrout_and_fleiss(form, published):
    assert intraclass_correlation(Ratings.from_matrix(TARGETS), form).mean == pytest.approx(published, abs=5e-3)


# ---- worked by hand


def test_an_item_that_someone_missed_takes_no_part():
    with_gap = [*TARGETS, [5, np.nan, 5, 5]]
    one, other = (intraclass_correlation(Ratings.from_matrix(x)) for x in (with_gap, TARGETS))
    assert one == other


def test_labelers_with_constant_biases_are_consistent_but_do_not_agree():
    # Ratings x, x + 2: no residual, so that consistency is 1. Mean squares between items 2·var = 2·(2/3)·… of 1, 2, 3
    # = 2, between labelers 3·2 = 6 (3 items, deviations ±1): (2 − 0)/(2 + 2·6/3) = 1/3.
    biased = Ratings.from_matrix([[1, 3], [2, 4], [3, 5]])
    assert intraclass_correlation(biased, "ICC(C,1)").mean == 1
    assert intraclass_correlation(biased, "ICC(A,1)").mean == pytest.approx(1 / 3)


# ---- recovers the truth


@pytest.mark.parametrize("form", ["ICC(1)", "ICC(A,1)", "ICC(C,1)"])
def test_the_interval_covers_the_truth(form):
    # items, labelers and noise of variance 2, 1, 1 (no labelers' variance for ICC(1), where it would be noise)
    own = 0.0 if form == "ICC(1)" else 1.0
    truth = {"ICC(1)": 2 / 3, "ICC(A,1)": 2 / 4, "ICC(C,1)": 2 / 3}[form]
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.normal(0, 2**0.5, (20, 1)) + own * rng.normal(size=(1, 6)) + rng.normal(size=(20, 6))
        estimate = intraclass_correlation(Ratings.from_matrix(x), form)
        covered += estimate.low <= truth <= estimate.high
    assert 180 <= covered <= 199


@pytest.mark.parametrize(("n_items", "n_labelers"), [(30, 2), (50, 3)])
def test_the_interval_of_absolute_agreement_covers_with_two_or_three_labelers_too(n_items, n_labelers):
    # items, labelers and noise of variance ½, 1, ½: ½ / 2
    covered = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        half = 0.5**0.5
        x = half * rng.normal(size=(n_items, 1)) + rng.normal(size=n_labelers)
        got = intraclass_correlation(Ratings.from_matrix(x + half * rng.normal(size=x.shape)), "ICC(A,1)")
        covered += got.low <= 0.25 <= got.high
    assert 368 <= covered <= 396


def test_the_generalised_interval_is_exact_where_labelers_do_not_differ_and_are_many(rng):
    # without labelers' variance and with many of them, absolute agreement is the one-way correlation
    x = rng.normal(size=(30, 1)) + rng.normal(size=(30, 40))
    absolute, one_way = (intraclass_correlation(Ratings.from_matrix(x), form) for form in ("ICC(A,1)", "ICC(1)"))
    assert (absolute.low, absolute.high) == pytest.approx((one_way.low, one_way.high), abs=0.02)


def test_twice_as_many_judges_by_spearman_and_brown():
    assert spearman_brown(0.5, 2) == pytest.approx(2 / 3)  # 2·½ / (1 + ½)


# ---- refuses


def test_what_cannot_be_measured_is_said():
    with pytest.raises(BadValue, match="Krippendorff"):
        intraclass_correlation(Ratings.from_matrix([[1, np.nan], [np.nan, 2]]))
    with pytest.raises(BadValue, match="one labeler"):
        intraclass_correlation(Ratings.from_matrix([[1], [2]]))
    with pytest.raises(BadValue, match="all the same"):
        intraclass_correlation(Ratings.from_matrix([[1, 1], [1, 1]]))
    with pytest.raises(UnknownName, match=r"ICC\(A,1\)"):
        intraclass_correlation(Ratings.from_matrix(TARGETS), "ICC(2,1)")
