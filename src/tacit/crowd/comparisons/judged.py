"""The judgments of a project as a table of comparisons."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tacit.errors import BadValue
from tacit.judging import Outcome, QuestionKind, in_force
from tacit.store import Store
from tacit.store.exchange.columns import ROW


def read_project(path: Path) -> pl.DataFrame:
    """Return the comparisons of a project that are in force: left, right, winner, rater, and `ROW`.

    Args:
        path: the project's folder.

    Raises:
        BadValue: no comparison was answered. StoreError: no project, or one that cannot be read.
    """
    with Store.open(path, create=False) as store:
        return comparisons_from_judgments(store.judgments(), store.questions(), where=str(path))


def comparisons_from_judgments(
    judgments: pl.DataFrame, questions: pl.DataFrame, *, where: str = "project"
) -> pl.DataFrame:
    """Return answers to questions of the kind *comparison*, the item that was shown left on the left.

    Args:
        judgments: columns of `judgments_schema`.
        questions: columns of `questions_schema`, with every question that was answered.
        where: what to call them in a message.

    Raises:
        BadValue: no comparison was answered.
    """
    asked = questions.filter(pl.col("kind") == QuestionKind.COMPARISON).select("question_id", "item_ids")
    given = in_force(judgments).join(asked, on="question_id", how="inner", maintain_order="left")
    if not given.height:
        raise BadValue(where, got="no answered question of the kind comparison", expected="at least one")
    first, second = (pl.col("item_ids").list.get(at) for at in (0, 1))
    turned = (pl.col("shown_left") == 1).fill_null(False)
    winner = pl.when(pl.col("comparison") == 0).then(first).otherwise(second)
    return given.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW),
        pl.when(turned).then(second).otherwise(first).alias("left"),
        pl.when(turned).then(first).otherwise(second).alias("right"),
        pl.when(pl.col("outcome") == Outcome.ANSWERED).then(winner).otherwise(pl.col("outcome")).alias("winner"),
        pl.col("labeler_id").alias("rater"),
    )
