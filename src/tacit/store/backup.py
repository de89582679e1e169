"""A project copied while it is in use, and made again from such a copy.

A backup is a project like any other: it can be opened, and it can be restored by copying it back. It appears whole or
not at all: it is made beside its place and then renamed.
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
from tacit.store.places import DATABASE_NAME, MEDIA_NAME, refuse_no_project
from tacit.store.sql.sqlite import SqliteDatabase
from tacit.store.sql.sqlite_copy import contents_of, copy_database

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


def restore(source: Path, to: Path, progress: Progress = lambda _: None) -> BackupCount:
    """Make a project in the folder `to` from the backup in `source`, which is left as it is.

    Raises:
        NotAStore: the backup is foreign, truncated or damaged. NewerStore: a later tacit wrote it.
        BadFile: a media file is missing or damaged. BadValue: `to` is not a new or empty folder.
        CannotWrite: the disk is full or read-only; `to` is left as it was.
    """
    refuse_no_project(source)
    database = SqliteDatabase(source / DATABASE_NAME, as_it_is=True)
    with closing(database):
        return copy_project(database, MediaFolder(source / MEDIA_NAME), to, progress)


def copy_project(
    database: SqliteDatabase, folder: MediaFolder, to: Path, progress: Progress = lambda _: None
) -> BackupCount:
    """Copy a project as it is at one moment, with the media that it speaks of; others may write meanwhile.

    Raises:
        NotAStore: the database is damaged. BadFile: a media file is missing or damaged.
        BadValue: `to` is not a new or empty folder. CannotWrite: the disk is full or read-only; `to` is left as it was.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        do = "Name another folder, or move this one away"
        raise BadValue(str(to), got="something that is there already", expected="a new or empty folder", do=do)
    with _unfinished(to) as unfinished:
        copied = unfinished / DATABASE_NAME
        copy_database(database, copied, lambda share: progress(0.5 * share))
        judgments, media_ids = contents_of(copied, database.where)
        media = MediaFolder(unfinished / MEDIA_NAME)
        contents = ((media_id, folder.read(media_id)) for media_id in media_ids)
        media.add(_counted(contents, len(media_ids), progress))
        n_bytes = sum(path.stat().st_size for path in unfinished.rglob("*") if path.is_file())
    progress(1.0)
    return BackupCount(judgments, len(media_ids), n_bytes)


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
