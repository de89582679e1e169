"""Everything that is particular to SQLite: opening, settings, transactions, errors, versions.

The file is in write-ahead-log mode, so that readers and the one writer of a moment do not wait for each other, and
each commit is on disk before it returns (`synchronous=FULL`). Writers take the lock at once (`BEGIN IMMEDIATE`),
which is what lets a waiting writer wait instead of failing.

Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/fileformat2.html (header offsets 60 and 68).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import RLock

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import QueuePool, StaticPool

from tacit.errors import CannotWrite, TacitError
from tacit.store.sql.by_index import IndexedCompiler
from tacit.store.sql.migrations import MIGRATIONS
from tacit.store.sql.sqlite_errors import SAVED, translated
from tacit.store.sql.sqlite_file import migrate, refuse_foreign_file, version

LOCK_TIMEOUT_S = 60.0
CACHE_KIB = 64 * 1024
LOG_LIMIT_BYTES = 64 * 2**20  # a large import's log is cut back to this


class SqliteDatabase:
    """One SQLite database, in a file or in memory.

    Args:
        path: the file, which exists; None for a database in memory, which vanishes when closed.
        lock_timeout_s: how long to wait for another process that writes.
        as_it_is: read only, and do not bring an older project up to date.

    Raises:
        NotAStore: the file is not a project's database, or is damaged. NewerStore: a later tacit wrote it.
        CannotWrite: the disk cannot be written and the project needs a migration.
    """

    def __init__(self, path: Path | None, *, lock_timeout_s: float = LOCK_TIMEOUT_S, as_it_is: bool = False) -> None:
        self.path, self._lock_timeout_s = path, lock_timeout_s
        self.where = "project in memory" if path is None else str(path)
        self.read_only = path is not None and (as_it_is or not _writable(path))
        # A database in memory lives in its one connection, which threads take in turn.
        self._turn = RLock() if path is None else nullcontext()
        if path is not None:
            refuse_foreign_file(path)
        self._engine = (
            create_engine("sqlite://", creator=self._connect, poolclass=StaticPool)
            if path is None
            else create_engine("sqlite://", creator=self._connect, poolclass=QueuePool, max_overflow=-1)
        )
        self._engine.dialect.statement_compiler = IndexedCompiler
        try:
            self._bring_up_to_date(as_it_is=as_it_is)
        except TacitError:
            self._engine.dispose()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose reads all see the project as it is now."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self, *, foreign_keys: bool = True) -> Iterator[Connection]:
        """Give the only connection that may write; all is on disk at the end, or nothing if an error left the block.

        Args:
            foreign_keys: hold every row against those it points at; a large import, which has looked them all up in
                the same transaction, need not pay for that.
        """
        if self.read_only:
            got, room = "a read-only file or folder", "a place that can be written"
            raise CannotWrite(self.where, got=got, expected=room, do=SAVED)
        with self._transaction("BEGIN IMMEDIATE", foreign_keys=foreign_keys) as connection:
            yield connection

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, begin: str, *, foreign_keys: bool = True) -> Iterator[Connection]:
        with self._turn, translated(self.where), self._engine.connect() as connection:
            if not foreign_keys:
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            try:
                connection.exec_driver_sql(begin)
                yield connection
                connection.commit()
            finally:
                if not foreign_keys:
                    connection.rollback()  # the setting changes only outside of a transaction
                    connection.exec_driver_sql("PRAGMA foreign_keys=ON")

    def _connect(self) -> sqlite3.Connection:
        if self.path is None:
            connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        else:
            mode = "rw" if _writable(self.path) else "ro"
            # Without a log beside it, a file that cannot be written is complete in itself.
            alone = "&immutable=1" if not _writable(self.path) and not _log(self.path).exists() else ""
            connection = sqlite3.connect(
                f"{self.path.resolve().as_uri()}?mode={mode}{alone}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=self._lock_timeout_s,
            )
        try:
            for setting in (
                f"query_only={int(self.read_only)}",
                "foreign_keys=ON",
                "recursive_triggers=ON",  # else INSERT OR REPLACE would slip past the triggers that refuse DELETE
                "synchronous=FULL",
                f"cache_size=-{CACHE_KIB}",
                f"journal_size_limit={LOG_LIMIT_BYTES}",
            ):
                connection.execute(f"PRAGMA {setting}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _bring_up_to_date(self, *, as_it_is: bool) -> None:
        with self.reading() as connection:
            self.is_behind = version(connection, self.where) < len(MIGRATIONS)
        if self.is_behind and not as_it_is:
            with self.writing() as connection:
                migrate(connection, self.where)
            self.is_behind = False


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
