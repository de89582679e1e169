"""What a project needs of its database, whichever that is."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection


class Database(Protocol):
    """A database that holds one project. `where` names it in messages, without any password.

    Rows that are only added have a `sequence`, and one writer at a time adds them, so that whoever has seen one row
    has seen all before it.
    """

    where: str

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection whose reads all see the project as it is now."""
        ...

    def writing(self, *, foreign_keys: bool = True) -> AbstractContextManager[Connection]:
        """Give the only connection that may write; all is on disk at the end, or nothing if an error left the block.

        Args:
            foreign_keys: False if the caller has looked up every row pointed at, in the same transaction, so that the
                database need not where it can be told.
        """
        ...

    def close(self) -> None:
        """Give the database back."""
        ...
