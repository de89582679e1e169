"""A policy acts in NumPy alone, within the bounds of its environment, and is the same after it was saved."""

import json
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from tacit.errors import BadFile, BadValue
from tacit_control import Policy, load_policy
from tacit_control.agent import PPOAgent
from tacit_control.observation import ObservationSpace
from tacit_control.policy import ActionSpace
from tacit_control.ppo import PPOSettings
from tacit_control.task import task_of

SMALL = PPOSettings(n_copies=2, n_steps=8, hidden=8)


def still(width, actions, bias, observations=None):
    """Return a policy whose output is `bias` whatever it sees."""
    zeros = {"w1": np.zeros((width, 4)), "b1": np.zeros(4), "w2": np.zeros((4, 4)), "b2": np.zeros(4)}
    last = {"w3": np.zeros((4, actions.width)), "b3": np.array(bias), "mean": np.zeros(width), "sd": np.ones(width)}
    return Policy(zeros | last, actions, "Test-v0", observations)


def trained(name):
    agent = PPOAgent(task_of(name, {}), SMALL, total_steps=100, seed=3)
    agent.train(lambda rollout: rollout.reward, 16, 1)
    policy = agent.policy
    agent.close()
    return policy


# worked by hand


def test_the_most_likely_choice_is_made_and_named_as_the_environment_names_it():
    policy = still(3, ActionSpace(n=3, start=4), [0.1, 0.3, 0.2])
    assert policy(np.zeros(3)) == 5
    assert policy(np.zeros((2, 3))).tolist() == [5, 5]


def test_an_observation_is_normalised_and_cut_off():
    weights = {"w1": np.eye(1), "b1": np.zeros(1), "w2": np.eye(1), "b2": np.zeros(1), "w3": np.eye(1)}
    rest = {"b3": np.zeros(1), "mean": np.array([5.0]), "sd": np.array([2.0])}
    policy = Policy(weights | rest, ActionSpace(low=(-np.inf,), high=(np.inf,)), "Test-v0")
    # (9 - 5) / 2 = 2; 1,000 counts as 10 standard deviations
    np.testing.assert_allclose(policy(np.array([9.0])), np.tanh(np.tanh(2.0)), rtol=1e-6)
    np.testing.assert_allclose(policy(np.array([1_000.0])), np.tanh(np.tanh(10.0)), rtol=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "output", "action"),
    [
        (-2.0, 2.0, [-1.0, 0.0, 0.5, 1.0, 9.0], [-2.0, 0.0, 1.0, 2.0, 2.0]),  # scaled, then held within
        (0.0, 10.0, [-1.0, 0.0, 1.0, -3.0], [0.0, 5.0, 10.0, 0.0]),
        (-np.inf, np.inf, [-7.0, 0.0, 3.0], [-7.0, 0.0, 3.0]),  # as it is
        (0.0, np.inf, [-7.0, 0.0, 3.0], [0.0, 0.0, 3.0]),  # held at the bound that there is
        (-np.inf, 1.0, [-7.0, 0.0, 3.0], [-7.0, 0.0, 1.0]),
    ],
)
def test_numbers_are_brought_within_the_bounds(low, high, output, action):
    space = ActionSpace.of(spaces.Box(np.float32(low), np.float32(high), (1,)))
    assert space.to_environment(np.array(output, np.float32)[:, None]).ravel().tolist() == action


def test_a_box_may_be_bounded_in_one_direction_only():
    space = ActionSpace.of(
        spaces.Box(np.array([-1, -np.inf, 0], np.float32), np.array([3, np.inf, np.inf], np.float32))
    )
    assert space.to_environment(np.array([[0.0, -4.0, -4.0]], np.float32)).tolist() == [[1.0, -4.0, 0.0]]
    assert space.features(np.array([[5.0, -4.0, -4.0]], np.float32)).tolist() == [[1.0, -4.0, -4.0]]


def test_choices_are_features_as_one_of_n():
    assert ActionSpace(n=3, start=7).features(np.array([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]


# invariant


@given(st.floats(-100, 100), st.floats(0.01, 100), st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=5))
def test_a_bounded_action_is_one_that_the_environment_takes(low, width, outputs):
    box = spaces.Box(np.float32(low), np.float32(low + width), (1,))
    for action in ActionSpace.of(box).to_environment(np.array(outputs, np.float32)[:, None]):
        assert box.contains(action)


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1", "FrozenLake-v1"])
def test_a_saved_policy_acts_as_the_one_that_was_saved(name, tmp_path, rng):
    policy = trained(name)
    policy.save(tmp_path / "policy")
    again = load_policy(tmp_path / "policy")
    assert (again.environment_id, again.actions) == (name, policy.actions)
    assert again.observations == policy.observations
    seen = rng.normal(size=(20, policy.observations.width)).astype(np.float32)
    np.testing.assert_array_equal(again.output(seen), policy.output(seen))


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1", "FrozenLake-v1"])
def test_five_lines_act_in_the_environment(name, tmp_path):
    trained(name).save(tmp_path)
    policy, environment = load_policy(tmp_path), gymnasium.make(name)
    observation, _ = environment.reset(seed=1)
    for _ in range(5):
        action = policy(observation)
        assert environment.action_space.contains(action)
        observation, *_ = environment.step(action)


def test_observations_may_have_several_axes(tmp_path, rng):
    policy = still(6, ActionSpace(n=2), [0.0, 1.0], ObservationSpace(shape=(2, 3)))
    policy.save(tmp_path)
    again = load_policy(str(tmp_path))
    assert again(rng.normal(size=(2, 3))) == 1
    assert again(rng.normal(size=(5, 2, 3))).tolist() == [1] * 5


def test_a_policy_is_loaded_without_torch(tmp_path):
    still(3, ActionSpace(n=2), [0.0, 1.0]).save(tmp_path)
    program = "import sys; from tacit_control import load_policy; print(load_policy(sys.argv[1])([0., 0., 0.]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; print('torch' in sys.modules)", tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["1", "False"]


# refuses


@pytest.mark.parametrize(
    ("observations", "observation"),
    [
        (None, np.zeros(4)),
        (None, np.zeros((2, 2))),
        (None, 1.0),
        (ObservationSpace(n=3), 3),
        (ObservationSpace(n=3, start=1), 0),
        (ObservationSpace(shape=(1, 3)), np.zeros(3)),
    ],
)
def test_an_observation_of_another_shape_is_refused(observations, observation):
    with pytest.raises(BadValue, match="observation: got"):
        still(3, ActionSpace(n=2), [0.0, 1.0], observations)(observation)


def cut(folder):
    file = folder / "policy.safetensors"
    file.write_bytes(file.read_bytes()[:-10])


def other_arrays(folder):
    (folder / "policy.safetensors").write_bytes(save({"weight.0": np.zeros(3, np.float32)}))


def narrow(folder):
    weights = load_policy(folder).weights | {"w2": np.zeros((3, 3), np.float32)}
    (folder / "policy.safetensors").write_bytes(save(weights))


def no_arrays(folder):
    (folder / "policy.safetensors").unlink()


def no_description(folder):
    (folder / "policy.json").unlink()


def half_description(folder):
    file = folder / "policy.json"
    file.write_text(file.read_text()[:30])


def no_actions(folder):
    file = folder / "policy.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "actions": None}))


def of_a_later_version(folder):
    file = folder / "policy.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))


@pytest.mark.parametrize(
    "damage",
    [cut, other_arrays, narrow, no_arrays, no_description, half_description, no_actions, of_a_later_version],
)
def test_a_damaged_policy_is_one_message(damage, tmp_path):
    still(3, ActionSpace(n=2), [0.0, 1.0]).save(tmp_path)
    damage(tmp_path)
    with pytest.raises(BadFile) as refusal:
        load_policy(tmp_path)
    assert str(tmp_path) in str(refusal.value)
