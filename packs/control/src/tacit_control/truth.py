"""What a simulated judge values in each step of a segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_control.segment import Segment

CARTPOLE_ANGLE_LIMIT_RAD = 12 * np.pi / 180
CARTPOLE_POSITION_LIMIT_M = 2.4

StepValues = Callable[[Sequence[Segment]], NDArray[np.float64]]
"""Segments of one environment and length → value of each step, shape (segment, step)."""


def own_reward(segments: Sequence[Segment]) -> NDArray[np.float64]:
    """Return the environment's own reward of each step, shape (segment, step)."""
    return np.stack([segment.reward for segment in segments])


def cartpole_uprightness(segments: Sequence[Segment]) -> NDArray[np.float64]:
    """Return how well the pole stands in the middle, from the picture of each step alone.

    The value of a step is 0 where the pole leans beyond 12° or the cart is beyond 2.4 m, else
    1 − ½(θ/12°)² − ½(x/2.4 m)², which falls from 1 (upright, centred) to 0 (both limits at once). CartPole's own
    reward is 1 at every step, so no comparison could tell two clips apart.

    Each step is scored by the state that its frame shows and by nothing else: neither by what came before it, nor by
    velocities, nor by whether the episode has ended. A cart that comes back within 2.4 m therefore counts again. The
    angle is the environment's own, which is not wrapped: a pole that went over and around stays fallen.

    Args:
        segments: segments of CartPole whose frame_state is (x in m, ẋ, θ in rad, θ̇).

    Returns:
        Values from 0 to 1, shape (segment, step).

    Raises:
        BadValue: a segment without CartPole's four state variables.
    """
    state = np.stack([segment.frame_state for segment in segments])
    if state.shape[-1] != 4:
        raise BadValue("CartPole's frame_state", got=f"{state.shape[-1]} variables", expected="4: x, ẋ, θ, θ̇")
    position = state[..., 0] / CARTPOLE_POSITION_LIMIT_M
    angle = state[..., 2] / CARTPOLE_ANGLE_LIMIT_RAD
    inside = (np.abs(position) <= 1) & (np.abs(angle) <= 1)
    value: NDArray[np.float64] = np.where(inside, 1 - 0.5 * angle**2 - 0.5 * position**2, 0.0)
    return value


STEP_VALUES: dict[str, StepValues] = {"CartPole-v0": cartpole_uprightness, "CartPole-v1": cartpole_uprightness}
"""Environment id → what its simulated judge values; an id that is absent is judged by its own reward."""


def utility(segments: Sequence[Segment]) -> NDArray[np.float64]:
    """Return what a simulated judge values in each step of each segment.

    Args:
        segments: segments of the same number of steps.

    Returns:
        Values, shape (segment, step), in the unit of the environment's reward unless `STEP_VALUES` says otherwise.

    Raises:
        BadValue: segments of different lengths.
    """
    lengths = sorted({len(segment) for segment in segments})
    if len(lengths) > 1:
        raise BadValue("segments", got=f"lengths from {lengths[0]} to {lengths[-1]} steps", expected="one length")
    values = np.empty((len(segments), *lengths) if lengths else (0, 0))
    for environment in {segment.environment for segment in segments}:
        rows = [row for row, segment in enumerate(segments) if segment.environment == environment]
        values[rows] = STEP_VALUES.get(environment, own_reward)([segments[row] for row in rows])
    return values
