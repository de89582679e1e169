"""A stranger learns CartPole from comparisons, looks at the result, and takes it elsewhere."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import gymnasium
import pytest

from tacit.store.run_folder import RunFolder
from tacit_control import load_policy

INTERVAL = {"mean", "low", "high"}


def test_the_result_has_the_fields_that_other_programs_use(finished):
    folder, said = finished
    result = said.result
    assert set(result["true_return"]) == INTERVAL | {"episodes"}
    assert set(result["heldout_agreement"]) >= INTERVAL
    assert result["labels"] == 20
    assert result["env_steps"] >= 4_000
    assert (result["baseline_true_reward"], result["random"], result["coin_flip"]) == (None, None, None)
    assert result["cpu_s"] > 0
    assert result["wall_s"] > 0
    assert (Path(result["run"]), Path(result["report"])) == (folder, folder / "report.html")
    assert 8 < result["true_return"]["mean"] <= 500


def test_progress_goes_to_standard_error_alone(finished):
    _, said = finished
    assert said.out.count("\n") == 1
    assert "CartPole-v1: 100%" in said.err


def test_the_same_command_again_prints_the_same_result_without_learning(finished, tacit, small):
    folder, said = finished
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.suffix in (".safetensors", ".jsonl")}
    again = tacit("learn", *small, "--out", folder, "--json")
    assert again.result == said.result
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_the_page_opens_offline_and_names_the_run(finished):
    folder, _ = finished
    page = (folder / "report.html").read_text()
    assert "CartPole-v1" in page
    assert "<video" in page
    for outside in ('src="http', 'href="http', "url(http", "@import"):
        assert outside not in page


def test_the_page_can_be_written_again_with_more_questions(finished, tacit, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished[0], folder)
    said = tacit("report", folder, "--questions", "14", "--json")
    assert said.code == 0, said.err
    assert Path(said.result["report"]).stat().st_size == said.result["bytes"]


def test_the_policy_acts_as_the_readme_shows(finished):
    policy, environment = load_policy(finished[0] / "policy"), gymnasium.make("CartPole-v1")
    observation, _ = environment.reset(seed=1)
    for _ in range(5):
        action = policy(observation)
        observation, *_ = environment.step(action)
    environment.close()


def test_the_record_holds_what_makes_the_run_again(finished):
    record = RunFolder(finished[0]).record()
    assert record["command"][:3] == ["tacit", "learn", "CartPole-v1"]
    assert json.dumps(record)
    assert str(record).count("torch") >= 1


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_judgments_go_out_and_come_back_without_being_doubled(finished, tacit, tmp_path, suffix):
    project, file = finished[0] / "project", tmp_path / f"judgments{suffix}"
    rows = tacit("export", project, file, "--json").result["rows"]
    assert rows >= 20
    back = tacit("import", project, file, "--json").result
    assert (back["rows"], back["judgments_added"]) == (rows, 0)


def test_a_project_is_backed_up_and_restored(finished, tacit, tmp_path):
    assert tacit("backup", finished[0] / "project", tmp_path / "copy").code == 0
    assert tacit("restore", tmp_path / "copy", tmp_path / "project").code == 0
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    tacit("export", finished[0] / "project", one)
    tacit("export", tmp_path / "project", other)
    assert one.read_bytes() == other.read_bytes()


def test_a_run_that_is_killed_goes_on_and_ends_as_if_it_had_not_been(finished, small, tmp_path, rng):
    folder, said = finished
    command = [Path(sys.executable).with_name("tacit"), "learn", *small, "--out", tmp_path / "run", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    process.stderr.readline()  # the first line of progress: some of the work is done
    time.sleep(rng.uniform(0, 0.5))
    process.kill()
    process.communicate()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result, differing = json.loads(done.stdout), {"cpu_s", "learning_cpu_s", "wall_s", "run", "report"}
    assert {key for key, value in result.items() if said.result[key] != value} <= differing
    for weights in ("policy/policy.safetensors", "reward/reward.safetensors"):
        assert (tmp_path / "run" / weights).read_bytes() == (folder / weights).read_bytes()
