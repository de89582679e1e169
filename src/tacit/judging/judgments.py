"""The judgments table: one labeler's answer to one question a row, never changed, only followed by another.

A typed nullable column per question kind holds the answer, so that a million judgments stay one small columnar
table that every tool reads, and no answer is a string to be parsed again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import polars as pl

from tacit.errors import BadJudgment
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
    shown_left       index of the item shown left or first, in the question's own order; null if nothing was shown,
                     or more than two items were
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
        BadJudgment: a column that the schema does not know, or values that its type cannot hold.
    """
    schema = judgments_schema()
    if unknown := sorted(set(columns) - set(schema)):
        raise BadJudgment("judgments table", got=f"column {unknown[0]!r}", expected=f"one of {', '.join(schema)}")
    absent = {name: pl.lit(None, dtype=dtype).alias(name) for name, dtype in schema.items() if name not in columns}
    if not columns:
        return pl.DataFrame(schema=schema)
    try:
        given = pl.DataFrame(columns, schema={name: schema[name] for name in columns})
    except (TypeError, OverflowError, pl.exceptions.PolarsError) as error:
        types = ", ".join(f"{name} {schema[name]}" for name in columns)
        raise BadJudgment(
            "judgments table", got=str(error).partition("\n")[0], expected=f"columns of these types: {types}"
        ) from None
    return given.with_columns(absent.values()).select(list(schema))


def in_force(judgments: pl.DataFrame) -> pl.DataFrame:
    """Return the judgments that no later one follows, in the order given."""
    replaced = judgments.get_column("follows").drop_nulls()
    return judgments.filter(~pl.col("judgment_id").is_in(replaced.implode()))
