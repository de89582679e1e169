"""The ids of a whole table of questions at once: what `Question.question_id` gives one by one."""

from __future__ import annotations

import hashlib
import json

import polars as pl

from tacit.errors import BadQuestion
from tacit.judging import Question, QuestionKind


def question_ids(questions: pl.DataFrame) -> pl.Series:
    """Return SHA-256 of kind, items in order, words, settings and occasion for each row.

    Args:
        questions: columns kind, item_ids, text, settings, occasion of `questions_schema`, without nulls.
    """
    # json.dumps(["kind", ["item", …], "text", "settings", "occasion"]), written for all rows together.
    document = questions.select(
        pl.format(
            "[{}, [{}], {}, {}, {}]",
            _quoted(questions, "kind"),
            _quoted_items(questions),
            _quoted(questions, "text"),
            _quoted(questions, "settings"),
            _quoted(questions, "occasion"),
        )
    ).to_series()
    return pl.Series("question_id", [hashlib.sha256(text.encode()).hexdigest() for text in document], dtype=pl.String)


def check_questions(questions: pl.DataFrame, *, where: str = "questions", first_row: int = 1) -> None:
    """Refuse questions that their kind does not allow or whose id is not their own, naming the first bad row.

    Raises:
        BadQuestion: an unknown kind, a wrong number of items, bad settings, or an id that is not the question's hash.
    """
    shapes = questions.with_row_index("row", offset=first_row).unique(
        ["kind", pl.col("item_ids").list.len(), "settings"], keep="first", maintain_order=True
    )
    for row, kind, item_ids, settings in shapes.select("row", "kind", "item_ids", "settings").iter_rows():
        _check_shape(f"{where}, row {row}", kind, len(item_ids), settings)
    repeats = pl.col("item_ids").list.n_unique() < pl.col("item_ids").list.len()
    if (bad := questions.with_row_index("row", offset=first_row).filter(repeats)).height:
        raise BadQuestion(f"{where}, row {bad['row'][0]}", got="the same item twice", expected="different items")
    own = question_ids(questions)
    if (differs := questions.get_column("question_id") != own).any():
        at = int(differs.arg_true()[0])
        raise BadQuestion(
            f"{where}, row {first_row + at}, column 'question_id'",
            got=repr(questions["question_id"][at]),
            expected=f"the hash of the question, {own[at]}",
            do="Make questions with tacit.judging.questions_table",
        )


def _check_shape(where: str, kind: str, n_items: int, settings: str) -> None:
    """Let `Question` itself judge one combination of kind, number of items and settings."""
    if kind not in set(QuestionKind):
        raise BadQuestion(where, got=f"kind {kind!r}", expected=f"one of {', '.join(QuestionKind)}")
    try:
        known = json.loads(settings)
    except json.JSONDecodeError:
        known = None
    if not isinstance(known, dict):
        raise BadQuestion(where, got=f"settings {settings!r}", expected="a JSON object")
    try:
        canonical = Question(QuestionKind(kind), tuple(map(str, range(n_items))), settings=known).settings_json
    except BadQuestion as error:
        raise BadQuestion(where, got=error.got, expected=error.expected, do=error.do) from None
    if canonical != settings:
        raise BadQuestion(where, got=f"settings {settings!r}", expected=f"canonical JSON, {canonical}")


def _quoted(questions: pl.DataFrame, column: str) -> pl.Series:
    """Return a text column as JSON strings; few are distinct as a rule."""
    values = questions.get_column(column)
    distinct = values.unique()
    quoted = pl.Series([json.dumps(text, ensure_ascii=False) for text in distinct], dtype=pl.String)
    return values.replace_strict(distinct, quoted, return_dtype=pl.String)


def _quoted_items(questions: pl.DataFrame) -> pl.Series:
    """Return the item ids as the inside of a JSON list; ids are hexadecimal as a rule and need no escapes."""
    item_ids = questions.get_column("item_ids")
    plain = (
        bool(item_ids.explode(empty_as_null=False).str.contains(r'^[^"\\\x00-\x1f]*$').all()) if len(item_ids) else True
    )
    if plain:
        return questions.select('"' + pl.col("item_ids").list.join('", "') + '"').to_series()
    return pl.Series([json.dumps(ids.to_list(), ensure_ascii=False)[1:-1] for ids in item_ids], dtype=pl.String)
