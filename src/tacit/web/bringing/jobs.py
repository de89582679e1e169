"""Batches on their way: looked at and kept in a thread of their own, so that a page never waits for a large one."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tacit.errors import TacitError, UnknownName
from tacit.web.bringing.batch import Batch, Keeper, Report
from tacit.web.bringing.rows import Plan

FORGET_AFTER_S = 6 * 3600.0
MOST_BATCHES = 50


class Stage(StrEnum):
    """How far a batch is."""

    CHECKING = "checking"
    CHECKED = "checked"
    KEEPING = "keeping"
    KEPT = "kept"
    FAILED = "failed"


@dataclass
class Job:
    """One batch on its way.

    Args:
        token: its name in addresses; cannot be guessed.
        project_id: where it goes. account_id: who brought it.
        batch: its files. plan: what is asked about each item.
        stage: how far it is. n_done: rows gone through in this stage.
        report: what was found, once checked. fault: what went wrong, in one message.
        keeper_count: questions that were new to the project, once kept.
        unshown: what could not be made ready for judges, in words.
    """

    token: str
    project_id: str
    account_id: str
    batch: Batch
    plan: Plan
    stage: Stage = Stage.CHECKING
    n_done: int = 0
    report: Report = field(default_factory=Report)
    fault: str = ""
    keeper_count: int = 0
    unshown: list[str] = field(default_factory=list)
    touched_s: float = 0.0
    work: Future[None] | None = None


class Jobs:
    """All batches on their way in one server process.

    Args:
        spool: a folder for the files of batches, emptied when the server starts and ends.
        clock: seconds of any origin.
    """

    def __init__(self, spool: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.spool, self._clock = spool, clock
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        # One at a time: two large batches would only take the disk and the processor from the judges twice.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tacit-bringing")

    def new_folder(self) -> tuple[str, Path]:
        """Return a token and an empty folder for a batch that is about to arrive."""
        self._forget_old()
        token = secrets.token_hex(12)
        folder = self.spool / token
        folder.mkdir(parents=True)
        return token, folder

    def drop_folder(self, token: str) -> None:
        """Remove what has arrived of a batch that will not be looked at."""
        shutil.rmtree(self.spool / token, ignore_errors=True)

    def check(self, job: Job) -> None:
        """Look at a batch, in the worker; again after the plan has changed."""
        with self._lock:
            self._jobs[job.token] = job
        job.stage, job.n_done, job.touched_s = Stage.CHECKING, 0, self._clock()

        def look() -> None:
            job.report = job.batch.check(job.plan, lambda n: setattr(job, "n_done", n))
            job.stage = Stage.CHECKED

        job.work = self._worker.submit(self._told, job, look)

    def keep(self, job: Job, keeper: Keeper, done: Callable[[], None]) -> None:
        """Keep the good rows of a batch that has been looked at, once, in the worker.

        Args:
            keeper: keeps them. done: called when all is kept.
        """
        with self._lock:
            if job.stage is not Stage.CHECKED:
                return
            job.stage, job.n_done, job.touched_s = Stage.KEEPING, 0, self._clock()

        def work() -> None:
            job.batch.keep(job.plan, keeper, lambda n: setattr(job, "n_done", n))
            done()
            job.stage = Stage.KEPT
            self.drop_folder(job.token)

        job.work = self._worker.submit(self._told, job, work)

    def get(self, token: str, project_id: str) -> Job:
        """Return a batch of a project.

        Raises:
            UnknownName: there is none, or it has been forgotten.
        """
        job = self._jobs.get(token)
        if job is None or job.project_id != project_id:
            raise UnknownName("batch", token, (), do="Bring it again; an unfinished batch is forgotten after a while")
        return job

    def drop(self, job: Job) -> None:
        """Forget a batch and remove its files; nothing of it was kept."""
        with self._lock:
            self._jobs.pop(job.token, None)
        self.drop_folder(job.token)

    def close(self) -> None:
        """Finish what is being done, and remove all files."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self.spool, ignore_errors=True)

    def _told(self, job: Job, work: Callable[[], None]) -> None:
        """Run `work`; what goes wrong is told on the batch's page."""
        try:
            work()
        except TacitError as error:
            job.fault, job.stage = str(error), Stage.FAILED
        except Exception as error:
            job.fault, job.stage = f"{type(error).__name__}: {error}", Stage.FAILED
            raise

    def _forget_old(self) -> None:
        now = self._clock()
        with self._lock:
            resting = [job for job in self._jobs.values() if job.stage not in (Stage.CHECKING, Stage.KEEPING)]
            resting.sort(key=lambda job: job.touched_s)
            old = [job for job in resting if now - job.touched_s > FORGET_AFTER_S]
            for job in old or resting[: max(0, len(self._jobs) - MOST_BATCHES)]:
                self._jobs.pop(job.token, None)
                self.drop_folder(job.token)
