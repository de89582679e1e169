"""Column types that mean the same in SQLite and in PostgreSQL."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, Text

Key = BigInteger().with_variant(Integer(), "sqlite")
"""A row's sequence: 64 bits in both (SQLite numbers rows by themselves only where the column's type reads INTEGER)."""

Words = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by code point, so that both databases give the same order."""
