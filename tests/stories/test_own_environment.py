"""A stranger teaches an environment of their own, from the folder that holds its module."""

import sys
import textwrap

import gymnasium
import pytest

HOVER = """
    import gymnasium
    import numpy as np

    class Hover(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-10, 10, (2,), np.float32)
        action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)
        metadata = {"render_modes": ["rgb_array"], "render_fps": 25}

        def __init__(self, render_mode=None):
            self.render_mode = render_mode

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.state = self.np_random.uniform(-1, 1, 2).astype(np.float32)
            return self.state.copy(), {}

        def step(self, action):
            height, speed = self.state
            self.state = np.array([height + 0.1 * speed, speed + 0.1 * action[0]], np.float32).clip(-10, 10)
            return self.state.copy(), -float(abs(self.state[0])), False, False, {}

        def render(self):
            picture = np.full((96, 96, 3), 255, np.uint8)
            row = int(np.clip(48 - 10 * self.state[0], 3, 92))
            picture[row - 3 : row + 3, 45:51] = 0
            return picture

    gymnasium.register("Hover-v0", entry_point=Hover, max_episode_steps=100)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in a folder that holds the module, as one does at a shell."""
    (tmp_path / "hover_of_mine.py").write_text(textwrap.dedent(HOVER))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("hover_of_mine", None)
    gymnasium.registry.pop("Hover-v0", None)


def test_an_environment_in_a_module_of_ones_own_is_learned(folder, tacit):
    said = tacit(
        *("learn", "hover_of_mine:Hover-v0", "--labels", "12", "--steps", "2000", "--iterations", "1"),
        *("--episodes", "2", "--no-controls", "--out", "run", "--json"),
    )
    assert said.code == 0, said.err
    assert said.result["labels"] == 12
    assert said.result["true_return"]["mean"] < 0
    assert "<video" in (folder / "run" / "report.html").read_text()


def test_a_module_that_is_not_there_is_one_message(folder, tacit):
    said = tacit("learn", "hover_of_thine:Hover-v0", "--out", "run")
    assert said.code == 2
    assert "no module 'hover_of_thine'" in said.err
    assert "Traceback" not in said.err
