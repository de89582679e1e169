"""Which pairs are asked: different ones, and those that the ensemble is least sure about."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.learn import Selection, choose_pairs
from tacit.learn.query import candidates_needed


class Members:
    """An ensemble whose members value a candidate by a column of its features."""

    lapse = 0.0

    def difference_members(self, first, second):
        return (first - second).sum(axis=1).T.astype(np.float32)


def columns(*values):
    """Return features of shape (candidate, 1 step, member)."""
    return np.array(values, dtype=np.float32)[:, None, :]


def unordered(pairs):
    return [tuple(sorted(pair)) for pair in pairs.tolist()]


# worked by hand


def test_the_pair_on_which_the_members_disagree_is_asked():
    # Candidates 0 and 1: member A is sure of the first, member B of the second. Candidates 2 and 3 differ for nobody
    # from one another; against 0 or 1, both members say the same.
    features = columns([4.0, -4.0], [-4.0, 4.0], [20.0, 20.0], [-20.0, -20.0])
    pairs = choose_pairs(features, 1, np.random.default_rng(0), ensemble=Members())
    assert unordered(pairs) == [(0, 1)]


def test_disagreement_is_variance_and_information_is_mutual_information():
    # The members' probabilities that the first of a pair is better, their variance, and the information in nats,
    # H(mean) - mean H:
    #   0-1: 0.5 and 0.9   variance 0.0400   H(0.70) - [H(0.5) + H(0.9)]/2 = 0.6109 - 0.5091 = 0.1018
    #   2-3: 0.7 and 1.0   variance 0.0225   H(0.85) - [H(0.7) + 0]/2      = 0.4227 - 0.3054 = 0.1173
    #   4-5: 0.5 and 0.5   nothing of either, as between any other two, of which both members are sure
    features = columns(
        *([logit(0.5), logit(0.9)], [0.0, 0.0]),
        *([100 + logit(0.7), 100 + 30.0], [100.0, 100.0]),
        *([200.0, 200.0], [200.0, 200.0]),
    )
    asked = {}
    for selection in (Selection.DISAGREEMENT, Selection.INFORMATION):
        pairs = choose_pairs(features, 2, np.random.default_rng(1), ensemble=Members(), selection=selection)
        asked[selection] = unordered(pairs)
    assert asked == {Selection.DISAGREEMENT: [(0, 1), (2, 3)], Selection.INFORMATION: [(2, 3), (0, 1)]}


def logit(p):
    return log(p / (1 - p))


@pytest.mark.parametrize("selection", [Selection.DISAGREEMENT, Selection.INFORMATION])
def test_a_lapse_shrinks_all_probabilities_and_keeps_the_order(selection):
    class Lapsing(Members):
        lapse = 0.4

    features = columns([4.0, -4.0], [-4.0, 4.0], [20.0, 20.0], [-20.0, -20.0])
    pairs = choose_pairs(features, 1, np.random.default_rng(0), ensemble=Lapsing(), selection=selection)
    assert unordered(pairs) == [(0, 1)]


def test_members_who_are_very_sure_are_no_error():
    features = columns([2e3, -2e3], [-2e3, 2e3], [1e5, 1e5])
    assert unordered(choose_pairs(features, 1, np.random.default_rng(0), ensemble=Members())) == [(0, 1)]


def test_ten_times_as_many_pairs_are_looked_at_as_are_asked():
    assert candidates_needed(50) * (candidates_needed(50) - 1) // 2 >= 500
    assert candidates_needed(1) == 8


# invariant


@given(
    st.integers(2, 40), st.integers(1, 60), st.integers(1, 10), st.sampled_from(list(Selection)), st.integers(0, 2**32)
)
def test_pairs_are_different_pairs_of_different_candidates_and_as_many_as_there_can_be(
    n, wanted, oversampling, selection, seed
):
    features = np.random.default_rng(seed).normal(size=(n, 2, 3)).astype(np.float32)
    pairs = choose_pairs(
        features,
        wanted,
        np.random.default_rng(seed),
        ensemble=Members(),
        selection=selection,
        oversampling=oversampling,
    )
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert len(set(unordered(pairs))) == len(pairs) == min(wanted, n * (n - 1) // 2)
    assert pairs.min() >= 0
    assert pairs.max() < n


def test_as_many_pairs_as_asked_are_found_however_the_dice_fall():
    for seed in range(2_000):
        rng = np.random.default_rng(seed)
        assert len(choose_pairs(np.zeros((3, 1, 1)), 1, rng, ensemble=None, oversampling=1)) == 1


def test_without_an_ensemble_every_pair_is_as_likely_in_either_order():
    # 3 candidates have 6 ordered pairs; of 6,000 draws 1,000 fall on each, with a standard deviation of 29
    features, rng = np.zeros((3, 1, 1), np.float32), np.random.default_rng(2)
    counts = np.zeros((3, 3), int)
    for _ in range(6_000):
        ((first, second),) = choose_pairs(features, 1, rng, ensemble=None)
        counts[first, second] += 1
    assert counts.diagonal().sum() == 0
    assert np.abs(counts[~np.eye(3, dtype=bool)] - 1_000).max() < 4.5 * 29


def test_random_selection_does_not_heed_the_ensemble():
    features = np.random.default_rng(3).normal(size=(30, 1, 2)).astype(np.float32)
    chosen = [
        choose_pairs(features, 5, np.random.default_rng(9), ensemble=ensemble, selection=Selection.RANDOM).tolist()
        for ensemble in (None, Members())
    ]
    assert chosen[0] == chosen[1]


# refuses


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_candidates_cannot_be_compared(n):
    with pytest.raises(BadValue, match=f"candidates: got {n}, expected at least 2"):
        choose_pairs(np.zeros((n, 1, 1)), 3, np.random.default_rng(0), ensemble=None)
