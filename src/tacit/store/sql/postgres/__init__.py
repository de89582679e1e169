"""A project in a PostgreSQL database, for a team: the same tables, statements and promises as in a file of SQLite."""

from __future__ import annotations

from sqlalchemy import Connection

from tacit.errors import MissingExtra
from tacit.store.places import DatabaseUrl
from tacit.store.sql.database import Database


def open_postgres(url: DatabaseUrl, *, lock_timeout_s: float, create: bool) -> Database:
    """Open the project in a PostgreSQL database; see `tacit.store.sql.postgres.database.PostgresDatabase`.

    Raises:
        MissingExtra: no driver is installed; it is optional.
    """
    try:
        from tacit.store.sql.postgres.database import PostgresDatabase  # noqa: PLC0415  psycopg is optional
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise MissingExtra(str(url), package="psycopg", install="tacit[postgres]") from None
    return PostgresDatabase(url, lock_timeout_s=lock_timeout_s, create=create)


def n_bytes_of(connection: Connection) -> int:
    """Return the room that the tables of a project take."""
    sizes = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND "
    schema = "relnamespace = quote_ident(current_schema())::regnamespace"
    return int(connection.exec_driver_sql(sizes + schema).scalar() or 0)
