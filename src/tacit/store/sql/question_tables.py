"""Questions in the database."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import Column, ColumnElement, Connection, select

from tacit.errors import UnknownName
from tacit.judging import questions_schema
from tacit.store.sql.bulk_rows import insert_rows, last_sequence, one_of, sequence_table, table_of
from tacit.store.sql.item_tables import unknown_item
from tacit.store.sql.schema import item, judgment, labeler, question, question_item

WORDS = ("question_id", "kind", "text", "settings", "occasion")


def add_questions(connection: Connection, questions: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Add those questions that are new; return the sequence of each by its id, and how many were new.

    Raises:
        UnknownName: a question about an item that the project does not hold.
    """
    asked = questions.unique("question_id", keep="first", maintain_order=True)
    known = sequence_table(connection, question.c.question_id, asked.get_column("question_id"))
    new = asked.join(known, left_on="question_id", right_on="id", how="anti", maintain_order="left")
    if not new.height:
        return known, 0
    new = new.with_row_index("sequence", offset=last_sequence(connection, question) + 1)
    items = sequence_table(connection, item.c.item_id, new.get_column("item_ids").explode().unique())
    pairs = (
        new.select(question="sequence", position=pl.int_ranges(pl.col("item_ids").list.len()), id="item_ids")
        .explode("id", "position")
        .join(items.rename({"sequence": "item"}), on="id", how="left", maintain_order="left")
    )
    if pairs.get_column("item").null_count():
        raise unknown_item(pairs.filter(pl.col("item").is_null())["id"][0])
    insert_rows(connection, question, new.select("sequence", *WORDS))
    insert_rows(connection, question_item, pairs.select("question", "position", "item"))
    added = new.select(id="question_id", sequence=pl.col("sequence").cast(pl.Int64))
    return pl.concat([known, added]), new.height


def read_questions(connection: Connection, question_ids: Sequence[str] | pl.Series | None = None) -> pl.DataFrame:
    """Return questions in the order of their ids, or all in the order in which they were added.

    Raises:
        UnknownName: no such question.
    """
    if question_ids is None:
        return questions_where(connection).drop("sequence")
    wanted = pl.DataFrame({"question_id": question_ids}, schema={"question_id": pl.String})
    known = read_known_questions(connection, wanted.get_column("question_id").unique())
    found = wanted.join(known, on="question_id", how="left", maintain_order="left")
    if found.get_column("kind").null_count():
        missing = found.filter(pl.col("kind").is_null())["question_id"][0]
        raise UnknownName("question", missing, (), do="Add the question first")
    return found.drop("sequence")


def read_known_questions(connection: Connection, question_ids: pl.Series) -> pl.DataFrame:
    """Return those of the questions that the project holds, in the order in which they were added."""
    known = sequence_table(connection, question.c.question_id, question_ids)
    return questions_where(connection, known.get_column("sequence"))


def read_unanswered(connection: Connection, labeler_id: str) -> pl.DataFrame:
    """Return the questions to which a labeler has given no judgment, in the order in which they were added."""
    named = select(labeler.c.sequence).where(labeler.c.labeler_id == labeler_id).scalar_subquery()
    answered = select(judgment.c.question).where(judgment.c.labeler == named)
    waiting = select(question.c.sequence).where(question.c.sequence.not_in(answered))
    sequences = table_of(connection, waiting, {"sequence": pl.Int64})
    return questions_where(connection, sequences.get_column("sequence")).drop("sequence")


def questions_where(connection: Connection, sequences: pl.Series | None = None) -> pl.DataFrame:
    """Return questions in the order in which they were added, with `sequence` as a last column.

    Args:
        sequences: of the questions to return; all by default.
    """
    asked = select(question.c.sequence, *(question.c[name] for name in WORDS))
    words = table_of(
        connection,
        asked.where(_chosen(question.c.sequence, sequences)).order_by(question.c.sequence),
        {"sequence": pl.Int64, **dict.fromkeys(WORDS, pl.String)},
    )
    item_ids = items_of_questions(connection, sequences)
    return words.join(item_ids, on="sequence", how="left", maintain_order="left").select(
        *questions_schema(), "sequence"
    )


def items_of_questions(connection: Connection, sequences: pl.Series | None = None) -> pl.DataFrame:
    """Return the sequence of questions, all by default, and their item_ids."""
    about = select(question_item.c.question, item.c.item_id).join_from(question_item, item)
    pairs = table_of(
        connection,
        about.where(_chosen(question_item.c.question, sequences)).order_by(
            question_item.c.question, question_item.c.position
        ),
        {"sequence": pl.Int64, "item_ids": pl.String},
    )
    return pairs.group_by("sequence", maintain_order=True).agg("item_ids")


def _chosen(column: Column[int], sequences: pl.Series | None) -> ColumnElement[bool]:
    return column.is_not(None) if sequences is None else one_of(column, sequences)
