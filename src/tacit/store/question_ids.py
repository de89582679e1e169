"""The ids of a whole table of questions at once: what `Question.question_id` gives one by one."""

from __future__ import annotations

import hashlib
import json

import polars as pl

from tacit.errors import BadQuestion
from tacit.judging import Question, QuestionKind
from tacit.store.storable import refuse_nul

NO_ESCAPES = r'^[^"\\\x00-\x1f]*$'
"""Texts that JSON writes as they are."""


def question_documents(questions: pl.DataFrame) -> pl.Series:
    """Return what a question's id is the hash of: a JSON list of kind, items in order, words, settings and occasion.

    Args:
        questions: columns kind, item_ids, text, settings, occasion of `questions_schema`, without nulls.
    """
    # json.dumps(["kind", ["item", …], "text", "settings", "occasion"]), written for all rows together.
    parts = [_quoted(questions.get_column(name)) for name in ("kind", "text", "settings", "occasion")]
    items = _quoted_items(questions.get_column("item_ids"))
    document = pl.format("[{}, [{}], {}, {}, {}]", parts[0], items, *parts[1:])
    return questions.select(document.alias("document")).to_series()


def question_ids(questions: pl.DataFrame) -> pl.Series:
    """Return the id of each row's question.

    Args:
        questions: columns kind, item_ids, text, settings, occasion of `questions_schema`, without nulls.
    """
    return hashes(question_documents(questions))


def hashes(documents: pl.Series) -> pl.Series:
    """Return the SHA-256 of texts, as the column question_id."""
    hashed = [hashlib.sha256(text.encode()).hexdigest() for text in documents.to_list()]
    return pl.Series("question_id", hashed, dtype=pl.String)


def check_questions(questions: pl.DataFrame, *, where: str = "questions", rows: pl.Series | None = None) -> None:
    """Refuse questions that their kind does not allow, naming the first bad row.

    Args:
        questions: table with the columns of `questions_schema`.
        where: what to call the table in a message, such as a file's name.
        rows: the number of each row in a message; 1, 2, 3 … by default.

    Raises:
        BadQuestion: an unknown kind, a wrong number of items, an item twice, or bad settings.
    """
    numbers = pl.Series("row", range(1, questions.height + 1) if rows is None else rows, dtype=pl.Int64)
    if any(questions.select(pl.any_horizontal(pl.all().is_null()).any()).row(0)):
        raise BadQuestion(where, got="an empty cell", expected="all columns of questions_schema filled")
    if questions.select(pl.col("item_ids").list.eval(pl.element().is_null()).list.any().any()).item():
        raise BadQuestion(where, got="a null among the item_ids", expected="the ids of items")
    refuse_nul(questions, BadQuestion, where=where, rows=numbers)
    numbered = questions.with_columns(numbers, n_items=pl.col("item_ids").list.len())
    shapes = numbered.unique(["kind", "n_items", "settings"], keep="first", maintain_order=True)
    for row, kind, n_items, settings in shapes.select("row", "kind", "n_items", "settings").iter_rows():
        _check_shape(f"{where}, row {row}", kind, n_items, settings)
    repeats = numbered.filter((pl.col("n_items") > 1) & (pl.col("item_ids").list.n_unique() < pl.col("n_items")))
    if repeats.height:
        raise BadQuestion(f"{where}, row {repeats['row'][0]}", got="the same item twice", expected="different items")


def check_question_ids(questions: pl.DataFrame, *, where: str = "questions") -> None:
    """Refuse questions whose id is not their own, naming the first bad row.

    Raises:
        BadQuestion: an id that is not the question's hash.
    """
    own = question_ids(questions)
    if (differs := questions.get_column("question_id") != own).any():
        at = int(differs.arg_true()[0])
        raise BadQuestion(
            f"{where}, row {at + 1}, column 'question_id'",
            got=repr(questions["question_id"][at]),
            expected=f"the hash of the question, {own[at]}",
            do="Make questions with tacit.judging.questions_table",
        )


def canonical_settings(settings: pl.Series, *, where: str = "questions", rows: pl.Series | None = None) -> pl.Series:
    """Return settings as canonical JSON text; few are distinct as a rule.

    Raises:
        BadQuestion: a cell that is not a JSON object; names the first row.
    """
    became: dict[str, str] = {}
    for text in settings.unique(maintain_order=True):
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            row = rows.filter(settings == text)[0] if rows is not None else int((settings == text).arg_max() or 0) + 1
            raise BadQuestion(f"{where}, row {row}, column 'settings'", got=repr(text), expected="a JSON object")
        became[text] = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return settings.replace_strict(list(became), list(became.values()), return_dtype=pl.String)


def _check_shape(where: str, kind: str, n_items: int, settings: str) -> None:
    """Let `Question` itself judge one combination of kind, number of items and settings."""
    if kind not in set(QuestionKind):
        raise BadQuestion(where, got=f"kind {kind!r}", expected=f"one of {', '.join(QuestionKind)}")
    canonical = canonical_settings(pl.Series([settings]), where=where)[0]
    if canonical != settings:
        raise BadQuestion(where, got=f"settings {settings!r}", expected=f"canonical JSON, {canonical}")
    try:
        Question(QuestionKind(kind), tuple(map(str, range(n_items))), settings=json.loads(settings))
    except BadQuestion as error:
        raise BadQuestion(where, got=error.got, expected=error.expected, do=error.do) from None
    except TypeError:
        raise BadQuestion(where, got=f"settings {settings!r}", expected=f"values that a {kind} can use") from None


def _quoted(values: pl.Series) -> pl.Series:
    """Return texts as JSON strings."""
    if values.str.contains(NO_ESCAPES).all():
        return pl.select(pl.format('"{}"', values)).to_series()
    distinct = values.unique()
    quoted = pl.Series([json.dumps(text, ensure_ascii=False) for text in distinct.to_list()], dtype=pl.String)
    return values.replace_strict(distinct, quoted, return_dtype=pl.String)


def _quoted_items(item_ids: pl.Series) -> pl.Series:
    """Return lists of item ids as the inside of a JSON list; ids are hexadecimal as a rule and need no escapes."""
    lists = pl.DataFrame([item_ids.alias("item_ids")])
    if lists.select(pl.col("item_ids").list.explode().str.contains(NO_ESCAPES).all()).item():
        return lists.select(pl.format('"{}"', pl.col("item_ids").list.join('", "'))).to_series()
    return pl.Series([json.dumps(ids, ensure_ascii=False)[1:-1] for ids in item_ids.to_list()], dtype=pl.String)
