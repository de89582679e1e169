"""Questions in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, select

from tacit.errors import UnknownName
from tacit.judging import questions_schema
from tacit.store.sql.bulk_rows import (
    create_index,
    drop_index,
    insert_rows,
    last_sequence,
    one_of,
    sequence_table,
    table_of,
)
from tacit.store.sql.item_tables import known_items, unknown_item
from tacit.store.sql.schema import judgment, labeler, question

COLUMNS = {"sequence": pl.Int64, **dict.fromkeys(questions_schema(), pl.String)}


def add_questions(connection: Connection, questions: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Add those questions that are new; return the sequence of each by its id, and how many were new.

    Raises:
        UnknownName: a question about an item that the project does not hold.
    """
    asked = questions.unique("question_id", keep="first", maintain_order=True)
    known = sequence_table(connection, question.c.question_id, asked.get_column("question_id"))
    new = asked.join(known, left_on="question_id", right_on="id", how="anti", maintain_order="left")
    return pl.concat([known, add_new_questions(connection, new)]), new.height


def add_new_questions(connection: Connection, questions: pl.DataFrame) -> pl.DataFrame:
    """Add questions, all different and none known; return the sequence of each by its id.

    Raises:
        UnknownName: a question about an item that the project does not hold.
    """
    about = questions.get_column("item_ids").explode(empty_as_null=False).unique(maintain_order=True)
    items = known_items(connection, about)
    if len(items) < len(about):
        raise unknown_item(next(item_id for item_id in about if item_id not in items))
    # The ids are hexadecimal, so that JSON needs no escapes.
    listed = pl.format('["{}"]', pl.col("item_ids").list.join('","')).alias("item_ids")
    rows = questions.with_columns(listed).with_row_index("sequence", offset=last_sequence(connection, question) + 1)
    insert_rows(connection, question, rows.select(list(COLUMNS)))
    return rows.select(id="question_id", sequence=pl.col("sequence").cast(pl.Int64))


def has_questions(connection: Connection) -> bool:
    """Whether the project holds any question."""
    return last_sequence(connection, question) > 0


def expect_no_repeats(connection: Connection) -> None:
    """Stop holding the ids of questions against each other; until then, nothing can be looked up by id."""
    drop_index(connection, question, "question_once")


def expect_repeats(connection: Connection) -> bool:
    """Hold the ids of questions against each other again; if False, some repeat and nothing may be kept."""
    return create_index(connection, question, "question_once")


def read_questions(connection: Connection, question_ids: Sequence[str] | pl.Series | None = None) -> pl.DataFrame:
    """Return questions in the order of their ids, or all in the order in which they were added.

    Raises:
        UnknownName: no such question.
    """
    if question_ids is None:
        return _questions(connection, _chosen()).drop("sequence")
    wanted = pl.DataFrame({"question_id": question_ids}, schema={"question_id": pl.String})
    known = read_known_questions(connection, wanted.get_column("question_id").unique())
    found = wanted.join(known, on="question_id", how="left", maintain_order="left")
    if found.get_column("kind").null_count():
        missing = found.filter(pl.col("kind").is_null())["question_id"][0]
        raise UnknownName("question", missing, (), do="Add the question first")
    return found.select(list(questions_schema()))


def read_known_questions(connection: Connection, question_ids: pl.Series) -> pl.DataFrame:
    """Return those of the questions that the project holds, in the order in which they were added."""
    return _questions(connection, _chosen(one_of(question.c.question_id, question_ids)))


def read_questions_by_sequence(connection: Connection, sequences: pl.Series) -> pl.DataFrame:
    """Return the questions with these sequences, and the column `sequence`."""
    return _questions(connection, _chosen(one_of(question.c.sequence, sequences)))


def read_unanswered(connection: Connection, labeler_id: str) -> pl.DataFrame:
    """Return the questions to which a labeler has given no judgment, in the order in which they were added."""
    named = select(labeler.c.sequence).where(one_of(labeler.c.labeler_id, [labeler_id])).scalar_subquery()
    answered = select(judgment.c.question).where(judgment.c.labeler == named)
    return _questions(connection, _chosen(question.c.sequence.not_in(answered))).drop("sequence")


def _chosen(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(*(question.c[name] for name in COLUMNS)).where(*conditions).order_by(question.c.sequence)


def _questions(connection: Connection, chosen: Select[Any]) -> pl.DataFrame:
    item_ids = pl.col("item_ids").str.json_decode(pl.List(pl.String))
    return table_of(connection, chosen, COLUMNS).with_columns(item_ids)
