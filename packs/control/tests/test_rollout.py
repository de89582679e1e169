"""What is remembered of acting: consecutive steps, ends in their place, nothing that is not finite."""

import numpy as np
import pytest

from tacit.errors import NotFinite
from tacit_control.moments import RunningMoments
from tacit_control.network import ActorCritic
from tacit_control.open_world import open_world
from tacit_control.policy import ActionSpace
from tacit_control.rollout import Actor
from tacit_control.task import Task

COPIES = 4


def weights_for(world, actions, seed=0):
    network = ActorCritic(
        world.observations.width,
        actions.width,
        8,
        numbers=actions.n is None,
        log_sd=-0.5,
        rng=np.random.default_rng(seed),
    )
    return network.read_out()


def actor_in(name, *, horizon=12, seed=1):
    world = open_world(Task(name, horizon=horizon, segment_steps=1), COPIES)
    actions = ActionSpace.of(world.action_space)
    return Actor(world, actions, name, seed=seed), weights_for(world, actions), nothing_seen(world)


def nothing_seen(world):
    return RunningMoments.nothing_seen(world.observations.width)


# worked by hand


def test_an_episode_of_four_steps_shows_its_last_observation_and_then_the_next_begins(register):
    actor, weights, moments = actor_in(register(), horizon=4)
    rollout = actor.collect(weights, moments, 12)
    for copy in range(COPIES):
        # rows 0–3 are the episode, row 4 shows what it came to, row 5 begins the next
        assert rollout.age[:, copy].tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
        assert rollout.truncated[:, copy].nonzero()[0].tolist() == [3, 8]
        assert rollout.last[:, copy].nonzero()[0].tolist() == [4, 9]
        assert (rollout.reward[:, copy] == 0).nonzero()[0].tolist() == [4, 9]
    assert not rollout.terminated.any()


def test_an_end_that_the_environment_makes_is_told_from_one_that_the_horizon_makes(register):
    actor, weights, moments = actor_in(register(ends_after=3), horizon=12)
    rollout = actor.collect(weights, moments, 8)
    assert rollout.terminated[:, 0].nonzero()[0].tolist() == [2, 6]
    assert rollout.last[:, 0].nonzero()[0].tolist() == [3, 7]
    assert not rollout.truncated.any()


def test_the_reward_is_the_environments_own(register):
    actor, weights, moments = actor_in(register(), horizon=4)
    rollout = actor.collect(weights, moments, 6)
    paid = -np.abs(np.concatenate([rollout.observation[1:], rollout.following[None]])).sum(axis=2)  # for where it led
    np.testing.assert_allclose(rollout.reward[:4], paid[:4], atol=1e-5)


def test_features_are_observations_beside_choices_as_one_of_n():
    actor, weights, moments = actor_in("CartPole-v1")
    rollout = actor.collect(weights, moments, 3)
    features = rollout.features(actor.actions)
    assert features.shape == (3, COPIES, 7)
    np.testing.assert_array_equal(features[..., :4], rollout.observation)
    np.testing.assert_array_equal(features[..., 4:6].argmax(axis=2), rollout.output)
    assert features[..., 4:6].sum() == 3 * COPIES
    assert not features[..., 6].any()


def test_features_hold_numbers_as_the_environment_bounds_them():
    actor, weights, moments = actor_in("Pendulum-v1")
    rollout = actor.collect({**weights, "log_sd": np.array([1.0], np.float32)}, moments, 50)
    assert np.abs(rollout.output).max() > 1.5
    live = ~rollout.last
    features = rollout.features(actor.actions)[live]
    np.testing.assert_array_equal(features[:, 3:-1], np.clip(rollout.output[live], -1, 1))


def test_the_features_of_an_end_tell_that_nothing_moves_any_more_and_nothing_else(register):
    actor, weights, moments = actor_in(register(ends_after=3), horizon=12)
    rollout = actor.collect(weights, moments, 8)
    features = rollout.features(actor.actions)
    np.testing.assert_array_equal(features[..., -1], rollout.last)
    assert not features[rollout.last][:, :-1].any()


# recovers truth


def test_choices_are_drawn_as_often_as_the_policy_says(register):
    p = np.array([0.7, 0.3])
    actor, weights, moments = actor_in("CartPole-v1", horizon=200)
    still = {name: np.zeros_like(weight) for name, weight in weights.items()} | {"b3": np.log(p).astype(np.float32)}
    rollout = actor.collect(still, moments, 2_500)
    share = (rollout.output == 0).mean()  # of 10,000: standard deviation 0.0046
    assert abs(share - 0.7) < 4 * 0.0046


def test_numbers_are_drawn_around_the_policys_mean_with_its_spread():
    actor, weights, moments = actor_in("Pendulum-v1", horizon=200)
    still = {name: np.zeros_like(weight) for name, weight in weights.items()}
    rollout = actor.collect(
        still | {"b3": np.array([0.4], np.float32), "log_sd": np.log([0.5]).astype(np.float32)}, moments, 2_500
    )
    assert abs(rollout.output.mean() - 0.4) < 4 * 0.005  # 0.5 / √10,000
    assert abs(rollout.output.std() - 0.5) < 4 * 0.0036


# invariant


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1"])
def test_two_rollouts_in_a_row_are_one_twice_as_long(name):
    actor, weights, moments = actor_in(name)
    first, second = actor.collect(weights, moments, 20), actor.collect(weights, moments, 15)
    actor, *_ = actor_in(name)
    whole = actor.collect(weights, moments, 35)
    np.testing.assert_array_equal(first.following, second.observation[0])
    for field in ("observation", "output", "reward", "frame_state", "terminated", "truncated", "last", "age"):
        joined = np.concatenate([getattr(first, field), getattr(second, field)])
        np.testing.assert_array_equal(joined, getattr(whole, field))


def test_a_seed_of_an_episode_stays_until_the_episode_is_over(register):
    actor, weights, moments = actor_in(register(), horizon=4)
    rollout = actor.collect(weights, moments, 15)
    changes = (np.diff(rollout.reset_seed, axis=0) != 0).nonzero()[0] + 1
    assert sorted(set(changes.tolist())) == [5, 10]
    assert (rollout.age[5] == 0).all()
    assert len(np.unique(rollout.reset_seed)) == 3 * COPIES


def test_the_same_seed_gives_the_same_rollout_and_another_seed_another():
    rollouts = []
    for seed in (1, 1, 2):
        actor, weights, moments = actor_in("CartPole-v1", seed=seed)
        rollouts.append(actor.collect(weights, moments, 10).observation)
    np.testing.assert_array_equal(rollouts[0], rollouts[1])
    assert (rollouts[0] != rollouts[2]).any()


# refuses


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("steps", [4, 6])
def test_an_observation_that_is_not_finite_is_refused_even_if_it_is_the_very_last(register, drift, bad, steps):
    class Broken(drift):
        def seen(self):
            return np.full(2, bad if self.steps == 4 else 0.5, np.float32)

    name = register(Broken)
    actor, weights, moments = actor_in(name)
    with pytest.raises(NotFinite, match=rf"environment {name}, copy 0, step 4: got observation \[{bad} {bad}\]"):
        actor.collect(weights, moments, steps)


def test_a_reward_that_is_not_finite_is_refused(register, drift):
    class Broken(drift):
        def paid(self):
            return float("nan") if self.steps == 3 else 0.5

    actor, weights, moments = actor_in(register(Broken))
    with pytest.raises(NotFinite, match=r"copy 0, step 2: got reward nan, expected finite numbers.*last checkpoint"):
        actor.collect(weights, moments, 5)
