"""Transcripts in files and in projects: a row a transcript."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from tacit.crowd.choices.reading import read_label_table
from tacit.crowd.transcripts.table import Transcribed, transcribed_from_table
from tacit.errors import BadValue
from tacit.judging import Outcome, QuestionKind, in_force
from tacit.measure.word_errors.tokens import Normalization
from tacit.store import Store


def read_transcribed(
    path: Path,
    normalization: Normalization | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    labeler_id: str | None = None,
) -> Transcribed:
    """Return the transcripts of a file, or of a project's questions of the kind *text*.

    Args:
        path: a table with a row a transcript, its columns as `tacit.crowd.choices.reading` knows them; or the folder
            of a project.
        normalization: what is done to a text before it is cut into words.
        headers: meaning (`item`, `labeler`, `label`) → the file's column, where no known header says it.
        labeler_id: who answered, if the file does not say.

    Raises:
        BadFile: not such a file, or without one of the columns. BadValue: a cell that is empty; names the row.
    """
    if path.is_dir():
        with Store.open(path, create=False) as store:
            return transcribed_from_judgments(
                store.judgments(), store.questions(), normalization=normalization, where=str(path)
            )
    table = read_label_table(path, headers=headers, labeler_id=labeler_id)
    return transcribed_from_table(table, normalization, where=path.name)


def transcribed_from_judgments(
    judgments: pl.DataFrame,
    questions: pl.DataFrame,
    *,
    normalization: Normalization | None = None,
    where: str = "project",
) -> Transcribed:
    """Return the answers in force to questions of the kind *text* as transcripts of the items asked about.

    Credences that people state are left aside: nobody has measured how often they come true.

    Args:
        judgments: columns of `judgments_schema`. Outcomes other than *answered* are no transcripts.
        questions: columns of `questions_schema`, with every question that was answered.
        normalization: what is done to a text before it is cut into words.
        where: what to call them in a message.

    Raises:
        BadValue: no text was answered.
    """
    asked = questions.filter(pl.col("kind") == QuestionKind.TEXT).select(
        "question_id", pl.col("item_ids").list.first().alias("item")
    )
    answered = in_force(judgments).filter(pl.col("outcome") == Outcome.ANSWERED)
    rows = answered.join(asked, on="question_id", how="inner", maintain_order="left")
    if not rows.height:
        raise BadValue(where, got="no answered question of the kind text", expected="at least one")
    table = rows.select("item", pl.col("labeler_id").alias("labeler"), pl.col("text").alias("label"))
    return transcribed_from_table(table, normalization, where=where)
