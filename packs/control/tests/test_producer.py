"""The producer's clips show what the agent did; it learns from the score alone and can be stopped at any time."""

import numpy as np
import pytest

from tacit.errors import BadValue, InputError, UnknownName
from tacit.judging import Demonstrates, ItemKind, KnowsTruth, Trainable, check_producer
from tacit_control.producer import ControlProducer, known_names, knows, open_producer
from tacit_control.segment import Segment

SMALL = {"n_copies": 4, "n_steps": 64, "n_epochs": 2, "batch_size": 64, "hidden": 8}


def made(name="CartPole-v1", *, state=None, seed=1, **settings):
    return open_producer(name, {"ppo": SMALL, "total_steps": 2_000, **settings}, seed=seed, state=state)


def height(features):
    return features[:, 0].astype(np.float32)


def segments(candidates):
    return [Segment.from_bytes(candidates.item(index).content) for index in range(len(candidates))]


# worked by hand


def test_a_control_producer_can_all_that_the_loop_needs():
    producer = made()
    for protocol in (Trainable, KnowsTruth, Demonstrates):
        assert isinstance(producer, protocol)


@pytest.mark.parametrize(("name", "width"), [("CartPole-v1", 4 + 2 + 1), ("Pendulum-v1", 3 + 1 + 1)])
def test_candidates_are_clips_with_what_the_reward_sees_of_them(name, width):
    candidates = made(name, segment_steps=9).produce(6, seed=2)
    assert candidates.features.shape == (6, 9, width)
    assert candidates.features.dtype == np.float32
    for features, segment in zip(candidates.features, segments(candidates), strict=True):
        assert (segment.environment, len(segment)) == (name, 9)
        live = features[:, -1] == 0
        assert live[0]
        np.testing.assert_array_equal(features[live, : segment.observation.shape[1]], segment.observation[live])
    assert {candidates.item(index).kind for index in range(6)} == {ItemKind.SEGMENT}


def test_cartpole_is_judged_by_its_picture_and_pendulum_by_its_own_reward():
    for name in ("CartPole-v1", "Pendulum-v1"):
        producer = made(name)
        candidates = producer.produce(5, seed=2)
        values = producer.utility([candidates.item(index) for index in range(5)])
        paid = np.stack([segment.reward for segment in segments(candidates)])
        assert values.shape == paid.shape
        if name == "Pendulum-v1":
            np.testing.assert_array_equal(values, paid)
        else:
            assert (values >= 0).all()
            assert (values <= 1).all()
            assert len(np.unique(values)) > 20


def test_a_clip_of_a_fall_goes_on_showing_the_fallen_pole():
    candidates = made("CartPole-v1", segment_steps=40, horizon=200).produce(30, seed=2)
    held = 0
    for segment in segments(candidates):
        same = (segment.frame_state == segment.frame_state[-1]).all(axis=1)
        if same[-2]:
            held += 1
            moving = int(same.argmax())
            assert same[moving:].all()
            assert (segment.reward[moving:] == 0).all()
            assert abs(segment.frame_state[-1, 2]) > 0.2 or abs(segment.frame_state[-1, 0]) > 2.3
    assert held > 10


def test_no_clip_crosses_a_time_limit():
    candidates = made("Pendulum-v1", segment_steps=20, horizon=30).produce(60, seed=2)
    for segment in segments(candidates):
        assert segment.start_step + 20 <= 30
        assert (segment.reward < 0).all()


def test_all_steps_are_counted_those_of_the_first_exploration_too():
    producer = made(horizon=50)
    producer.produce(8, seed=1)  # 8 clips of 25 steps from 4 copies: one episode of 50 steps each
    assert producer.improve(height, 256, seed=2)["spent"] == 256 + 4 * 50
    producer.produce(8, seed=3)
    assert producer.improve(height, 256, seed=4)["spent"] == 256


def test_a_demonstration_is_an_episode_as_the_environment_is_registered():
    segment = Segment.from_bytes(made(horizon=30).demonstrate(4).content)
    assert (segment.start_step, segment.make_arguments) == (0, {})
    assert len(segment) > 7


def test_environments_are_known_by_their_gymnasium_names():
    assert knows("CartPole-v1")
    assert not knows("CartPoll-v1")
    assert "Hopper-v5" in known_names()


# invariant


def test_learning_never_sees_the_environments_own_reward(register):
    states = []
    for pay in (lambda env: -1.0, lambda env: 100.0 * env.steps):
        name = register(paid=pay)
        producer = made(name, horizon=30, segment_steps=5)
        producer.produce(4, seed=1)
        producer.improve(height, 512, seed=2)
        states.append({k: v.tobytes() for k, v in producer.state().items() if k != "recent.reward"})
    assert states[0] == states[1]


def test_improving_on_truth_sees_nothing_else(register):
    returns = []
    for pay in (lambda env: float(env.point[0]), lambda env: -float(env.point[0])):
        quick = SMALL | {"n_epochs": 8, "learning_rate": 3e-3}
        producer = made(register(paid=pay), horizon=30, segment_steps=5, total_steps=10_000, ppo=quick)
        for seed in range(4):
            producer.improve_on_truth(1_024, seed)
        action = producer.policy(np.zeros(2))
        returns.append(float(action[0]))
    assert returns[0] > 0.2
    assert returns[1] < -0.2


@pytest.mark.parametrize("kept", [{"paid": lambda env: 0.5}, {"point": None}])
def test_an_environment_that_can_only_be_replayed_keeps_the_contract(register, kept):
    name = register(**{k: v for k, v in kept.items() if v is not None})
    check_producer(lambda: made(name, horizon=30, segment_steps=6))


def test_a_replayed_clip_of_a_later_episode_is_that_episode(register):
    name = register(limit=20, ends_after=11)
    producer = made(name, horizon=20, segment_steps=4)
    producer.produce(4, seed=1)
    producer.improve(height, 512, seed=2)
    candidates = producer.produce(12, seed=3)
    later = [index for index, segment in enumerate(segments(candidates)) if segment.start_step > 3]
    assert later
    for index in later:  # drawing compares every observation with what was recorded
        assert made(name, horizon=20, segment_steps=4).render(candidates.item(index)).media_type == "video/mp4"


def test_a_producer_without_states_goes_on_from_its_state(register):
    name = register()
    producer = made(name, horizon=30, segment_steps=5)
    producer.produce(4, seed=1)
    producer.improve(height, 256, seed=2)
    again = made(name, horizon=30, segment_steps=5, state=producer.state())
    one, other = producer.produce(6, seed=3), again.produce(6, seed=3)
    assert [one.item(i) for i in range(6)] == [other.item(i) for i in range(6)]


# refuses


def test_an_environment_that_cannot_be_drawn_can_still_be_learned(register):
    producer = made(register(metadata={"render_modes": []}), horizon=30, segment_steps=5)
    item = producer.produce(2, seed=1).item(0)
    with pytest.raises(InputError, match=r"no render mode 'rgb_array'.*simulated judge"):
        producer.render(item)
    assert producer.improve(height, 256, seed=2)["spent"] > 0


def test_an_unknown_setting_is_refused_with_those_there_are():
    with pytest.raises(BadValue, match="producer CartPole-v1: got setting 'horizons', expected one of total_steps, h"):
        made(horizons=3)
    with pytest.raises(UnknownName, match=r"PPO setting: got 'n_step'.*Did you mean 'n_steps'"):
        made(ppo={"n_step": 3})


def test_a_closed_producer_can_be_closed_again():
    producer = made()
    producer.close()
    producer.close()
    assert isinstance(producer, ControlProducer)
