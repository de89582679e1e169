"""A trajectory segment: some consecutive steps of one episode, with all that is needed to show and to score them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from tacit.errors import BadFile, BadValue, NotFinite

SEGMENT_MEDIA_TYPE = "application/vnd.tacit.segment"
SEGMENT_FORMAT = 1

_ARRAYS = ("observation", "action", "reward", "frame_state", "prefix_action")
_FACTS = {"environment": str, "make_arguments": dict, "start_step": int, "reset_seed": int | None}


def _no_actions() -> NDArray[Any]:
    return np.empty(0, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Segment:
    """Some consecutive steps of one episode.

    Row t of every array belongs to one moment: `observation` and `frame_state` are what the agent saw and what a
    frame shows before `action` was taken; `reward` is what the environment paid for that action.

    Args:
        environment: the Gymnasium id, such as ``CartPole-v1``.
        make_arguments: what `gymnasium.make` was given beside the id; JSON values alone.
        observation: float32, shape (step, observation); at least one step.
        action: int64 of shape (step,) for a Discrete space, float32 of shape (step, action) for a Box.
        reward: float64, shape (step,), the environment's own reward: for simulated judges and for measuring, never
            shown to the agent.
        frame_state: float64, shape (step, k): what it takes to draw each step by itself: the unwrapped state of a
            classic-control task, `qpos` of a MuJoCo task; k is 0 where a step can be drawn by replay alone.
        start_step: steps from the reset of the episode to the first step of the segment.
        reset_seed: the seed of that reset, for replay; None where frame_state is enough.
        prefix_action: the actions from the reset up to the segment, shape (start_step, …); empty where frame_state
            is enough.

    Raises:
        BadValue: an array of another shape or type, or arguments that JSON cannot hold.
        NotFinite: an array holds NaN or infinity.
    """

    environment: str
    make_arguments: Mapping[str, Any]
    observation: NDArray[np.float32]
    action: NDArray[Any]
    reward: NDArray[np.float64]
    frame_state: NDArray[np.float64]
    start_step: int = 0
    reset_seed: int | None = None
    prefix_action: NDArray[Any] = field(default_factory=_no_actions)

    def __post_init__(self) -> None:
        steps = len(self.observation)
        shapes: dict[str, tuple[type, ...]] = {
            "observation": (np.float32,),
            "action": (np.float32, np.int64),
            "reward": (np.float64,),
            "frame_state": (np.float64,),
            "prefix_action": (np.float32, np.int64),
        }
        for name, dtypes in shapes.items():
            array = getattr(self, name)
            self._check_array(name, array, dtypes, steps if name != "prefix_action" else len(array))
        if steps == 0:
            raise BadValue("Segment.observation", got="no steps", expected="at least one")
        if len(self.prefix_action) not in (0, self.start_step):
            got = f"{len(self.prefix_action)} actions before step {self.start_step}"
            raise BadValue("Segment.prefix_action", got=got, expected="one action a step since the reset, or none")
        try:
            self._facts()
        except (TypeError, ValueError) as error:
            where = "Segment.environment, make_arguments, start_step or reset_seed"
            raise BadValue(where, got=str(error), expected="values that JSON can hold") from None

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.observation)

    def _facts(self) -> str:
        facts = {name: getattr(self, name) for name in _FACTS} | {"make_arguments": dict(self.make_arguments)}
        return json.dumps({"format": SEGMENT_FORMAT, **facts}, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @staticmethod
    def _check_array(name: str, array: NDArray[Any], dtypes: tuple[type, ...], steps: int) -> None:
        axes = {"observation": (2,), "frame_state": (2,), "reward": (1,)}.get(name, (1, 2))
        if array.dtype not in dtypes or array.ndim not in axes or len(array) != steps:
            wanted = " or ".join(dtype.__name__ for dtype in dtypes)
            expected = f"{wanted} with {' or '.join(map(str, axes))} axes and {steps} steps"
            raise BadValue(f"Segment.{name}", got=f"{array.dtype} of shape {array.shape}", expected=expected)
        if not np.isfinite(array).all():
            step = int(np.flatnonzero(~np.isfinite(array).reshape(steps, -1).all(axis=1))[0])
            raise NotFinite(f"Segment.{name}, step {step}", got=array[step].tolist(), expected="finite numbers")

    def to_bytes(self) -> bytes:
        """Return the canonical bytes: safetensors with one JSON text beside the arrays; equal content, equal bytes."""
        # safetensors writes the memory behind an array and heeds no strides
        arrays = {name: np.ascontiguousarray(getattr(self, name)) for name in _ARRAYS}
        return save(arrays, metadata={"segment": self._facts()})

    @classmethod
    def from_bytes(cls, content: bytes, *, where: str = "segment") -> Segment:
        """Return the segment that `to_bytes` wrote.

        Args:
            content: the bytes.
            where: how to name them in an error: an item id, a path.

        Raises:
            BadFile: bytes that are cut short, foreign, or of a later format. NotFinite: an array holds NaN.
        """
        try:
            arrays = load(content)
            facts = _facts_of(content)
            version = int(facts.pop("format"))
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            got = f"{len(content)} bytes that cannot be read ({type(error).__name__}: {error})"
            raise BadFile(where, got=got, expected=f"whole bytes of type {SEGMENT_MEDIA_TYPE}") from None
        if version > SEGMENT_FORMAT:
            do = "Install a newer tacit-control to read it"
            raise BadFile(where, got=f"format {version}", expected=f"{SEGMENT_FORMAT} or lower", do=do)
        well_typed = all(isinstance(facts.get(name), kind) for name, kind in _FACTS.items())
        if set(arrays) != set(_ARRAYS) or set(facts) != set(_FACTS) or not well_typed:
            got = f"arrays {', '.join(sorted(arrays))} and facts {facts}"
            raise BadFile(where, got=got, expected=f"arrays {', '.join(_ARRAYS)} and facts {', '.join(_FACTS)}")
        content_of: dict[str, Any] = {**arrays, **facts}
        return cls(**content_of)


def _facts_of(content: bytes) -> dict[str, Any]:
    """Return the JSON text in the header of safetensors bytes; the header is a length in 8 bytes, then JSON."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return dict(json.loads(header["__metadata__"]["segment"]))
