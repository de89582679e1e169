"""Small environments for tests, registered for as long as a test needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces


class Drift(gymnasium.Env[Any, Any]):
    """A point that drifts by its action and is paid for being near 0; it has no attribute `state`."""

    observation_space = spaces.Box(-np.inf, np.inf, (2,))
    action_space = spaces.Box(-1.0, 1.0, (1,))
    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012  Gymnasium's own way
    ends_after: int | None = None

    def __init__(self, render_mode: str | None = None, push: float = 0.1) -> None:
        self.render_mode, self.push = render_mode, push

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        super().reset(seed=seed)
        self.point, self.steps = self.np_random.normal(size=2), 0
        return self.seen(), {}

    def seen(self):
        return self.point.astype(np.float32)

    def paid(self) -> float:
        return -float(np.abs(self.point).sum())

    def step(self, action):
        self.point = self.point + self.push * np.resize(action, 2) + 0.01 * self.np_random.normal(size=2)
        self.steps += 1
        return self.seen(), self.paid(), self.steps == self.ends_after, False, {}

    def render(self):
        picture = np.full((40, 60, 3), 255, np.uint8)
        row, column = np.clip(np.array([20, 30]) + 5 * self.point, 0, [39, 59]).astype(int)
        picture[row, :], picture[:, column] = 0, 0
        return picture


@pytest.fixture
def drift() -> type[Drift]:
    """Return the class of the small environment, to be changed by a subclass."""
    return Drift


@pytest.fixture
def register() -> Iterator[Callable[..., str]]:
    """Return a function that registers an environment class under a name of its own and returns the name."""
    names: list[str] = []

    def add(kind: Any = Drift, *, limit: int | None = 40, **changes: Any) -> str:
        name = f"TacitTest{len(names)}-v0"
        entry = kind if isinstance(kind, str) else type(kind.__name__, (kind,), changes)
        gymnasium.register(name, entry_point=entry, max_episode_steps=limit)
        names.append(name)
        return name

    yield add
    for name in names:
        del gymnasium.registry[name]
