"""An agent goes on from its state bit for bit, explores without learning, and gets better at what it is paid for."""

import numpy as np
import pytest

from tacit_control.agent import PPOAgent
from tacit_control.episodes import true_returns
from tacit_control.network import outputs_of
from tacit_control.ppo import PPOSettings
from tacit_control.task import task_of
from tacit_control.tuned import tuned_settings

SMALL = PPOSettings(n_copies=3, n_steps=40, n_epochs=2, batch_size=32, hidden=8)


def new_agent(name="CartPole-v1", *, settings=SMALL, state=None, seed=2, total_steps=1_000, **task):
    return PPOAgent(task_of(name, task), settings, total_steps=total_steps, seed=seed, state=state)


def leaning(rollout):
    """Return a reward that is not the environment's: to see large first observations."""
    return rollout.observation[..., 0]


def as_bytes(agent):
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in agent.state().items()}


# worked by hand


def test_whole_rollouts_are_spent_and_at_least_one():
    agent = new_agent()
    assert agent.train(leaning, 1, seed=1)["spent"] == 120
    assert agent.train(leaning, 350, seed=2)["spent"] == 360
    assert agent.spent == 480


def test_exploring_spends_and_learns_nothing():
    agent = new_agent()
    before = as_bytes(agent)
    rollout = agent.explore(10, seed=1)
    assert rollout.reward.shape == (10, 3)
    after = as_bytes(agent)
    assert {name for name in before if before[name] != after[name]} == {"spent"}
    assert agent.spent == 30


def test_every_rollout_is_shown():
    shown = []
    new_agent().train(leaning, 360, seed=1, after_rollout=shown.append)
    assert [rollout.reward.shape for rollout in shown] == [(40, 3)] * 3


@pytest.mark.parametrize(("termination", "own_episodes"), [("absorbed", False), ("own", False), ("absorbed", True)])
def test_ends_are_counted_and_numbers_stay_finite(termination, own_episodes):
    happened = new_agent(termination=termination).train(leaning, 480, seed=1, own_episodes=own_episodes)
    assert happened["terminated"] > 5
    assert all(np.isfinite(value) for value in happened.values())


# recovers truth


def test_the_true_reward_is_learned_in_ten_thousand_steps():
    agent = new_agent(settings=tuned_settings("CartPole-v1", {}), total_steps=10_000)
    before = true_returns(agent.policy, "CartPole-v1", 30, 5).mean()
    agent.train(lambda rollout: rollout.reward, 10_000, seed=3, own_episodes=True)
    after = true_returns(agent.policy, "CartPole-v1", 30, 5).mean()
    assert after > 60
    assert after > 1.5 * before


# invariant


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1", "FrozenLake-v1"])
def test_going_on_from_a_state_is_never_having_stopped(name):
    agent = new_agent(name)
    agent.train(leaning, 240, seed=4)
    again = new_agent(name, state=agent.state(), seed=99)
    assert as_bytes(again) == as_bytes(agent)
    assert again.train(leaning, 240, seed=5) == agent.train(leaning, 240, seed=5)
    assert as_bytes(again) == as_bytes(agent)


def test_what_state_returned_does_not_change_with_further_learning():
    agent = new_agent()
    state = agent.state()
    kept = {name: array.copy() for name, array in state.items()}
    agent.train(leaning, 240, seed=4)
    for name, array in state.items():
        np.testing.assert_array_equal(array, kept[name])


def test_the_same_seeds_give_the_same_agent_and_other_seeds_others():
    agents = []
    for seed, train_seed in ((2, 4), (2, 4), (3, 4), (2, 5)):
        agent = new_agent(seed=seed)
        agent.train(leaning, 120, seed=train_seed)
        agents.append(as_bytes(agent))
    assert agents[0] == agents[1]
    assert agents[0] != agents[2]
    assert agents[0] != agents[3]


def test_a_policy_is_frozen_when_it_is_taken():
    agent = new_agent()
    policy = agent.policy
    before = {name: weight.copy() for name, weight in policy.weights.items()}
    agent.train(leaning, 240, seed=4)
    for name, weight in policy.weights.items():
        np.testing.assert_array_equal(weight, before[name])
    assert any((agent.policy.weights[name] != weight).any() for name, weight in before.items())


def test_the_policy_acts_as_the_agent_does(rng):
    agent = new_agent("Pendulum-v1")
    agent.train(leaning, 240, seed=4)
    seen = rng.normal(size=(30, 3)).astype(np.float32)
    acted = outputs_of(agent._network.read_out(), agent._normalise(seen))
    np.testing.assert_allclose(agent.policy.output(seen), acted, atol=1e-5)
