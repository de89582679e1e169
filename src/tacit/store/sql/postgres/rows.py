"""Many rows into PostgreSQL at once: some as arrays in one statement, very many by COPY.

Source: https://www.postgresql.org/docs/current/populate.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, func, select

from tacit.errors import BadValue

MOST_BYTES = 1_000_000_000  # a value may have 2^30 with what the server adds to it
ROWS_TO_COPY = 2_000  # from here on a table to copy into is worth its making


def insert(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, unless_known: str
) -> int:
    """Insert rows in their order and return how many; see `tacit.store.sql.bulk_rows.insert_rows`."""
    n_new = _insert(connection, table, columns, rows, unless_known=unless_known)
    if "sequence" in columns:
        # Numbers that were given are not counted by the server; the next one that it gives must come after them.
        counted, newest = func.pg_get_serial_sequence(table.name, "sequence"), func.max(table.c.sequence)
        connection.execute(select(func.setval(counted, newest)).having(newest.is_not(None)))
    return n_new


def _insert(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, unless_known: str
) -> int:
    names = ", ".join(columns)
    skip = f" ON CONFLICT ({unless_known}) DO NOTHING" if unless_known else ""
    if any(isinstance(table.c[name].type, LargeBinary) for name in columns):
        _refuse_too_large(rows)
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks}){skip}"  # noqa: S608  our own names
        return connection.exec_driver_sql(statement, list(map(tuple, rows))).rowcount
    if len(rows) < ROWS_TO_COPY:
        arrays = ", ".join(f"%s::{_type(connection, table, name)}[]" for name in columns)
        statement = f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}){skip}"  # noqa: S608
        return connection.exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True)))).rowcount
    if not unless_known:
        return _copy(connection, table.name, names, rows)
    arriving = f"arriving_{table.name}"
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {arriving} ON COMMIT DROP AS SELECT {names} FROM {table.name} WITH NO DATA"  # noqa: S608
    )
    _copy(connection, arriving, names, rows)
    n_new = connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {arriving}{skip}"  # noqa: S608
    ).rowcount
    connection.exec_driver_sql(f"DROP TABLE {arriving}")
    return n_new


def _refuse_too_large(rows: Sequence[Sequence[Any]]) -> None:
    """Refuse bytes that the server would refuse in words that say nothing to who brought them."""
    for cell in (cell for row in rows for cell in row if isinstance(cell, bytes)):
        if len(cell) > MOST_BYTES:
            got, expected = f"{len(cell) / 1e9:.1f} GB", f"{MOST_BYTES / 1e9:.1f} GB at most in one file"
            do = "Cut it into pieces, or keep the project in a folder"
            raise BadValue("media", got=got, expected=expected, do=do)


def _copy(connection: Connection, target: str, names: str, rows: Sequence[Sequence[Any]]) -> int:
    with connection.connection.cursor() as cursor, cursor.copy(f"COPY {target} ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(row)
    return len(rows)


def _type(connection: Connection, table: Table, name: str) -> str:
    return str(table.c[name].type.compile(connection.dialect)).partition(" COLLATE")[0]
