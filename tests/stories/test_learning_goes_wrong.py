"""What can go wrong on the way is one message and exit code 2, or a warning on the page; what was learned is kept."""

import contextlib
import ctypes
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

SMALL = ["--labels", "12", "--steps", "3000", "--iterations", "3", "--episodes", "4", "--no-controls", "--seed", "1"]
CAPABILITY_VERSION_3 = 0x20080522
OVERRIDES_PERMISSIONS = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH of capabilities(7)


class Walk(gymnasium.Env):
    """A point that walks by its action and is paid for being near 0."""

    observation_space = spaces.Box(-np.inf, np.inf, (2,))
    action_space = spaces.Box(-1.0, 1.0, (1,))
    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012  Gymnasium's own way

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state, self.steps = self.np_random.normal(size=2), 0
        return self.state.astype(np.float32), {}

    def step(self, action):
        self.state = self.state + 0.1 * np.resize(action, 2)
        self.steps += 1
        return self.state.astype(np.float32), -float(np.abs(self.state).sum()), False, False, {}

    def render(self):
        return np.full((40, 60, 3), 200, np.uint8)


@pytest.fixture
def register():
    """Return a function that registers a kind of environment and returns its name."""
    names = []

    def add(kind):
        name = f"TacitStory{len(names)}-v0"
        gymnasium.register(name, entry_point=kind, max_episode_steps=50)
        names.append(name)
        return name

    yield add
    for name in names:
        del gymnasium.registry[name]


@contextlib.contextmanager
def unprivileged():
    """Let file permissions bind root as they bind everybody; a test that is run by an ordinary user needs nothing.

    Becoming another user instead would hide this very checkout wherever its folder is for its owner alone.
    """
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0, os.strerror(ctypes.get_errno())
    effective = sets[0]
    sets[0] = effective & ~OVERRIDES_PERMISSIONS
    assert libc.capset(header, sets) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        sets[0] = effective
        assert libc.capset(header, sets) == 0, os.strerror(ctypes.get_errno())


def refused(said, *words):
    """Check that a call said one thing beside its progress, with `words` in it, and nothing on standard output."""
    complaints = [line for line in said.err.splitlines() if "%, " not in line]
    assert (said.code, said.out, len(complaints)) == (2, "", 1), said
    assert complaints[0].startswith("tacit learn: ")
    for word in words:
        assert word in complaints[0], complaints[0]


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# before anything is made


@pytest.mark.parametrize(
    ("space", "advice"),
    [
        ({"observation_space": spaces.Dict(a=spaces.Box(-1, 1, (3,)))}, "gymnasium.wrappers.FlattenObservation"),
        ({"action_space": spaces.MultiDiscrete([2, 3])}, "gymnasium.wrappers.TransformAction"),
    ],
)
def test_spaces_that_cannot_be_learned_in_are_refused_with_advice(tacit, register, tmp_path, space, advice):
    name = register(type("Other", (Walk,), space))
    refused(tacit("learn", name, *SMALL, "--out", tmp_path / "run"), name, advice)
    assert not (tmp_path / "run").exists()


def test_a_missing_package_is_named_with_the_line_that_installs_it(tacit, monkeypatch, tmp_path):
    for module in [name for name in sys.modules if name.startswith(("Box2D", "gymnasium.envs.box2d"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "Box2D", None)  # as where it is not installed
    said = tacit("learn", "LunarLander-v3", *SMALL, "--out", tmp_path / "run")
    refused(said, "LunarLander-v3", "pip install 'gymnasium[box2d]'")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--horizon", "10", "--segment-steps", "50"], ["clips of 50 steps in episodes of 10"]),
        (["--termination", "ignored"], ["terminate_when_unhealthy", "absorbed"]),
    ],
)
def test_settings_that_do_not_fit_together_leave_no_folder(tacit, tmp_path, options, words):
    refused(tacit("learn", "CartPole-v1", *SMALL, *options, "--out", tmp_path / "run"), *words)
    assert not (tmp_path / "run").exists()


def test_a_file_in_the_place_of_the_folder_is_left_alone(tacit, tmp_path):
    (tmp_path / "run").write_text("mine")
    refused(tacit("learn", "CartPole-v1", *SMALL, "--out", tmp_path / "run"), "files that are no run")
    assert (tmp_path / "run").read_text() == "mine"


def test_a_folder_with_files_of_another_kind_is_left_alone(tacit, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    refused(tacit("learn", "CartPole-v1", *SMALL, "--out", tmp_path), "files that are no run", "another --out")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_folder_that_may_not_be_written_or_entered_is_one_message(tacit, finished, mode):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(mode)
        try:
            with unprivileged():
                said = tacit("learn", "CartPole-v1", *SMALL, "--out", folder / "run")
        finally:
            folder.chmod(0o700)
        refused(said, str(folder), "ermission denied")
        assert list(folder.iterdir()) == []


# on the way


def test_what_is_not_finite_stops_the_run_and_once_mended_it_goes_on(tacit, register, tmp_path):
    class Breaking(Walk):
        taken, breaks_at = 0, 10**9

        def step(self, action):
            observation, *rest = super().step(action)
            Breaking.taken += 1
            return observation * (np.nan if Breaking.taken == Breaking.breaks_at else 1), *rest

    name = register(Breaking)
    whole = tacit("learn", name, *SMALL, "--out", tmp_path / "whole", "--json").result
    Breaking.taken, Breaking.breaks_at = 0, 6_000
    command = ["learn", name, *SMALL, "--out", tmp_path / "run", "--json"]
    refused(tacit(*command), name, "got observation [nan nan]", "expected finite numbers", "last checkpoint")
    assert len((tmp_path / "run" / "progress.jsonl").read_text().splitlines()) >= 1
    result = tacit(*command).result  # the fault is behind it
    for field in ("true_return", "heldout_agreement", "win_rate", "outcomes", "labels", "env_steps"):
        assert result[field] == whole[field]


def test_an_interruption_is_answered_with_how_to_go_on(tacit, register, tmp_path):
    class Interrupting(Walk):
        taken = 0

        def step(self, action):
            Interrupting.taken += 1
            if Interrupting.taken == 6_000:
                raise KeyboardInterrupt
            return super().step(action)

    name = register(Interrupting)
    said = tacit("learn", name, *SMALL, "--out", tmp_path / "run")
    assert (said.code, said.out) == (130, "")
    assert "To go on, run: tacit learn" in said.err.splitlines()[-1]
    assert tacit("learn", name, *SMALL, "--out", tmp_path / "run", "--json").result["labels"] == 12


def test_an_environment_that_cannot_be_drawn_is_learned_and_the_page_says_why_there_are_no_clips(
    tacit, register, tmp_path
):
    name = register(type("Blind", (Walk,), {"metadata": {"render_modes": []}}))
    said = tacit("learn", name, *SMALL, "--out", tmp_path / "run", "--json")
    assert said.code == 0, said.err
    warnings = json.loads((tmp_path / "run" / "run.json").read_text())["warnings"]
    assert [warning[:11] for warning in warnings] == ["No clip of ", "No clip of ", "No clips of"]
    page = (tmp_path / "run" / "report.html").read_text()
    assert page.count("no render mode") == 3


def test_a_termination_that_leaks_what_is_wanted_is_warned_of_on_the_page(tacit, tmp_path):
    said = tacit("learn", "CartPole-v1", *SMALL, "--termination", "own", "--out", tmp_path / "run", "--json")
    assert said.code == 0, said.err
    warnings = json.loads((tmp_path / "run" / "run.json").read_text())["warnings"]
    assert sum("Use --termination absorbed" in warning for warning in warnings) == 1
    assert "--termination absorbed" in (tmp_path / "run" / "report.html").read_text()


def test_a_reward_no_better_than_a_coin_is_not_followed_and_the_page_says_so(tacit, tmp_path):
    said = tacit("learn", "CartPole-v1", *SMALL, "--mistake", "0.5", "--out", tmp_path / "run", "--json")
    assert said.code == 0, said.err
    warnings = json.loads((tmp_path / "run" / "run.json").read_text())["warnings"]
    (warning,) = [text for text in warnings if "no better than a coin" in text]
    assert "Ask for more --labels" in warning
    assert "no better than a coin" in (tmp_path / "run" / "report.html").read_text()


def test_a_judge_that_skips_everything_is_one_message(tacit, tmp_path):
    said = tacit("learn", "CartPole-v1", *SMALL, "--skip-below", "1e9", "--out", tmp_path / "run")
    refused(said, "labeler 'simulated'", "3 skipped")


# when it is gone on with


@pytest.fixture
def unfinished(finished, tmp_path):
    """Return a copy of the short run as if it had been killed before anything was measured."""
    folder = tmp_path / "run"
    shutil.copytree(finished[0], folder)
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, "status": "running", "results": {}}))
    return folder


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("newer", ["project of version 9999", "Install a newer tacit"]),
        ("foreign", ["SQLite file of another program"]),
        ("text", ["not SQLite"]),
        ("truncated", ["tacit.sqlite"]),
    ],
)
def test_a_project_that_is_none_of_ours_is_one_message_and_not_touched(tacit, unfinished, small, damage, words):
    database = unfinished / "project" / "tacit.sqlite"
    if damage == "newer":
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("pragma user_version = 9999")
    elif damage == "foreign":
        database.unlink()
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("create table other (x)")
    elif damage == "text":
        database.write_text("not a database at all" * 100)
    else:
        database.write_bytes(database.read_bytes()[:5_000])
    before = database.read_bytes()
    refused(tacit("learn", *small, "--out", unfinished), str(database), *words)
    assert database.read_bytes() == before


def test_a_damaged_record_is_one_message(tacit, unfinished, small):
    (unfinished / "run.json").write_text('{"status": "runn')
    before = contents(unfinished)
    refused(tacit("learn", *small, "--out", unfinished), "run.json")
    assert contents(unfinished) == before


def test_a_finished_run_with_another_setting_names_the_setting(tacit, finished, small):
    folder, _ = finished
    before = contents(folder)
    refused(
        tacit("learn", *small, "--selection", "random", "--out", folder), "loop.selection = disagreement, not random"
    )
    refused(tacit("learn", *small, "--mistake", "0.1", "--out", folder), "irrationality.mistake = 0.0, not 0.1")
    assert contents(folder) == before


# controls


def test_controls_stand_beside_the_result(tacit, tmp_path):
    words = [word for word in SMALL if word != "--no-controls"]
    said = tacit("learn", "CartPole-v1", *words, "--out", tmp_path / "run", "--json")
    assert said.code == 0, said.err
    for control in ("baseline_true_reward", "coin_flip", "random"):
        measured = said.result[control]
        assert measured["episodes"] == 4
        assert 8 <= measured["mean"] <= 500
        assert measured["low"] <= measured["mean"] <= measured["high"]
    with contextlib.closing(sqlite3.connect(tmp_path / "run" / "project" / "tacit.sqlite")) as connection:
        assert connection.execute("select labeler_id from labeler").fetchall() == [("simulated",)]
