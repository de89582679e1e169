"""A run in its folder: recorded, measured, and the same whether or not it was stopped on the way."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacit.errors import BadFile, BadValue, CannotWrite, InputError, NewerStore, NotAStore, RunExists
from tacit.judging import Irrationality
from tacit.learn import LearningRun, LoopSettings, RunSettings, Schedule
from tacit.store import Store
from tacit.store.run_folder import RunFolder
from tacit.store.sql.group_commit import GroupCommit

COSTS = {"cpu_s", "wall_s", "learning_cpu_s"}
PLACES = {"run", "report"}
SETTINGS = RunSettings(
    producer="dial", loop=LoopSettings(Schedule(labels=12, budget=30, iterations=3)), seed=2, episodes=3, controls=False
)


@pytest.fixture
def settings(quick_reward):
    return replace(SETTINGS, reward=quick_reward)


@pytest.fixture
def learn(new_dial, settings):
    """Return a function that runs the loop in a folder, as the command line does."""

    def run(folder, *, open_producer=new_dial, stage=lambda what, share: None, **changes):
        changed = replace(settings, **changes)
        return LearningRun(RunFolder(folder), changed, open_producer, command=["tacit", "learn"], stage=stage).run()

    return run


def contents(folder):
    """Return every file of a run but for times and costs: what must not depend on having been stopped."""
    folder = RunFolder(folder)
    record = folder.record()
    kept = {k: v for k, v in record["results"].items() if k not in COSTS | PLACES}
    progress = [{k: v for k, v in row.items() if k not in COSTS} for row in folder.progress()]
    with Store.open(folder.project_path, create=False) as store:
        judgments = store.judgments().drop("answered_at_s").rows(), store.judgments_hash()
    files = sorted(path.relative_to(folder.path).as_posix() for path in folder.path.rglob("*") if path.is_file())
    reward = (folder.reward_path / "reward.safetensors").read_bytes()
    found = {"results": kept, "progress": progress, "judgments": judgments, "files": files, "reward": reward}
    return found | {"hashes": record["hashes"], "diagnostics": folder.diagnostics(), "status": record["status"]}


# worked by hand


def test_a_run_leaves_its_record_its_results_and_its_frozen_reward(learn, tmp_path):
    result = learn(tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    record = folder.record()
    assert (record["status"], record["producer"], record["seed"], record["judge"]) == (
        "finished",
        "dial",
        2,
        "simulated",
    )
    assert record["command"] == ["tacit", "learn"]
    assert record["results"] == result
    assert (result["labels"], result["env_steps"], result["true_return"]["episodes"]) == (12, 30, 3)
    assert result["outcomes"] == {
        **dict.fromkeys(("tie", "both_bad", "cant_tell", "not_shown", "skipped"), 0),
        "answered": 12,
    }
    assert {path.name for path in folder.path.iterdir()} == {
        *("run.json", "progress.jsonl", "diagnostics.json", "project", "reward", "clips")
    }
    assert [row["iteration"] for row in folder.progress()] == [0, 1, 2]


def test_the_final_policy_is_compared_with_the_first_before_the_same_judge(learn, tmp_path):
    result = learn(tmp_path / "run")
    with Store.open(tmp_path / "run" / "project", create=False) as store:
        asked = store.questions()
        won = store.judgments().join(asked.filter(asked["occasion"] == "win rate"), on="question_id", how="semi")
    first = {i for ids in asked.filter(asked["occasion"] == "iteration 0")["item_ids"] for i in ids}
    compared = asked.filter(asked["occasion"] == "win rate")["item_ids"].to_list()
    assert {pair[0] for pair in compared} == first
    assert not {pair[1] for pair in compared} & first
    assert result["win_rate"]["n"] == won.height
    assert result["win_rate"]["mean"] == (won["comparison"] == 1).sum() / won.height
    assert result["labels"] == 12  # these questions come on top


def test_controls_are_trained_and_measured(learn, tmp_path):
    told = []
    result = learn(tmp_path / "run", controls=True, stage=lambda what, share: told.append((what, share)))
    truth, flips, chance = (result[name]["mean"] for name in ("baseline_true_reward", "coin_flip", "random"))
    assert truth > -0.5  # within half of 3
    assert truth > chance
    assert truth > flips
    for what in ("learning", "control: true reward", "control: coin flips"):
        shares = [share for name, share in told if name == what]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
    with Store.open(tmp_path / "run" / "project", create=False) as store:
        assert store.judgments()["labeler_id"].unique().to_list() == ["simulated"]


def test_the_diagnostics_are_what_the_page_draws(learn, tmp_path):
    learn(tmp_path / "run")
    found = RunFolder(tmp_path / "run").diagnostics()
    assert set(found) == {"reliability", "predictions", "learned_against_true"}
    assert len(found["predictions"]) == 12
    assert all(0 <= p <= 1 for p in found["predictions"].values())
    assert len(found["reliability"]["p"]) == len(found["reliability"]["preferred"]) > 0
    assert len(found["learned_against_true"]["learned"]) == len(found["learned_against_true"]["true"]) > 12


# outcomes


def test_a_judge_that_draws_everything_is_warned_of(learn, tmp_path):
    result = learn(tmp_path / "run", irrationality=Irrationality(equal_within=1e9))
    assert (result["outcomes"]["tie"], result["heldout_agreement"]["n"]) == (12, 0)
    assert result["win_rate"]["mean"] == 0.5
    (warning,) = RunFolder(tmp_path / "run").record()["warnings"]
    assert "nothing could be learned" in warning


def test_a_judge_that_skips_everything_is_one_message_and_its_skips_are_kept(learn, tmp_path):
    with pytest.raises(InputError, match="skipped"):
        learn(tmp_path / "run", irrationality=Irrationality(skip_below=1e9))
    with Store.open(tmp_path / "run" / "project", create=False) as store:
        assert set(store.judgments()["outcome"]) == {"skipped"}


def test_a_clip_that_cannot_be_drawn_is_a_warning(learn, new_dial, tmp_path):
    def open_undrawable(*arguments, **named):
        dial = new_dial(*arguments, **named)

        def render(item):
            raise InputError("drawing dial", got="no ink", expected="ink")

        dial.render = render
        return dial

    result = learn(tmp_path / "run", open_producer=open_undrawable)
    assert result["labels"] == 12
    assert RunFolder(tmp_path / "run").record()["warnings"] == [
        "No clip of the first policy: drawing dial: got no ink, expected ink.",
        "No clip of the final policy: drawing dial: got no ink, expected ink.",
        "No clips of the questions: drawing dial: got no ink, expected ink.",
    ]


def test_an_episode_that_ends_by_itself_is_warned_of_once(learn, new_dial, tmp_path):
    def open_ending(*arguments, **named):
        dial = new_dial(*arguments, **named)
        improve = dial.improve
        dial.improve = lambda *given: improve(*given) | {"terminated": 40.0 + dial.n_improved}
        return dial

    learn(tmp_path / "run", open_producer=open_ending, producer_settings={"termination": "own"})
    (warning,) = RunFolder(tmp_path / "run").record()["warnings"]
    assert "Use --termination absorbed" in warning


# invariant


def test_the_same_settings_give_the_same_run_and_another_seed_another(learn, tmp_path):
    for name in ("one", "other"):
        learn(tmp_path / name)
    learn(tmp_path / "seeded", seed=3)
    one, other, seeded = (contents(tmp_path / name) for name in ("one", "other", "seeded"))
    assert one == other
    assert one["hashes"] != seeded["hashes"]
    assert one["results"]["true_return"] != seeded["results"]["true_return"]


def test_a_finished_run_given_again_is_not_run_again(learn, tmp_path):
    result = learn(tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}

    def never(*arguments, **named):
        raise AssertionError("opened")

    assert learn(tmp_path / "run", open_producer=never) == result
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before
    (tmp_path / "run").rename(tmp_path / "moved")
    moved = learn(tmp_path / "moved", open_producer=never)
    assert (moved["run"], moved["report"]) == (str(tmp_path / "moved"), str(tmp_path / "moved" / "report.html"))


class Stopped(Exception):
    """Raised where a test stops a run."""


def stop_after(most):
    """Return a stage that stops the run once more than a share of the learning is done."""

    def stage(what, share):
        if share > most:
            raise Stopped

    return stage


class Killed(BaseException):
    """What kill -9 is to a process: nothing after it runs, what was not finished stays where it is."""


@pytest.fixture
def kill_before(monkeypatch):
    """Return a function that kills at the n-th write that lasts: a file given its name, or a commit to the store."""
    left = [-1]

    def counted(write):
        def counting(*arguments, **named):
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return write(*arguments, **named)

        return counting

    monkeypatch.setattr(Path, "replace", counted(Path.replace))
    monkeypatch.setattr(GroupCommit, "run", counted(GroupCommit.run))

    def arm(n):
        left[0] = n

    return arm


@pytest.mark.parametrize("chain", range(2))
def test_a_run_killed_at_every_turn_ends_as_if_it_had_not_been(learn, kill_before, tmp_path, chain):
    learn(tmp_path / "whole", controls=True)
    rng, times = np.random.default_rng(chain), 0
    while True:
        kill_before(int(rng.integers(1, 28)))
        try:
            learn(tmp_path / "killed", controls=True)
        except Killed:
            times += 1
        else:
            break
    assert times >= 2
    kill_before(-1)
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_files_that_a_killed_process_had_not_finished_are_swept_away(learn, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".run.json.4242").write_text('{"half')  # killed while its first record was written
    with pytest.raises(Stopped):
        learn(tmp_path / "run", stage=stop_after(0.3))
    for name in (".progress.jsonl.4242", "clips/.first.mp4.7", "checkpoint/000001/.facts.json.12"):
        (tmp_path / "run" / name).write_text("half")
    learn(tmp_path / "run")
    assert list((tmp_path / "run").rglob(".*")) == []


@pytest.mark.slow
def test_there_is_no_moment_at_which_being_killed_matters(learn, kill_before, tmp_path):
    learn(tmp_path / "whole")
    wanted, moment = contents(tmp_path / "whole"), 0
    while True:
        moment += 1
        kill_before(moment)
        try:
            learn(tmp_path / f"killed {moment}")
        except Killed:
            kill_before(-1)
            learn(tmp_path / f"killed {moment}")
        else:
            break
        assert contents(tmp_path / f"killed {moment}") == wanted, moment
    assert moment > 30


def test_an_older_checkpoint_will_do_when_the_newest_is_damaged(learn, kill_before, tmp_path):
    learn(tmp_path / "whole")

    with pytest.raises(Stopped):
        learn(tmp_path / "run", stage=stop_after(0.6))
    newest = tmp_path / "run" / "checkpoint" / "000002"
    (newest / "arrays.safetensors").write_bytes(b"")
    with pytest.raises(BadFile, match="Delete the folder"):
        learn(tmp_path / "run")
    for path in sorted(newest.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    newest.rmdir()
    learn(tmp_path / "run")
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


# refuses


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 9}, "seed = 2, not 9"),
        ({"episodes": 4}, "episodes = 3, not 4"),
        ({"producer_settings": {"horizon": 10}}, "producer_settings.horizon = None, not 10"),
        ({"irrationality": Irrationality(mistake=0.1)}, "irrationality.mistake = 0.0, not 0.1"),
        (
            {"loop": LoopSettings(Schedule(labels=13, budget=30, iterations=3))},
            "loop.schedule.labels = 12, not 13",
        ),
    ],
)
def test_a_folder_with_another_run_is_refused_by_the_setting_that_differs(learn, tmp_path, changes, named):
    learn(tmp_path / "run")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(RunExists, match=f"a run with {named}, expected"):
        learn(tmp_path / "run", **changes)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_folder_with_files_of_another_kind_is_refused_and_left_as_it_was(learn, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    (tmp_path / ".notes.2024").write_text("more of it")
    with pytest.raises(RunExists, match="files that are no run"):
        learn(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".notes.2024", "thesis.tex"]


def test_a_file_in_the_place_of_the_folder_is_refused(learn, tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(RunExists, match="files that are no run"):
        learn(tmp_path / "run")


def test_a_producer_that_cannot_be_opened_leaves_nothing_behind(learn, tmp_path):
    with pytest.raises(BadValue, match="broken"):
        learn(tmp_path / "run", producer_settings={"broken": True})
    assert not (tmp_path / "run").exists()


def test_a_producer_without_a_true_reward_has_no_simulated_judge(learn, new_dial, tmp_path):
    class Bare:
        def __init__(self, dial):
            self.produce, self.render, self.improve, self.state = dial.produce, dial.render, dial.improve, dial.state

    with pytest.raises(InputError, match="--judge: got 'simulated', expected a producer with a true reward"):
        learn(tmp_path / "run", open_producer=lambda *a, **k: Bare(new_dial(*a, **k)))
    assert not (tmp_path / "run").exists()


def test_a_damaged_record_is_one_message(learn, tmp_path):
    learn(tmp_path / "run")
    record = tmp_path / "run" / "run.json"
    record.write_text(record.read_text()[:100])
    with pytest.raises(BadFile, match=r"run\.json"):
        learn(tmp_path / "run")


@pytest.mark.parametrize(("offset", "value", "refusal"), [(60, 9_999, NewerStore), (68, 1, NotAStore)])
def test_a_project_of_a_later_version_or_of_another_program_is_refused_and_not_touched(
    learn, tmp_path, offset, value, refusal
):
    with pytest.raises(Stopped):
        learn(tmp_path / "run", stage=stop_after(0.3))
    database = tmp_path / "run" / "project" / "tacit.sqlite"
    content = bytearray(database.read_bytes())
    content[offset : offset + 4] = value.to_bytes(4, "big")  # user_version and application_id of an SQLite header
    database.write_bytes(content)
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    with pytest.raises(refusal, match=r"tacit\.sqlite"):
        learn(tmp_path / "run")
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before


def test_a_full_disk_is_one_message_and_the_run_goes_on_when_there_is_room(learn, tmp_path, monkeypatch):
    learn(tmp_path / "whole")
    fsync, left = os.fsync, [12]

    def full(descriptor):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match="No space left on device"):
        learn(tmp_path / "run")
    monkeypatch.setattr(os, "fsync", fsync)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "running"
    learn(tmp_path / "run")
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")
