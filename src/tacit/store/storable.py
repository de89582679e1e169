"""What a text must be to be kept: any but one that databases cut short."""

from __future__ import annotations

import polars as pl

from tacit.errors import BadJudgment


def refuse_nul(judgments: pl.DataFrame, *, where: str = "judgments") -> None:
    """Refuse texts with the character NUL: SQLite's functions stop there, and PostgreSQL takes none.

    Args:
        judgments: table with the columns of `judgments_schema`.
        where: what to call the table in a message.

    Raises:
        BadJudgment: names the first row and its column.
    """
    label = pl.element().struct.field("label")
    faults = {name: _has_nul(pl.col(name)) for name, dtype in judgments.schema.items() if dtype == pl.String}
    faults["spans"] = pl.col("spans").list.eval(_has_nul(label)).list.any()
    found = judgments.select(fault.any().alias(name) for name, fault in faults.items()).row(0, named=True)
    for column in (name for name, at_fault in found.items() if at_fault):
        bad = judgments.with_row_index("row", offset=1).filter(faults[column])
        got = repr(bad.get_column(column).to_list()[0])
        raise BadJudgment(f"{where}, row {bad['row'][0]}, column {column!r}", got=got, expected="no NUL character")


def _has_nul(text: pl.Expr) -> pl.Expr:
    return text.str.contains("\0", literal=True)
