"""What every part of `people` stands on: the open database, its one writer, a clock that never runs back, secrets."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select

from tacit.errors import UnknownName
from tacit.store.media_folder import MediaFolder
from tacit.store.sql.group_commit import GroupCommit

Result = TypeVar("Result")
Reading = Callable[[], AbstractContextManager[Connection]]


class Clock:
    """Seconds since 1970-01-01 UTC that never run back while the process lives, though the machine's clock be set.

    Args:
        wall: the machine's clock, looked at once.
        steady: a clock that nobody sets.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._began_s = wall() - steady()

    def __call__(self) -> float:
        """Return the time."""
        return self._began_s + self._steady()


class Access:
    """The database as the parts of `people` use it.

    Args:
        reading: opens a connection that sees one moment.
        writer: runs jobs in the writing transaction, many to a commit.
        folder: where large media are.
        clock: the time.
    """

    def __init__(self, reading: Reading, writer: GroupCommit, folder: MediaFolder, clock: Callable[[], float]) -> None:
        self._reading, self._writer, self.folder, self.now = reading, writer, folder, clock

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose reads all see the store as it is now."""
        with self._reading() as connection:
            yield connection

    def write(self, job: Callable[[Connection], Result]) -> Result:
        """Run `job` in the writing transaction, and return what it returned once that is on disk."""
        return self._writer.run(job)

    def submit(self, job: Callable[[Connection], Result]) -> Future[Result]:
        """Have `job` run in the writing transaction, and return at once what will hold its result."""
        return self._writer.submit(job)

    def rows(self, chosen: Select[Any]) -> list[Row[Any]]:
        """Return the rows of a select."""
        with self.reading() as connection:
            return list(connection.execute(chosen))

    def row(self, chosen: Select[Any]) -> Row[Any] | None:
        """Return the one row of a select, or None."""
        with self.reading() as connection:
            return connection.execute(chosen).one_or_none()


def new_id(prefix: str) -> str:
    """Return a random name of 80 bits that says nothing, such as ``p-3f…``."""
    return f"{prefix}-{secrets.token_hex(10)}"


def new_secret() -> str:
    """Return 256 random bits as text that may stand in an address."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """Return what is kept of a secret. It is random and long, so that a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def absent(what: str, name: str) -> UnknownName:
    """Say that there is no such thing, and name none that there is."""
    return UnknownName(what, name, (), do="It may have been removed")
