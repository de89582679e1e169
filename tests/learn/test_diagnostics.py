"""Alarms ring where the optimum goes wrong, and only there; what is watched survives a checkpoint."""

import numpy as np
import pytest

from tacit.errors import BadValue, NotFinite
from tacit.judging import Candidates, ItemKind
from tacit.learn.diagnostics import Watch, Watched, collapse, kl_blow_up, over_optimisation

TRAIN = np.linspace(0, 10, 21)


# worked by hand


def test_what_remains_is_the_slope_relative_to_the_start():
    test = 2 * TRAIN - 0.1 * TRAIN**2  # slope 2 − 0.2 T: half is left at T = 5, nothing at T = 10
    found = over_optimisation(TRAIN, test)
    assert np.isnan(found.remaining[:5]).all()
    np.testing.assert_allclose(found.remaining[5:], 1 - TRAIN[5:] / 10, atol=1e-6)
    assert found.fired == 12  # T = 5.5 is the first below ½, at T = 6 it is so for the second time


def test_a_reward_that_is_confirmed_all_the_way_rings_no_alarm():
    found = over_optimisation(TRAIN, 0.7 * TRAIN)
    assert found.fired is None
    np.testing.assert_allclose(found.remaining[5:], 1, atol=1e-6)


def test_members_that_disagree_make_the_alarm_wait():
    gains = 2 * TRAIN - 0.1 * TRAIN**2
    members = np.stack([2 * TRAIN - b * TRAIN**2 for b in (0.06, 0.14)])  # left: 1 − .06 T and 1 − .14 T, spread .057 T
    waiting = over_optimisation(TRAIN, gains, members, caution=1)
    np.testing.assert_allclose(waiting.spread[5:], 0.08 / np.sqrt(2) * TRAIN[5:], atol=1e-6)
    assert waiting.fired is None or waiting.fired > 12
    assert over_optimisation(TRAIN, gains, members, caution=0).fired == 12


def test_a_reward_that_nothing_confirms_rings_at_once():
    assert over_optimisation(TRAIN, -TRAIN).fired == 6  # the first two points of which anything can be said


def test_a_cloud_of_points_that_says_little_about_a_curve_rarely_rings():
    rng = np.random.default_rng(8)
    rang = []
    for _ in range(40):
        train = np.r_[0.0, 1 + 0.1 * rng.normal(size=12)]  # a policy that is held at one distance after its first step
        found = over_optimisation(train, np.r_[0.0, 0.6 + 0.2 * rng.normal(size=12)])
        rang.append(found.fired is not None)
    assert np.mean(rang) < 0.25


def test_a_policy_that_has_not_moved_rings_nothing():
    found = over_optimisation(np.zeros(10), np.zeros(10))
    assert found.fired is None
    assert np.isnan(found.remaining).all()


def test_divergence_blows_up_beyond_its_limit_by_a_jump_or_by_being_no_number():
    assert kl_blow_up([0, 1, 2, 3], limit=2.5) == 3
    assert kl_blow_up([0, 1, np.nan]) == 2
    assert kl_blow_up([0, 0.1, 0.2, 0.3, 0.9]) is None  # six times the usual rise, yet less than a nat
    assert kl_blow_up([0, 0.1, 0.2, 0.3, 1.4]) == 4


def test_a_policy_that_does_one_thing_has_collapsed():
    assert collapse([1, 1, 0.2], [1, 1, 1]) == 2
    assert collapse([1, 1, 1], [1, 1, 0.05]) == 2  # √.05 = .22 of the variation is left
    assert collapse([0.8, 0.5, 0.3], [1, 0.9, 0.5]) is None
    assert collapse([], []) is None


# invariant


def test_the_units_of_both_rewards_do_not_matter():
    test = TRAIN - 0.047 * TRAIN**2
    one, other = over_optimisation(TRAIN, test), over_optimisation(3 * TRAIN + 8, 0.1 * test - 4)
    np.testing.assert_allclose(one.remaining, other.remaining, atol=1e-6)
    assert one.fired == other.fired


def test_what_was_watched_survives_a_checkpoint():
    watched = Watched.of({})
    for point in range(3):
        rows = np.random.default_rng(point).normal(size=(4, 2, 3)).astype(np.float32)
        made = Candidates(ItemKind.SEGMENT, "application/x-test", rows, lambda index: b"")
        watched = watched.including(made, kl=None if point else 0.0, gold=rows[:, 0, 0].astype(float), iteration=point)
    again = Watched.of(watched.arrays())
    assert len(again) == 3
    for name, array in watched.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
    assert np.isnan(again.kl[1:]).all()
    assert (again.distinct == 1).all()


# refuses bad input


@pytest.mark.parametrize(
    ("train", "test", "members", "what"),
    [
        ([0, 1], [0], None, "2 points of train, 1 of test"),
        ([], [], None, "at least one"),
        ([0, 1], [0, 1], [[0, 1, 2]], "members of shape"),
    ],
)
def test_lists_that_do_not_fit_are_refused(train, test, members, what):
    with pytest.raises(BadValue, match=what):
        over_optimisation(train, test, members)


def test_what_is_no_number_is_refused():
    with pytest.raises(NotFinite, match="train, point 1"):
        over_optimisation([0, np.nan], [0, 1])
    with pytest.raises(NotFinite, match="members"):
        over_optimisation([0, 1], [0, 1], [[0, np.inf]])


@pytest.mark.parametrize("settings", [{"items": 1}, {"items": -1}, {"test_share": 1.0}, {"kl_limit": 0.0}])
def test_a_watch_outside_its_range_is_refused(settings):
    with pytest.raises(BadValue):
        Watch(**settings)


def test_alarms_refuse_what_they_cannot_read():
    with pytest.raises(BadValue, match="limit"):
        kl_blow_up([0, 1], limit=0)
    with pytest.raises(BadValue, match=r"\(point,\)"):
        kl_blow_up([[0, 1]])
    with pytest.raises(BadValue, match="both"):
        collapse([1, 1], [1])
    with pytest.raises(BadValue, match="least"):
        collapse([1], [1], least=1)
    with pytest.raises(BadValue, match="in_a_row"):
        over_optimisation([0, 1], [0, 1], in_a_row=0)
