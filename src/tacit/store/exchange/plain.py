"""Plain files of labels: the few columns that people already have, made into rows of an exchange file.

================================  ====================================================================================
``item, labeler, label``          each row is an answer to a *choice*; its options are the labels that occur in the
                                  file, or those given
``first, second, winner,          each row is an answer to a *comparison*; the winner is the name of one of the two, or
labeler``                         first, second, left, right, a, b, tie, both_bad, cant_tell, not_shown or skipped
================================  ====================================================================================

Other common headers are recognised (`HEADERS`), and any other can be mapped. A name that is the id of an item of the
project stands for that item; any other name becomes a text item that says what the name says. The columns in `BESIDES`
mean what they mean in an exchange file; all others are left out, and named in the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tacit.errors import BadFile, UnknownName
from tacit.judging import Outcome, Question, QuestionKind
from tacit.store.exchange.columns import ROW, bad_cell, exchange_schema

HEADERS: dict[str, tuple[str, ...]] = {
    "item": ("item", "item_id", "task", "task_id", "example", "object", "unit"),
    "first": ("first", "left", "a", "item_a", "option_a", "item_1", "first_item", "left_item"),
    "second": ("second", "right", "b", "item_b", "option_b", "item_2", "second_item", "right_item"),
    "labeler": ("labeler", "labeler_id", "worker", "worker_id", "annotator", "annotator_id", "rater", "judge", "user"),
    "label": ("label", "class", "category", "answer", "response"),
    "winner": ("winner", "preferred", "preference", "better", "answer", "choice", "label", "comparison"),
}
"""Meaning → headers under which it is recognised, in this order; capitals do not matter."""

BESIDES = (
    "judgment_id",
    "question_text",
    "occasion",
    "shown_left",
    "credence",
    "answered_at_s",
    "duration_s",
    "follows",
)

SIDES = {"first": 0, "left": 0, "a": 0, "second": 1, "right": 1, "b": 1}
DRAWS = {str(outcome): str(outcome) for outcome in Outcome if outcome is not Outcome.ANSWERED} | {
    "draw": str(Outcome.TIE),
    "equal": str(Outcome.TIE),
}
MOST_LABELS = 1_000


@dataclass(frozen=True)
class PlainLayout:
    """Which column of a plain file means what.

    Args:
        kind: choice or comparison.
        header_of: meaning → the file's column.
        labeler_id: who answered, if the file does not say.
    """

    kind: QuestionKind
    header_of: Mapping[str, str]
    labeler_id: str | None

    @property
    def items(self) -> tuple[str, ...]:
        """The columns that name items, in the question's order."""
        return ("item",) if self.kind is QuestionKind.CHOICE else ("first", "second")

    @property
    def answer(self) -> str:
        """The column that holds the answer, by its meaning."""
        return "label" if self.kind is QuestionKind.CHOICE else "winner"

    @property
    def used(self) -> set[str]:
        """The file's columns that are read."""
        meanings = (*self.items, self.answer, "labeler")
        return {self.header_of[meaning] for meaning in meanings if meaning in self.header_of} | set(BESIDES)


def renamed(table: pl.DataFrame, headers: Mapping[str, str], *, where: str) -> pl.DataFrame:
    """Return `table` with the columns that the user mapped under our names.

    Args:
        headers: our name → the file's.

    Raises:
        UnknownName: a column that the file does not have, or a name of ours that does not exist.
    """
    ours = [*exchange_schema(), *HEADERS]
    for name, theirs in headers.items():
        if name not in ours:
            raise UnknownName("--map", name, ours)
        if theirs not in table.columns:
            raise UnknownName(f"{where}, column", theirs, [c for c in table.columns if c != ROW])
    shadowed = [name for name in headers if name in table.columns and name not in headers.values()]
    return table.drop(shadowed).rename({theirs: name for name, theirs in headers.items()})


def recognised(columns: Sequence[str], *, labeler_id: str | None, where: str) -> PlainLayout | None:
    """Return the layout of a plain file, or None if it is an exchange file.

    Raises:
        BadFile: neither; says which columns are missing.
    """
    if "kind" in columns and "item_ids" in columns:
        return None
    header_of = {meaning: header for meaning in HEADERS if (header := _header(columns, meaning))}
    for kind, needed in (
        (QuestionKind.COMPARISON, ("first", "second", "winner")),
        (QuestionKind.CHOICE, ("item", "label")),
    ):
        if all(meaning in header_of for meaning in needed):
            if "labeler" not in header_of and labeler_id is None:
                break
            return PlainLayout(kind, header_of, labeler_id)
    else:
        raise BadFile(
            where,
            got=f"the columns {', '.join(c for c in columns if c != ROW) or 'none'}",
            expected="item, labeler, label; or first, second, winner, labeler; or those of an exchange file",
            do="Name them with --map, such as --map item=URL --map label=Answer",
        )
    do = "Name it with --map labeler=COLUMN, or say --labeler NAME if one labeler gave all answers"
    raise BadFile(where, got="no column for who answered", expected="a column such as 'labeler'", do=do)


def exchange_rows(
    table: pl.DataFrame, layout: PlainLayout, *, item_ids: Mapping[str, str], options: Sequence[str], where: str
) -> pl.DataFrame:
    """Return a batch of a plain file as rows of an exchange file.

    Args:
        table: cells as text, and `ROW`.
        item_ids: name of an item → its id, for all names in the batch.
        options: the classes of a choice.

    Raises:
        BadFile: a winner that is neither of the two items nor a word for a side or a draw.
    """
    names = [table.get_column(layout.header_of[meaning]).cast(pl.String) for meaning in layout.items]
    ids = [n.replace_strict(list(item_ids), list(item_ids.values()), return_dtype=pl.String) for n in names]
    header = layout.header_of.get("labeler")
    labelers = pl.lit(layout.labeler_id, dtype=pl.String) if header is None else table.get_column(header)
    if layout.kind is QuestionKind.CHOICE:
        answers = [table.get_column(layout.header_of["label"]).cast(pl.String).alias("choice")]
        settings = Question(layout.kind, ("",), settings={"options": list(options)}).settings_json
    else:
        answers, settings = _winners(table, layout, names, where), "{}"
    made = {answer.name for answer in answers}
    return table.select(
        ROW,
        *(name for name in BESIDES if name in table.columns and name not in made),
        labelers.alias("labeler_id"),
        pl.lit(str(layout.kind)).alias("kind"),
        pl.concat_list(*(i.alias(str(n)) for n, i in enumerate(ids))).alias("item_ids"),
        pl.lit(settings).alias("settings"),
        *answers,
    )


def refuse_empty_cells(table: pl.DataFrame, layout: PlainLayout, *, where: str) -> None:
    """Refuse a row without an item, a labeler or an answer.

    Raises:
        BadFile: names the first row.
    """
    needed = [m for m in (*layout.items, "labeler", layout.answer) if m in layout.header_of]
    for header in (layout.header_of[meaning] for meaning in needed):
        if (missing := table.filter(pl.col(header).is_null())).height:
            raise bad_cell(where, missing[ROW][0], header, None, "a value")


def _winners(table: pl.DataFrame, layout: PlainLayout, names: list[pl.Series], where: str) -> list[pl.Series]:
    """Return the columns comparison, outcome and shown_left."""
    header = layout.header_of["winner"]
    words = {**SIDES, "0": 0, "1": 1} if header.lower() == "comparison" else SIDES
    cell = table.get_column(header).cast(pl.String)
    word = cell.str.strip_chars().str.to_lowercase()
    by_name = pl.when(cell == names[0]).then(0).when(cell == names[1]).then(1)
    side = table.select(
        pl.coalesce(by_name, word.replace_strict(list(words), list(words.values()), default=None)).cast(pl.Int8)
    ).to_series()
    draw = word.replace_strict(list(DRAWS), list(DRAWS.values()), default=None, return_dtype=pl.String)
    if (unclear := side.is_null() & draw.is_null()).any():
        at = int(unclear.arg_true()[0])
        expected = f"{names[0][at]!r}, {names[1][at]!r}, or one of {', '.join([*words, *DRAWS])}"
        raise bad_cell(where, table[ROW][at], header, cell[at], expected)
    outcome = table.select(pl.when(side.is_not_null()).then(pl.lit(str(Outcome.ANSWERED))).otherwise(draw)).to_series()
    left = 0 if "left" in layout.header_of["first"].lower() else None
    shown = pl.Series("shown_left", [left], dtype=pl.Int8).new_from_index(0, table.height)
    return [side.alias("comparison"), outcome.alias("outcome"), shown.alias("shown_left")]


def _header(columns: Sequence[str], meaning: str) -> str | None:
    """Return the file's column for a meaning: under our own name first, then under the other headers."""
    lower = {column.lower(): column for column in reversed(columns)}
    return next((lower[known] for known in HEADERS[meaning] if known in lower), None)
