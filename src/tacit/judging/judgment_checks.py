"""What a judgment must satisfy before it is kept."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from tacit.errors import BadJudgment, NotFinite
from tacit.judging.judgments import ANSWER_COLUMNS, Outcome, judgments_schema
from tacit.judging.question import DATA_SHEETS, QuestionKind

Fault = tuple[pl.Expr, str, str]
"""Which rows are at fault, in which column, and what is expected there. A null is no fault."""

FINITE_COLUMNS = ("rating", "probability", "credence", "answered_at_s", "duration_s")
STEP_TOLERANCE = 1e-6


def check_judgments(judgments: pl.DataFrame, questions: pl.DataFrame, *, where: str = "judgments") -> None:
    """Refuse judgments that their questions do not allow, naming the first bad row.

    Args:
        judgments: table with the columns of `judgments_schema`.
        questions: table with the columns of `questions_schema` that holds every question answered.
        where: what to call the table in a message, such as a file's name.

    Raises:
        BadJudgment: a column of another type, an unknown question or outcome, a judgment without id or labeler, an
            answer in the wrong column or outside its range.
        NotFinite: a rating, probability, credence, time or end of a span that is NaN or infinite.
    """
    schema = judgments.schema
    for column, dtype in judgments_schema().items():
        got = schema.get(column)
        if got != dtype:
            raise BadJudgment(f"{where}, column {column!r}", got=got or "no such column", expected=str(dtype))
    rows = judgments.with_row_index("row")
    not_finite: list[Fault] = [(~pl.col(column).is_finite(), column, "a finite number") for column in FINITE_COLUMNS]
    _refuse(rows, [*not_finite, (_spans_any(_not_finite_span()), "spans", "finite numbers")], where, NotFinite)
    asked = questions.select("question_id", "kind", "settings", pl.col("item_ids").list.len().alias("n_items"))
    joined = rows.join(asked.unique("question_id"), on="question_id", how="left", maintain_order="left")
    _refuse(joined, _FAULTS_OF_ANY_KIND, where, BadJudgment)
    for kind in joined.get_column("kind").unique():
        of_kind = joined.filter((pl.col("kind") == kind) & _ANSWERED)
        with_settings = of_kind.join(_settings_table(of_kind.get_column("settings")), on="settings", how="left")
        _refuse(with_settings, _FAULTS_OF_KIND.get(kind, []), where, BadJudgment)


def _refuse(rows: pl.DataFrame, faults: list[Fault], where: str, error: type[BadJudgment | NotFinite]) -> None:
    """Raise `error` for the first of `faults` that any row has, naming the first such row."""
    if not faults:
        return
    found = rows.select(at_fault.any().alias(str(number)) for number, (at_fault, _, _) in enumerate(faults)).row(0)
    if not any(found):
        return
    at_fault, column, expected = faults[found.index(True)]
    bad = rows.filter(at_fault).sort("row")
    value = bad.get_column(column).to_list()[0]
    raise error(
        f"{where}, row {bad['row'][0] + 1}, column {column!r}",
        got="nothing" if value is None else repr(value),
        expected=expected,
        do=f"{bad.height} rows share this fault" if bad.height > 1 else "",
    )


def _empty(column: str) -> pl.Expr:
    return pl.col(column).fill_null("") == ""


def _outside(index: pl.Expr) -> pl.Expr:
    return (index < 0) | (index >= pl.col("n_items"))


def _spans_any(of_span: pl.Expr) -> pl.Expr:
    return pl.col("spans").list.eval(of_span).list.any()


def _not_finite_span() -> pl.Expr:
    start, end = pl.element().struct.field("start"), pl.element().struct.field("end")
    return ~(start.is_finite() & end.is_finite())


def _crossed_span() -> pl.Expr:
    start, end = pl.element().struct.field("start"), pl.element().struct.field("end")
    return ((start < 0) | (start >= end)).fill_null(True)


def _off_step() -> pl.Expr:
    steps = (pl.col("rating") - pl.col("low")) / pl.col("step")
    return (steps - steps.round()).abs() > STEP_TOLERANCE


_ANSWERED = pl.col("outcome") == Outcome.ANSWERED
_N_GIVEN = pl.sum_horizontal(pl.col(column).is_not_null() for column in ANSWER_COLUMNS)
_IN_RIGHT_COLUMN = pl.any_horizontal(
    (pl.col("kind") == kind) & pl.col(DATA_SHEETS[kind].column).is_not_null() for kind in QuestionKind
)
_DRAW = pl.col("outcome").is_in([Outcome.TIE, Outcome.BOTH_BAD])
_FAULTS_OF_ANY_KIND: list[Fault] = [
    (_empty("judgment_id"), "judgment_id", "an id"),
    (_empty("labeler_id"), "labeler_id", "who answered"),
    (pl.col("kind").is_null(), "question_id", "a question of this project"),
    (~pl.col("outcome").is_in(list(Outcome)).fill_null(False), "outcome", f"one of {', '.join(Outcome)}"),
    (_ANSWERED & ((_N_GIVEN != 1) | ~_IN_RIGHT_COLUMN), "outcome", "one answer, in the column of the question's kind"),
    (~_ANSWERED & (_N_GIVEN > 0), "outcome", "no answer beside an outcome other than 'answered'"),
    (_DRAW & (pl.col("n_items") < 2), "outcome", "a draw only between two items or more"),
    (~pl.col("credence").is_between(0, 1), "credence", "a number from 0 to 1"),
    (pl.col("duration_s") < 0, "duration_s", "no negative time"),
    (_outside(pl.col("shown_left")), "shown_left", "the index of an item of the question"),
    (pl.col("follows") == pl.col("judgment_id"), "follows", "another judgment's id"),
]

_FAULTS_OF_KIND: dict[str, list[Fault]] = {
    QuestionKind.CHOICE: [(~pl.col("choice").is_in(pl.col("options")), "choice", "one of the question's options")],
    QuestionKind.COMPARISON: [
        (~pl.col("comparison").is_between(0, 1), "comparison", "0 (the first item) or 1 (the second)")
    ],
    QuestionKind.RANKING: [
        (pl.col("ranking").list.len() != pl.col("n_items"), "ranking", "one rank an item"),
        (pl.col("ranking").list.eval(pl.element().is_null()).list.any(), "ranking", "one rank an item"),
        (pl.col("ranking").list.min() != 0, "ranking", "ranks from 0"),
        (pl.col("ranking").list.max() >= pl.col("n_items"), "ranking", "ranks below the number of items"),
    ],
    QuestionKind.RATING: [
        (~pl.col("rating").is_between("low", "high"), "rating", "a rating on the question's scale"),
        (_off_step(), "rating", "a rating on one of the scale's steps"),
    ],
    QuestionKind.SPANS: [
        (_spans_any(_crossed_span()), "spans", "0 ≤ start < end"),
        (
            pl.col("spans").list.eval(pl.element().struct.field("label")).list.set_difference("options").list.len() > 0,
            "spans",
            "labels among the question's options",
        ),
    ],
    QuestionKind.PROBABILITY: [(~pl.col("probability").is_between(0, 1), "probability", "a number from 0 to 1")],
}


def _settings_table(settings: pl.Series) -> pl.DataFrame:
    """Return one row a distinct settings text, with what the faults look at as columns; absent ones are null."""
    texts = settings.unique().to_list()
    parsed: list[dict[str, Any]] = [json.loads(text) for text in texts]
    schema: dict[str, Any] = {"options": pl.List(pl.String), "low": pl.Float64, "high": pl.Float64, "step": pl.Float64}
    columns = {
        name: pl.Series(name, [one.get(name) for one in parsed], dtype=schema[name], strict=False) for name in schema
    }
    return pl.DataFrame({"settings": pl.Series(texts, dtype=pl.String), **columns})
