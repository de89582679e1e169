"""The tables of a project, as they are now. How an older project becomes this one is in `migrations`.

::

    media ◄─ item ◄╌ question ◄─ judgment ─► labeler
      ▲        ▲
      └─ rendition

A question lists the ids of its items as JSON. No foreign key guards the list; `question_tables` does, and items stay.

Ids that people and files see are text and unique. Inside, rows point at each other by `sequence`, the order of
arrival, which keeps a million judgments small.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

metadata = MetaData()

media = Table(
    "media",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("media_id", Text, nullable=False, unique=True),
    Column("n_bytes", Integer, nullable=False),
    Column("content", LargeBinary),  # null when the bytes are a file in the project's folder of media
)

item = Table(
    "item",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("item_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("media", Integer, ForeignKey("media.sequence"), nullable=False),
)

rendition = Table(
    "rendition",
    metadata,
    Column("item", Integer, ForeignKey("item.sequence"), primary_key=True, autoincrement=False),
    Column("media_type", Text, nullable=False),
    Column("media", Integer, ForeignKey("media.sequence"), nullable=False),
)

question = Table(
    "question",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("question_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("item_ids", Text, nullable=False),  # JSON
    Column("text", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("occasion", Text, nullable=False),
    Index("question_once", "question_id", unique=True),
)

labeler = Table(
    "labeler",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("labeler_id", Text, nullable=False, unique=True),
)

judgment = Table(
    "judgment",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("judgment_id", Text, nullable=False),
    Column("question", Integer, ForeignKey("question.sequence"), nullable=False),
    Column("labeler", Integer, ForeignKey("labeler.sequence"), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("choice", Text),
    Column("comparison", SmallInteger),
    Column("ranking", Text),  # JSON
    Column("rating", Float),
    Column("text", Text),
    Column("spans", Text),  # JSON
    Column("probability", Float),
    Column("shown_left", SmallInteger),
    Column("credence", Float),
    Column("answered_at_s", Float),
    Column("duration_s", Float),
    Column("follows", Text),
    Index("judgment_once", "judgment_id", unique=True),
)

NEVER_CHANGED = (judgment, question, item)
"""Tables whose rows are only added: a judgment means nothing once its question or its items have changed."""
