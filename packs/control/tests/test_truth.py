import gymnasium
import numpy as np
import pytest

from tacit.errors import BadValue
from tacit_control.segment import Segment
from tacit_control.truth import STEP_VALUES, own_reward, utility

DEGREE = np.pi / 180


def segment_of(states, *, environment="CartPole-v1", reward=None):
    states = np.asarray(states, dtype=np.float64)
    return Segment(
        environment,
        {},
        states.astype(np.float32),
        np.zeros(len(states), np.int64),
        np.ones(len(states)) if reward is None else np.asarray(reward, dtype=np.float64),
        states,
    )


# worked by hand


@pytest.mark.parametrize(
    ("x_m", "angle_deg", "value"),
    [
        (0, 0, 1),
        (0, 6, 0.875),  # 1 − ½·(6/12)² = 1 − 1/8
        (-1.2, 0, 0.875),  # 1 − ½·(1.2/2.4)²
        (1.2, -6, 0.75),
        (2.4, 0, 0.5),
        (0, 12.01, 0),
        (2.41, 0, 0),
        (-2.41, 0, 0),
        (0, 360, 0),  # over and around: the environment's angle is not wrapped
    ],
)
def test_the_value_of_a_cartpole_state(x_m, angle_deg, value):
    assert utility([segment_of([[x_m, 0, angle_deg * DEGREE, 0]])]) == pytest.approx(np.array([[value]]))


def test_velocities_count_nothing():
    still, fast = segment_of([[0.5, 0, 0.1, 0]]), segment_of([[0.5, 9, 0.1, -9]])
    np.testing.assert_array_equal(utility([still]), utility([fast]))


def test_each_step_is_scored_by_its_own_state_alone():
    beyond, within = [3.0, 0, 0, 0], [0.0, 0, 0, 0]
    np.testing.assert_array_equal(utility([segment_of([within, beyond, within])]), [[1, 0, 1]])


def test_other_environments_are_judged_by_their_own_reward():
    paid = segment_of(np.zeros((3, 2)), environment="Pendulum-v1", reward=[-1.5, 0, 2])
    np.testing.assert_array_equal(utility([paid]), [[-1.5, 0, 2]])


def test_segments_of_several_environments_keep_their_order():
    paid = segment_of(np.zeros((2, 2)), environment="Pendulum-v1", reward=[5, 6])
    fallen = segment_of([[3.0, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(utility([fallen, paid, fallen]), [[0, 1], [5, 6], [0, 1]])


def test_no_segments_have_no_values():
    assert utility([]).size == 0


def test_another_environment_can_be_given_values_of_its_own(monkeypatch):
    monkeypatch.setitem(STEP_VALUES, "Pendulum-v1", lambda segments: 10 * own_reward(segments))
    paid = segment_of(np.zeros((2, 2)), environment="Pendulum-v1", reward=[5, 6])
    np.testing.assert_array_equal(utility([paid]), [[50, 60]])


# recovers


def test_the_value_is_zero_exactly_from_where_cartpole_itself_ends_the_episode():
    environment = gymnasium.make("CartPole-v1")
    environment.reset(seed=3)
    states, ended = [], False
    while not ended:
        states.append(environment.unwrapped.state.copy())
        _, _, ended, _, _ = environment.step(1)
    states.append(environment.unwrapped.state.copy())
    environment.close()
    values = utility([segment_of(states)])[0]
    assert (values[:-1] > 0).all()
    assert values[-1] == 0
    assert values[0] > values[-2]


# refuses


def test_segments_of_different_lengths_are_refused():
    with pytest.raises(BadValue, match="lengths from 1 to 2"):
        utility([segment_of(np.zeros((1, 4))), segment_of(np.zeros((2, 4)))])


def test_a_cartpole_without_its_four_variables_is_refused():
    with pytest.raises(BadValue, match="got 0 variables"):
        utility([segment_of(np.zeros((2, 0)))])
