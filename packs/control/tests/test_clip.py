from fractions import Fraction
from io import BytesIO

import av
import gymnasium
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue, InputError
from tacit.judging import content_hash
from tacit_control.clip import encode_h264, playback, render_clip
from tacit_control.render import Renderer
from tacit_control.segment import Segment

ENVIRONMENTS = [
    "CartPole-v1",
    "Pendulum-v1",
    "MountainCar-v0",
    "MountainCarContinuous-v0",
    "Acrobot-v1",
    "Hopper-v5",
    "HalfCheetah-v5",
    "Walker2d-v5",
    "Swimmer-v5",
    "Reacher-v5",
    "Ant-v5",
]


def moving_square(n, *, height=48, width=64):
    """Return n frames of a white square that goes right by four pixels a frame."""
    frames = np.full((n, height, width, 3), 40, np.uint8)
    for step, frame in enumerate(frames):
        frame[16:32, 4 * step : 4 * step + 16] = 230
    return frames


def decoded(film):
    with av.open(BytesIO(film)) as container:
        stream = container.streams.video[0]
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(stream)])
        return frames, stream.average_rate, float(stream.duration * stream.time_base)


def boxes(film):
    """Return the names of an MP4 file's outermost boxes, in order."""
    names, place = [], 0
    while place < len(film):
        names.append(film[place + 4 : place + 8].decode())
        place += int.from_bytes(film[place : place + 4], "big")
    return names


def record(name, steps):
    environment = gymnasium.make(name)
    environment.action_space.seed(0)
    observation, _ = environment.reset(seed=0)
    seen, actions, states = [], [], []
    for _ in range(steps):
        base = environment.unwrapped
        seen.append(observation)
        states.append(base.data.qpos.copy() if hasattr(base, "data") else np.array(base.state))
        actions.append(environment.action_space.sample())
        observation, *_ = environment.step(actions[-1])
    environment.close()
    kind = np.int64 if np.ndim(actions[0]) == 0 else np.float32
    return Segment(
        name,
        {},
        np.array(seen, np.float32).reshape(steps, -1),
        np.array(actions, kind),
        np.zeros(steps),
        np.array(states, np.float64),
    )


# worked by hand


@pytest.mark.parametrize(
    ("n_steps", "step_rate_hz", "stride", "fps"),
    [
        (25, 50, 1, 25),  # half a second, so stretched to a whole one
        (100, 50, 2, 25),  # two seconds in real time: every second step
        (50, 125, 2, 25),  # 0.4 s stretched to 1 s is 50 steps a second
        (250, 125, 4, 30),  # 125 / 4 = 31.25, cut to 30
        (50, 30, 1, 30),
        (50, 15, 1, 15),
        (1, 50, 1, 1),
        (40, 60, 1, 30),  # 40 steps in one second would be 40 frames; 30 is the most
    ],
)
def test_a_clip_lasts_at_least_a_second_at_thirty_frames_a_second_at_most(n_steps, step_rate_hz, stride, fps):
    assert playback(n_steps, step_rate_hz) == (stride, fps)


@pytest.mark.parametrize(("height", "width"), [(48, 64), (47, 64), (48, 63), (47, 63)])
def test_a_film_has_every_frame_at_the_rate_that_was_asked_and_even_sides(height, width):
    frames, rate, duration_s = decoded(encode_h264(moving_square(9, height=height, width=width), fps=Fraction(25, 2)))
    assert frames.shape == (9, 48, 64, 3)
    assert rate == Fraction(25, 2)
    assert duration_s == pytest.approx(9 / 12.5, abs=1e-3)


def test_the_index_lies_before_the_pictures_so_that_a_browser_can_begin():
    names = boxes(encode_h264(moving_square(9), fps=25))
    assert names[:2] == ["ftyp", "moov"]
    assert names[-1] == "mdat"


# recovers


def test_the_film_shows_what_was_drawn():
    frames = moving_square(10)
    seen, _, _ = decoded(encode_h264(frames, fps=25))
    error = seen.astype(float) - frames
    assert 10 * np.log10(255**2 / (error**2).mean()) > 33  # dB; above 30 is taken as good
    centres = [np.nonzero(frame[24, :, 0] > 135)[0].mean() for frame in seen]
    np.testing.assert_allclose(np.diff(centres), 4, atol=0.6)


def test_colours_come_back_as_they_went_in():
    colours = np.array([[230, 159, 0], [0, 114, 178], [0, 158, 115], [74, 85, 104]], np.uint8)
    frames = np.repeat(np.repeat(colours[:, None, None], 48, axis=1), 64, axis=2)
    seen, _, _ = decoded(encode_h264(frames, fps=5))
    assert np.abs(seen.astype(int) - frames).max() <= 6


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_segment_becomes_a_film_in_which_something_moves(name):
    segment = record(name, 12)
    media = render_clip(segment, height=120)
    assert media.media_type == "video/mp4"
    seen, rate, duration_s = decoded(media.content)
    with Renderer() as renderer:
        stride, fps = playback(12, renderer.frame_rate_hz(segment))
        drawn = renderer.frames(segment, height=120, stride=stride)
    assert seen.shape == drawn.shape
    assert rate == fps
    assert duration_s > 0.99
    assert (np.abs(drawn[0].astype(int) - drawn[-1]).max(axis=2) > 60).any()
    assert (np.abs(seen[0].astype(int) - seen[-1]).max(axis=2) > 60).any()
    assert np.abs(seen.astype(int) - drawn).mean() < 6


# invariant


@given(st.integers(1, 2000), st.floats(0.5, 1000))
def test_no_clip_is_shorter_than_a_second_or_faster_than_life(n_steps, step_rate_hz):
    stride, fps = playback(n_steps, step_rate_hz)
    n_frames = -(-n_steps // stride)
    duration_s = float(n_frames / fps)
    assert 0 < fps <= 30
    assert duration_s > 0.99
    assert duration_s > 0.99 * n_steps / step_rate_hz
    assert duration_s < 1.6 * max(1, n_steps / step_rate_hz) + float(1 / fps)


def test_the_same_frames_give_the_same_bytes():
    films = {encode_h264(moving_square(8), fps=25) for _ in range(3)}
    assert len(films) == 1


def test_a_clip_is_the_same_with_a_renderer_of_its_own_and_with_one_used_before():
    segment, other = record("CartPole-v1", 10), record("Hopper-v5", 10)
    with Renderer() as renderer:
        render_clip(other, renderer=renderer)
        media = render_clip(segment, renderer=renderer)
    assert media.media_id == render_clip(segment).media_id == content_hash(media.content)


def test_x264_says_nothing(capfd):
    encode_h264(moving_square(4), fps=25)
    assert capfd.readouterr() == ("", "")


# refuses


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((0, 8, 8, 3), np.uint8),
        np.zeros((2, 8, 0, 3), np.uint8),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((2, 8, 8, 4), np.uint8),
        np.zeros((2, 8, 8, 3)),
    ],
)
def test_what_are_no_frames_is_refused(frames):
    with pytest.raises(BadValue, match=r"uint8 of shape \(frame, height, width, 3\)"):
        encode_h264(frames, fps=25)


@pytest.mark.parametrize("fps", [0, -1, float("nan")])
def test_a_rate_that_is_not_positive_is_refused(fps):
    with pytest.raises(BadValue, match="a rate above 0"):
        encode_h264(moving_square(2), fps=fps)


@pytest.mark.parametrize(("n_steps", "step_rate_hz"), [(0, 50), (5, 0), (5, float("nan"))])
def test_a_clock_that_stands_still_and_no_steps_are_refused(n_steps, step_rate_hz):
    with pytest.raises(BadValue):
        playback(n_steps, step_rate_hz)


def test_a_segment_that_cannot_be_drawn_is_refused():
    segment = record("CartPole-v1", 2)
    bare = Segment("CartPole-v1", {}, segment.observation, segment.action, segment.reward, np.empty((2, 0)))
    with pytest.raises(InputError, match="no seed to replay from"):
        render_clip(bare)
