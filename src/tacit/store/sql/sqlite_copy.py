"""A copy of a database as it is at one moment, made while others write.

Source: https://www.sqlite.org/backup.html.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tacit.errors import NotAStore
from tacit.store.sql.sqlite import SqliteDatabase
from tacit.store.sql.sqlite_errors import DAMAGED, translated

PAGES_PER_STEP = 4_096


def copy_database(database: SqliteDatabase, copied: Path, progress: Callable[[float], None]) -> None:
    """Write the database, as it is now, to the new file `copied`, and put that on disk.

    Raises:
        NotAStore: the database is damaged. CannotWrite: there is no room for the copy.
    """

    def step(_: int, remaining: int, total: int) -> None:
        progress(1 - remaining / max(total, 1))

    with translated(str(copied)), closing(sqlite3.connect(copied, isolation_level=None)) as target:
        with database.reading() as connection:
            source = connection.connection.driver_connection
            if not isinstance(source, sqlite3.Connection):
                raise NotAStore(database.where, got="another kind of database", expected="SQLite")
            # A read keeps the moment: without it, each write of another process would begin the copy anew.
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            source.backup(target, pages=PAGES_PER_STEP, progress=step)
        target.execute("PRAGMA journal_mode=WAL")
    with copied.open("rb") as stream:
        os.fsync(stream.fileno())


def contents_of(copied: Path, where: str) -> tuple[int, list[str]]:
    """Check a copied database; return its number of judgments, and the media that it keeps as files.

    Args:
        where: what the copy was made from, for a message.

    Raises:
        NotAStore: the copy is damaged, and so is what it was made from.
    """
    with translated(where), closing(sqlite3.connect(copied)) as connection:
        faults = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
        if faults != ["ok"]:
            raise NotAStore(where, got=f"a damaged database ({faults[0]})", expected="a whole one", do=DAMAGED)
        media_ids = [str(row[0]) for row in connection.execute("SELECT media_id FROM media WHERE content IS NULL")]
        return int(connection.execute("SELECT count(*) FROM judgment").fetchone()[0]), media_ids
