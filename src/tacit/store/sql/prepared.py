"""Statements that are written once and run often: compiled for each database at first use, then handed to its driver.

SQLAlchemy's own execution costs a few times what SQLite needs for a small statement. The statements here are still its
expressions, and so the same for every database; only the way to the driver is shorter.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Select, Update

Statement = Select[Any] | Insert | Update | Delete


@dataclass(frozen=True)
class _Compiled:
    text: str
    positions: tuple[str, ...] | None  # names of the parameters in order; None where the driver takes names
    constants: dict[str, Any]  # parameters that the statement brings along


class Prepared:
    """One statement.

    Args:
        statement: its parameters are named, with `bindparam`; a list is one parameter, see `one_of.OneOf`.
        columns: of the rows that an insert takes; None for other statements.
    """

    def __init__(self, statement: Statement, columns: Sequence[str] | None = None) -> None:
        self._statement, self._columns = statement, columns
        self._compiled: dict[str, _Compiled] = {}
        names = [str(column.key) for column in statement.selected_columns] if isinstance(statement, Select) else []
        self._row: Any = namedtuple("Row", names) if names else None

    def rows(self, connection: Connection, **given: object) -> list[Any]:
        """Return the rows, as named tuples."""
        cursor = self._run(connection, given)
        try:
            return list(map(self._row._make, cursor.fetchall()))
        finally:
            cursor.close()

    def first(self, connection: Connection, **given: object) -> Any:  # noqa: ANN401  a named tuple
        """Return the first row, or None."""
        cursor = self._run(connection, given)
        try:
            row = cursor.fetchone()
        finally:
            cursor.close()
        return None if row is None else self._row._make(row)

    def value(self, connection: Connection, **given: object) -> Any:  # noqa: ANN401  by column
        """Return the first column of the first row, or None."""
        row = self.first(connection, **given)
        return None if row is None else row[0]

    def values(self, connection: Connection, **given: object) -> list[Any]:
        """Return the first column."""
        return [row[0] for row in self.rows(connection, **given)]

    def run(self, connection: Connection, **given: object) -> None:
        """Run a statement that gives no rows."""
        self._run(connection, given).close()

    def run_all(self, connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
        """Run the statement for each row of parameters."""
        compiled = self._for(connection)
        arguments: list[Any]
        if compiled.positions is None or compiled.constants or len(compiled.positions) == 1:
            arguments = [self._arguments(compiled, row) for row in rows]
        else:
            arguments = list(map(itemgetter(*compiled.positions), rows))
        cursor = _cursor(connection)
        try:
            cursor.executemany(compiled.text, arguments)
        finally:
            cursor.close()

    def _run(self, connection: Connection, given: dict[str, Any]) -> Any:  # noqa: ANN401  the driver's cursor
        compiled = self._for(connection)
        cursor = _cursor(connection)
        cursor.execute(compiled.text, self._arguments(compiled, given))
        return cursor

    @staticmethod
    def _arguments(compiled: _Compiled, given: dict[str, Any]) -> Any:  # noqa: ANN401  as the driver takes them
        if compiled.positions is None:
            return {**compiled.constants, **given}
        all_given = {**compiled.constants, **given} if compiled.constants else given
        values = [all_given[name] for name in compiled.positions]
        if list in map(type, values):
            return [json.dumps(value) if type(value) is list else value for value in values]
        return values

    def _for(self, connection: Connection) -> _Compiled:
        name = connection.dialect.name
        if name not in self._compiled:
            keys = None if self._columns is None else list(self._columns)
            made = self._statement.compile(dialect=connection.dialect, column_keys=keys)
            positions = tuple(made.positiontup) if made.positional and made.positiontup is not None else None
            constants = {key: value for key, value in made.params.items() if value is not None}
            self._compiled[name] = _Compiled(str(made), positions, constants)
        return self._compiled[name]


def at_once(connection: Connection) -> AbstractContextManager[object]:
    """Send the statements of a block without waiting for each one's answer, where the driver can.

    A fault of one of them is raised at the end of the block at the latest. Only statements that give no rows go in it.
    """
    driver: Any = connection.connection.driver_connection
    return driver.pipeline() if hasattr(driver, "pipeline") else nullcontext()


def _cursor(connection: Connection) -> Any:  # noqa: ANN401  the driver's cursor
    return connection.connection.cursor()
