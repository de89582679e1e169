"""The tables of a project, as they are now. How an older project becomes this one is in `migrations`.

::

    media ◄─ item ◄╌ question ◄─ judgment ─► labeler
      ▲        ▲
      ├─ rendition
      └─ preview

A question lists the ids of its items as JSON. No foreign key guards the list; `question_tables` does, and items stay.

Ids that people and files see are text and unique. Inside, rows point at each other by `sequence`, the order of
arrival, which keeps a million judgments small.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, SmallInteger, Table

from tacit.store.sql.types import Key, Words

metadata = MetaData()

media = Table(
    "media",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("media_id", Words, nullable=False, unique=True),
    Column("n_bytes", Integer, nullable=False),
    Column("content", LargeBinary),  # null when the bytes are a file in the project's folder of media
)

item = Table(
    "item",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("item_id", Words, nullable=False, unique=True),
    Column("kind", Words, nullable=False),
    Column("media_type", Words, nullable=False),
    Column("media", Key, ForeignKey("media.sequence"), nullable=False),
)

rendition = Table(
    "rendition",
    metadata,
    Column("item", Key, ForeignKey("item.sequence"), primary_key=True, autoincrement=False),
    Column("media_type", Words, nullable=False),
    Column("media", Key, ForeignKey("media.sequence"), nullable=False),
)

preview = Table(  # a first look at an item, made once when it was brought
    "preview",
    metadata,
    Column("item", Key, ForeignKey("item.sequence"), primary_key=True, autoincrement=False),
    Column("purpose", Words, primary_key=True),
    Column("media_type", Words, nullable=False),
    Column("media", Key, ForeignKey("media.sequence"), nullable=False),
)

question = Table(
    "question",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("question_id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("item_ids", Words, nullable=False),  # JSON
    Column("text", Words, nullable=False),
    Column("settings", Words, nullable=False),
    Column("occasion", Words, nullable=False),
    Index("question_once", "question_id", unique=True),
)

labeler = Table(
    "labeler",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("labeler_id", Words, nullable=False, unique=True),
)

judgment = Table(
    "judgment",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("judgment_id", Words, nullable=False),
    Column("question", Key, ForeignKey("question.sequence"), nullable=False),
    Column("labeler", Key, ForeignKey("labeler.sequence"), nullable=False),
    Column("outcome", Words, nullable=False),
    Column("choice", Words),
    Column("comparison", SmallInteger),
    Column("ranking", Words),  # JSON
    Column("rating", Float),
    Column("text", Words),
    Column("spans", Words),  # JSON
    Column("probability", Float),
    Column("shown_left", SmallInteger),
    Column("credence", Float),
    Column("answered_at_s", Float),
    Column("duration_s", Float),
    Column("follows", Words),
    Index("judgment_once", "judgment_id", unique=True),
)

NEVER_CHANGED = (judgment, question, item)
"""Tables whose rows are only added: a judgment means nothing once its question or its items have changed."""
