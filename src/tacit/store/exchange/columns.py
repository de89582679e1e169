"""The columns of an exchange file, and how a file's cells become their types. An absent column is an empty one.

=================  ==================================================================================================
judgment_id        text; if empty, the hash of who answered what and how, so that equal rows are one judgment
labeler_id         who answered
outcome            one of `Outcome`; if empty, answered
kind               the question's kind
item_ids           list of the question's items in its own order (JSON text in CSV)
question_text      the words put to the judge; if empty, none
settings           the question's settings as JSON text; if empty, none
occasion           tells two askings of the same question apart; empty for the first
choice … follows   as in `judgments_schema`; lists are JSON text in CSV
question_id        the hash of the question; if empty, computed; else it must be right
=================  ==================================================================================================
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from tacit.errors import BadFile
from tacit.judging import judgments_schema

ROW = "row of the file"
"""Column beside those of the file: the row's number as an editor or a spreadsheet shows it."""

INTEGERS = (pl.Int8, pl.Int16)
WORDS: dict[Any, str] = {
    pl.String: "text",
    pl.Float64: "a number",
    pl.Int8: "a whole number from -128 to 127",
    pl.List(pl.String): "a list of texts",
    pl.List(pl.Int16): "a list of whole numbers",
}

SIMPLE_JSON = {
    "item_ids": r'^\["[^"\\]*"(, ?"[^"\\]*")*\]$',
    "ranking": r"^\[([0-9]+(, ?[0-9]+)*)?\]$",
}
"""Cells that can be decoded all together."""


def exchange_schema() -> dict[str, Any]:
    """Return column → Polars type of an exchange file."""
    judgment = judgments_schema()
    question_id = judgment.pop("question_id")
    return {
        **{name: judgment.pop(name) for name in ("judgment_id", "labeler_id", "outcome")},
        "kind": pl.String,
        "item_ids": pl.List(pl.String),
        "question_text": pl.String,
        "settings": pl.String,
        "occasion": pl.String,
        **judgment,
        "question_id": question_id,
    }


def typed(table: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """Return those columns of a file that an exchange file has, with cells of its types.

    Args:
        table: columns as the file has them, and `ROW`. Lists may be JSON text.
        where: the file, for messages.

    Raises:
        BadFile: a cell of another type; names its row.
    """
    schema = exchange_schema()
    return table.select(
        ROW,
        *(
            _cells(table.get_column(name), dtype, table.get_column(ROW), where)
            for name, dtype in schema.items()
            if name in table.columns
        ),
    )


def bad_cell(where: str, row: int, column: str, got: object, expected: str, *, do: str = "") -> BadFile:
    """Return the error about one cell."""
    plain = got.to_list() if isinstance(got, pl.Series) else got
    return BadFile(
        f"{where}, row {row}, column {column!r}",
        got="an empty cell" if plain is None else repr(plain),
        expected=expected,
        do=do,
    )


def _cells(cells: pl.Series, dtype: Any, rows: pl.Series, where: str) -> pl.Series:  # noqa: ANN401  a Polars type
    """Return `cells` as `dtype`, refusing the first that would be lost or changed."""
    if cells.dtype == dtype:
        return cells
    is_json = isinstance(dtype, pl.List) and cells.dtype == pl.String
    became = _decoded(cells, dtype) if is_json else _cast(cells, dtype)
    if (lost := became.is_null() & cells.is_not_null()).any():
        at = int(lost.arg_true()[0])
        raise bad_cell(where, rows[at], cells.name, cells[at], _in_words(dtype) + (", written as JSON" * is_json))
    return became


def _cast(cells: pl.Series, dtype: Any) -> pl.Series:  # noqa: ANN401  a Polars type
    """Return `cells` as `dtype`, null where that cannot be."""
    if cells.dtype.is_nested() != isinstance(dtype, pl.List):
        return pl.Series(cells.name, [None] * len(cells), dtype=dtype)
    if dtype in INTEGERS:
        number = cells.cast(pl.Float64, strict=False)
        return number.set(number != number.round(0), None).cast(dtype, strict=False)
    if dtype == pl.List(pl.Int16):
        return _whole_ranks(cells)
    try:
        return cells.cast(dtype, strict=False)
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError):
        return pl.Series(cells.name, [None] * len(cells), dtype=dtype)


def _whole_ranks(lists: pl.Series) -> pl.Series:
    """Return lists of numbers as ranks; a list with an element that is no rank becomes null, not shorter."""
    number = lists.cast(pl.List(pl.Float64), strict=False)
    is_rank = pl.element().is_not_null() & (pl.element() == pl.element().round(0)) & pl.element().is_between(0, 32767)
    return number.set(~number.list.eval(is_rank).list.all(), None).cast(pl.List(pl.Int16))


def _decoded(cells: pl.Series, dtype: Any) -> pl.Series:  # noqa: ANN401  a Polars type
    """Return cells of JSON text as lists, null where that cannot be."""
    simple = SIMPLE_JSON.get(cells.name)
    if simple and cells.str.contains(simple).all():
        return _cast(cells.str.json_decode(pl.List(pl.Float64) if cells.name == "ranking" else dtype), dtype)
    # Polars reads some broken JSON as other cells, so anything unusual goes through the strict reader.
    values = [_loaded(cell) for cell in cells]
    try:
        return _cast(pl.Series(cells.name, values), dtype)
    except (TypeError, pl.exceptions.PolarsError):
        return pl.concat(_decoded_alone(cells.name, value, dtype) for value in values)


def _decoded_alone(name: str, value: list[Any] | None, dtype: Any) -> pl.Series:  # noqa: ANN401  a Polars type
    try:
        return _cast(pl.Series(name, [value]), dtype)
    except (TypeError, pl.exceptions.PolarsError):
        return pl.Series(name, [None], dtype=dtype)


def _loaded(cell: str | None) -> list[Any] | None:
    try:
        value = None if cell is None else json.loads(cell)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, list) else None


def _in_words(dtype: Any) -> str:  # noqa: ANN401  a Polars type
    return next((words for known, words in WORDS.items() if known == dtype), "a list of spans (start, end, label)")
