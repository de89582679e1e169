"""Judgments in the database: only added, never changed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, func, select

from tacit.errors import BadJudgment
from tacit.judging import judgments_schema
from tacit.store.sql.bulk_rows import batches, fetched, insert_rows, sequence_table
from tacit.store.sql.judgment_rows import judgments_from_rows, lists_as_text
from tacit.store.sql.schema import judgment, labeler, question

ROWS_PER_BATCH = 50_000
INSERTED = ("judgment_id", "question", "labeler", *list(judgments_schema())[3:])
TIMES = ("answered_at_s", "duration_s")


def add_judgments(connection: Connection, judgments: pl.DataFrame) -> int:
    """Add checked judgments about known questions; those whose id is known add nothing. Return how many were new.

    Raises:
        BadJudgment: a judgment that follows one that is not there.
    """
    before = last_sequence(connection)
    named = judgments.select(id="labeler_id").unique(maintain_order=True)
    insert_rows(connection, labeler, ("labeler_id",), named.rows(), unless_known="labeler_id")
    labelers = sequence_table(connection, labeler.c.labeler_id, named.get_column("id"))
    questions = sequence_table(connection, question.c.question_id, judgments.get_column("question_id").unique())
    rows = (
        lists_as_text(judgments)
        .join(questions.rename({"id": "question_id", "sequence": "question"}), on="question_id", maintain_order="left")
        .join(labelers.rename({"id": "labeler_id", "sequence": "labeler"}), on="labeler_id", maintain_order="left")
        .select(INSERTED)
        .rows()
    )
    added = insert_rows(connection, judgment, INSERTED, rows, unless_known="judgment_id")
    _refuse_lost_predecessors(connection, after=before)
    return added


def read_judgments(connection: Connection, *, after: int = 0, until: int | None = None) -> pl.DataFrame:
    """Return the judgments with after < sequence ≤ until, in order of arrival."""
    return judgments_from_rows(fetched(connection, chosen_judgments(after=after, until=until)))


def chosen_judgments(*, after: int = 0, until: int | None = None) -> Select[Any]:
    """Return the select of judgments in the column order of `judgments_schema`, in order of arrival."""
    names = {"question_id": question.c.question_id, "labeler_id": labeler.c.labeler_id}
    columns = [names[name] if name in names else judgment.c[name] for name in judgments_schema()]
    chosen = (
        select(*columns)
        .join_from(judgment, question, judgment.c.question == question.c.sequence)
        .join(labeler, judgment.c.labeler == labeler.c.sequence)
        .where(judgment.c.sequence > after)
        .order_by(judgment.c.sequence)
    )
    return chosen if until is None else chosen.where(judgment.c.sequence <= until)


def last_sequence(connection: Connection) -> int:
    """Return the sequence of the newest judgment; 0 when there is none."""
    return int(connection.execute(select(func.max(judgment.c.sequence))).scalar() or 0)


def count_judgments(connection: Connection) -> int:
    """Return how many judgments there are."""
    return int(connection.execute(select(func.count()).select_from(judgment)).scalar_one())


def hash_judgments(connection: Connection, *, until: int | None = None) -> str:
    """Return SHA-256 of all judgments but for their times; the order of arrival is no part of it."""
    chosen = chosen_judgments(until=until).order_by(None).order_by(judgment.c.judgment_id)
    timeless = chosen.with_only_columns(*(c for c in chosen.selected_columns if c.name not in TIMES))
    digest = hashlib.sha256()
    for rows in batches(connection, timeless, ROWS_PER_BATCH):
        lines = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        digest.update(lines[1:-1].encode() + b",")
    return digest.hexdigest()


def _refuse_lost_predecessors(connection: Connection, *, after: int) -> None:
    earlier = judgment.alias("earlier")
    lost = (
        select(judgment.c.judgment_id, judgment.c.follows)
        .where(judgment.c.sequence > after, judgment.c.follows.is_not(None))
        .where(~select(earlier.c.sequence).where(earlier.c.judgment_id == judgment.c.follows).exists())
    )
    row = connection.execute(lost.limit(1)).one_or_none()
    if row is not None:
        raise BadJudgment(
            f"judgment {row.judgment_id}, column 'follows'",
            got=repr(row.follows),
            expected="a judgment of this project",
        )
