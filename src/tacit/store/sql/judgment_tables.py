"""Judgments in the database: only added, never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, func, select, true

from tacit.errors import BadJudgment
from tacit.judging import judgments_schema
from tacit.store.sql.bulk_rows import (
    batches,
    create_index,
    drop_index,
    insert_rows,
    last_sequence,
    sequence_table,
    table_of,
    table_of_rows,
)
from tacit.store.sql.people_schema import assignment, project, task
from tacit.store.sql.schema import judgment, labeler, question

LISTS = ("ranking", "spans")
"""Answers that are lists, which the database keeps as JSON."""

TIMES = ("answered_at_s", "duration_s")


def add_judgments(
    connection: Connection, judgments: pl.DataFrame, questions: pl.DataFrame | None = None, *, all_new: bool = False
) -> int:
    """Add checked judgments about known questions; those whose id is known add nothing. Return how many were new.

    Args:
        questions: id and sequence of the questions answered, if they have been looked up.
        all_new: take it that no id is known or repeated; see `expect_no_repeats`.
    """
    if not judgments.height:
        return 0
    if questions is None:
        questions = sequence_table(connection, question.c.question_id, judgments.get_column("question_id").unique())
    named = judgments.select(labeler_id=pl.col("labeler_id").unique(maintain_order=True))
    insert_rows(connection, labeler, named, unless_known="labeler_id")
    labelers = sequence_table(connection, labeler.c.labeler_id, named.get_column("labeler_id"))
    rows = (
        judgments.select(s for s in judgments if s.null_count() < judgments.height)
        .pipe(lists_as_text)
        .join(questions.rename({"sequence": "question"}), left_on="question_id", right_on="id", maintain_order="left")
        .join(labelers.rename({"sequence": "labeler"}), left_on="labeler_id", right_on="id", maintain_order="left")
        .drop("question_id", "labeler_id")
    )
    return insert_rows(connection, judgment, rows, unless_known="" if all_new else "judgment_id")


def expect_no_repeats(connection: Connection) -> None:
    """Stop holding the ids of judgments against each other."""
    drop_index(connection, judgment, "judgment_once")


def expect_repeats(connection: Connection) -> bool:
    """Hold the ids of judgments against each other again; if False, some repeat and nothing may be kept."""
    return create_index(connection, judgment, "judgment_once")


def refuse_lost_predecessors(connection: Connection, *, after: int) -> None:
    """Refuse new judgments that follow one that is not there.

    Args:
        after: look at judgments after this sequence.

    Raises:
        BadJudgment: names the first.
    """
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


def read_judgments(connection: Connection, *, after: int = 0, until: int | None = None) -> pl.DataFrame:
    """Return the judgments with after < sequence ≤ until, in order of arrival."""
    chosen = chosen_judgments(after=after, until=until)
    # A loop asks for what is new again and again; all of a project is asked for from the start.
    return lists_from_text(table_of(connection, chosen, text_schema(), many=after == 0))


def judgment_batches(
    connection: Connection, project_id: str | None = None, *, by_question: bool = False
) -> Iterator[pl.DataFrame]:
    """Give judgments in order of arrival, some at a time: what an export needs, at least cost.

    Args:
        project_id: only those of this project of people at work; None for all.
        by_question: give those of one question together, in order of arrival.

    The columns are those of `judgments_schema`, but for question_id and labeler_id, in place of which `question` and
    `labeler` hold sequences.
    """
    schema = text_schema()
    optional = [name for name, column in judgment.c.items() if column.nullable]
    wanted = true() if project_id is None else _of_project(project_id)
    filled = connection.execute(select(*(func.count(judgment.c[name]) for name in optional)).where(wanted)).one()
    absent = {name for name, n_filled in zip(optional, filled, strict=True) if n_filled == 0}
    types = {"question": pl.Int64, "labeler": pl.Int64, **schema}
    types = {name: dtype for name, dtype in types.items() if name in judgment.c and name not in absent}
    order = (judgment.c.question, judgment.c.sequence) if by_question else (judgment.c.sequence,)
    chosen = select(*(judgment.c[name] for name in types)).where(wanted).order_by(*order)
    for rows in batches(connection, chosen, many=True):
        table = table_of_rows(rows, types)
        yield lists_from_text(table.with_columns(pl.lit(None, dtype=schema[name]).alias(name) for name in absent))


def labeler_table(connection: Connection) -> pl.DataFrame:
    """Return sequence and labeler_id of all labelers."""
    types = {"sequence": pl.Int64, "labeler_id": pl.String}
    return table_of(connection, select(*(labeler.c[name] for name in types)), types)


def text_schema() -> dict[str, Any]:
    """Return column → Polars type of judgments whose answers that are lists are JSON text."""
    return {name: pl.String if name in LISTS else dtype for name, dtype in judgments_schema().items()}


def chosen_judgments(*, after: int = 0, until: int | None = None) -> Select[Any]:
    """Return the select of judgments in the column order of `judgments_schema`, in order of arrival."""
    names = {"question_id": question.c.question_id, "labeler_id": labeler.c.labeler_id}
    columns = [names[name] if name in names else judgment.c[name] for name in judgments_schema()]
    chosen = select(*columns).join_from(judgment, question).join(labeler).where(judgment.c.sequence > after)
    chosen = chosen if until is None else chosen.where(judgment.c.sequence <= until)
    return chosen.order_by(judgment.c.sequence)


def count_judgments(connection: Connection, project_id: str | None = None) -> int:
    """Return how many judgments there are, in all or of one project of people at work."""
    wanted = true() if project_id is None else _of_project(project_id)
    return int(connection.execute(select(func.count()).select_from(judgment).where(wanted)).scalar_one())


def _of_project(project_id: str) -> ColumnElement[bool]:
    """Return the condition that a judgment was given in a project, or is about its questions and given in none."""
    number = select(project.c.sequence).where(project.c.project_id == project_id).scalar_subquery()
    asked = select(task.c.question).where(task.c.project == number)
    handed = select(assignment.c.sequence).where(assignment.c.judgment_id == judgment.c.judgment_id)
    here = handed.where(assignment.c.project == number).exists()
    return here | (judgment.c.question.in_(asked) & ~handed.exists())


def newest_judgment(connection: Connection) -> int:
    """Return the sequence of the newest judgment; 0 when there is none."""
    return last_sequence(connection, judgment)


def hash_judgments(connection: Connection, *, until: int | None = None) -> str:
    """Return SHA-256 of all judgments but for their times; the order of arrival is no part of it."""
    chosen = chosen_judgments(until=until).order_by(None).order_by(judgment.c.judgment_id)
    timeless = chosen.with_only_columns(*(c for c in chosen.selected_columns if c.name not in TIMES))
    digest = hashlib.sha256()
    for rows in batches(connection, timeless, many=True):
        lines = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        digest.update(lines[1:-1].encode() + b",")
    return digest.hexdigest()


def lists_as_text(table: pl.DataFrame) -> pl.DataFrame:
    """Return `table` with its answers that are lists, where it has any, as JSON text; null stays null."""
    encoded = {
        "ranking": pl.format("[{}]", pl.col("ranking").cast(pl.List(pl.String)).list.join(",")),
        "spans": pl.struct(answer="spans").struct.json_encode().str.slice(10).str.head(-1),  # within {"answer":…}
    }
    present = [name for name in LISTS if name in table.columns]
    return table.with_columns(pl.when(pl.col(name).is_not_null()).then(encoded[name]).alias(name) for name in present)


def lists_from_text(table: pl.DataFrame) -> pl.DataFrame:
    """Return `table` with JSON text in `ranking` and `spans` as lists again."""
    schema = judgments_schema()
    return table.with_columns(pl.col(name).str.json_decode(schema[name]) for name in LISTS)
