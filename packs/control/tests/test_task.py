"""A task's defaults, and each setting that it refuses."""

import sys

import gymnasium
import pytest

from tacit.errors import BadValue, InputError, MissingExtra, UnknownName
from tacit_control.open_world import open_world
from tacit_control.task import LONGEST_HORIZON, Task, Termination, environment_spec, task_of

# worked by hand


def test_an_environment_that_ends_early_is_held_in_its_last_state():
    task = task_of("CartPole-v1", {})
    assert task.termination is Termination.ABSORBED
    assert task.make_arguments == {}
    assert task.segment_steps <= task.horizon <= gymnasium.spec("CartPole-v1").max_episode_steps


def test_a_robot_can_be_let_go_on_after_a_fall():
    task = task_of("Hopper-v5", {"termination": "ignored"})
    assert task.termination is Termination.IGNORED
    assert task.make_arguments == {"terminate_when_unhealthy": False}
    assert task.horizon == 1_000


def test_what_is_set_takes_the_place_of_the_defaults():
    settings = {"horizon": 30, "segment_steps": 7, "termination": "own", "make_arguments": {"g": 9.0}}
    assert task_of("Pendulum-v1", settings) == Task("Pendulum-v1", {"g": 9.0}, 30, 7, Termination.OWN)


def test_a_robot_may_be_held_or_end_as_it_is_registered():
    for settings in ({}, {"termination": "absorbed"}, {"termination": "own"}):
        assert task_of("Hopper-v5", settings).make_arguments == {}


def test_an_environment_without_a_limit_gets_one(register):
    assert task_of(register(limit=None), {}).horizon == LONGEST_HORIZON


def test_clips_are_never_longer_than_a_short_horizon():
    assert task_of("CartPole-v1", {"horizon": 5}).segment_steps == 5


# refuses


def test_an_unknown_environment_suggests_the_nearest():
    with pytest.raises(UnknownName, match=r"environment: got 'CartPoll-v1'.*Did you mean 'CartPole-v1'"):
        task_of("CartPoll-v1", {})


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch):
    for module in [name for name in sys.modules if name.startswith(("Box2D", "gymnasium.envs.box2d"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "Box2D", None)  # as where it is not installed
    with pytest.raises(MissingExtra, match=r"environment LunarLander-v3: .*Run: pip install 'gymnasium\[box2d\]'"):
        open_world(task_of("LunarLander-v3", {}), 1)


def test_the_package_of_a_foreign_environment_is_named_itself(register):
    name = register("a_simulator_nobody_has.worlds:World")
    with pytest.raises(MissingExtra, match="Run: pip install 'a_simulator_nobody_has'"):
        open_world(task_of(name, {}), 1)


def test_an_environment_that_has_moved_elsewhere_says_so_itself():
    with (
        pytest.warns(DeprecationWarning, match="out of date"),
        pytest.raises(InputError, match=r"environment Humanoid-v3: .*gymnasium-robotics"),
    ):
        open_world(task_of("Humanoid-v3", {}), 1)


def test_atari_without_its_package_names_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ale_py", None)
    with pytest.raises(MissingExtra, match=r"pip install 'gymnasium\[atari\]'"):
        environment_spec("ALE/Pong-v5")


@pytest.mark.parametrize(
    "settings",
    [
        {"horizon": 10, "segment_steps": 11},
        {"segment_steps": 0},
        {"segment_steps": -1},
        {"horizon": 0},
        {"horizon": -5},
    ],
)
def test_clips_must_fit_into_episodes(settings):
    with pytest.raises(BadValue, match="expected 1 ≤ segment_steps ≤ horizon"):
        task_of("CartPole-v1", settings)


def test_an_unknown_termination_is_refused_with_those_there_are():
    with pytest.raises(BadValue, match="termination: got 'never', expected one of absorbed, ignored, own"):
        task_of("CartPole-v1", {"termination": "never"})


def test_a_termination_that_cannot_be_ignored_says_what_to_use():
    with pytest.raises(BadValue, match=r"CartPole-v1: got termination 'ignored'.*absorbed"):
        task_of("CartPole-v1", {"termination": "ignored"})


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1"])
def test_an_argument_that_the_environment_does_not_take_is_one_message(name):
    with pytest.raises(InputError, match=r"gravty.*expected arguments that the environment takes"):
        open_world(task_of(name, {"make_arguments": {"gravty": 1}}), 2)
