"""Statements that say by which index SQLite is to find their rows.

SQLite knows nothing of how full a table is unless somebody had it analysed. Of several indexes that would do it then
takes one or another by the order in which they were made, and so may read a whole project, or all that a judge ever
did, for a handful of rows. What is asked at each visit leaves it no choice. PostgreSQL counts its rows itself.

Source: https://www.sqlite.org/lang_indexedby.html.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import FromClause, Select, Table
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler


def by_index(chosen: Select[Any], table: Table, name: str) -> Select[Any]:
    """Return a select that finds the rows of `table` by the index of this name, or else fails."""
    return chosen.with_hint(table, f"INDEXED BY {name}", "sqlite")


class IndexedCompiler(SQLiteCompiler):
    """Writes such statements; SQLAlchemy's own compiler leaves the index out."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        """Return what stands after the name of a table."""
        del table
        return text
