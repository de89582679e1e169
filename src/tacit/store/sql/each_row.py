"""Many rows of one table, inserted or changed: each as it comes in SQLite, all in one statement in PostgreSQL.

To SQLite a further row costs a step of a machine in the same process. To a server each is a message, a plan and an
answer; as arrays, which it takes apart itself, fifty rows cost little more than one.

Source: https://www.postgresql.org/docs/current/functions-array.html (unnest).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Float, Table, bindparam, insert, update

from tacit.store.sql.prepared import Prepared


class EachRow:
    """A statement for each of many rows.

    Args:
        table: theirs.
        columns: what is written.
        key: the column by which a row is found that is there already; None where the rows are new.
    """

    def __init__(self, table: Table, columns: Sequence[str], *, key: str | None = None) -> None:
        self._table, self._columns, self._key = table, tuple(columns), key
        if key is None:
            self._each = Prepared(insert(table), self._columns)
        else:
            changed = update(table).where(table.c[key] == bindparam("key"))
            self._each = Prepared(changed.values({name: bindparam(name) for name in self._columns}))
        self._named = self._columns if key is None else ("key", *self._columns)
        kept = [table.c[name if name != "key" or key is None else key] for name in self._named]
        self._fractions = frozenset(
            name for name, column in zip(self._named, kept, strict=True) if isinstance(column.type, Float)
        )
        self._kept = kept
        self._at_once = ""

    def write(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Write the rows, in their order.

        Args:
            connection: in a transaction that writes.
            rows: column → value; under ``key`` that of the row to change. If a key comes twice, the later row holds.
        """
        if not rows:
            return
        if connection.dialect.name != "postgresql":
            self._each.run_all(connection, rows)
            return
        if not self._at_once:
            self._at_once = self._unnested(connection)
        if self._key is not None:
            rows = list({row["key"]: row for row in rows}.values())
        arrays = [self._array(name, [row[name] for row in rows]) for name in self._named]
        with connection.connection.cursor() as cursor:  # type: ignore[attr-defined]  # psycopg's
            cursor.execute(self._at_once, arrays)

    def _array(self, name: str, values: list[Any]) -> list[Any]:
        """Return the values of a column as numbers of one type, of which an array is made."""
        return [None if x is None else float(x) for x in values] if name in self._fractions else values

    def _unnested(self, connection: Connection) -> str:
        types = [str(column.type.compile(connection.dialect)).partition(" COLLATE")[0] for column in self._kept]
        arrays, names = ", ".join(f"%s::{one}[]" for one in types), ", ".join(self._columns)
        if self._key is None:
            return f"INSERT INTO {self._table.name} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608  our own names
        new = ", ".join(f"{name} = new.{name}" for name in self._columns)
        return (
            f"UPDATE {self._table.name} SET {new} FROM unnest({arrays}) AS new (key, {names}) "  # noqa: S608
            f"WHERE {self._table.name}.{self._key} = new.key"
        )
