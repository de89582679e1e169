import hashlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save

from tacit.errors import BadFile, BadValue, NotFinite
from tacit_control.segment import Segment

STEPS = 3


def segment(**changes):
    fields = {
        "environment": "CartPole-v1",
        "make_arguments": {},
        "observation": np.arange(12, dtype=np.float32).reshape(STEPS, 4),
        "action": np.array([0, 1, 1]),
        "reward": np.ones(STEPS),
        "frame_state": np.arange(12, dtype=np.float64).reshape(STEPS, 4),
    }
    return Segment(**{**fields, **changes})


# worked by hand


def test_the_bytes_are_safetensors_whose_header_says_where_each_array_lies():
    content = segment().to_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    # 3 int64 actions are 24 bytes, 3×4 float64 are 96, 3 float64 rewards 24, 3×4 float32 are 48, no prefix is 0
    assert header["observation"] == {"dtype": "F32", "shape": [3, 4], "data_offsets": [144, 192]}
    assert len(content) == 8 + length + 24 + 96 + 24 + 48
    assert json.loads(header["__metadata__"]["segment"])["environment"] == "CartPole-v1"


def test_the_identity_of_a_known_segment_never_changes():
    known = "9a9512cb"
    assert hashlib.sha256(segment().to_bytes()).hexdigest()[:8] == known


# invariant


@st.composite
def segments(draw):
    steps = draw(st.integers(1, 5))
    finite = st.floats(-1e6, 1e6, width=32)
    start = draw(st.integers(0, 4))

    def actions(n):
        if discrete:
            return draw(hnp.arrays(np.int64, n, elements=st.integers(-3, 9)))
        return draw(hnp.arrays(np.float32, (n, 2), elements=finite))

    discrete = draw(st.booleans())
    return Segment(
        environment=draw(st.text(max_size=8)),
        make_arguments=draw(
            st.dictionaries(st.text(max_size=4), st.none() | st.booleans() | st.integers(), max_size=3)
        ),
        observation=draw(hnp.arrays(np.float32, (steps, 3), elements=finite)),
        action=actions(steps),
        reward=draw(hnp.arrays(np.float64, steps, elements=finite)),
        frame_state=draw(hnp.arrays(np.float64, (steps, draw(st.integers(0, 3))), elements=finite)),
        start_step=start,
        reset_seed=draw(st.none() | st.integers(0, 2**40)),
        prefix_action=actions(start),
    )


@settings(max_examples=60, deadline=None)
@given(segments())
def test_what_was_written_is_read_again(written):
    content = written.to_bytes()
    read = Segment.from_bytes(content)
    assert read.to_bytes() == content
    assert (read.environment, read.start_step, read.reset_seed) == (
        written.environment,
        written.start_step,
        written.reset_seed,
    )
    assert read.make_arguments == dict(written.make_arguments)
    for name in ("observation", "action", "reward", "frame_state", "prefix_action"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name), strict=True)


def test_equal_content_gives_equal_bytes_however_it_lies_in_memory():
    wide = np.arange(24, dtype=np.float32).reshape(STEPS, 8)
    strided = segment(observation=wide[:, ::2], make_arguments={"a": 1, "b": 2})
    packed = segment(observation=wide[:, ::2].copy(), make_arguments={"b": 2, "a": 1})
    assert not strided.observation.flags.c_contiguous
    assert strided.to_bytes() == packed.to_bytes()
    np.testing.assert_array_equal(Segment.from_bytes(strided.to_bytes()).observation, wide[:, ::2])


def test_any_difference_gives_other_bytes():
    changes = [
        {},
        {"environment": "CartPole-v0"},
        {"make_arguments": {"a": 1}},
        {"start_step": 1},
        {"reset_seed": 0},
        {"reward": np.zeros(STEPS)},
        {"start_step": 1, "prefix_action": np.array([0])},
    ]
    assert len({segment(**change).to_bytes() for change in changes}) == len(changes)


# refuses


@pytest.mark.parametrize("kept", [0, 4, 8, 60, 200, -1])
def test_bytes_cut_short_are_refused(kept):
    content = segment().to_bytes()
    with pytest.raises(BadFile, match=r"clip 7: got .* bytes that cannot be read"):
        Segment.from_bytes(content[:kept], where="clip 7")


@pytest.mark.parametrize(
    "foreign",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b'{"environment": "CartPole-v1"}',
        save({"weight": np.zeros(3)}),
        save({"weight": np.zeros(3)}, metadata={"segment": "no JSON"}),
        save({"weight": np.zeros(3)}, metadata={"segment": "[1]"}),
    ],
)
def test_foreign_bytes_are_refused(foreign):
    with pytest.raises(BadFile):
        Segment.from_bytes(foreign)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"format": 2}, "Install a newer tacit-control"),
        ({"format": 1, "environment": 5, "make_arguments": {}, "start_step": 0, "reset_seed": None}, "got arrays"),
        ({"format": 1}, "got arrays"),
    ],
)
def test_a_later_format_and_wrong_facts_are_told_apart(facts, message):
    with pytest.raises(BadFile, match=message):
        Segment.from_bytes(save({"reward": np.zeros(3)}, metadata={"segment": json.dumps(facts)}))


@pytest.mark.parametrize("name", ["observation", "reward", "frame_state"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_refused_with_their_step(name, bad):
    array = getattr(segment(), name).copy()
    array[1] = bad
    with pytest.raises(NotFinite, match=rf"Segment\.{name}, step 1"):
        segment(**{name: array})


def test_nan_in_bytes_is_refused():
    content = bytearray(segment().to_bytes())
    content[-4:] = np.array([np.nan], dtype="<f4").tobytes()  # the last array is the observation
    with pytest.raises(NotFinite):
        Segment.from_bytes(bytes(content))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"observation": np.zeros((STEPS, 4))}, "float64 of shape"),
        ({"observation": np.zeros(STEPS, np.float32)}, "2 axes and 3 steps"),
        ({"action": np.zeros(STEPS - 1, np.int64)}, "shape \\(2,\\)"),
        ({"action": np.zeros(STEPS, bool)}, "float32 or int64"),
        ({"reward": np.zeros((STEPS, 1))}, "1 axes"),
        ({"observation": np.zeros((0, 4), np.float32), "action": np.zeros(0, np.int64)}, "got"),
        ({"start_step": 2, "prefix_action": np.zeros(1, np.int64)}, "1 actions before step 2"),
        ({"make_arguments": {"reward": {1, 2}}}, "JSON"),
        ({"make_arguments": {"reward": np.nan}}, "JSON"),
        ({"start_step": np.int64(2)}, "JSON"),
    ],
)
def test_arrays_of_another_shape_or_type_are_refused(changes, message):
    with pytest.raises(BadValue, match=message):
        segment(**changes)
