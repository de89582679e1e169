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
    Text,
)

from tacit.store.sql.people_migration import make_the_tables_of_people


def make_the_first_tables(connection: Connection) -> None:
    """Version 1: media, items, renditions, questions, labelers, judgments."""
    first = MetaData()
    Table(
        "media",
        first,
        Column("sequence", Integer, primary_key=True),
        Column("media_id", Text, nullable=False, unique=True),
        Column("n_bytes", Integer, nullable=False),
        Column("content", LargeBinary),
    )
    Table(
        "item",
        first,
        Column("sequence", Integer, primary_key=True),
        Column("item_id", Text, nullable=False, unique=True),
        Column("kind", Text, nullable=False),
        Column("media_type", Text, nullable=False),
        Column("media", Integer, ForeignKey("media.sequence"), nullable=False),
    )
    Table(
        "rendition",
        first,
        Column("item", Integer, ForeignKey("item.sequence"), primary_key=True, autoincrement=False),
        Column("media_type", Text, nullable=False),
        Column("media", Integer, ForeignKey("media.sequence"), nullable=False),
    )
    Table(
        "question",
        first,
        Column("sequence", Integer, primary_key=True),
        Column("question_id", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("item_ids", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("settings", Text, nullable=False),
        Column("occasion", Text, nullable=False),
        Index("question_once", "question_id", unique=True),
    )
    Table(
        "labeler",
        first,
        Column("sequence", Integer, primary_key=True),
        Column("labeler_id", Text, nullable=False, unique=True),
    )
    Table(
        "judgment",
        first,
        Column("sequence", Integer, primary_key=True),
        Column("judgment_id", Text, nullable=False),
        Column("question", Integer, ForeignKey("question.sequence"), nullable=False),
        Column("labeler", Integer, ForeignKey("labeler.sequence"), nullable=False),
        Column("outcome", Text, nullable=False),
        Column("choice", Text),
        Column("comparison", SmallInteger),
        Column("ranking", Text),
        Column("rating", Float),
        Column("text", Text),
        Column("spans", Text),
        Column("probability", Float),
        Column("shown_left", SmallInteger),
        Column("credence", Float),
        Column("answered_at_s", Float),
        Column("duration_s", Float),
        Column("follows", Text),
        Index("judgment_once", "judgment_id", unique=True),
    )
    first.create_all(connection)


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (make_the_first_tables, make_the_tables_of_people)
"""Migration number n stands at index n − 1."""
