"""Questions: what is asked about one or more items, and for each kind the data sheet of its answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeGuard

import polars as pl

from tacit.errors import BadQuestion, UnknownName
from tacit.judging.item import content_hash


class QuestionKind(StrEnum):
    """The seven kinds of question. The name is also the column of the judgments table that holds the answer."""

    CHOICE = "choice"
    COMPARISON = "comparison"
    RANKING = "ranking"
    RATING = "rating"
    TEXT = "text"
    SPANS = "spans"
    PROBABILITY = "probability"


@dataclass(frozen=True)
class DataSheet:
    """What one kind of question asks and how its answer is stored.

    Args:
        asks: the question in words.
        n_items: fewest and most items that one question shows.
        column: the column of the judgments table that holds the answer, typed as `dtype` says.
        dtype: the column's type, in words; the Polars type is in `tacit.judging.judgments_schema`.
        answer: range and unit of the answer.
        settings: the settings that a question of this kind takes, each with its meaning.
        version: raised when the meaning of an answer changes.
    """

    asks: str
    n_items: tuple[int, int]
    column: str
    dtype: str
    answer: str
    settings: dict[str, str] = field(default_factory=dict)
    version: int = 1


MANY = 1_000
SPAN_UNITS = ("character", "second")

DATA_SHEETS: dict[QuestionKind, DataSheet] = {
    QuestionKind.CHOICE: DataSheet(
        asks="Which of these classes does the item belong to?",
        n_items=(1, 1),
        column="choice",
        dtype="string",
        answer="one of the question's `options`",
        settings={"options": "list of at least two distinct class names"},
    ),
    QuestionKind.COMPARISON: DataSheet(
        asks="Which of two items is better?",
        n_items=(2, 2),
        column="comparison",
        dtype="int8",
        answer="index of the better item in the question's own order: 0 the first, 1 the second; which of them was "
        "shown left is `shown_left`; a draw is the outcome `tie` or `both_bad`, with this column null",
    ),
    QuestionKind.RANKING: DataSheet(
        asks="In what order, best first?",
        n_items=(2, MANY),
        column="ranking",
        dtype="list of int16",
        answer="rank of each item in the question's own order, 0 the best; equal ranks are ties",
    ),
    QuestionKind.RATING: DataSheet(
        asks="How much, on this scale?",
        n_items=(1, 1),
        column="rating",
        dtype="float64",
        answer="a number between `low` and `high`, both included, in the scale's own unit",
        settings={"low": "lowest rating", "high": "highest rating", "step": "distance of two ratings, null if any"},
    ),
    QuestionKind.TEXT: DataSheet(
        asks="What does it say?",
        n_items=(1, 1),
        column="text",
        dtype="string",
        answer="free text, such as a transcript or a correction; the empty text is an answer",
        settings={"draft": "text that a judge begins from, such as a recogniser's guess; nothing if absent"},
    ),
    QuestionKind.SPANS: DataSheet(
        asks="Where is it?",
        n_items=(1, 1),
        column="spans",
        dtype="list of struct(start float64, end float64, label string)",
        answer="spans with start < end, in characters for text and in seconds for time; the empty list is an answer",
        settings={
            "options": "list of the span labels that may be used; any if absent",
            "unit": "`character` or `second`",
        },
    ),
    QuestionKind.PROBABILITY: DataSheet(
        asks="How likely is it?",
        n_items=(1, 2),
        column="probability",
        dtype="float64",
        answer="probability in [0, 1] that the statement holds, or that the first of two items is the better",
    ),
}


@dataclass(frozen=True)
class Question:
    """Something asked about one or more items.

    Args:
        kind: one of the seven kinds.
        item_ids: the items in the question's own order, which is not the order in which a judge sees them.
        text: the words put to the judge.
        settings: what the kind's data sheet allows, JSON values only.
        occasion: tells two askings of the same question apart (an iteration, a repeat); empty for the first.

    Raises:
        UnknownName: no such kind.
        BadQuestion: too few or too many items, a repeated item, or settings that the kind does not allow.
    """

    kind: QuestionKind
    item_ids: tuple[str, ...]
    text: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    occasion: str = ""

    def __post_init__(self) -> None:
        if self.kind not in DATA_SHEETS:
            raise UnknownName("kind of question", str(self.kind), [str(kind) for kind in QuestionKind])
        object.__setattr__(self, "kind", QuestionKind(self.kind))
        sheet = DATA_SHEETS[self.kind]
        where = f"question of kind {self.kind}"
        low, high = sheet.n_items
        if not low <= len(self.item_ids) <= high:
            raise BadQuestion(where, got=f"{len(self.item_ids)} items", expected=f"{low} to {high}")
        if len(set(self.item_ids)) < len(self.item_ids):
            raise BadQuestion(where, got="the same item twice", expected="different items")
        if unknown := sorted(set(self.settings) - set(sheet.settings)):
            raise BadQuestion(where, got=f"setting {unknown[0]!r}", expected=f"{sorted(sheet.settings) or 'none'}")
        try:
            self.settings_json  # noqa: B018 (tried here, so that the fault shows where the question is made)
        except (TypeError, ValueError) as error:
            raise BadQuestion(f"{where}, settings", got=str(error), expected="JSON values") from None
        check = {
            QuestionKind.CHOICE: _check_choice,
            QuestionKind.RATING: _check_rating,
            QuestionKind.TEXT: _check_draft,
            QuestionKind.SPANS: _check_spans,
        }.get(self.kind)
        if check is not None:
            check(self.settings, where)

    @cached_property
    def settings_json(self) -> str:
        """The settings as canonical JSON."""
        return json.dumps(self.settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    @cached_property
    def question_id(self) -> str:
        """SHA-256 of kind, items in order, words, settings and occasion."""
        parts = [self.kind, list(self.item_ids), self.text, self.settings_json, self.occasion]
        return content_hash(json.dumps(parts, ensure_ascii=False).encode())


def _check_options(options: object, where: str, *, at_least: int) -> None:
    named = isinstance(options, list | tuple) and all(isinstance(name, str) and name for name in options)
    if not isinstance(options, list | tuple) or not named or len(set(options)) < max(len(options), at_least):
        got = "no options" if options is None else f"options {options!r}"
        raise BadQuestion(where, got=got, expected=f"a list of at least {at_least} different names")


def _check_choice(settings: dict[str, Any], where: str) -> None:
    _check_options(settings.get("options"), where, at_least=2)


def _check_rating(settings: dict[str, Any], where: str) -> None:
    low, high, step = (settings.get(name) for name in ("low", "high", "step"))
    if not (_is_number(low) and _is_number(high) and low < high):
        raise BadQuestion(where, got=f"a scale from {low} to {high}", expected="two numbers, low < high")
    if step is not None and not (_is_number(step) and 0 < step <= high - low):
        raise BadQuestion(where, got=f"step {step!r}", expected="a number above 0 that fits the scale, or null")


def _check_draft(settings: dict[str, Any], where: str) -> None:
    if not isinstance(settings.get("draft", ""), str):
        raise BadQuestion(where, got=f"draft {settings['draft']!r}", expected="a text")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_spans(settings: dict[str, Any], where: str) -> None:
    if "options" in settings:
        _check_options(settings["options"], where, at_least=1)
    if settings.get("unit", SPAN_UNITS[0]) not in SPAN_UNITS:
        raise BadQuestion(where, got=f"unit {settings['unit']!r}", expected=" or ".join(SPAN_UNITS))


def questions_schema() -> dict[str, Any]:
    """Return column → Polars type of a questions table, one row a question."""
    return {
        "question_id": pl.String,
        "kind": pl.String,
        "item_ids": pl.List(pl.String),
        "text": pl.String,
        "settings": pl.String,
        "occasion": pl.String,
    }


def questions_table(questions: Sequence[Question]) -> pl.DataFrame:
    """Return `questions` as a table with the columns of `questions_schema`; `settings` is JSON text."""
    columns = {
        "question_id": [q.question_id for q in questions],
        "kind": [str(q.kind) for q in questions],
        "item_ids": [list(q.item_ids) for q in questions],
        "text": [q.text for q in questions],
        "settings": [q.settings_json for q in questions],
        "occasion": [q.occasion for q in questions],
    }
    return pl.DataFrame(columns, schema=questions_schema())
