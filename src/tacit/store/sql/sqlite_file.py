"""The file of a project: making it, telling it from others, bringing it up to date.

Source: https://www.sqlite.org/fileformat2.html (application id at offset 68 of the header).
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine

from tacit.errors import CannotWrite, NewerStore, NotAStore
from tacit.store.media_folder import sync_folder
from tacit.store.sql.migrations import MIGRATIONS
from tacit.store.sql.people_schema import NEVER_CHANGED
from tacit.store.sql.sqlite_errors import DAMAGED, translated

APPLICATION_ID = 0x74616369  # "taci", which tells a project from any other SQLite file
PAGE_BYTES = 8192  # a large import is a third quicker than with 4096, and a small commit still writes little
HEADER_MAGIC = b"SQLite format 3\x00"


def create_file(path: Path) -> None:
    """Make an empty project's database at `path`, whole or not at all; an existing one is left as it is.

    Raises:
        CannotWrite: the folder cannot be made or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
            unfinished = Path(folder) / path.name
            _make_database(unfinished, str(path))
            with unfinished.open("rb") as stream:
                os.fsync(stream.fileno())
            _move(unfinished, path)
        sync_folder(path.parent)
    except OSError as error:
        raise CannotWrite(str(path), got=error.strerror or str(error), expected="a disk with room to write") from None


def _move(unfinished: Path, path: Path) -> None:
    """Give the finished file its name, unless another process was faster."""
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        return
    except OSError:
        if not path.exists():  # a file system without links
            unfinished.rename(path)


def _make_database(path: Path, where: str) -> None:
    with translated(where), closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode=WAL")
    engine = create_engine(f"sqlite:///{path}")
    try:
        with translated(where), engine.begin() as made:
            migrate(made, where)
    finally:
        engine.dispose()


def migrate(connection: Connection, where: str) -> None:
    """Bring a database to the present version within the transaction that `connection` is in."""
    reached = version(connection, where)
    for number, step in enumerate(MIGRATIONS[reached:], start=reached + 1):
        step(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={number}")
    connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    for table in NEVER_CHANGED:
        for event in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER IF NOT EXISTS {table.name}_refuses_{event.lower()} BEFORE {event} ON {table.name} "
                f"BEGIN SELECT RAISE(ABORT, 'a {table.name} is only added, never changed'); END"
            )


def version(connection: Connection, where: str) -> int:
    """Return the number of the last migration that the database has seen.

    Raises:
        NewerStore: more migrations than this tacit knows.
    """
    reached = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if reached > len(MIGRATIONS):
        raise NewerStore(
            where,
            got=f"a project of version {reached}",
            expected=f"version {len(MIGRATIONS)} or lower",
            do="Install a newer tacit to open it",
        )
    return reached


def refuse_foreign_file(path: Path) -> None:
    """Look at the header alone, so that a file of another program is not touched.

    Raises:
        NotAStore: not SQLite, or another program's database. CannotWrite: the file may not be read.
    """
    expected = "a project's database written by tacit"
    try:
        with path.open("rb") as stream:
            header = stream.read(100)
    except PermissionError:
        raise CannotWrite(str(path), got="no permission", expected="a file that may be read") from None
    except OSError as error:
        raise NotAStore(str(path), got=error.strerror or str(error), expected=expected) from None
    if len(header) < 100:
        raise NotAStore(str(path), got=f"{len(header)} bytes", expected=expected, do=DAMAGED)
    if not header.startswith(HEADER_MAGIC):
        raise NotAStore(str(path), got="a file that is not SQLite", expected=expected, do=DAMAGED)
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise NotAStore(str(path), got="an SQLite file of another program", expected=expected)
