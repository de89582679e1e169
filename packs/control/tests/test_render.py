import os
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from tacit.errors import BadValue, InputError, MissingExtra, UnknownName
from tacit_control.render import Renderer, Style, frames
from tacit_control.segment import Segment

CLASSIC = ["CartPole-v1", "Pendulum-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Acrobot-v1"]


def act(environment, segment_actions, step):
    action = segment_actions[step]
    return int(action) if isinstance(environment.action_space, spaces.Discrete) else action


def record(name, *, steps=6, start=0, seed=5, render=False, drawable=True, **make_arguments):
    """Return a segment of a random policy, and what the environment itself drew at its steps."""
    environment = gymnasium.make(name, render_mode="rgb_array" if render else None, **make_arguments)
    environment.action_space.seed(seed)
    observation, _ = environment.reset(seed=seed)
    seen, actions, rewards, states, pictures = [], [], [], [], []
    for step in range(start + steps):
        base = environment.unwrapped
        seen.append(observation)
        states.append(base.data.qpos.copy() if hasattr(base, "data") else np.array(getattr(base, "state", [])))
        if render and step >= start:
            if hasattr(base, "last_u"):
                base.last_u = None  # Pendulum's arrow is not part of its state
            pictures.append(environment.render())
        actions.append(environment.action_space.sample())
        observation, reward, *_ = environment.step(actions[-1])
        rewards.append(reward)
    environment.close()
    discrete = np.ndim(actions[0]) == 0
    actions = np.array(actions, dtype=np.int64 if discrete else np.float32)
    segment = Segment(
        name,
        make_arguments,
        np.array(seen[start:], dtype=np.float32).reshape(steps, -1),
        actions[start:],
        np.array(rewards[start:], dtype=np.float64),
        np.array(states[start:], dtype=np.float64).reshape(steps, -1) if drawable else np.empty((steps, 0)),
        start_step=start,
        reset_seed=None if drawable else seed,
        prefix_action=actions[:0] if drawable else actions[:start],
    )
    return segment, pictures


class Windowless(gymnasium.Env):
    """An environment that nobody can draw."""

    observation_space = spaces.Box(-1, 1, (2,))
    action_space = spaces.Discrete(2)

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(2, np.float32), {}

    def step(self, action):
        return np.zeros(2, np.float32), 0.0, False, False, {}


class Broken(Windowless):
    """An environment whose own drawing code fails, and which is never twice the same."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012

    def render(self):
        raise RuntimeError("no shader")


class Counting(Windowless):
    """An environment that shows how many steps it has taken, as the brightness of a picture, and ends after three."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.taken = 0
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.taken += 1
        return np.full(2, self.taken / 10, np.float32), 0.0, self.taken == 3, False, {}

    def render(self):
        return np.full((40, 60, 3), 10 * self.taken, np.uint8)


@pytest.fixture(autouse=True)
def own_environments():
    for name in (Windowless, Broken, Counting):
        gymnasium.register(f"{name.__name__}-v0", entry_point=name)
    yield
    for name in (Windowless, Broken, Counting):
        del gymnasium.registry[f"{name.__name__}-v0"]


# worked by hand


def test_a_replay_begins_after_the_actions_that_led_to_the_segment_and_stops_when_the_episode_does():
    # the picture is 10 × steps taken; the segment starts at step 1, and step 3 ends the episode, which is held
    taken = np.array([1, 2, 3, 3, 3])
    segment = Segment(
        "Counting-v0",
        {},
        np.repeat(taken[:, None] / 10, 2, axis=1).astype(np.float32),
        np.zeros(5, np.int64),
        np.zeros(5),
        np.empty((5, 0)),
        start_step=1,
        reset_seed=0,
        prefix_action=np.zeros(1, np.int64),
    )
    drawn = frames(segment, height=40)
    assert drawn.shape == (5, 40, 60, 3)
    np.testing.assert_array_equal(drawn[:, 0, 0, 0], 10 * taken)


def test_a_stride_draws_every_so_manieth_step_beginning_with_the_first():
    segment, _ = record("CartPole-v1", steps=7)
    with Renderer() as renderer:
        every, third = renderer.frames(segment), renderer.frames(segment, stride=3)
    np.testing.assert_array_equal(third, every[[0, 3, 6]])


# the environment's own picture is the oracle


@pytest.mark.parametrize("name", CLASSIC)
def test_setting_the_state_draws_exactly_what_the_environment_drew(name):
    segment, pictures = record(name, render=True)
    np.testing.assert_array_equal(frames(segment, height=pictures[0].shape[0]), np.stack(pictures))


@pytest.mark.parametrize("name", ["CartPole-v1", "MountainCarContinuous-v0", "Acrobot-v1"])
def test_replaying_draws_exactly_what_the_environment_drew(name):
    segment, pictures = record(name, start=4, render=True, drawable=False)
    np.testing.assert_array_equal(frames(segment, height=pictures[0].shape[0]), np.stack(pictures))


@pytest.mark.parametrize("name", CLASSIC)
def test_a_smaller_picture_keeps_its_proportions_and_what_is_in_it(name):
    segment, pictures = record(name, steps=2, render=True)
    small = frames(segment, height=200)
    rows, columns = pictures[0].shape[:2]
    assert small.shape == (2, 200, columns * 200 // rows, 3)
    assert small.mean() == pytest.approx(np.mean(pictures), abs=2)


def test_the_hand_vectorised_cartpole_gives_states_that_can_be_drawn():
    vector = gymnasium.make_vec("CartPole-v1", num_envs=3, vectorization_mode="vector_entry_point")
    observation, _ = vector.reset(seed=1)
    state = np.array(vector.unwrapped.state, dtype=np.float64).T[:1]
    vector.close()
    segment = Segment("CartPole-v1", {}, observation[:1], np.zeros(1, np.int64), np.ones(1), state)
    assert frames(segment).shape == (1, 240, 360, 3)


# invariant


def test_a_cart_far_out_of_sight_still_gives_a_picture():
    segment, _ = record("CartPole-v1", steps=1)
    drawn = []
    for position in (-1e9, -3.3, 1e9):
        state = np.array([[position, 0, 1e7, 0]])
        drawn.append(frames(Segment("CartPole-v1", {}, segment.observation, segment.action, segment.reward, state))[0])
    assert all(picture.shape == (240, 360, 3) for picture in drawn)
    np.testing.assert_array_equal(drawn[0], drawn[2])


def test_a_segment_looks_the_same_whatever_was_drawn_before_it():
    first, _ = record("Pendulum-v1", seed=1)
    second, _ = record("Pendulum-v1", seed=2)
    with Renderer() as renderer:
        before = renderer.frames(first)
        renderer.frames(second)
        np.testing.assert_array_equal(renderer.frames(first), before)


def test_closing_one_renderer_leaves_another_at_work_and_a_closed_one_opens_again():
    segment, _ = record("CartPole-v1", steps=2)
    one, other = Renderer(), Renderer()
    before = one.frames(segment)
    other.frames(segment)
    other.close()
    np.testing.assert_array_equal(one.frames(segment), before)
    np.testing.assert_array_equal(other.frames(segment), before)
    one.close()
    other.close()


def test_the_environment_states_how_fast_its_clock_runs():
    with Renderer() as renderer:
        for name, rate_hz in (("CartPole-v1", 50), ("Acrobot-v1", 15), ("Hopper-v5", 125), ("Counting-v0", 30)):
            segment = Segment(
                name, {}, np.zeros((1, 2), np.float32), np.zeros(1, np.int64), np.zeros(1), np.empty((1, 0))
            )
            assert renderer.frame_rate_hz(segment) == rate_hz


def test_drawing_without_a_display_says_nothing_and_leaves_the_environment_variables_alone():
    script = (
        "import os, numpy as np\n"
        "from tacit_control.render import frames\n"
        "from tacit_control.segment import Segment\n"
        "before = dict(os.environ)\n"
        "s = Segment('CartPole-v1', {}, np.zeros((1, 4), np.float32), np.zeros(1, np.int64), np.ones(1), "
        "np.zeros((1, 4)))\n"
        "assert frames(s).shape == (1, 240, 360, 3)\n"
        "assert 'SDL_VIDEODRIVER' not in os.environ\n"
    )
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "XDG_RUNTIME_DIR")
    variables = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run([sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# MuJoCo


def test_a_robot_is_sketched_from_its_joint_positions_without_opengl():
    segment, _ = record("Hopper-v5", terminate_when_unhealthy=False)
    drawn = frames(segment)
    assert drawn.shape == (6, 240, 320, 3)
    assert (drawn[0] != drawn[-1]).any()


def test_mujocos_own_renderer_draws_or_says_what_is_missing():
    segment, _ = record("Hopper-v5", steps=2)
    try:
        drawn = frames(segment, height=120, style=Style.MUJOCO)
    except InputError as error:
        assert "MUJOCO_GL" in str(error)  # noqa: PT017
    else:
        assert drawn.shape == (2, 120, 160, 3)
        assert np.ptp(drawn) > 50


# refuses


def blank(name, k=0, **changes):
    fields = {"make_arguments": {}, "reset_seed": None, "frame_state": np.zeros((1, k)), **changes}
    return Segment(
        name, observation=np.zeros((1, 2), np.float32), action=np.zeros(1, np.int64), reward=np.zeros(1), **fields
    )


def test_an_environment_without_pictures_is_refused():
    with pytest.raises(InputError, match="drawing Windowless-v0: got no render mode 'rgb_array'"):
        frames(blank("Windowless-v0", reset_seed=0))


def test_neither_a_state_nor_a_seed_is_refused():
    with pytest.raises(InputError, match="no seed to replay from"):
        frames(blank("Counting-v0"))


def test_a_segment_without_the_actions_that_led_to_it_is_refused():
    with pytest.raises(InputError, match="no actions that lead there"):
        frames(blank("Counting-v0", start_step=3, reset_seed=0))


def test_a_fault_in_the_environments_own_drawing_is_named():
    with pytest.raises(InputError, match="drawing Broken-v0: got RuntimeError: no shader"):
        frames(blank("Broken-v0", reset_seed=0))


def test_a_replay_that_goes_another_way_is_not_shown():
    segment, _ = record("CartPole-v1", drawable=False)
    wrong = Segment(
        "CartPole-v1",
        {},
        segment.observation,
        1 - segment.action,
        segment.reward,
        segment.frame_state,
        reset_seed=segment.reset_seed,
    )
    with pytest.raises(InputError, match="another observation at step 1 than was recorded"):
        frames(wrong)


def test_an_unknown_environment_is_refused_with_the_nearest_names():
    with pytest.raises(UnknownName, match="Did you mean 'CartPole-v1'"):
        frames(blank("CartPol-v1"))


def test_an_absent_package_is_refused_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "Box2D", None)
    for module in [name for name in sys.modules if name.startswith("gymnasium.envs.box2d")]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(MissingExtra, match=r"pip install 'gymnasium\[box2d\]'"):
        frames(blank("LunarLander-v3", reset_seed=0))


def test_arguments_that_the_environment_does_not_take_are_refused():
    with pytest.raises(InputError, match="gravity_of_the_moon"):
        frames(blank("CartPole-v1", k=4, make_arguments={"gravity_of_the_moon": 1}))


@pytest.mark.parametrize(("height", "stride"), [(31, 1), (240, 0)])
def test_too_small_a_picture_and_no_stride_are_refused(height, stride):
    with Renderer() as renderer, pytest.raises(BadValue):
        renderer.frames(blank("CartPole-v1"), height=height, stride=stride)


def test_an_unknown_style_is_refused():
    with pytest.raises(BadValue, match="one of sketch, mujoco"):
        Renderer(style="oil")
