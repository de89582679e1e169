"""Many rows at once, in and out of the database, as plain tuples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl
from sqlalchemy import Column, ColumnElement, Connection, Index, Select, Table, func, select
from sqlalchemy.exc import IntegrityError

from tacit.store.sql.one_of import OneOf
from tacit.store.sql.postgres import rows as rows_of_postgres

SEQUENCES = {"id": pl.String, "sequence": pl.Int64}
ROWS_PER_BATCH = 50_000


def one_of(column: Column[str] | Column[int], values: Iterable[str] | Iterable[int]) -> ColumnElement[bool]:
    """Return the condition that `column` is one of `values`, any number of them."""
    return OneOf(column, values)


def sequences_of(connection: Connection, column: Column[str], ids: Iterable[str]) -> dict[str, int]:
    """Return id → sequence of those `ids` that the column's table holds."""
    chosen = select(column, column.table.c.sequence).where(one_of(column, ids))
    return {key: sequence for rows in batches(connection, chosen) for key, sequence in rows}


def sequence_table(connection: Connection, column: Column[str], ids: Iterable[str]) -> pl.DataFrame:
    """Return `sequences_of` as a table with the columns id and sequence."""
    chosen = select(column, column.table.c.sequence).where(one_of(column, ids))
    return table_of(connection, chosen, SEQUENCES)


def last_sequence(connection: Connection, table: Table) -> int:
    """Return the sequence of the newest row; 0 when there is none."""
    return int(connection.execute(select(func.max(table.c.sequence))).scalar() or 0)


def batches(connection: Connection, chosen: Select[Any], *, many: bool = False) -> Iterator[Sequence[Any]]:
    """Give the rows of a select some at a time, as plain tuples.

    Args:
        many: leave the rows with the server until they are asked for, which costs two more messages to it.
    """
    if many and connection.dialect.name == "postgresql":
        yield from _batches_of_portal(connection, chosen)
        return
    result = connection.execute(chosen)
    while result.cursor is not None and (rows := result.cursor.fetchmany(ROWS_PER_BATCH)):
        yield rows


def _batches_of_portal(connection: Connection, chosen: Select[Any]) -> Iterator[Sequence[Any]]:
    with connection.execute(chosen, execution_options={"yield_per": ROWS_PER_BATCH}) as result:
        for rows in result.partitions():
            yield [tuple(row) for row in rows]


def table_of(
    connection: Connection, chosen: Select[Any], schema: dict[str, Any], *, many: bool = False
) -> pl.DataFrame:
    """Return the rows of a select as a table.

    Args:
        schema: column → Polars type, in the order of the select.
        many: as for `batches`.
    """
    tables = [table_of_rows(rows, schema) for rows in batches(connection, chosen, many=many)]
    return pl.concat(tables) if tables else pl.DataFrame(schema=schema)


def table_of_rows(rows: Sequence[Sequence[Any]], schema: dict[str, Any]) -> pl.DataFrame:
    """Return rows, each with its values in the order of `schema`, as a table."""
    columns = zip(*rows, strict=True)
    return pl.DataFrame(
        [pl.Series(name, values, dtype=schema[name]) for name, values in zip(schema, columns, strict=True)]
    )


def insert_rows(
    connection: Connection, table: Table, rows: pl.DataFrame | Sequence[Any], *, unless_known: str = ""
) -> int:
    """Insert rows and return how many; with `unless_known`, those whose value in that column exists add nothing.

    Args:
        rows: a table with some of the columns of `table`, or tuples of all columns but the sequence.
    """
    if isinstance(rows, pl.DataFrame):
        columns, values = rows.columns, rows.rows()
    else:
        columns, values = [c.name for c in table.columns if c.name != "sequence"], list(rows)
    return insert_tuples(connection, table, columns, values, unless_known=unless_known)


def insert_tuples(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    unless_known: str = "",
) -> int:
    """Insert rows, each with its values in the order of `columns`, and return how many; see `insert_rows`."""
    if not rows:
        return 0
    if connection.dialect.name == "postgresql":
        return rows_of_postgres.insert(connection, table, columns, rows, unless_known=unless_known)
    marks = ", ".join("?" * len(columns))
    skip = f" ON CONFLICT ({unless_known}) DO NOTHING" if unless_known else ""
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks}){skip}"  # noqa: S608  our own names
    return connection.exec_driver_sql(statement, list(map(tuple, rows))).rowcount


def can_let_go_of_indexes(connection: Connection) -> bool:
    """Whether readers go on while an index is away: in PostgreSQL they would wait until the transaction ends."""
    return connection.dialect.name == "sqlite"


def drop_index(connection: Connection, table: Table, name: str) -> None:
    """Let go of an index for a while: sorting a million ids once is quicker than placing each."""
    _index(table, name).drop(connection)


def create_index(connection: Connection, table: Table, name: str) -> bool:
    """Make an index again; return whether all ids were different, else it is not there and nothing may be kept."""
    try:
        _index(table, name).create(connection)
    except IntegrityError:
        return False
    return True


def _index(table: Table, name: str) -> Index:
    return next(index for index in table.indexes if index.name == name)
