"""A project's connections to a PostgreSQL server.

Transactions are begun by a statement of our own, because how they begin is what keeps the promises:

- A write first takes the lock of the project, held to its end, so that rows of one writer never stand between those of
  another, and numbers are seen in the order in which they were given. Without that, a reader who has seen row 7 might
  miss row 6, which a slower transaction commits later. The lock comes before the first snapshot is taken: at the level
  READ COMMITTED a write sees all that the writer before it has left.
- A read sees one moment: REPEATABLE READ.

Source: https://www.postgresql.org/docs/current/explicit-locking.html (advisory locks) and transaction-iso.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from tacit.errors import BadValue, NotAStore
from tacit.store.places import DatabaseUrl
from tacit.store.sql.migrations import MIGRATIONS
from tacit.store.sql.postgres.errors import refusal, translated
from tacit.store.sql.postgres.project import migrate, version

LOCK_CLASS = 0x74616369  # "taci": other programs may use advisory locks in the same database
CONNECT_TIMEOUT_S = 10
MOST_CONNECTIONS = 20  # of one process; a server allows 100 in all unless it is told otherwise

BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
BEGIN_WRITING = (
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {lock_timeout_ms}; "
    f"SELECT pg_advisory_xact_lock({LOCK_CLASS}, hashtext(current_schema()))"
)
DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
"""Acknowledged means on disk, also where a server has been told to be quicker than that."""


class PostgresDatabase:
    """One PostgreSQL database that holds a project.

    Args:
        url: where it is, and for whom.
        lock_timeout_s: how long to wait for another process that writes.
        create: make the tables of a new project in an empty database.

    Raises:
        StoreError: no server, no such database, or a user or password that the server does not take.
        NotAStore: another program's database, or an empty one and `create` is False. NewerStore: a later tacit made it.
        CannotWrite: the user may not make tables.
    """

    def __init__(self, url: DatabaseUrl, *, lock_timeout_s: float, create: bool = True) -> None:
        self.where = str(url)
        self._begin_writing = BEGIN_WRITING.format(lock_timeout_ms=max(1, round(lock_timeout_s * 1000)))
        self._engine = create_engine(
            _driver_url(url),
            isolation_level="AUTOCOMMIT",  # transactions begin by our own statements
            pool_size=5,
            max_overflow=MOST_CONNECTIONS - 5,
            use_native_hstore=False,
        )
        event.listen(self._engine, "connect", _make_durable)
        try:
            self._bring_up_to_date(create=create)
        except BaseException:
            self._engine.dispose()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose reads all see the project as it is now."""
        with self._transaction(BEGIN_READING) as connection:
            yield connection

    @contextmanager
    def writing(self, *, foreign_keys: bool = True) -> Iterator[Connection]:  # noqa: ARG002  the server holds them always
        """Give the only connection that may write; all is on disk at the end, or nothing if an error left the block."""
        with self._transaction(self._begin_writing) as connection:
            yield connection

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        with translated(self.where), self._begun(begin) as connection:
            yield connection
            # The driver's own: SQLAlchemy's does nothing where statements went straight to the driver's cursor.
            _driver(connection).commit()
            connection.commit()

    def _begun(self, begin: str) -> Connection:
        """Return a connection in a new transaction; one that broke while nobody used it is replaced."""
        connection = self._connected()
        try:
            _run_as_one(connection, begin)
        except psycopg.Error:
            broken = _driver(connection).broken
            connection.invalidate() if broken else connection.close()
            if not broken:
                raise
            self._engine.dispose()  # the others of the pool broke with it
            connection = self._connected()
            try:
                _run_as_one(connection, begin)
            except BaseException:
                connection.close()
                raise
        return connection

    def _connected(self) -> Connection:
        try:
            return self._engine.connect()
        except DBAPIError as error:
            if not isinstance(error.orig, psycopg.Error):
                raise
            raise refusal(self.where, error.orig) from None

    def _bring_up_to_date(self, *, create: bool) -> None:
        with self.reading() as connection:
            reached = version(connection, self.where)
        if reached == 0 and not create:
            do = "Begin one: tacit serve URL, tacit import URL FILE, or tacit restore BACKUP URL"
            raise NotAStore(self.where, got="an empty database", expected="the database of a project", do=do)
        if reached < len(MIGRATIONS):
            with self.writing() as connection:
                migrate(connection, self.where)


def _driver_url(url: DatabaseUrl) -> URL:
    """Return the URL as SQLAlchemy takes it.

    Raises:
        BadValue: it is none.
    """
    try:
        given = make_url(url.text).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        expected = "postgresql://USER@HOST:PORT/NAME"
        raise BadValue(str(url), got="a URL that cannot be read", expected=expected) from None
    defaults = {"connect_timeout": str(CONNECT_TIMEOUT_S), "application_name": "tacit"}
    return given.update_query_dict({name: value for name, value in defaults.items() if name not in given.query})


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(type(driver))
    return driver


def _run_as_one(connection: Connection, statements: str) -> None:
    """Run several statements in one message to the server, which a prepared statement cannot be."""
    _driver(connection).execute(statements.encode(), prepare=False)


def _make_durable(connection: psycopg.Connection[Any], _: object) -> None:
    connection.execute(DURABLE)
