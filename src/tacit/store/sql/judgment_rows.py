"""Judgments as rows of the database and as a Polars table: the two shapes, and the way between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from tacit.judging import judgments_schema

KEPT_AS_TEXT = ("ranking", "spans")
"""Answers that are lists, which the database keeps as JSON."""


def lists_as_text(table: pl.DataFrame) -> pl.DataFrame:
    """Return `table` with its answers that are lists as JSON text; null stays null."""
    spans = pl.struct(answer="spans").struct.json_encode().str.slice(10)  # after {"answer":
    return table.with_columns(
        pl.when(pl.col("ranking").is_not_null()).then(
            pl.format("[{}]", pl.col("ranking").cast(pl.List(pl.String)).list.join(","))
        ),
        pl.when(pl.col("spans").is_not_null()).then(spans.str.head(-1)).alias("spans"),
    )


def lists_from_text(table: pl.DataFrame) -> pl.DataFrame:
    """Return `table` with JSON text in `ranking` and `spans` as lists again."""
    schema = judgments_schema()
    return table.with_columns(pl.col(name).str.json_decode(schema[name]) for name in KEPT_AS_TEXT)


def table_of(rows: Sequence[Sequence[Any]], schema: dict[str, Any]) -> pl.DataFrame:
    """Return database rows as a table.

    Args:
        rows: one sequence a row, values in the order of `schema`.
        schema: column → Polars type.
    """
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pl.DataFrame(
        [
            pl.Series(name, list(values), dtype=dtype, strict=True)
            for (name, dtype), values in zip(schema.items(), columns, strict=True)
        ]
    )


def judgments_from_rows(rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Return database rows, in the column order of `judgments_schema`, as a judgments table."""
    schema = {name: pl.String if name in KEPT_AS_TEXT else dtype for name, dtype in judgments_schema().items()}
    return lists_from_text(table_of(rows, schema))
