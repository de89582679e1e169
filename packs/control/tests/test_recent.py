"""Clips are cut from what was done lately: through an end, whose last state they hold, and never across a limit."""

import numpy as np
import pytest

from tacit.errors import InputError
from tacit_control.policy import ActionSpace
from tacit_control.recent import FIELDS, Recent
from tacit_control.task import Task

ROWS = 14
CHOICES = ActionSpace(n=2)
TASK = Task("CartPole-v1", horizon=20, segment_steps=4)


def recent(*, terminated=(), truncated=(), begun_at=0, seed=-1, state=True):
    """Return the steps of one copy: row t shows observation t; an end at row t is followed by a row that shows it."""
    last, age, age_now = np.zeros(ROWS, bool), np.zeros(ROWS, np.int32), begun_at
    for t in range(ROWS):
        last[t] = t > 0 and (t - 1) in (*terminated, *truncated)
        age[t] = age_now
        age_now = 0 if last[t] else age_now + 1
    number = np.arange(ROWS, dtype=float)
    rows = {
        "observation": np.repeat(number[:, None], 4, axis=1).astype(np.float32),
        "output": (np.arange(ROWS) % 2).astype(np.int64),
        "reward": np.where(last, 0.0, 10 + number),
        "frame_state": number[:, None] * np.ones((1, 4 if state else 0)),
        "terminated": np.isin(np.arange(ROWS), terminated),
        "truncated": np.isin(np.arange(ROWS), truncated),
        "last": last,
        "age": age,
        "reset_seed": np.full(ROWS, seed, np.int64),
    }
    return Recent({name: rows[name][:, None] for name in FIELDS})


def begins(made, steps, n=400):
    """Return every row at which a clip may begin."""
    where = made.choose(n, steps, np.random.default_rng(0), "CartPole-v1")
    return sorted(set(where[:, 0].tolist()))


def shown(made, begin, steps):
    return made.segment(TASK, CHOICES, np.array([begin, 0]), steps)


# worked by hand


def test_without_an_end_a_clip_begins_wherever_it_fits():
    assert begins(recent(), 4) == list(range(11))


def test_a_clip_holds_the_last_state_of_an_episode_that_ended():
    # the end at row 5 is shown by row 6, and row 7 begins the next episode
    made = recent(terminated=(5,))
    assert begins(made, 4) == [0, 1, 2, 3, 4, 5, 7, 8, 9, 10]
    clip = shown(made, 4, 4)
    assert clip.frame_state[:, 0].tolist() == [4, 5, 6, 6]
    assert clip.reward.tolist() == [14, 15, 0, 0]
    assert clip.observation[:, 0].tolist() == [4, 5, 6, 6]


def test_a_clip_may_hold_a_last_state_for_longer_than_it_moves():
    clip = shown(recent(terminated=(5,)), 5, 8)
    assert clip.frame_state[:, 0].tolist() == [5, 6, 6, 6, 6, 6, 6, 6]


def test_a_clip_never_crosses_a_time_limit():
    # the cut at row 5 is shown by row 6, for which the environment paid nothing: the last whole clip is of rows 2–5
    assert begins(recent(truncated=(5,)), 4) == [0, 1, 2, 7, 8, 9, 10]


def test_an_end_beyond_what_is_remembered_is_not_known():
    # an end at the last row, 13, has no row that shows it: clips must fit before it
    assert begins(recent(terminated=(13,)), 4) == list(range(11))


def test_no_clip_begins_with_the_last_state_of_an_episode():
    for end in ({"terminated": (5,)}, {"truncated": (5,)}):
        assert 6 not in begins(recent(**end), 1)


def test_the_features_of_a_clip_are_what_its_segment_shows():
    made = recent(terminated=(5,))
    where = np.array([[4, 0], [8, 0]])
    features = made.features(CHOICES, where, 4)
    assert features.shape == (2, 4, 7)
    for row, (begin, _), held in zip(features, where, ([0, 0, 1, 1], [0, 0, 0, 0]), strict=True):
        clip, live = shown(made, begin, 4), np.array(held) == 0
        np.testing.assert_array_equal(row[live, :4], clip.observation[live])
        np.testing.assert_array_equal(row[live, 4:6].argmax(axis=1), clip.action[live])
        np.testing.assert_array_equal(row[:, 6], held)


def test_every_end_is_the_same_absorbing_state():
    made = recent(terminated=(5,))
    held = made.features(CHOICES, np.array([[4, 0]]), 4)[0, 2:]
    assert held.tolist() == [[0, 0, 0, 0, 0, 0, 1]] * 2


def test_a_clip_that_can_only_be_replayed_brings_its_seed_and_the_actions_before_it():
    made = recent(terminated=(2,), seed=77, state=False)
    clip = shown(made, 7, 4)  # the episode began at row 4
    assert (clip.reset_seed, clip.start_step) == (77, 3)
    assert clip.prefix_action.tolist() == [0, 1, 0]  # rows 4, 5, 6
    assert clip.action.tolist() == [1, 0, 1, 0]


def test_a_clip_whose_episode_began_before_what_is_remembered_cannot_be_replayed():
    made = recent(begun_at=5, seed=77, state=False)
    clip = shown(made, 2, 4)
    assert (clip.reset_seed, clip.start_step, len(clip.prefix_action)) == (None, 7, 0)


def test_a_clip_with_states_needs_no_seed():
    clip = shown(recent(seed=77), 3, 4)
    assert (clip.reset_seed, clip.start_step, len(clip.prefix_action)) == (None, 3, 0)


def test_choices_are_stored_as_the_environment_numbers_them():
    clip = recent().segment(TASK, ActionSpace(n=2, start=5), np.array([0, 0]), 4)
    assert clip.action.tolist() == [5, 6, 5, 6]
    assert clip.action.dtype == np.int64


# invariant


def test_clips_are_different_as_long_as_there_are_enough(rng):
    where = recent().choose(11, 4, rng, "CartPole-v1")
    assert sorted(where[:, 0].tolist()) == list(range(11))
    assert len(recent().choose(30, 4, rng, "CartPole-v1")) == 30


def test_consecutive_rollouts_are_joined():
    class Part:
        def __init__(self, rows):
            self.__dict__.update(rows)

    whole = recent(terminated=(5,))
    halves = [Part({name: rows[part] for name, rows in whole.rows.items()}) for part in (slice(6), slice(6, None))]
    joined = Recent.of(halves)
    for name in FIELDS:
        np.testing.assert_array_equal(joined.rows[name], whole.rows[name])


# refuses


def test_episodes_shorter_than_a_clip_are_refused_with_advice(rng):
    with pytest.raises(InputError, match=r"only episodes shorter than 8 steps.*Choose shorter clips"):
        recent(truncated=(3, 7, 11)).choose(5, 8, rng, "CartPole-v1")


def test_too_few_steps_in_a_row_are_not_blamed_on_the_episodes(rng):
    with pytest.raises(
        InputError, match=r"got 14 steps in a row, expected at least the 15 of a clip.*fewer iterations"
    ):
        recent().choose(5, 15, rng, "CartPole-v1")
