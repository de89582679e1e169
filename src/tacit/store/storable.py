"""What a text must be to be kept: any but one that databases cut short."""

from __future__ import annotations

import polars as pl

from tacit.errors import BadJudgment, BadValue


def refuse_nul(
    table: pl.DataFrame,
    error: type[BadValue] = BadJudgment,
    *,
    where: str = "judgments",
    rows: pl.Series | None = None,
) -> None:
    """Refuse texts with the character NUL: SQLite's functions stop there, and PostgreSQL takes none.

    Args:
        table: texts in columns, in lists, or as the labels of spans.
        error: what to raise.
        where: what to call the table in a message.
        rows: the number of each row in a message; 1, 2, 3 … by default.

    Raises:
        BadValue: names the first row and its column.
    """
    faults = {name: fault for name, dtype in table.schema.items() if (fault := _fault(name, dtype)) is not None}
    found = table.select(fault.any().alias(name) for name, fault in faults.items())
    for column in (name for name in found.columns if found[name].any()):
        at = int(table.select(faults[column].fill_null(False).arg_max()).item())
        got, row = repr(table.get_column(column).to_list()[at]), at + 1 if rows is None else rows[at]
        raise error(f"{where}, row {row}, column {column!r}", got=got, expected="no NUL character")


def _fault(name: str, dtype: pl.DataType) -> pl.Expr | None:
    """Return whether a column's cell holds the character; None for a column without texts."""
    if dtype == pl.String:
        return _has_nul(pl.col(name))
    if dtype == pl.List(pl.String):
        return pl.col(name).list.eval(_has_nul(pl.element())).list.any()
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        return pl.col(name).list.eval(_has_nul(pl.element().struct.field("label"))).list.any()
    return None


def _has_nul(text: pl.Expr) -> pl.Expr:
    return text.str.contains("\0", literal=True)
