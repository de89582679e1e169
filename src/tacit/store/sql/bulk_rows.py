"""Many rows at once, in and out of the database, as plain tuples."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl
from sqlalchemy import Column, ColumnElement, Connection, Select, Table, func, select


def one_of(column: Column[str], ids: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that `column` is one of `ids`, any number of them."""
    wanted = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(wanted.c.value))


def sequences_of(connection: Connection, column: Column[str], ids: Iterable[str]) -> dict[str, int]:
    """Return id → sequence of those `ids` that the column's table holds."""
    chosen = select(column, column.table.c.sequence).where(one_of(column, ids))
    return dict(fetched(connection, chosen))


def sequence_table(connection: Connection, column: Column[str], ids: Iterable[str]) -> pl.DataFrame:
    """Return `sequences_of` as a table with the columns id and sequence."""
    known = sequences_of(connection, column, ids)
    columns = {"id": list(known), "sequence": list(known.values())}
    return pl.DataFrame(columns, schema={"id": pl.String, "sequence": pl.Int64})


def fetched(connection: Connection, chosen: Select[Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a select as plain tuples, the fastest shape for a table."""
    return [row for rows in batches(connection, chosen, 100_000) for row in rows]


def batches(connection: Connection, chosen: Select[Any], n_rows: int) -> Iterator[list[tuple[Any, ...]]]:
    """Give the rows of a select `n_rows` at a time, as plain tuples."""
    cursor = connection.execute(chosen).cursor
    while cursor is not None and (rows := cursor.fetchmany(n_rows)):
        yield list(rows)


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: list[Any], *, unless_known: str = ""
) -> int:
    """Insert rows and return how many; with `unless_known`, those whose value in that column exists add nothing."""
    if not rows:
        return 0
    marks = ", ".join("?" * len(columns))
    skip = f" ON CONFLICT ({unless_known}) DO NOTHING" if unless_known else ""
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks}){skip}"  # noqa: S608  our own names
    return connection.exec_driver_sql(statement, rows).rowcount
