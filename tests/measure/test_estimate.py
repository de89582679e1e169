from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue, NotFinite
from tacit.measure import Estimate, bootstrap, mean_estimate, paired_ratio, proportion
from tacit.measure.estimate import finite_values

finite = st.floats(-1e6, 1e6)

# ---- worked by hand


def test_the_mean_of_1_2_3_lies_within_a_t_interval():
    # mean 2, standard deviation 1, t(0.975, 2 degrees) = 4.302653; half width 4.302653 / √3 = 2.484138
    got = mean_estimate([1, 2, 3])
    assert (got.mean, got.n, got.level, got.method) == (2, 3, 0.95, "Student's t")
    assert (got.low, got.high) == pytest.approx((2 - 2.484138, 2 + 2.484138), abs=1e-5)


def test_one_value_bounds_nothing():
    assert mean_estimate([7.0]) == Estimate(7.0, -inf, inf, 1, method="one value")
    assert (bootstrap(np.mean, [7.0], seed=0).low, bootstrap(np.mean, [7.0, 8.0], seed=0, clusters=[1, 1]).high) == (
        -inf,
        inf,
    )


def test_half_of_four_by_wilson():
    # p = ½, z = 1.959964, z² = 3.841459. Centre (½ + z²/8) / (1 + z²/4) = 0.980182 / 1.960365 = ½;
    # half width z / (1 + z²/4) · √(¼/4 + z²/64) = 0.999796 · √(0.0625 + 0.0600228) = 0.349961
    got = proportion(2, 4)
    assert (got.low, got.high) == pytest.approx((0.5 - 0.349961, 0.5 + 0.349961), abs=1e-5)


def test_no_trials_say_nothing_about_a_proportion():
    assert proportion(0, 0) == Estimate(0.5, 0.0, 1.0, 0, method="Wilson")


def test_a_ratio_to_a_constant_is_a_scaled_t_interval():
    # Fieller's interval with a denominator that does not vary is Student's, divided by it.
    mean, ratio = mean_estimate([1, 2, 3]), paired_ratio([1, 2, 3], [4, 4, 4])
    assert (ratio.mean, ratio.low, ratio.high) == pytest.approx((mean.mean / 4, mean.low / 4, mean.high / 4))


def test_a_ratio_of_two_pairs_by_hand():
    # a = 1, 3; b = 3, 5: means 2 and 4, r = ½, variances 2 and 2, covariance 2; t(0.975, 1) = 12.7062, t²/n = 80.7236;
    # g = 80.7236·2/16 = 10.09 ≥ 1: the denominator may be zero, so no finite interval exists.
    assert paired_ratio([1, 3], [3, 5]) == Estimate(0.5, -inf, inf, 2, method="Fieller")


def test_pairs_in_strict_proportion_leave_no_doubt():
    got = paired_ratio([2, 4, 6, 8], [1.0, 2.0, 3.0, 4.0])
    assert (got.low, got.high) == pytest.approx((2, 2))


def test_an_estimate_reads_as_mean_and_interval():
    assert str(Estimate(475.25, 470.1, 480.0, 10)) == "475.2 [470.1, 480]"
    assert Estimate(1, 0, 2, 3).as_dict()["n"] == 3


# ---- published


def test_student_1908_extra_hours_of_sleep():
    # Student 1908, table of Cushny and Peebles: ten differences, mean 1.58; the interval as every textbook prints it
    got = mean_estimate([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    assert got.mean == pytest.approx(1.58)
    assert (got.low, got.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_of_newcombe_1998(successes, n, low, high):
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
    got = proportion(successes, n)
    assert (got.low, got.high) == pytest.approx((low, high), abs=5e-5)


# ---- recovers the truth


def coverage(covered: list[bool]) -> float:
    return float(np.mean(covered))


def test_ninety_five_of_a_hundred_t_intervals_cover(rng):
    samples = rng.normal(3, 2, size=(2_000, 8))
    assert 0.93 < coverage([(e := mean_estimate(x)).low <= 3 <= e.high for x in samples]) < 0.97


def test_ninety_five_of_a_hundred_ratios_cover(rng):
    # a and b share the luck of their seed; the truth is 9 / 10
    luck = rng.normal(0, 1, size=(2_000, 10))
    a, b = 9 + luck + rng.normal(0, 1, luck.shape), 10 + luck + rng.normal(0, 1, luck.shape)
    estimates = [paired_ratio(x, y) for x, y in zip(a, b, strict=True)]
    assert 0.93 < coverage([e.low <= 0.9 <= e.high for e in estimates]) < 0.97


def test_ninety_five_of_a_hundred_proportions_cover(rng):
    estimates = [proportion(k, 60) for k in rng.binomial(60, 0.3, size=2_000)]
    assert 0.93 < coverage([e.low <= 0.3 <= e.high for e in estimates]) < 0.97


def test_a_bootstrap_covers(rng):
    samples = rng.exponential(1.0, size=(150, 60))
    estimates = [bootstrap(np.ndarray.mean, x, seed=s, n_resamples=150) for s, x in enumerate(samples)]
    assert 0.87 < coverage([e.low <= 1 <= e.high for e in estimates]) < 0.99


def test_rows_that_repeat_a_labeler_deserve_a_wider_interval(rng):
    # 30 labelers of 20 answers each, that differ by labeler alone: the answers are worth 30, not 600.
    labeler = np.repeat(np.arange(30), 20)
    values = rng.normal(size=30)[labeler] + rng.normal(0, 0.1, size=600)
    apart = bootstrap(np.mean, values, seed=1, n_resamples=400)
    together = bootstrap(np.mean, values, seed=1, n_resamples=400, clusters=labeler)
    ratio = (together.high - together.low) / (apart.high - apart.low)
    assert ratio == pytest.approx(sqrt(20), rel=0.3)
    assert (together.n, together.method) == (30, "percentile bootstrap, clustered")


def test_clusters_cover_where_rows_do_not(rng):
    labeler = np.repeat(np.arange(25), 8)
    naive, clustered = [], []
    for seed in range(100):
        values = rng.normal(size=25)[labeler] + rng.normal(0, 0.3, size=200)
        rows = bootstrap(np.ndarray.mean, values, seed=seed, n_resamples=120)
        groups = bootstrap(np.ndarray.mean, values, seed=seed, n_resamples=120, clusters=labeler)
        naive.append(rows.low <= 0 <= rows.high)
        clustered.append(groups.low <= 0 <= groups.high)
    assert coverage(naive) < 0.7
    assert coverage(clustered) > 0.87


# ---- invariants


@given(st.lists(finite, min_size=2, max_size=20), finite)
def test_shifting_the_values_shifts_the_interval(values, shift):
    here, there = mean_estimate(values), mean_estimate(np.asarray(values) + shift)
    moved = (here.mean + shift, here.low + shift, here.high + shift)
    assert (there.mean, there.low, there.high) == pytest.approx(moved, abs=1e-3)


@given(st.integers(0, 50), st.integers(1, 50))
def test_successes_and_failures_mirror_each_other(successes, failures):
    n = successes + failures
    there, back = proportion(successes, n), proportion(failures, n)
    assert (there.low, there.high) == pytest.approx((1 - back.high, 1 - back.low))
    assert 0 <= there.low <= there.mean <= there.high <= 1


@given(st.lists(finite, min_size=1, max_size=12), st.integers(0, 2**40))
def test_a_bootstrap_depends_on_its_seed_alone(values, seed):
    first, second = (bootstrap(np.median, values, seed=seed, n_resamples=20) for _ in range(2))
    assert first == second


def test_clusters_of_one_row_are_no_clusters(rng):
    values = rng.normal(size=40)
    apart = bootstrap(np.mean, values, seed=5, n_resamples=50)
    together = bootstrap(np.mean, values, seed=5, n_resamples=50, clusters=np.arange(40))
    assert (apart.low, apart.high) == pytest.approx((together.low, together.high))


# ---- refuses


@pytest.mark.parametrize("function", [mean_estimate, lambda v: bootstrap(np.mean, v, seed=0)])
def test_no_values_are_refused(function):
    with pytest.raises(BadValue, match="got no values, expected at least one"):
        function([])


def test_the_value_that_is_not_finite_is_named():
    with pytest.raises(NotFinite, match=r"mean_estimate, value 2: got nan, expected a finite number\."):
        mean_estimate([1.0, float("nan"), inf])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_estimate([[1.0, 2.0]]), r"mean_estimate: got shape \(1, 2\), expected one axis"),
        (lambda: mean_estimate([1, 2], level=95), "level of an interval: got 95, expected a share between 0 and 1"),
        (lambda: mean_estimate(["one", "two"]), "expected numbers"),
        (lambda: proportion(5, 4), "got 5 of 4, expected 0 ≤ successes ≤ n"),
        (lambda: proportion(-1, 4), "got -1 of 4"),
        (lambda: paired_ratio([1, 2], [1, 2, 3]), "got 2 and 3 values"),
        (lambda: paired_ratio([1], [1]), "two equally long lists of two or more"),
        (lambda: paired_ratio([1, 2], [-1, 1]), "a denominator whose mean is 0"),
        (lambda: bootstrap(np.mean, [1, 2], seed=0, clusters=["a"]), "1 cluster labels for 2 rows"),
        (lambda: bootstrap(np.mean, [1, 2], seed=0, n_resamples=0), "0 resamples"),
        (lambda: finite_values(3.0, where="here"), "here: got no values"),
    ],
)
def test_what_cannot_be_estimated_is_refused(call, message):
    with pytest.raises(BadValue, match=message):
        call()
