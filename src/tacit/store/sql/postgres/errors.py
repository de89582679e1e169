"""What PostgreSQL says, turned into what the user can act on.

Source: https://www.postgresql.org/docs/current/errcodes-appendix.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Error, OperationalError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from tacit.errors import BadValue, CannotWrite, NotAStore, StoreError, TacitError

SAVED = "What was acknowledged is saved"
AGAIN = f"{SAVED}; run this again when the server answers, nothing doubles"
RIGHTS = "Make it the owner of the database: ALTER DATABASE name OWNER TO user"

REFUSALS: tuple[tuple[str, str, str, str], ...] = (
    (
        r"password authentication failed|no password supplied",
        "a wrong user or password",
        "those of the server",
        "Name them in the URL, postgresql://USER:PASSWORD@HOST/NAME, or keep the password in ~/.pgpass or PGPASSWORD",
    ),
    (
        r'database "[^"]*" does not exist',
        "no such database",
        "one that exists",
        "Make it, as a user who may: createdb NAME",
    ),
    (
        r'role "[^"]*" does not exist',
        "a user that the server does not know",
        "one that it knows",
        "Make it, as a user who may: createuser --pwprompt USER",
    ),
    (
        r"no pg_hba\.conf entry|authentication failed",
        "a server that does not let this user in from here",
        "a user and a host named in its pg_hba.conf",
        "Ask who keeps the server",
    ),
    (
        r"too many clients|too many connections|remaining connection slots",
        "a server with no free connection",
        "a free one",
        "Close what else uses it, or raise its max_connections",
    ),
    (r"starting up|shutting down|in recovery mode", "a server that is not ready", "one that answers", AGAIN),
    (
        r"invalid connection option|invalid URI|invalid port|invalid sslmode|invalid integer value",
        "a URL that PostgreSQL does not take",
        "postgresql://USER@HOST:PORT/NAME",
        "See the options that may follow NAME: https://www.postgresql.org/docs/current/libpq-connect.html",
    ),
)
"""What a server that lets nobody in says → got, expected, what to do."""


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn what PostgreSQL says into what the user can act on."""
    try:
        yield
    except NoFreeConnection:
        got, expected = "no free connection for a long time", "fewer readers at once"
        raise StoreError(where, got=got, expected=expected, do="Run this again") from None
    except (DBAPIError, Error) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        plain = _plain_error(where, original) if isinstance(original, Error) else None
        if plain is None:
            raise
        raise plain from None


def refusal(where: str, error: Error) -> TacitError:
    """Return why no connection was made."""
    said = _said(error)
    for pattern, got, expected, do in REFUSALS:
        if re.search(pattern, said, re.IGNORECASE):
            return StoreError(where, got=got, expected=expected, do=do)
    do = "Start it, or name the host and port where it listens"
    return StoreError(where, got=f"no server ({said})", expected="a PostgreSQL server that answers", do=do)


def _plain_error(where: str, error: Error) -> TacitError | None:
    state, said = error.sqlstate or "", _said(error)
    plain: TacitError | None = None
    match state:
        case "53100":
            plain = CannotWrite(where, got="a full disk", expected="a server with room to write", do=SAVED)
        case "42501":
            plain = CannotWrite(where, got=said, expected="a user who may write", do=RIGHTS)
        case "25006":
            got = "a server that only reads"
            plain = CannotWrite(where, got=got, expected="the server that others copy", do=SAVED)
        case "55P03" | "40P01" | "40001":
            got, do = "a project that another process keeps locked", "Wait for the other process, then run this again"
            plain = CannotWrite(where, got=got, expected="its turn", do=do)
        case "57014":
            plain = CannotWrite(where, got=said, expected="time to finish", do=SAVED)
        case "42P01" | "42703" | "XX001" | "XX002":
            do = "If it was one, restore a backup into a new database: tacit restore BACKUP URL"
            plain = NotAStore(where, got=f"a damaged database ({said})", expected="a whole one", do=do)
        case _ if state.startswith(("57P", "08", "53")) or (not state and isinstance(error, OperationalError)):
            plain = CannotWrite(
                where, got=f"a connection that broke ({said})", expected="a server that answers", do=AGAIN
            )
        case _ if "NUL (0x00)" in said:
            plain = BadValue(where, got="a text with the character NUL", expected="no NUL character")
    return plain


def _said(error: Error) -> str:
    """Return the server's words in one line, without the address that libpq puts before them."""
    text = error.diag.message_primary or str(error) or type(error).__name__
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = next((line for line in lines if "FATAL" in line), lines[0] if lines else text)
    return re.sub(r"^(.*?FATAL:\s+|connection failed: |connection is bad: )", "", said)
