"""How a project of an older version becomes one of the present version: numbered functions, run once, in order.

A migration is never edited after it has been released. It names its own tables, so that a later change of `schema`
does not rewrite history; a test holds the outcome of all migrations against `schema`.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
)

from tacit.store.sql.people_migration import make_the_tables_of_people
from tacit.store.sql.types import Key, Words


def make_the_first_tables(connection: Connection) -> None:
    """Version 1: media, items, renditions, questions, labelers, judgments."""
    first = MetaData()
    Table(
        "media",
        first,
        Column("sequence", Key, primary_key=True),
        Column("media_id", Words, nullable=False, unique=True),
        Column("n_bytes", Integer, nullable=False),
        Column("content", LargeBinary),
    )
    Table(
        "item",
        first,
        Column("sequence", Key, primary_key=True),
        Column("item_id", Words, nullable=False, unique=True),
        Column("kind", Words, nullable=False),
        Column("media_type", Words, nullable=False),
        Column("media", Key, ForeignKey("media.sequence"), nullable=False),
    )
    Table(
        "rendition",
        first,
        Column("item", Key, ForeignKey("item.sequence"), primary_key=True, autoincrement=False),
        Column("media_type", Words, nullable=False),
        Column("media", Key, ForeignKey("media.sequence"), nullable=False),
    )
    Table(
        "question",
        first,
        Column("sequence", Key, primary_key=True),
        Column("question_id", Words, nullable=False),
        Column("kind", Words, nullable=False),
        Column("item_ids", Words, nullable=False),
        Column("text", Words, nullable=False),
        Column("settings", Words, nullable=False),
        Column("occasion", Words, nullable=False),
        Index("question_once", "question_id", unique=True),
    )
    Table(
        "labeler",
        first,
        Column("sequence", Key, primary_key=True),
        Column("labeler_id", Words, nullable=False, unique=True),
    )
    Table(
        "judgment",
        first,
        Column("sequence", Key, primary_key=True),
        Column("judgment_id", Words, nullable=False),
        Column("question", Key, ForeignKey("question.sequence"), nullable=False),
        Column("labeler", Key, ForeignKey("labeler.sequence"), nullable=False),
        Column("outcome", Words, nullable=False),
        Column("choice", Words),
        Column("comparison", SmallInteger),
        Column("ranking", Words),
        Column("rating", Float),
        Column("text", Words),
        Column("spans", Words),
        Column("probability", Float),
        Column("shown_left", SmallInteger),
        Column("credence", Float),
        Column("answered_at_s", Float),
        Column("duration_s", Float),
        Column("follows", Words),
        Index("judgment_once", "judgment_id", unique=True),
    )
    first.create_all(connection)


def make_the_table_of_previews(connection: Connection) -> None:
    """Version 3: a first look at items, such as the outline of a sound."""
    third = MetaData()
    for known in ("item", "media"):
        Table(known, third, Column("sequence", Key, primary_key=True))
    made = Table(
        "preview",
        third,
        Column("item", Key, ForeignKey("item.sequence"), primary_key=True, autoincrement=False),
        Column("purpose", Words, primary_key=True),
        Column("media_type", Words, nullable=False),
        Column("media", Key, ForeignKey("media.sequence"), nullable=False),
    )
    third.create_all(connection, tables=[made])


def find_who_had_a_task_by_task(connection: Connection) -> None:
    """Version 4: one index over (task, judge) in place of one over (judge, task) and one over tasks.

    It serves both, and each question that is handed out is entered in one index less.
    """
    for name in ("assignment_of_judge", "assignment_of_task"):
        connection.exec_driver_sql(f"DROP INDEX {name}")
    connection.exec_driver_sql("CREATE INDEX assignment_of_task_and_judge ON assignment (task, account)")


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    make_the_first_tables,
    make_the_tables_of_people,
    make_the_table_of_previews,
    find_who_had_a_task_by_task,
)
"""Migration number n stands at index n − 1."""
