"""The judgments table: one labeler's answer to one question a row, never changed, only followed by another.

A typed nullable column per question kind holds the answer, so that a million judgments stay one small columnar
table that every tool reads, and no answer is a string to be parsed again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import polars as pl

from tacit.errors import BadJudgment, NotFinite
from tacit.judging.question import DATA_SHEETS, QuestionKind


class Outcome(StrEnum):
    """What became of a question when a labeler met it."""

    ANSWERED = "answered"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    CANT_TELL = "cant_tell"
    NOT_SHOWN = "not_shown"
    SKIPPED = "skipped"


IN_LIKELIHOOD = (Outcome.ANSWERED, Outcome.TIE, Outcome.BOTH_BAD)
"""Outcomes that say something about the items. The others enter no likelihood, and are counted."""

ANSWER_COLUMNS: tuple[str, ...] = tuple(DATA_SHEETS[kind].column for kind in QuestionKind)


def judgments_schema() -> dict[str, Any]:
    """Return column → Polars type of a judgments table.

    ===============  ==========================================================================================
    judgment_id      text, unique; also the idempotency key: adding the same id again adds nothing
    question_id      the question that was answered
    labeler_id       who answered
    outcome          one of `Outcome`
    choice …         the answer, in the column named after the question's kind; null unless `outcome` is answered
    probability
    shown_left       index of the item shown left or first, in the question's own order; null if nothing was shown
    credence         how sure the labeler was that the answer is right, in [0, 1]; null if not asked
    answered_at_s    seconds since 1970-01-01 UTC
    duration_s       seconds from showing to answering; null if not measured
    follows          judgment_id that this one replaces in force; null for a first answer
    ===============  ==========================================================================================
    """
    span = pl.Struct({"start": pl.Float64, "end": pl.Float64, "label": pl.String})
    return {
        "judgment_id": pl.String,
        "question_id": pl.String,
        "labeler_id": pl.String,
        "outcome": pl.String,
        "choice": pl.String,
        "comparison": pl.Int8,
        "ranking": pl.List(pl.Int16),
        "rating": pl.Float64,
        "text": pl.String,
        "spans": pl.List(span),
        "probability": pl.Float64,
        "shown_left": pl.Int8,
        "credence": pl.Float64,
        "answered_at_s": pl.Float64,
        "duration_s": pl.Float64,
        "follows": pl.String,
    }


def judgments_table(columns: dict[str, Any]) -> pl.DataFrame:
    """Return a judgments table from some of its columns; the absent ones become null.

    Raises:
        BadJudgment: a column that the schema does not know.
    """
    schema = judgments_schema()
    if unknown := sorted(set(columns) - set(schema)):
        raise BadJudgment("judgments table", got=f"column {unknown[0]!r}", expected=f"one of {', '.join(schema)}")
    given = pl.DataFrame(columns, schema={name: schema[name] for name in columns})
    return given.with_columns(pl.lit(None, dtype=schema[n]).alias(n) for n in schema if n not in columns).select(
        list(schema)
    )


def in_force(judgments: pl.DataFrame) -> pl.DataFrame:
    """Return the judgments that no later one follows, in the order given."""
    replaced = judgments.get_column("follows").drop_nulls()
    return judgments.filter(~pl.col("judgment_id").is_in(replaced.implode()))


def check_judgments(judgments: pl.DataFrame, questions: pl.DataFrame, *, where: str = "judgments") -> None:
    """Refuse judgments that their questions do not allow, naming the first bad row.

    Args:
        judgments: table with the columns of `judgments_schema`.
        questions: table with the columns of `questions_schema` that holds every question answered.
        where: what to call the table in a message, such as a file's name.

    Raises:
        BadJudgment: an unknown question or outcome, an answer in the wrong column or outside its range.
        NotFinite: a rating, probability, credence or time that is NaN or infinite.
    """
    _refuse_not_finite(judgments, where)
    joined = judgments.with_row_index("row").join(
        questions.select("question_id", "kind", "settings", pl.col("item_ids").list.len().alias("n_items")),
        on="question_id",
        how="left",
    )
    answered = pl.col("outcome") == Outcome.ANSWERED
    given = pl.sum_horizontal(pl.col(c).is_not_null() for c in ANSWER_COLUMNS)
    right_column = pl.coalesce(
        pl.when((pl.col("kind") == kind) & pl.col(DATA_SHEETS[kind].column).is_not_null()).then(True)
        for kind in QuestionKind
    ).fill_null(False)
    draw = pl.col("outcome").is_in([Outcome.TIE, Outcome.BOTH_BAD])
    faults: list[tuple[pl.Expr, str, str]] = [
        (pl.col("kind").is_null(), "question_id", "a question of this project"),
        (~pl.col("outcome").is_in(list(Outcome)), "outcome", f"one of {', '.join(Outcome)}"),
        (answered & ((given != 1) | ~right_column), "outcome", "one answer, in the column of the question's kind"),
        (~answered & (given > 0), "outcome", "no answer beside an outcome other than 'answered'"),
        (draw & (pl.col("n_items") < 2), "outcome", "a draw only between two items or more"),
        (~pl.col("comparison").is_between(0, 1), "comparison", "0 (the first item) or 1 (the second)"),
        (~pl.col("probability").is_between(0, 1), "probability", "a number from 0 to 1"),
        (~pl.col("credence").is_between(0, 1), "credence", "a number from 0 to 1"),
        (pl.col("duration_s") < 0, "duration_s", "no negative time"),
        (pl.col("shown_left") >= pl.col("n_items"), "shown_left", "the index of an item of the question"),
        (pl.col("ranking").list.len() != pl.col("n_items"), "ranking", "one rank an item"),
        (pl.col("ranking").list.min() < 0, "ranking", "ranks from 0"),
        (_outside_options(), "choice", "one of the question's options"),
        (_outside_scale("low", above=False), "rating", "a rating on the question's scale"),
        (_outside_scale("high", above=True), "rating", "a rating on the question's scale"),
        (_crossed_spans(), "spans", "start < end"),
    ]
    for fault, column, expected in faults:
        rows = joined.filter(fault.fill_null(False)).select("row", column)
        if rows.height:
            more = f"{rows.height} rows share this fault" if rows.height > 1 else ""
            raise BadJudgment(
                f"{where}, row {rows['row'][0] + 1}, column {column!r}",
                got=repr(_plain(rows[column][0])),
                expected=expected,
                do=more,
            )


def _plain(value: object) -> object:
    return value.to_list() if isinstance(value, pl.Series) else value


def _refuse_not_finite(judgments: pl.DataFrame, where: str) -> None:
    for column in ("rating", "probability", "credence", "answered_at_s", "duration_s"):
        bad = judgments.with_row_index("row").filter(pl.col(column).is_finite().not_().fill_null(False))
        if bad.height:
            raise NotFinite(
                f"{where}, row {bad['row'][0] + 1}, column {column!r}", got=bad[column][0], expected="a finite number"
            )


def _outside_options() -> pl.Expr:
    allowed = pl.col("settings").str.json_path_match("$.options").str.json_decode(pl.List(pl.String))
    is_choice = pl.col("kind") == QuestionKind.CHOICE
    return pl.when(is_choice).then(~allowed.list.contains(pl.col("choice")))


def _outside_scale(bound: str, *, above: bool) -> pl.Expr:
    limit = pl.col("settings").str.json_path_match(f"$.{bound}").cast(pl.Float64)
    return pl.col("rating") > limit if above else pl.col("rating") < limit


def _crossed_spans() -> pl.Expr:
    start, end = pl.element().struct.field("start"), pl.element().struct.field("end")
    return pl.col("spans").list.eval(start >= end).list.any()
