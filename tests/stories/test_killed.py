"""A run that is killed at any moment goes on with the same command, and ends as if nothing had happened."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tacit.store import Store

COMMAND = [
    "learn",
    "CartPole-v1",
    "--labels",
    "40",
    "--steps",
    "6000",
    "--no-controls",
    "--episodes",
    "5",
    "--seed",
    "3",
]
COSTS = {"cpu_s", "learning_cpu_s", "wall_s"}
PLACES = {"run", "report"}


def ended(folder):
    """Return all of a run that must not depend on its having been stopped."""
    record = json.loads((folder / "run.json").read_text())
    progress = [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]
    with Store.open(folder / "project", create=False) as store:
        judgments = store.judgments()
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {
        "status": record["status"],
        "results": {k: v for k, v in record["results"].items() if k not in COSTS | PLACES},
        "hashes": record["hashes"],
        "progress": [{k: v for k, v in row.items() if k not in COSTS} for row in progress],
        "judgment_ids": judgments["judgment_id"].to_list(),
        "diagnostics": json.loads((folder / "diagnostics.json").read_text()),
        "policy": (folder / "policy" / "policy.safetensors").read_bytes(),
        "reward": (folder / "reward" / "reward.safetensors").read_bytes(),
        "clips": {path.name: path.read_bytes() for path in (folder / "clips").iterdir()},
        "files": {name for name in names if not name.startswith("project/")},
    }


def begin(folder):
    command = [Path(sys.executable).with_name("tacit"), *COMMAND, "--out", folder, "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_somewhere(folder, rng):
    """Begin or go on, kill -9 after some lines of progress and a moment more; return whether it was still running."""
    process = begin(folder)
    assert process.stderr is not None
    for _ in range(int(rng.integers(0, 6))):
        if not process.stderr.readline():
            break
    time.sleep(rng.exponential(0.3))
    running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return running


def finish(folder):
    process = begin(folder)
    out, err = process.communicate()
    assert process.returncode == 0, err
    return json.loads(out)


@pytest.fixture(scope="module")
def uninterrupted(tacit, tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed") / "whole"
    said = tacit(*COMMAND, "--out", folder, "--json")
    assert said.code == 0, said.err
    return ended(folder)


def test_three_kills_change_nothing(uninterrupted, tmp_path, rng):
    for _ in range(3):
        kill_somewhere(tmp_path / "run", rng)
    result = finish(tmp_path / "run")
    assert ended(tmp_path / "run") == uninterrupted
    assert result["labels"] == 40
    assert len(set(uninterrupted["judgment_ids"])) == len(uninterrupted["judgment_ids"])


@pytest.mark.slow
def test_twenty_kills_change_nothing(uninterrupted, tmp_path):
    kills, runs = 0, 0
    while kills < 20:
        folder = tmp_path / f"run {runs}"
        rng = np.random.default_rng([20, runs])
        for _ in range(5):
            kills += kill_somewhere(folder, rng)
        finish(folder)
        assert ended(folder) == uninterrupted
        runs += 1
