from math import inf

import numpy as np
import pytest

from tacit.errors import BadValue
from tacit.measure import proportion
from tacit.measure.word_errors import ratio_of_sums, resampling
from tacit.measure.word_errors.resampling import Ratio, Resamples


def speech(rng, n, n_speakers=0):
    """Return errors, words and speakers of n utterances whose difficulty differs; the population's WER is 0.16."""
    words = rng.poisson(15, n).clip(1)
    speakers = np.arange(n) % (n_speakers or n)
    harder = rng.beta(0.8, 4.2, n_speakers or n)[speakers]
    return rng.binomial(words, harder), words, speakers


# ---- worked by hand


def test_the_gradient_of_a_quotient_by_hand():
    # f = (x + y) / z at (1, 2, 6): f = ½, df/dx = df/dy = 1/6, df/dz = −3/36
    value, gradient = Ratio(((1, 1, 0),), ((0, 0, 1),)).at(np.array([1.0, 2.0, 6.0]))
    assert value == pytest.approx(0.5)
    assert gradient == pytest.approx([1 / 6, 1 / 6, -3 / 36])


def test_the_gradient_of_a_product_of_quotients_is_its_difference_quotient(rng):
    wip, at = Ratio(((1, 0, 0), (1, 0, 0)), ((0, 1, 0), (0, 0, 1))), np.array([5.0, 8.0, 9.0])
    _, gradient = wip.at(at)
    for k in range(3):
        step = np.eye(3)[k] * 1e-6
        assert gradient[k] == pytest.approx((wip.at(at + step)[0] - wip.at(at - step)[0]) / 2e-6, rel=1e-6)


def test_nothing_over_nothing_is_zero_and_anything_over_nothing_is_infinite():
    assert ratio_of_sums([0, 0], [0, 0], seed=0).mean == 0
    assert ratio_of_sums([1, 0], [0, 0], seed=0).mean == inf


def test_one_utterance_bounds_nothing():
    got = ratio_of_sums([1], [4], seed=0)
    assert (got.mean, got.low, got.high, got.n) == (0.25, -inf, inf, 1)


def test_without_a_single_error_there_is_still_an_upper_bound():
    # Wilson for 0 of 50: z² / (50 + z²) = 3.8415 / 53.8415
    got = ratio_of_sums(np.zeros(50), np.full(50, 9), seed=0)
    assert (got.low, got.high) == pytest.approx((0, 3.841459 / 53.841459), abs=1e-6)


def test_a_few_utterances_of_nearly_equal_rates_know_no_more_than_their_words():
    # 3 of 20 and 6 of 41 words wrong: 9 of 61 = 0.1475, and rates of 0.150 and 0.146 that seem to leave no doubt at all
    two = ratio_of_sums([3, 6], [20, 41], seed=0)
    # Wilson at 61 words times (1.960 / 12.706)² = 0.0238, thus at 1.45, rounded to 1
    one = proportion(9 / 61, 1)
    assert (two.low, two.high) == pytest.approx((one.low, one.high))
    # four such: Student's t with three degrees is 3.182: 122 words · 0.3794 = 46.3
    four = ratio_of_sums([3, 6, 3, 6], [20, 41, 20, 41], seed=0)
    many = proportion(9 / 61 * 46, 46)
    assert (four.low, four.high) == pytest.approx((many.low, many.high))


# ---- recovers the truth: the share of intervals that cover it (1,000 simulations in benchmarks/interval_coverage.py)


@pytest.mark.parametrize(("n", "n_speakers"), [(60, 0), (300, 20)])
def test_ninety_five_of_a_hundred_intervals_cover(rng, n, n_speakers):
    covered = []
    for seed in range(100):
        errors, words, speakers = speech(rng, n, n_speakers)
        got = ratio_of_sums(errors, words, seed=seed, clusters=speakers if n_speakers else None)
        covered.append(got.low <= 0.16 <= got.high)
    assert np.mean(covered) >= 0.88


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("equal", [True, False])
def test_intervals_of_very_few_utterances_are_wide_enough(rng, n, equal):
    covered = []
    for seed in range(200):
        words = rng.poisson(15, n).clip(1)
        errors = rng.binomial(words, 0.16 if equal else rng.beta(0.8, 4.2, n))
        got = ratio_of_sums(errors, words, seed=seed)
        covered.append(got.low <= 0.16 <= got.high)
    assert np.mean(covered) >= 0.93


def test_utterances_alone_are_overconfident_where_speakers_differ(rng):
    errors, words, speakers = speech(rng, 300, 10)
    apart, together = ratio_of_sums(errors, words, seed=0), ratio_of_sums(errors, words, seed=0, clusters=speakers)
    assert together.high - together.low > 2 * (apart.high - apart.low)
    assert (together.n, together.method) == (10, "studentised bootstrap, clustered")


def test_beyond_what_is_resampled_the_interval_is_nearly_the_same(rng, monkeypatch):
    errors, words, _ = speech(rng, 2_000)
    drawn = ratio_of_sums(errors, words, seed=0)
    monkeypatch.setattr(resampling, "MOST_RESAMPLED", 100)
    linear = ratio_of_sums(errors, words, seed=0)
    assert linear.method == "linearised"
    assert (linear.low, linear.high) == pytest.approx((drawn.low, drawn.high), abs=0.001)


# ---- invariants


def test_an_interval_depends_on_its_seed_alone(rng):
    errors, words, _ = speech(rng, 40)
    assert ratio_of_sums(errors, words, seed=3) == ratio_of_sums(errors, words, seed=3)


def test_clusters_of_one_are_no_clusters(rng):
    errors, words, speakers = speech(rng, 40)
    apart, together = ratio_of_sums(errors, words, seed=3), ratio_of_sums(errors, words, seed=3, clusters=speakers)
    assert (apart.low, apart.high) == pytest.approx((together.low, together.high))


# ---- refuses


def test_clusters_of_another_length_are_refused():
    with pytest.raises(BadValue, match="clusters: got 1 labels for 2 utterances, expected one for each"):
        Resamples(np.ones((2, 2)), seed=0, clusters=["a"])
