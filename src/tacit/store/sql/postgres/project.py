"""The tables of a project in a schema of PostgreSQL: making them, telling them from others, bringing them up to date.

A project fills the schema that the connection is in, ``public`` as a rule. One row of the table `tacit_project` says
which version of tacit made the others, as the header does in a file of SQLite.
"""

from __future__ import annotations

from sqlalchemy import Connection

from tacit.errors import NewerStore, NotAStore
from tacit.store.sql.migrations import MIGRATIONS
from tacit.store.sql.people_schema import NEVER_CHANGED

EXPECTED = "the database of a project, or an empty one"


def version(connection: Connection, where: str) -> int:
    """Return the number of the last migration that the database has seen; 0 if it is empty.

    Raises:
        NotAStore: tables of another program, or no schema to look in.
        NewerStore: more migrations than this tacit knows.
    """
    found = connection.exec_driver_sql(
        "SELECT current_schema(), to_regclass(quote_ident(current_schema()) || '.tacit_project') IS NOT NULL"
    ).one()
    if found[0] is None:
        do = "Make the schema, or leave search_path out of the URL"
        raise NotAStore(where, got="no schema of that name", expected=EXPECTED, do=do)
    if not found[1]:
        _refuse_foreign_tables(connection, where)
        return 0
    reached = int(connection.exec_driver_sql("SELECT max(version) FROM tacit_project").scalar() or 0)
    if reached > len(MIGRATIONS):
        raise NewerStore(
            where,
            got=f"a project of version {reached}",
            expected=f"version {len(MIGRATIONS)} or lower",
            do="Install a newer tacit to open it",
        )
    return reached


def migrate(connection: Connection, where: str) -> None:
    """Bring a database to the present version within the transaction that `connection` is in."""
    reached = version(connection, where)
    for step in MIGRATIONS[reached:]:
        step(connection)
    if reached == 0:
        connection.exec_driver_sql("CREATE TABLE tacit_project (version integer NOT NULL)")
        connection.exec_driver_sql("INSERT INTO tacit_project VALUES (0)")
        # Media are compressed as a rule; kept as they are, a part of one is read without the rest.
        connection.exec_driver_sql("ALTER TABLE media ALTER COLUMN content SET STORAGE EXTERNAL")
    connection.exec_driver_sql("UPDATE tacit_project SET version = %s", (len(MIGRATIONS),))
    _refuse_changes(connection)


def _refuse_changes(connection: Connection) -> None:
    """Have the database itself refuse to change or remove what is only ever added."""
    connection.exec_driver_sql(
        "CREATE OR REPLACE FUNCTION tacit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'a % is only added, never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; "
        "END $$".replace("%", "%%")
    )
    for table in NEVER_CHANGED:
        for event, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            connection.exec_driver_sql(
                f"CREATE OR REPLACE TRIGGER {table.name}_refuses_{event.lower()} BEFORE {event} ON {table.name} "
                f"FOR EACH {each} EXECUTE FUNCTION tacit_refuse_change()"
            )


def _refuse_foreign_tables(connection: Connection, where: str) -> None:
    table = connection.exec_driver_sql(
        "SELECT relname FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace "
        "AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY relname LIMIT 1"
    ).scalar()
    if table is not None:
        do = "Make a database for it alone: createdb NAME"
        got = f"a database of another program (it has a table {table!r})"
        raise NotAStore(where, got=got, expected=EXPECTED, do=do)
