"""A batch is in the project whole or not at all, whatever happens on the way."""

from __future__ import annotations

import re
import time

import pytest

from tacit.errors import CannotWrite, UnknownName
from tacit.judging import QuestionKind
from tacit.store.people import Role
from tacit.web.bringing import Batch, BringingLimits, Plan
from tacit.web.bringing.jobs import FORGET_AFTER_S, Job, Jobs, Stage
from tacit.web.pages.project.keeping import ProjectKeeper

CHOICE = Plan(QuestionKind.CHOICE, "Which?", {"options": ["cat", "dog"]})
TABLE = b"text,gold\none,\ntwo,cat\nthree,\n"


def settled(client, path):
    until_s = time.monotonic() + 120
    while 'http-equiv="refresh"' in (page := client.get(path).text):
        assert time.monotonic() < until_s
    return page


def test_a_disk_that_fills_at_the_last_moment_leaves_the_project_as_it_was(workspace, seeds, visit, monkeypatch):
    project = seeds.project(workspace, QuestionKind.CHOICE, n=1)
    client = visit(seeds.person(workspace, Role.OWNER))
    looked = client.post(f"/projects/{project.project_id}/items", files={"files": ("t.csv", TABLE)})
    batch = looked.headers["location"]
    settled(client, batch)

    def full(*arguments, **options):
        raise CannotWrite("workspace", got="a full disk", expected="a disk with room to write")

    monkeypatch.setattr(workspace.people.tasks, "add_all", full)
    client.post(f"{batch}/keep")
    told = settled(client, batch)
    assert "Nothing was kept" in told
    assert "a full disk" in told
    assert workspace.people.projects.get(project.project_id).n_tasks == 1
    monkeypatch.undo()
    again = client.post(f"/projects/{project.project_id}/items", files={"files": ("t.csv", TABLE)})
    client.post(f"{again.headers['location']}/keep")
    assert "3 questions have been put" in settled(client, again.headers["location"])


def test_pressing_keep_twice_keeps_once(workspace, seeds, visit):
    project = seeds.project(workspace, QuestionKind.CHOICE, n=1)
    client = visit(seeds.person(workspace, Role.OWNER))
    looked = client.post(f"/projects/{project.project_id}/items", files={"files": ("t.csv", TABLE)})
    batch = looked.headers["location"]
    settled(client, batch)
    for _ in range(2):
        client.post(f"{batch}/keep")
    assert "3 questions have been put" in settled(client, batch)
    now = workspace.people.projects.get(project.project_id)
    assert (now.n_tasks, len(workspace.people.tasks.page(now.project_id))) == (3, 4)  # a check is no ordinary task
    twice = client.post(f"/projects/{project.project_id}/items", files={"files": ("t.csv", TABLE)})
    client.post(f"{twice.headers['location']}/keep")
    assert "0 questions have been put" in settled(client, twice.headers["location"])


def test_an_interrupted_batch_is_seen_by_nobody_and_whole_the_next_time(workspace, seeds, tmp_path):
    project = seeds.project(workspace, QuestionKind.CHOICE, n=1)
    (tmp_path / "t.csv").write_bytes(TABLE)
    batch = Batch(tmp_path, [("t.csv", tmp_path / "t.csv")], BringingLimits())

    class Killed(ProjectKeeper):
        def finish(self):
            self._add_waiting()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch.keep(CHOICE, Killed(workspace, project.project_id, by=""))
    assert len(workspace.people.tasks.page(project.project_id)) == 1
    keeper = ProjectKeeper(workspace, project.project_id, by="")
    batch.keep(CHOICE, keeper)
    assert keeper.n_kept == 3


def test_an_unfinished_batch_is_forgotten_with_its_files(tmp_path):
    now = [0.0]
    jobs = Jobs(tmp_path / "spool", clock=lambda: now[0])
    token, folder = jobs.new_folder()
    (folder / "000000").write_bytes(TABLE)
    job = Job(token, "p-1", "a-1", Batch(folder, [("t.csv", folder / "000000")], BringingLimits()), CHOICE)
    jobs.check(job)
    job.work.result()
    assert (job.stage, jobs.get(token, "p-1")) == (Stage.CHECKED, job)
    with pytest.raises(UnknownName):
        jobs.get(token, "p-2")  # another project's
    now[0] = FORGET_AFTER_S + 1
    jobs.new_folder()
    with pytest.raises(UnknownName, match="Bring it again"):
        jobs.get(token, "p-1")
    assert not folder.exists()
    jobs.close()
    assert not (tmp_path / "spool").exists()


def test_a_fault_of_the_program_is_told_and_nothing_kept(tmp_path):
    jobs = Jobs(tmp_path / "spool")
    token, folder = jobs.new_folder()
    job = Job(token, "p-1", "a-1", Batch(folder, [("gone.csv", folder / "gone")], BringingLimits()), CHOICE)
    jobs.check(job)
    assert isinstance(job.work.exception(), FileNotFoundError)
    assert job.stage is Stage.FAILED
    assert re.match("FileNotFoundError", job.fault)
    jobs.close()
