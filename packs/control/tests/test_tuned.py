"""Tuned settings are found by the environment's name, and changed by name."""

import gymnasium
import pytest

from tacit.errors import BadValue, UnknownName
from tacit_control.ppo import PPOSettings
from tacit_control.tuned import SUGGESTED_STEPS, TUNED, suggested_steps, tuned_settings


@pytest.mark.parametrize("name", sorted({*TUNED, *SUGGESTED_STEPS}))
def test_every_tuned_environment_exists(name):
    assert name in gymnasium.registry


def test_an_environment_that_was_not_tuned_gets_the_defaults():
    assert tuned_settings("Nothing-v0", {}) == PPOSettings()
    assert suggested_steps("Nothing-v0") == 1_000_000


def test_changes_are_made_to_what_was_tuned():
    changed = tuned_settings("CartPole-v1", {"n_copies": 3})
    assert changed.n_copies == 3
    assert changed.learning_rate == TUNED["CartPole-v1"].learning_rate


def test_a_change_to_no_setting_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match=r"PPO setting: got 'learning_rat'.*Did you mean 'learning_rate'"):
        tuned_settings("CartPole-v1", {"learning_rat": 1e-3})


def test_a_change_out_of_range_is_refused():
    with pytest.raises(BadValue, match="n_copies"):
        tuned_settings("CartPole-v1", {"n_copies": 0})
