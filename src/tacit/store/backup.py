"""A project copied while it is in use, and made again from such a copy.

A backup is a project like any other: it can be opened, and it can be restored by copying it back. It appears whole or
not at all: a folder is made beside its place and then renamed, a database is filled in one transaction.

A project in PostgreSQL is backed up into a folder as well, which needs no server to be read; and a folder is restored
into a database. So a project moves from the one to the other when a team outgrows a single machine, or ends.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tacit.errors import BadValue, CannotWrite
from tacit.store.media_folder import MediaFolder, sync_folder
from tacit.store.places import DATABASE_NAME, MEDIA_NAME, DatabaseUrl, Place, refuse_no_project
from tacit.store.sql.copying import copy_rows, holds_rows
from tacit.store.sql.database import Database
from tacit.store.sql.postgres import n_bytes_of, open_postgres
from tacit.store.sql.sqlite import LOCK_TIMEOUT_S, SqliteDatabase
from tacit.store.sql.sqlite_copy import contents_of, copy_database
from tacit.store.sql.sqlite_file import create_file

Progress = Callable[[float], None]


@dataclass(frozen=True)
class BackupCount:
    """What was copied.

    Args:
        judgments: in the copy.
        media_files: files of media in the copy.
        n_bytes: size of the copy.
    """

    judgments: int
    media_files: int
    n_bytes: int


def restore(source: Place, to: Place, progress: Progress = lambda _: None) -> BackupCount:
    """Make a project in `to` from the backup in `source`, which is left as it is; see `copy_project` for `to`.

    Raises:
        NotAStore: the backup is foreign, truncated or damaged. NewerStore: a later tacit wrote it.
        BadFile: a media file is missing or damaged. BadValue: `to` is not a new or empty folder, or an empty database.
        CannotWrite: the disk is full or read-only; `to` is left as it was.
    """
    if isinstance(source, DatabaseUrl):
        database = open_postgres(source, lock_timeout_s=LOCK_TIMEOUT_S, create=False)
        with closing(database):
            return copy_project(database, MediaFolder(None), to, progress)
    refuse_no_project(source)
    file = SqliteDatabase(source / DATABASE_NAME, as_it_is=True)
    with closing(file):
        folder = MediaFolder(source / MEDIA_NAME)
        if isinstance(to, DatabaseUrl) and file.is_behind:
            # The rows of today's tables are wanted, and the backup is left as it is: bring a copy up to date.
            with tempfile.TemporaryDirectory() as copied:
                today = Path(copied) / "project"
                copy_project(file, folder, today)
                SqliteDatabase(today / DATABASE_NAME).close()
                return restore(today, to, progress)
        return copy_project(file, folder, to, progress)


def copy_project(
    database: Database, folder: MediaFolder, to: Place, progress: Progress = lambda _: None
) -> BackupCount:
    """Copy a project as it is at one moment, with the media that it speaks of; others may write meanwhile.

    Args:
        database: holds the project.
        folder: its media.
        to: a new or empty folder, or the URL of an empty database.
        progress: told the share that has been copied.

    Raises:
        NotAStore: the database is damaged. BadFile: a media file is missing or damaged.
        BadValue: `to` holds something. CannotWrite: the disk is full or read-only; `to` is left as it was.
    """
    if isinstance(to, DatabaseUrl):
        return _copy_into_database(database, folder, to, progress)
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        do = "Name another folder, or move this one away"
        raise BadValue(str(to), got="something that is there already", expected="a new or empty folder", do=do)
    with _unfinished(to) as unfinished:
        if isinstance(database, SqliteDatabase):
            judgments, n_files = _copy_file(database, folder, unfinished, progress)
        else:
            judgments, n_files = _copy_into_folder(database, folder, unfinished, progress)
        n_bytes = sum(path.stat().st_size for path in unfinished.rglob("*") if path.is_file())
    progress(1.0)
    return BackupCount(judgments, n_files, n_bytes)


def _copy_file(database: SqliteDatabase, folder: MediaFolder, to: Path, progress: Progress) -> tuple[int, int]:
    """Copy a file page by page, which is quicker than row by row; return its judgments and its files of media."""
    copied = to / DATABASE_NAME
    copy_database(database, copied, lambda share: progress(0.5 * share))
    judgments, media_ids = contents_of(copied, database.where)
    media = MediaFolder(to / MEDIA_NAME)
    contents = ((media_id, folder.read(media_id)) for media_id in media_ids)
    media.add(_counted(contents, len(media_ids), progress))
    return judgments, len(media_ids)


def _copy_into_folder(database: Database, folder: MediaFolder, to: Path, progress: Progress) -> tuple[int, int]:
    create_file(to / DATABASE_NAME)
    file = SqliteDatabase(to / DATABASE_NAME)
    with closing(file), database.reading() as source, file.writing() as written:
        return copy_rows((source, folder), (written, MediaFolder(to / MEDIA_NAME)), progress)


def _copy_into_database(database: Database, folder: MediaFolder, to: DatabaseUrl, progress: Progress) -> BackupCount:
    with closing(open_postgres(to, lock_timeout_s=LOCK_TIMEOUT_S, create=True)) as target:
        with database.reading() as source, target.writing() as written:
            if holds_rows(written):
                do = "Make another: createdb NAME"
                raise BadValue(str(to), got="a project that holds something", expected="an empty database", do=do)
            judgments, n_files = copy_rows((source, folder), (written, MediaFolder(None)), progress)
        with target.reading() as read:
            n_bytes = n_bytes_of(read)
    progress(1.0)
    return BackupCount(judgments, n_files, n_bytes)


@contextmanager
def _unfinished(to: Path) -> Iterator[Path]:
    """Give a folder that becomes `to` when the block ends well, and vanishes otherwise."""
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=to.parent, prefix=f".{to.name}-"))
        try:
            yield unfinished
            unfinished.chmod(0o755)  # a temporary folder is for its owner alone
            sync_folder(unfinished)
            unfinished.rename(to)
            sync_folder(to.parent)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    except OSError as error:
        said = error.strerror or str(error)
        raise CannotWrite(str(to), got=said, expected="a disk with room to write") from None


def _counted(contents: Iterator[tuple[str, bytes]], n: int, progress: Progress) -> Iterator[tuple[str, bytes]]:
    for done, content in enumerate(contents, start=1):
        yield content
        progress(0.5 + 0.5 * done / n)
