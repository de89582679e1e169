"""Whichever way an environment is stepped, a world shows the same things in the same shapes."""

from importlib.util import find_spec

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from tacit.errors import BadValue
from tacit_control.open_world import open_world
from tacit_control.policy import ActionSpace
from tacit_control.task import Task, Termination

HAS_ENVPOOL = find_spec("envpool") is not None
POOLED = pytest.param("Hopper-v5", "envpool", marks=pytest.mark.skipif(not HAS_ENVPOOL, reason="envpool is optional"))
MODES = [("CartPole-v1", "vector_entry_point"), ("CartPole-v1", "sync"), ("Pendulum-v1", "sync"), ("Hopper-v5", "sync")]
COPIES = 3
FRAMES = {"CartPole-v1": 4, "Pendulum-v1": 2, "Hopper-v5": 6}


def opened(name, mode=None, *, horizon=40, **more):
    task = Task(name, horizon=horizon, segment_steps=1, termination=Termination.ABSORBED)
    return open_world(task, COPIES, mode=mode, **more)


def actions_for(world, rng):
    space = ActionSpace.of(world.action_space)
    if space.n is not None:
        return rng.integers(space.n, size=world.n_copies) + space.start
    return space.to_environment(rng.uniform(-1, 1, (world.n_copies, space.width)).astype(np.float32))


def play(world, seed, steps, rng):
    """Return the first observations and `steps` steps of random actions, each with the frames before it."""
    observation = world.reset(seed)
    taken = []
    for _ in range(steps):
        frames = world.frames()
        taken.append((frames, world.step(actions_for(world, rng))))
    return observation, taken


# worked by hand


def test_the_fastest_way_that_the_environment_offers_is_taken():
    assert opened("CartPole-v1").mode == "vector_entry_point"
    assert opened("Pendulum-v1").mode == "sync"
    assert opened("Hopper-v5").mode == ("envpool" if HAS_ENVPOOL else "sync")


def test_cartpoles_frames_are_its_state(rng):
    for mode in ("vector_entry_point", "sync"):
        world = opened("CartPole-v1", mode)
        observation, taken = play(world, 3, 6, rng)
        np.testing.assert_allclose(taken[0][0], observation, atol=1e-7)
        np.testing.assert_allclose(world.frames(), taken[-1][1].observation, atol=1e-7)


@pytest.mark.parametrize(("name", "mode"), [("Hopper-v5", "sync"), POOLED])
def test_a_robots_frames_are_its_positions_of_which_it_sees_all_but_the_first(name, mode, rng):
    world = opened(name, mode, horizon=200)
    observation, taken = play(world, 3, 12, rng)
    np.testing.assert_allclose(taken[0][0][:, 1:], observation[:, :5], atol=1e-6)
    np.testing.assert_allclose(world.frames()[:, 1:], taken[-1][1].observation[:, :5], atol=1e-6)
    assert np.abs(world.frames()[:, 0]).max() < 1  # it has not moved far


def test_observations_that_are_choices_become_one_of_n(register, drift):
    class Choices(drift):
        observation_space = spaces.Discrete(3, start=5)

        def seen(self):
            return 5 + self.steps % 3

    world = opened(register(Choices))
    assert world.observations.width == 3
    assert world.reset(0).tolist() == [[1, 0, 0]] * COPIES
    assert world.step(np.zeros((COPIES, 1), np.float32)).observation.tolist() == [[0, 1, 0]] * COPIES


def test_observations_with_several_axes_are_laid_flat(register, drift):
    class Picture(drift):
        observation_space = spaces.Box(0, 255, (2, 3), np.uint8)

        def seen(self):
            return np.arange(6, dtype=np.uint8).reshape(2, 3)

    world = opened(register(Picture))
    assert world.observations.width == 6
    assert world.reset(0).tolist() == [[0, 1, 2, 3, 4, 5]] * COPIES


# invariant


@pytest.mark.parametrize(("name", "mode"), [*MODES, POOLED])
def test_every_world_gives_the_same_shapes(name, mode, rng):
    world = opened(name, mode)
    observation, taken = play(world, 1, 3, rng)
    width = world.observations.width
    assert (world.mode, world.n_copies, width) == (mode, COPIES, gymnasium.spec(name).make().observation_space.shape[0])
    assert (observation.shape, observation.dtype) == ((COPIES, width), np.float32)
    frames, step = taken[-1]
    assert (frames.shape, frames.dtype) == ((COPIES, FRAMES[name]), np.float64)
    assert (step.observation.shape, step.observation.dtype) == ((COPIES, width), np.float32)
    assert (step.reward.shape, step.reward.dtype) == ((COPIES,), np.float64)
    assert (step.terminated.dtype, step.truncated.dtype) == (np.bool_, np.bool_)
    assert (world.episode_seeds().shape, world.episode_seeds().dtype) == ((COPIES,), np.int64)
    world.close()


@pytest.mark.parametrize(("name", "mode"), [*MODES, POOLED])
def test_the_same_seed_gives_the_same_episodes_and_another_seed_others(name, mode):
    world = opened(name, mode, horizon=9)

    def seen(seed):
        observation, taken = play(world, seed, 25, np.random.default_rng(8))
        return np.stack([observation, *(step.observation for _, step in taken)])

    first, again, other = seen(3), seen(3), seen(4)
    np.testing.assert_array_equal(first, again)
    assert (np.abs(first[0] - other[0]).max(axis=1) > 0).all()
    assert len(np.unique(first[0], axis=0)) == COPIES  # the copies differ from one another


@pytest.mark.parametrize(("name", "mode"), [*MODES, POOLED])
def test_the_horizon_cuts_an_episode_and_the_step_after_begins_the_next(name, mode, rng):
    world = opened(name, mode, horizon=7)
    _, taken = play(world, 5, 20, rng)
    truncated = np.stack([step.truncated for _, step in taken])
    terminated = np.stack([step.terminated for _, step in taken])
    assert not terminated.any()
    # steps 0 to 6 are the episode; step 7 begins the next whatever the action, and pays nothing; so 14 is its last
    assert truncated.all(axis=1).nonzero()[0].tolist() == [6, 14]
    assert truncated.sum() == 2 * COPIES
    for begun in (7, 15):
        assert (taken[begun][1].reward == 0).all()
        assert not (taken[begun][1].observation == taken[begun - 1][1].observation).all(axis=1).any()


@pytest.mark.parametrize("mode", ["vector_entry_point", "sync"])
def test_an_end_is_not_a_cut(mode):
    world = opened("CartPole-v1", mode, horizon=100)
    world.reset(0)
    terminated, ages = np.zeros(COPIES, bool), []
    for step in range(12):
        happened = world.step(np.ones(COPIES, np.int64))  # always to the right: the pole falls after some ten steps
        ages += [step] * int((happened.terminated & ~terminated).sum())
        terminated |= happened.terminated
        assert not happened.truncated.any()
    assert terminated.all()
    assert min(ages) >= 7


def test_an_environment_as_it_is_registered_keeps_its_own_limit():
    assert gymnasium.spec("CartPole-v1").max_episode_steps == 500
    world = open_world(Task("Pendulum-v1", horizon=50, segment_steps=5), 2, own_episodes=True)
    world.reset(0)
    cut = [world.step(np.zeros((2, 1), np.float32)).truncated.all() for _ in range(200)]
    assert cut.index(True) == 199


def test_a_robot_as_it_is_registered_falls_and_ends():
    task = Task("Hopper-v5", {"terminate_when_unhealthy": False}, termination=Termination.IGNORED)
    for own, ended in ((True, True), (False, False)):
        world = open_world(task, 2, own_episodes=own)
        world.reset(0)
        happened = [world.step(np.ones((2, 3), np.float32)).terminated.any() for _ in range(120)]
        assert any(happened) is ended


def test_each_episode_can_be_begun_again_from_its_own_seed(register):
    name = register(limit=4)
    world = opened(name, horizon=4)
    observation = world.reset(9)
    seeds = [world.episode_seeds()]
    first = [observation]
    for step in range(9):
        happened = world.step(np.zeros((COPIES, 1), np.float32))
        if step in (4, 9):
            seeds.append(world.episode_seeds())
            first.append(happened.observation)
    assert len(np.unique(seeds)) == len(seeds) * COPIES
    again = gymnasium.make(name)
    for row, observed in zip(seeds, first, strict=True):
        for seed, seen in zip(row, observed, strict=True):
            np.testing.assert_array_equal(again.reset(seed=int(seed))[0], seen)


def test_a_world_that_cannot_tell_its_seeds_says_minus_one():
    assert opened("CartPole-v1").episode_seeds().tolist() == [-1] * COPIES


def test_an_environment_without_a_state_has_frames_of_no_width(register):
    world = opened(register())
    world.reset(0)
    assert world.frames().shape == (COPIES, 0)


# refuses


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"observation_space": spaces.Dict(a=spaces.Box(-1, 1, (3,)))}, "observations Dict"),
        ({"observation_space": spaces.Tuple([spaces.Discrete(2)])}, "observations Tuple"),
        ({"action_space": spaces.MultiDiscrete([2, 3])}, "actions MultiDiscrete"),
        ({"action_space": spaces.MultiBinary(3)}, "actions MultiBinary"),
        ({"action_space": spaces.Box(-1, 1, (2, 2))}, "actions Box"),
        ({"action_space": spaces.Box(0, 9, (2,), np.int32)}, "actions Box"),
    ],
)
def test_spaces_that_are_not_handled_are_refused_with_advice(register, changes, got):
    with pytest.raises(BadValue, match=rf"environment TacitTest0-v0: got {got}.*Wrap it with gymnasium\.wrappers\."):
        opened(register(**changes))
