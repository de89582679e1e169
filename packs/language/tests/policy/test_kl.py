"""The price of divergence follows its target; what divergence buys at best is known."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue, NotFinite
from tacit_language.policy import KLControl, best_of_n_divergence, expected_best, tilt, tilt_at


def test_the_coefficient_worked_by_hand():
    # 9 nats instead of 6: the relative error .5 is cut to .2, so β grows by 2 %; at 5.4 nats it is −.1: less by 1 %
    control = KLControl(0.5, target=6.0)
    assert control.after(0.5, divergence=9.0) == pytest.approx(0.51)
    assert control.after(0.5, divergence=5.4) == pytest.approx(0.495)
    assert control.after(0.5, divergence=-3.0) == pytest.approx(0.49)  # a noisy estimate may be negative
    assert KLControl(0.5).after(0.5, divergence=99.0) == 0.5


@pytest.mark.parametrize("n", [1, 2, 4, 16])
def test_the_divergence_of_the_best_of_n_is_the_formula(n):
    # the best of n has density n·u^(n−1) at its quantile u under one sample: KL is the mean of its logarithm
    draws = np.random.default_rng(n).random((200_000 // n, n)).max(axis=1)
    each = log(n) + (n - 1) * np.log(draws)
    error = each.std() / sqrt(len(each))
    assert abs(each.mean() - best_of_n_divergence(n)) <= 4 * error


def test_a_tilt_of_normal_rewards_gains_sigma_root_two_kl():
    rewards = np.random.default_rng(0).normal(3.0, 2.0, 400_000)
    for coefficient in (20.0, 4.0, 2.0):
        tilted = tilt(rewards, coefficient)
        assert 0.98 <= (tilted.reward - rewards.mean()) / (2.0 * sqrt(2 * tilted.divergence)) <= 1.02


def test_the_tilt_at_a_divergence_has_it():
    rewards = np.random.default_rng(1).normal(size=20_000)
    found = tilt_at(rewards, 1.5)
    assert found.divergence == pytest.approx(1.5, abs=1e-6)
    assert tilt(rewards, found.coefficient).reward == pytest.approx(found.reward)
    assert found.effective_n > 100


def test_samples_of_another_policy_give_the_same_tilt():
    # the other policy is normal about 1: log ρ/π = ½ − r
    draw = np.random.default_rng(2)
    mine, theirs = draw.normal(size=200_000), draw.normal(1.0, 1.0, 200_000)
    plain, weighed = tilt(mine, 0.8), tilt(theirs, 0.8, log_weight=0.5 - theirs)
    assert weighed.reward == pytest.approx(plain.reward, abs=0.03)  # 1/β = 1.25 for normal rewards
    assert weighed.divergence == pytest.approx(1.25**2 / 2, abs=0.03)
    assert weighed.effective_n > 3 * plain.effective_n


def test_the_expected_best_worked_by_hand():
    # of 1, 2, 3 the pairs are 12, 13, 23: the best are 2, 3, 3
    assert expected_best(np.array([[3.0, 1.0, 2.0]]), 2).tolist() == pytest.approx([8 / 3])


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=12))
def test_the_best_of_one_is_the_mean_and_of_all_the_largest(scores):
    row = np.array([scores])
    assert expected_best(row, 1)[0] == pytest.approx(np.mean(scores), abs=1e-6)
    assert expected_best(row, len(scores))[0] == pytest.approx(max(scores), abs=1e-6)


def test_settings_and_scores_outside_their_range_are_refused():
    with pytest.raises(BadValue, match="above 0 where there is a target"):
        KLControl(0.0, target=6.0)
    with pytest.raises(BadValue, match="KL target: got -1"):
        KLControl(0.1, target=-1)
    with pytest.raises(BadValue, match="best of n: got 0"):
        best_of_n_divergence(0)
    with pytest.raises(NotFinite):
        tilt([1.0, np.nan], 1.0)
    with pytest.raises(BadValue, match="one reward for all"):
        tilt_at([1.0, 1.0], 0.1)
    with pytest.raises(BadValue, match=r"above 0 and below .*Draw more"):
        tilt_at([1.0, 2.0], 3.0)
    with pytest.raises(BadValue, match="from 1 to 2"):
        expected_best(np.array([[1.0, 2.0]]), 3)
