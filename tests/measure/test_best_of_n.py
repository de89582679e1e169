"""The best of n: its price and what it earns, by the reward that chooses and by others."""

from itertools import combinations

import numpy as np
import pytest

from tacit.errors import BadValue
from tacit.measure.best_of_n import best_of_n_divergence, best_of_n_weights, expected_best

# worked by hand


def test_each_sample_is_the_best_of_a_random_two_of_three_as_often_as_counted():
    # pairs of {1, 2, 3}: 12, 13, 23; the best are 2, 3, 3
    assert best_of_n_weights(3, 2).tolist() == pytest.approx([0, 1 / 3, 2 / 3])


def test_another_reward_is_that_of_the_sample_which_is_chosen():
    # the scores choose the third, then the first; worth of the best of two: ⅔ · 10 + ⅓ · 7
    assert expected_best(np.array([[2.0, 1.0, 3.0]]), 2, worth=np.array([[7.0, 9.0, 10.0]]))[0] == pytest.approx(9)


def test_the_divergence_of_two_is_that_of_the_larger_of_two():
    # ∫ 2x ln 2x dx over [0, 1] = ln 2 − ½
    assert best_of_n_divergence(2) == pytest.approx(np.log(2) - 0.5)


# invariant


@pytest.mark.parametrize("n", [1, 3, 5])
def test_it_is_the_mean_over_all_ways_of_choosing_n(n):
    rng = np.random.default_rng(0)
    scores, worth = rng.normal(size=(2, 1, 6))
    every = [max(chosen, key=lambda i: scores[0, i]) for chosen in combinations(range(6), n)]
    assert expected_best(scores, n, worth=worth)[0] == pytest.approx(np.mean([worth[0, i] for i in every]))
    assert best_of_n_weights(6, n).sum() == pytest.approx(1)


# refuses


def test_an_n_that_cannot_be_and_a_worth_that_does_not_fit_are_refused():
    with pytest.raises(BadValue, match="from 1 to 3"):
        best_of_n_weights(3, 4)
    with pytest.raises(BadValue, match="at least 1"):
        best_of_n_divergence(0)
    with pytest.raises(BadValue, match=r"shape \(1, 2\)"):
        expected_best(np.zeros((1, 3)), 2, worth=np.zeros((1, 2)))
