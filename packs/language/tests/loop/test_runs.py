"""The same loop as for agents: it learns, is measured and shown; killed at any moment, it ends the same."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tacit.report import write_report
from tacit.store import Store

HERE = Path(__file__).parent
COSTS = {"cpu_s", "learning_cpu_s", "wall_s"}
PLACES = {"run", "report"}
PATIENCE_S = 300.0
RUN = """
import sys; sys.path.insert(0, sys.argv[2])
from pathlib import Path
from conftest import tiny_settings
from tacit.learn import LearningRun
from tacit.store.run_folder import RunFolder
from tacit_language.loop.producer import open_producer
LearningRun(RunFolder(Path(sys.argv[1])), tiny_settings(), open_producer, command=["tacit", "learn"]).run()
"""


def ended(folder):
    """Return all of a run that must not depend on its having been stopped."""
    record = json.loads((folder / "run.json").read_text())
    rows = [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]
    with Store.open(folder / "project", create=False) as store:
        judgments = store.judgments()
    return {
        "results": {k: v for k, v in record["results"].items() if k not in COSTS | PLACES},
        "hashes": record["hashes"],
        "progress": [{k: v for k, v in row.items() if k not in COSTS} for row in rows],
        "judgment_ids": judgments["judgment_id"].to_list(),
        "diagnostics": json.loads((folder / "diagnostics.json").read_text()),
        "policy": (folder / "policy" / "model.safetensors").read_bytes(),
        "reward": (folder / "reward" / "reward.safetensors").read_bytes(),
        "replies": {path.name: path.read_bytes() for path in (folder / "clips").iterdir()},
    }


def begin(folder):
    return subprocess.Popen([sys.executable, "-c", RUN, folder, HERE], stderr=subprocess.PIPE, text=True)


def test_a_run_tells_what_it_measured(finished):
    folder, results = finished
    gold = results["gold_reward"]
    assert gold.keys() == {"first", "final", "low", "high", "gain", "standard_error", "n"}
    assert gold["low"] <= gold["final"] <= gold["high"]
    assert abs(gold["final"] - gold["first"] - gold["gain"]) < 1e-9
    assert results["labels"] <= 24
    assert results["env_steps"] >= 600
    assert results["kl"] is not None
    assert {"mean", "low", "high", "n"} == results["win_rate"].keys() == results["win_rate_at_equal_length"].keys()
    assert results["alarms"].keys() <= {"over_optimisation", "kl_blow_up", "collapse"}
    record = json.loads(folder.record_path.read_text())
    assert record["wording"]["truth"] == "gold reward"
    rows = folder.progress()
    assert all(row["test_reward"] is not None and row["kl"] is not None for row in rows)


def test_the_best_of_n_of_the_first_policy_stands_beside_the_trained_one(finished):
    best = finished[0].diagnostics()["course"]["best_of_n"]
    assert best["n"] == [1, 2, 4, 8, 16, 32]
    assert best["kl"][:2] == [0, pytest.approx(0.19315)]  # ln 2 − ½
    assert best["train"][0] == best["test"][0] == best["gold"][0] == 0
    assert best["train"] == sorted(best["train"])
    assert "best of 1, 2, 4" in write_report(finished[0]).read_text()


def test_its_page_tells_of_replies_and_shows_them_before_and_after(finished):
    folder, _ = finished
    page = write_report(folder).read_text()
    for words in ("Gold reward", "Is the optimum what was wanted?", "first policy", "final policy", "Assistant: "):
        assert words in page
    assert "environment steps" not in page
    assert "no clips of its policies" not in page
    prompts = [path.read_text().partition("\n")[0] for path in sorted(folder.clips_path.glob("first-*.txt"))]
    assert len(prompts) == 6
    assert prompts == [path.read_text().partition("\n")[0] for path in sorted(folder.clips_path.glob("final-*.txt"))]


def test_killed_after_its_first_iteration_it_ends_as_if_nothing_had_happened(finished, tmp_path):
    whole, _ = finished
    folder = tmp_path / "run"
    process = begin(folder)
    until_s = time.monotonic() + PATIENCE_S
    while not (folder / "progress.jsonl").exists() and process.poll() is None and time.monotonic() < until_s:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    again = begin(folder)
    _, said = again.communicate(timeout=PATIENCE_S)
    assert again.returncode == 0, said
    assert ended(folder) == ended(whole.path)
