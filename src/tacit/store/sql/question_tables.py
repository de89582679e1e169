"""Questions in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, exists, select

from tacit.errors import UnknownName
from tacit.judging import questions_schema
from tacit.store.sql.bulk_rows import fetched, insert_rows, one_of, sequence_table
from tacit.store.sql.item_tables import unknown_item
from tacit.store.sql.judgment_rows import table_of
from tacit.store.sql.schema import item, judgment, labeler, question, question_item

WORDS = ("question_id", "kind", "text", "settings", "occasion")


def add_questions(connection: Connection, questions: pl.DataFrame) -> int:
    """Add those questions that are new and return how many.

    Raises:
        UnknownName: a question about an item that the project does not hold.
    """
    asked = questions.unique("question_id", keep="first", maintain_order=True)
    known = sequence_table(connection, question.c.question_id, asked.get_column("question_id"))
    new = asked.join(known, left_on="question_id", right_on="id", how="anti", maintain_order="left")
    if not new.height:
        return 0
    items = sequence_table(connection, item.c.item_id, new.get_column("item_ids").explode().unique())
    insert_rows(connection, question, WORDS, new.select(WORDS).rows())
    sequences = sequence_table(connection, question.c.question_id, new.get_column("question_id"))
    pairs = (
        new.select("question_id", "item_ids", position=pl.int_ranges(pl.col("item_ids").list.len()))
        .join(sequences.rename({"id": "question_id"}), on="question_id", maintain_order="left")
        .explode("item_ids", "position")
        .join(items.rename({"id": "item_ids", "sequence": "item"}), on="item_ids", how="left", maintain_order="left")
    )
    if pairs.get_column("item").null_count():
        raise unknown_item(pairs.filter(pl.col("item").is_null())["item_ids"][0])
    insert_rows(
        connection, question_item, ("question", "position", "item"), pairs.select("sequence", "position", "item").rows()
    )
    return new.height


def read_questions(connection: Connection, question_ids: Sequence[str] | pl.Series | None = None) -> pl.DataFrame:
    """Return questions in the order of their ids, or all in the order in which they were added.

    Raises:
        UnknownName: no such question.
    """
    if question_ids is None:
        return _questions_where(connection).drop("sequence")
    wanted = pl.DataFrame({"question_id": question_ids}, schema={"question_id": pl.String})
    known = _questions_where(connection, one_of(question.c.question_id, wanted["question_id"].unique()))
    found = wanted.join(known, on="question_id", how="left", maintain_order="left")
    if found.get_column("kind").null_count():
        missing = found.filter(pl.col("kind").is_null())["question_id"][0]
        raise UnknownName("question", missing, (), do="Add the question first")
    return found.drop("sequence")


def read_known_questions(connection: Connection, question_ids: pl.Series) -> pl.DataFrame:
    """Return those of the questions that the project holds, in no order, with their `sequence`."""
    return _questions_where(connection, one_of(question.c.question_id, question_ids))


def read_unanswered(connection: Connection, labeler_id: str) -> pl.DataFrame:
    """Return the questions to which a labeler has given no judgment, in the order in which they were added."""
    answered = (
        exists()
        .where(judgment.c.question == question.c.sequence)
        .where(
            judgment.c.labeler == select(labeler.c.sequence).where(labeler.c.labeler_id == labeler_id).scalar_subquery()
        )
    )
    return _questions_where(connection, ~answered).drop("sequence")


def _questions_where(connection: Connection, *conditions: ColumnElement[bool]) -> pl.DataFrame:
    """Return questions in order of arrival, with `sequence` as a last column."""
    chosen = select(*(question.c[name] for name in WORDS), question.c.sequence).where(*conditions)
    text: dict[str, Any] = {**dict.fromkeys(WORDS, pl.String), "sequence": pl.Int64}
    words = table_of(fetched(connection, chosen.order_by(question.c.sequence)), text)
    about = (
        select(question_item.c.question, item.c.item_id)
        .join_from(question_item, item, question_item.c.item == item.c.sequence)
        .join(question, question_item.c.question == question.c.sequence)
        .where(*conditions)
        .order_by(question_item.c.question, question_item.c.position)
    )
    pairs = table_of(fetched(connection, about), {"sequence": pl.Int64, "item_ids": pl.String})
    item_ids = pairs.group_by("sequence", maintain_order=True).agg("item_ids")
    return words.join(item_ids, on="sequence", how="left", maintain_order="left").select(
        *questions_schema(), "sequence"
    )
