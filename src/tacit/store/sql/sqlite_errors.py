"""What SQLite says, turned into what the user can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from tacit.errors import CannotWrite, NotAStore, TacitError

SAVED = "What was saved is intact"
DAMAGED = "If it was one, restore a backup: tacit restore BACKUP NEW_FOLDER"


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn what SQLite says into what the user can act on."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        plain = _plain_error(where, original)
        if plain is None:
            raise
        raise plain from None


def _plain_error(where: str, error: BaseException | None) -> TacitError | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    room, said, wait = "a disk with room to write", str(error), "Wait for the other process, then run this again"
    match code & 0xFF:  # the low byte is the primary code, the rest says more
        case sqlite3.SQLITE_FULL:
            plain: TacitError | None = CannotWrite(where, got="a full disk", expected=room, do=SAVED)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR:
            plain = CannotWrite(where, got=said, expected=room, do=SAVED)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            plain = CannotWrite(where, got="a project that another process keeps locked", expected="its turn", do=wait)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            plain = NotAStore(where, got=f"a damaged database ({said})", expected="a whole one", do=DAMAGED)
        case sqlite3.SQLITE_ERROR if said.startswith(("no such table", "no such column")):
            plain = NotAStore(where, got=f"a damaged database ({said})", expected="a whole one", do=DAMAGED)
        case _:
            plain = None
    return plain
