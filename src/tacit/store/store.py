"""A project: items, questions and judgments, kept so that what was acknowledged is never lost.

::

    PROJECT/
    ├── tacit.sqlite      everything but large media
    └── media/ab/cdef…    large media by the SHA-256 of their bytes

or, for a team, all of it in a PostgreSQL database, where every process that serves it finds the media too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
from sqlalchemy import Connection

from tacit.errors import BadQuestion
from tacit.judging import Item, Media, check_judgments, questions_schema
from tacit.store.backup import BackupCount, copy_project
from tacit.store.exchange.exporting import export_as, export_judgments
from tacit.store.exchange.foreign import ExportCount
from tacit.store.exchange.importing import ImportCount, ImportOptions, import_judgments
from tacit.store.media_folder import MediaFolder
from tacit.store.people.access import Access, Clock
from tacit.store.people.people import People
from tacit.store.places import DATABASE_NAME, MEDIA_NAME, DatabaseUrl, holds_project, place_of, refuse_no_project
from tacit.store.question_ids import check_question_ids, check_questions
from tacit.store.sql import item_tables, judgment_tables, question_tables
from tacit.store.sql.database import Database
from tacit.store.sql.group_commit import GroupCommit
from tacit.store.sql.postgres import open_postgres
from tacit.store.sql.sqlite import LOCK_TIMEOUT_S, SqliteDatabase
from tacit.store.sql.sqlite_file import create_file
from tacit.store.storable import refuse_nul


class Store:
    """A project that is open, in a folder or in a PostgreSQL database: both do the same.

    Any number of threads may use one store, and any number of processes one project.

    Use `Store.open` or `Store.in_memory`, and close it, or use it in a ``with`` block.
    """

    def __init__(self, database: Database, folder: MediaFolder) -> None:
        self._database, self._folder = database, folder
        self._writer = GroupCommit(database.writing, database.where)
        self.people = People(Access(database.reading, self._writer, folder, Clock()))

    @classmethod
    def open(
        cls, place: str | Path | DatabaseUrl, *, create: bool = True, lock_timeout_s: float = LOCK_TIMEOUT_S
    ) -> Self:
        """Open the project in a folder, or in the database that a URL names.

        Args:
            place: the project's folder, or ``postgresql://USER@HOST:PORT/NAME``.
            create: make a new project if there is none; a database must exist, and be empty.
            lock_timeout_s: how long a write waits for another process that is writing.

        Raises:
            NotAStore: there is no project, or its database is foreign, truncated or damaged.
            NewerStore: a later tacit wrote it. CannotWrite: it cannot be created or brought up to date.
            StoreError: no server answers, it lets nobody of that name in, or it has no such database.
            MissingExtra: a URL, and no driver for PostgreSQL is installed.
        """
        where = place_of(place)
        if isinstance(where, DatabaseUrl):
            return cls(open_postgres(where, lock_timeout_s=lock_timeout_s, create=create), MediaFolder(None))
        if not create:
            refuse_no_project(where)
        database_path = where / DATABASE_NAME
        if not holds_project(where):
            create_file(database_path)
        return cls(SqliteDatabase(database_path, lock_timeout_s=lock_timeout_s), MediaFolder(where / MEDIA_NAME))

    @classmethod
    def in_memory(cls) -> Self:
        """Open a new project that vanishes when it is closed: for tests and experiments."""
        return cls(SqliteDatabase(None), MediaFolder(None))

    def close(self) -> None:
        """Finish what is being written and give the files back."""
        self._writer.close()
        self._database.close()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the store."""
        self.close()

    def add_items(self, items: Sequence[Item]) -> int:
        """Keep items and return how many were new.

        Raises:
            CannotWrite: nothing was added.
        """
        self._folder.add([(item.item_id, item.content) for item in items])
        return self._writer.run(lambda connection: item_tables.add_items(connection, items, self._folder))

    def item(self, item_id: str) -> Item:
        """Return an item.

        Raises:
            UnknownName: no such item. BadFile: its content has been lost or changed on disk.
        """
        return self.items([item_id])[0]

    def items(self, item_ids: Sequence[str]) -> list[Item]:
        """Return items in the order of their ids.

        Raises:
            UnknownName: no such item. BadFile: its content has been lost or changed on disk.
        """
        with self._database.reading() as connection:
            return item_tables.read_items(connection, item_ids, self._folder)

    def add_rendition(self, item_id: str, media: Media) -> None:
        """Keep how an item is shown, in place of how it was shown before.

        Raises:
            UnknownName: no such item. CannotWrite: nothing was changed.
        """
        self._folder.add([(media.media_id, media.content)])
        self._writer.run(lambda connection: item_tables.add_rendition(connection, item_id, media, self._folder))

    def rendition(self, item_id: str) -> Media | None:
        """Return how an item is shown, or None if nothing was kept.

        Raises:
            BadFile: its bytes have been lost or changed on disk.
        """
        with self._database.reading() as connection:
            return item_tables.read_rendition(connection, item_id, self._folder)

    def add_questions(self, questions: pl.DataFrame) -> int:
        """Keep questions (columns of `questions_schema`) and return how many were new.

        Raises:
            BadQuestion: a question that its kind does not allow. UnknownName: one about an item that is not kept.
            CannotWrite: nothing was added.
        """
        if dict(questions.schema) != questions_schema():
            raise BadQuestion(
                "questions", got=f"columns {dict(questions.schema)}", expected="those of questions_schema"
            )
        check_questions(questions)
        check_question_ids(questions)
        return self._writer.run(lambda connection: question_tables.add_questions(connection, questions)[1])

    def questions(self, question_ids: Sequence[str] | pl.Series | None = None) -> pl.DataFrame:
        """Return questions in the order of their ids; without ids all of them, in the order they were added.

        Raises:
            UnknownName: no such question.
        """
        with self._database.reading() as connection:
            return question_tables.read_questions(connection, question_ids)

    def unanswered(self, labeler_id: str) -> pl.DataFrame:
        """Return the questions to which a labeler has given no judgment, in the order they were added."""
        with self._database.reading() as connection:
            return question_tables.read_unanswered(connection, labeler_id)

    def add_judgments(self, judgments: pl.DataFrame) -> int:
        """Keep judgments (columns of `judgments_schema`), on disk when this returns, and return how many were new.

        A judgment whose id is kept already adds nothing, so that it is safe to send one again.

        Raises:
            BadJudgment, NotFinite: a judgment that its question does not allow, or whose question is not kept.
            CannotWrite: nothing was added.
        """
        named = judgments.get_column("question_id").unique() if "question_id" in judgments.columns else pl.Series()
        with self._database.reading() as connection:
            asked = question_tables.read_known_questions(connection, named.cast(pl.String))
        check_judgments(judgments, asked)
        refuse_nul(judgments)

        def add(connection: Connection) -> int:
            before = judgment_tables.newest_judgment(connection)
            added = judgment_tables.add_judgments(connection, judgments)
            judgment_tables.refuse_lost_predecessors(connection, after=before)
            return added

        return self._writer.run(add)

    def judgments(self, *, after: int = 0, until: int | None = None) -> pl.DataFrame:
        """Return judgments in order of arrival.

        Args:
            after: leave out those up to this sequence number.
            until: leave out those after this sequence number; see `last_sequence`.
        """
        with self._database.reading() as connection:
            return judgment_tables.read_judgments(connection, after=after, until=until)

    def last_sequence(self) -> int:
        """Return the sequence number of the newest judgment; 0 when there is none."""
        with self._database.reading() as connection:
            return judgment_tables.newest_judgment(connection)

    def n_judgments(self) -> int:
        """Return how many judgments are kept."""
        with self._database.reading() as connection:
            return judgment_tables.count_judgments(connection)

    def judgments_hash(self, *, until: int | None = None) -> str:
        """Return a SHA-256 of who answered what, and how: the same for the same judgments in any order.

        When they were given, and how long that took, is no part of it, so that a run made again has the same hash.

        Args:
            until: leave out those after this sequence number.
        """
        with self._database.reading() as connection:
            return judgment_tables.hash_judgments(connection, until=until)

    def import_judgments(
        self, path: Path, how: ImportOptions | None = None, progress: Callable[[float], None] = lambda _: None
    ) -> ImportCount:
        """Add the judgments of a JSON-lines, CSV or Parquet file with their questions: all of them or none.

        Judgments that the project holds already add nothing, so that importing a file again is safe. Other writers
        wait meanwhile, and readers do not.

        Args:
            path: the file; `tacit.store.exchange.columns` and `plain` say what it may hold.
            how: format, headers, options.
            progress: told the share of the file that has been read, from 0 to 1.

        Raises:
            BadFile, BadJudgment, BadQuestion, NotFinite, UnknownName: what is wrong, and in which row; nothing was
            added. CannotWrite: nothing was added.
        """
        with self._database.writing(foreign_keys=False) as connection:
            return import_judgments(connection, self._folder, path, how or ImportOptions(), progress)

    def export_judgments(
        self,
        path: Path,
        file_format: str | None = None,
        progress: Callable[[float], None] = lambda _: None,
        *,
        project_id: str | None = None,
    ) -> int:
        """Write judgments with their questions to a file, whole or not at all, and return how many.

        Args:
            path: the file; an existing one is replaced.
            file_format: jsonl, csv or parquet; None says what the file's name says.
            progress: told the share that has been written, from 0 to 1.
            project_id: only the judgments of this project of people at work; None for all.

        Raises:
            UnknownName: an unknown format. CannotWrite: the disk is full or read-only; an existing file is kept.
        """
        with self._database.reading() as connection:
            return export_judgments(connection, path, file_format, progress, project_id=project_id)

    def export_as(
        self,
        path: Path,
        named: str | None = None,
        progress: Callable[[float], None] = lambda _: None,
        *,
        project_id: str | None = None,
    ) -> ExportCount:
        """Write all judgments with their items as a file that another tool reads, whole or not at all.

        Args:
            path: the file; an existing one is replaced. Its ending says jsonl, json, csv or parquet.
            named: label-studio, argilla, doccano, prodigy, hh-rlhf, arena or crowd; or one of our own formats.
            progress: told the share that has been written, from 0 to 1.
            project_id: only the judgments of this project of people at work; None for all.

        Raises:
            UnknownName: an unknown format. BadValue: the format does not come in such a file.
            CannotWrite: the disk is full or read-only; an existing file is kept.
        """
        with self._database.reading() as connection:
            return export_as(connection, self._folder, path, named, progress, project_id=project_id)

    def backup(self, to: str | Path | DatabaseUrl, progress: Callable[[float], None] = lambda _: None) -> BackupCount:
        """Copy the project as it is now into the folder or database `to`, while others go on writing.

        Args:
            to: a new or empty folder, or the URL of an empty database; it becomes a project of its own.
            progress: told the share that has been copied, from 0 to 1.

        Raises:
            NotAStore: the database is damaged. BadFile: a media file is missing or damaged.
            BadValue: `to` holds something. CannotWrite: the disk is full or read-only.
        """
        return copy_project(self._database, self._folder, place_of(to), progress)
