"""Group commit: many callers, one transaction, one wait for the disk.

A commit costs one flush of the disk, whatever it holds. One thread writes; while it waits for the disk the jobs of
other threads gather, and go into the next transaction together. A caller is answered when its rows are on disk.

Source: DeWitt et al. 1984, "Implementation techniques for main memory database systems", section 5.2,
doi:10.1145/602259.602261.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from sqlalchemy import Connection

from tacit.errors import StoreError

Result = TypeVar("Result")
Job = Callable[[Connection], Any]
_Waiting = tuple[Job, "Future[Any]"]

MOST_JOBS = 1_000  # in one transaction, so that no caller waits for long


class GroupCommit:
    """Runs jobs in one writer thread, as many to a transaction as have gathered.

    A job is a function of the writing connection. It may run twice: if one job of a group fails, the group is rolled
    back and each runs again in a transaction of its own, so that a fault stays with its caller.

    Args:
        writing: opens a transaction that commits at its end and rolls back on an error.
        where: the project, for messages.
    """

    def __init__(self, writing: Callable[[], AbstractContextManager[Connection]], where: str) -> None:
        self._writing, self._where = writing, where
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._closed = False

    def run(self, job: Callable[[Connection], Result]) -> Result:
        """Run `job` and return what it returned, once that is on disk.

        Raises:
            StoreError: the project has been closed. Else what the job or the commit raised.
        """
        return self.submit(job).result()

    def submit(self, job: Callable[[Connection], Result]) -> Future[Result]:
        """Have `job` run, and return at once what will hold its result when that is on disk.

        Raises:
            StoreError: the project has been closed.
        """
        answer: Future[Result] = Future()
        with self._lock:
            if self._closed:
                raise StoreError(self._where, got="a project that has been closed", expected="an open one")
            if self._thread is None:
                # A daemon: nothing acknowledged is lost when a program ends without closing the project.
                self._thread = Thread(target=self._work, name="tacit-writer", daemon=True)
                self._thread.start()
            self._queue.put((job, answer))
        return answer

    def close(self) -> None:
        """Finish what has been asked for, then stop the thread."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
            self._queue.put(None)
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            group, more = self._gather(first)
            if not self._together(group):
                for waiting in group:
                    self._alone(waiting)
            if not more:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """Return the jobs that wait, and whether more may come."""
        group = [first]
        while len(group) < MOST_JOBS:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is None:
                return group, False
            group.append(waiting)
        return group, True

    def _together(self, group: list[_Waiting]) -> bool:
        """Run all jobs in one transaction, and return whether that went well; with one job, leave it to `_alone`."""
        if len(group) == 1:
            return False
        try:
            self._commit(group)
        except BaseException:  # noqa: BLE001  whatever it was, each caller is told by `_alone`
            return False
        return True

    def _alone(self, waiting: _Waiting) -> None:
        try:
            self._commit([waiting])
        except BaseException as error:  # noqa: BLE001  it is raised again in the caller's thread
            waiting[1].set_exception(error)

    def _commit(self, group: list[_Waiting]) -> None:
        with self._writing() as connection:
            results = [job(connection) for job, _ in group]
        for (_, answer), result in zip(group, results, strict=True):
            answer.set_result(result)
