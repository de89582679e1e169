"""Turns a segment into frames, in the quickest way that its environment allows.

A classic-control task is put into each recorded state and drawn by Gymnasium itself. A MuJoCo robot is sketched from
its joint positions, or rendered by MuJoCo on request. Any other environment is replayed from its reset.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from enum import StrEnum
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from tacit.errors import BadValue, InputError, TacitError
from tacit_control.segment import Segment
from tacit_control.task import environment_spec, missing_extra

DEFAULT_HEIGHT_PX = 240
DEFAULT_RATE_HZ = 30.0
CARTPOLE_SIGHT_M = 4.0
"""A cart farther out is not seen, nor its pole; drawing it there would overflow the coordinates of the renderer."""

Frames = NDArray[np.uint8]
_Draw = Callable[[Segment, range], Frames]


class Style(StrEnum):
    """How a MuJoCo robot is shown."""

    SKETCH = "sketch"
    MUJOCO = "mujoco"


class Renderer:
    """Draws segments, and keeps one environment for each id open until it is closed.

    Args:
        style: how MuJoCo robots are shown; ``mujoco`` needs OpenGL.
    """

    def __init__(self, *, style: Style | str = Style.SKETCH) -> None:
        if style not in list(Style):
            raise BadValue("style", got=repr(style), expected=f"one of {', '.join(Style)}")
        self._style = Style(style)
        self._environments: dict[tuple[str, str, str | None], gymnasium.Env[Any, Any]] = {}
        self._robots: dict[tuple[str, str, int], _Draw] = {}
        self._open_things = ExitStack()

    def __enter__(self) -> Renderer:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the environments; the next segment opens its own again."""
        self._environments.clear()
        self._robots.clear()
        self._open_things.close()

    def frame_rate_hz(self, segment: Segment) -> float:
        """Return the steps per second of the environment's own clock, 30 where it states none."""
        metadata = self._open(segment, None).unwrapped.metadata
        return float(metadata.get("render_fps") or DEFAULT_RATE_HZ)

    def frames(self, segment: Segment, *, height: int = DEFAULT_HEIGHT_PX, stride: int = 1) -> Frames:
        """Return what each step of a segment looks like.

        Args:
            segment: what to draw.
            height: of a frame in pixels; the width follows from the environment's own proportions, both even.
            stride: draw every so manieth step, beginning with the first.

        Returns:
            Colours 0 to 255, shape (frame, height, width, 3).

        Raises:
            UnknownName: Gymnasium knows no such environment. MissingExtra: the environment's own package is absent.
            BadValue: a height below 32 or a stride below 1.
            InputError: the environment cannot be drawn without a window, or the replay went another way.
        """
        if height < 32 or stride < 1:
            raise BadValue("frames", got=f"height {height}, stride {stride}", expected="height ≥ 32 and stride ≥ 1")
        height = 2 * round(height / 2)
        steps = range(0, len(segment), stride)
        plain = self._open(segment, None)
        k = segment.frame_state.shape[1]
        with _foreign_faults(segment.environment):
            model = getattr(plain.unwrapped, "model", None)
            if k and model is not None and k == getattr(model, "nq", -1):
                return self._robot(segment, height)(segment, steps)
            if "rgb_array" not in (plain.unwrapped.metadata.get("render_modes") or ()):
                raise _cannot_draw(segment.environment, "no render mode 'rgb_array'")
            if k and _takes_states(shown := self._open(segment, "rgb_array")):
                return _from_states(shown, segment, steps, height)
            if segment.reset_seed is not None:
                # a new environment each time: Box2D remembers contacts beyond a reset
                with closing(_made(segment, "rgb_array")) as fresh:
                    return _by_replay(fresh, segment, steps, height)
        raise _cannot_draw(segment.environment, f"{k} state variables and no seed to replay from")

    def _open(self, segment: Segment, render_mode: str | None) -> gymnasium.Env[Any, Any]:
        key = (segment.environment, json.dumps(dict(segment.make_arguments), sort_keys=True), render_mode)
        if key not in self._environments:
            self._environments[key] = self._open_things.enter_context(closing(_made(segment, render_mode)))
        return self._environments[key]

    def _robot(self, segment: Segment, height: int) -> _Draw:
        key = (segment.environment, json.dumps(dict(segment.make_arguments), sort_keys=True), height)
        if key not in self._robots:
            base: Any = self._open(segment, None).unwrapped
            if self._style is Style.SKETCH:
                self._robots[key] = _sketched(base.model, height)
            else:
                from tacit_control.opengl import OpenGLView  # noqa: PLC0415  needs the optional MuJoCo

                view = self._open_things.enter_context(closing(OpenGLView(base.model, base.data, height=height)))
                self._robots[key] = lambda shown, steps: view.frames(shown.frame_state[:: steps.step])
        return self._robots[key]


def frames(segment: Segment, *, height: int = DEFAULT_HEIGHT_PX, style: Style | str = Style.SKETCH) -> Frames:
    """Return what each step of one segment looks like; for many segments keep a `Renderer`."""
    with Renderer(style=style) as renderer:
        return renderer.frames(segment, height=height)


def _made(segment: Segment, render_mode: str | None) -> gymnasium.Env[Any, Any]:
    """Return a new environment as the segment's was made, without a time limit of its own."""
    environment_spec(segment.environment)
    arguments = dict(segment.make_arguments)
    try:
        return gymnasium.make(
            segment.environment, render_mode=render_mode, max_episode_steps=-1, disable_env_checker=True, **arguments
        )
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        raise missing_extra(segment.environment, error) from None
    except TypeError as error:
        expected = "arguments that the environment takes"
        raise InputError(f"environment {segment.environment}", got=str(error), expected=expected) from None


def _sketched(model: Any, height: int) -> _Draw:  # noqa: ANN401  mujoco is optional
    from tacit_control.sketch import Sketch  # noqa: PLC0415  needs the optional MuJoCo

    sketch = Sketch(model, height=height)

    def draw(segment: Segment, steps: range) -> Frames:
        passed = (np.array(steps) + 1) / len(segment)
        captions = [f"{step + 1}/{len(segment)}" for step in steps]
        return sketch.frames(segment.frame_state[:: steps.step], captions=captions, progress=passed)

    return draw


def _takes_states(shown: gymnasium.Env[Any, Any]) -> bool:
    """Whether the environment has a state to set; the reset also clears what else is drawn, such as a last torque."""
    shown.reset(seed=0)
    return hasattr(shown.unwrapped, "state")


def _from_states(shown: gymnasium.Env[Any, Any], segment: Segment, steps: range, height: int) -> Frames:
    """Draw each recorded state by putting the environment into it."""
    from tacit_control.surface import picture_of_state, ready_for_drawing  # noqa: PLC0415  loads SDL

    ready_for_drawing()
    base: Any = shown.unwrapped
    drawn = []
    for step in steps:
        state = segment.frame_state[step].copy()
        if segment.environment.startswith("CartPole"):
            state[0] = np.clip(state[0], -CARTPOLE_SIGHT_M, CARTPOLE_SIGHT_M)
        drawn.append(picture_of_state(base, state, height))
    return np.stack(drawn)


def _by_replay(shown: gymnasium.Env[Any, Any], segment: Segment, steps: range, height: int) -> Frames:
    """Draw by acting again as the agent did; an episode that ended keeps its last picture."""
    if len(segment.prefix_action) != segment.start_step:
        raise _cannot_draw(segment.environment, f"step {segment.start_step} and no actions that lead there")
    from tacit_control.surface import ready_for_drawing, scaled  # noqa: PLC0415  loads SDL

    ready_for_drawing()
    observation, _ = shown.reset(seed=segment.reset_seed)
    ended = False
    for action in segment.prefix_action:
        if not ended:
            observation, _, ended, _, _ = shown.step(_as_action(shown.action_space, action))
    drawn: list[Frames] = []
    for step in range(steps[-1] + 1):
        if step in steps:
            _check_replay(shown, segment, step, observation)
            drawn.append(scaled(np.asarray(shown.render()), height))
        if not ended:
            observation, _, ended, _, _ = shown.step(_as_action(shown.action_space, segment.action[step]))
    return np.stack(drawn)


def _as_action(space: spaces.Space[Any], action: NDArray[Any]) -> Any:  # noqa: ANN401  whatever the environment takes
    if isinstance(space, spaces.Discrete):
        return int(action)
    return np.clip(action, space.low, space.high).astype(space.dtype) if isinstance(space, spaces.Box) else action


def _check_replay(shown: gymnasium.Env[Any, Any], segment: Segment, step: int, observation: object) -> None:
    """Refuse to show a clip of something else than what was recorded."""
    if not isinstance(shown.observation_space, spaces.Box):
        return
    seen = np.asarray(observation, dtype=np.float32).ravel()
    recorded = segment.observation[step]
    if seen.shape != recorded.shape or not np.allclose(seen, recorded, rtol=1e-4, atol=1e-4):
        raise InputError(
            f"replay of {segment.environment}",
            got=f"another observation at step {segment.start_step + step} than was recorded",
            expected="the same episode from the same seed and actions",
            do="Train with a simulated judge, or have the environment show its state as an attribute 'state'",
        )


@contextmanager
def _foreign_faults(environment: str) -> Iterator[None]:
    """Name the environment in whatever its own drawing code raises."""
    try:
        yield
    except TacitError:
        raise
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        raise missing_extra(environment, error) from error
    except Exception as error:
        raise _cannot_draw(environment, f"{type(error).__name__}: {error}") from error


def _cannot_draw(environment: str, got: str) -> InputError:
    return InputError(
        f"drawing {environment}",
        got=got,
        expected="an environment that can be drawn without a window",
        do="Train with a simulated judge, or give the environment render mode 'rgb_array'",
    )
