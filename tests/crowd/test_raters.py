import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.crowd.raters import fit_raters, trust
from tacit.errors import BadValue, NotFinite


def answers(rng, precision, rater, difference, lapse=0.1):
    p = lapse / 2 + (1 - lapse) / (1 + np.exp(-precision[rater] * difference))
    return (rng.random(len(rater)) < p).astype(float)


def crowd(seed, precision, each):
    rng = np.random.default_rng(seed)
    rater = np.repeat(np.arange(len(precision)), each)
    difference = rng.normal(0, 2, len(rater))
    return difference, answers(rng, np.asarray(precision, float), rater, difference), rater


# Worked by hand


def test_three_in_four_answers_that_follow_the_consensus_are_an_agreement_of_three_quarters():
    # All differences are 1 and nobody lapses: p = σ(precision) = 0.75, so the precision is ln 3.
    # The standard error of the share of 1,200 answers is √(0.75 · 0.25 / 1200) = 0.0125.
    difference, target = np.ones(1_200), np.tile([1.0, 1.0, 1.0, 0.0], 300)
    fit = fit_raters(difference, target, np.zeros(1_200, int), 1, lapse=0)
    assert fit.p_agree[0] == pytest.approx(0.75, abs=0.004)
    assert (fit.high[0] - fit.low[0]) / 2 == pytest.approx(1.96 * 0.0125, rel=0.2)


def test_the_only_rater_is_the_crowd_and_its_scale_is_the_log_odds_per_unit():
    difference, target = np.full(8_000, 0.5), np.tile([1.0, 1.0, 1.0, 0.0], 2_000)
    fit = fit_raters(difference, target, np.zeros(8_000, int), 1, lapse=0)
    assert fit.precision[0] == pytest.approx(1, abs=0.1)
    assert fit.scale * 0.5 == pytest.approx(np.log(3), abs=0.15)


def test_an_inverted_rater_is_turned_round_and_a_coin_flipper_loses_weight():
    target, rater = np.array([1.0, 0.0, 0.5, 1.0]), np.array([0, 1, 1, 2])
    weight, turned = trust(np.array([1.2, -0.8, 0.01]), target, rater)
    assert weight.tolist() == pytest.approx([1.2, 0.8, 0.8, 0.01])
    assert turned.tolist() == [1.0, 1.0, 0.5, 1.0]


# Recovers planted truth


@pytest.mark.parametrize("odd", [0.0, -1.0])
def test_a_coin_flipper_and_an_inverted_rater_stand_apart_from_two_honest_ones(odd):
    apart = 0
    for seed in range(10):
        fit = fit_raters(*crowd(seed, [1.0, 1.0, odd], 200), 3)
        assert fit.p_agree.argmin() == 2
        apart += fit.high[2] < fit.low[:2].min()
        assert fit.precision[2] == pytest.approx(odd, abs=0.35)
    assert apart >= 9


def test_precisions_of_a_crowd_are_recovered_and_their_intervals_cover_the_truth():
    rng = np.random.default_rng(0)
    precision = np.exp(rng.normal(0, 0.5, 200)) * np.where(np.arange(200) % 10 == 0, -1, 1)
    precision[::25] = 0
    difference, target, rater = crowd(1, precision, 150)
    fit = fit_raters(difference, target, rater, 200)
    size = np.abs(difference)[:, None]
    truth = 0.05 + 0.9 * (1 / (1 + np.exp(-precision * size))).mean(axis=0)
    assert np.corrcoef(fit.precision, precision)[0, 1] > 0.93
    assert fit.spread == pytest.approx(0.5, abs=0.2)
    assert ((fit.low <= truth) & (truth <= fit.high)).mean() >= 0.9


def test_a_rater_of_few_answers_is_shrunk_to_the_crowd():
    difference, target, rater = crowd(3, [1.0] * 30, 200)
    seen = (rater > 0) | (np.cumsum(rater == 0) <= 2)  # rater 0 gave two answers only, both against the consensus
    target = np.where(rater == 0, difference < 0, target)
    fit = fit_raters(difference[seen], target[seen], rater[seen], 31)
    assert 0.3 < fit.p_agree[0] < fit.p_agree[1:30].min()
    assert fit.n[30] == 0
    assert fit.p_agree[30] == pytest.approx(fit.p_agree[1:30].mean(), abs=0.08)


def test_draws_say_that_a_rater_sees_no_difference():
    difference, target, rater = crowd(4, [1.0, 1.0, 1.0], 200)
    fit = fit_raters(difference, np.where(rater == 2, 0.5, target), rater, 3)
    assert abs(fit.precision[2]) < 0.1


# Invariants


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100))
def test_the_unit_of_the_difference_and_the_order_of_the_judgments_do_not_matter(seed, unit):
    difference, target, rater = crowd(seed, [1.0, 0.4, -0.7], 40)
    order = np.random.default_rng(seed).permutation(len(rater))
    one = fit_raters(difference, target, rater, 3)
    other = fit_raters(difference[order] * unit, target[order], rater[order], 3)
    assert np.allclose(one.p_agree, other.p_agree, atol=1e-9)
    assert other.scale == pytest.approx(one.scale / unit)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_naming_the_other_item_first_changes_nothing(seed):
    difference, target, rater = crowd(seed, [1.0, 0.4, -0.7], 40)
    swap = np.random.default_rng(seed).random(len(rater)) < 0.5
    one = fit_raters(difference, target, rater, 3)
    other = fit_raters(np.where(swap, -difference, difference), np.where(swap, 1 - target, target), rater, 3)
    assert np.allclose(one.precision, other.precision, atol=1e-9)


def test_judgments_without_an_honest_prediction_are_left_out():
    difference, target, rater = crowd(5, [1.0, -1.0], 50)
    with_unknown = fit_raters(
        np.append(difference, [np.nan] * 9), np.append(target, [1.0] * 9), np.append(rater, [1] * 9), 2
    )
    without = fit_raters(difference, target, rater, 2)
    assert np.array_equal(with_unknown.p_agree, without.p_agree)
    assert with_unknown.n.tolist() == [50, 50]


def test_a_million_judgments_take_less_than_500_megabytes():
    rng = np.random.default_rng(6)
    difference, rater = rng.normal(size=10**6), rng.integers(0, 5_000, 10**6)
    target = (rng.random(10**6) < 0.5).astype(float)
    tracemalloc.start()
    fit_raters(difference, target, rater, 5_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500e6


# Refuses bad input


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"rater": [0, 5]}, BadValue, "got rater 5, expected 0 to 1"),
        ({"target": [0.0, 1.5]}, BadValue, "got 1.5, expected a probability"),
        ({"target": [0.0, np.nan]}, NotFinite, "finite targets"),
        ({"difference": [np.inf, 0.0]}, NotFinite, "no infinite score"),
        ({"difference": [0.0]}, BadValue, "1 differences, 2 targets"),
        ({"n_raters": 0}, BadValue, "got 0, expected at least one"),
        ({"lapse": 1.0}, BadValue, "got 1.0, expected a probability from 0 to below 1"),
    ],
)
def test_bad_input_is_named(change, error, text):
    given_ = {"difference": [1.0, -1.0], "target": [1.0, 0.0], "rater": [0, 1], "n_raters": 2} | change
    with pytest.raises(error, match=text):
        fit_raters(**given_)
