"""The condition that a column is one of many values, more than a statement may have parameters."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Integer, Text, TypeDecorator, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine


class _Values(TypeDecorator[list[Any]]):
    """Values as one parameter: JSON for SQLite, an array for PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self, numbers: bool) -> None:
        super().__init__()
        self.numbers = numbers

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the parameter."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(BigInteger() if self.numbers else Text()))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:  # noqa: ANN401  as the driver has it
        """Return the parameter."""
        values = value or []
        if dialect.name != "postgresql":
            return json.dumps(values)
        # PostgreSQL takes no NUL, and so holds nothing that is equal to a text with one.
        return values if self.numbers else [text for text in values if text is not None and "\0" not in text]


class OneOf(FunctionElement[bool]):
    """A column is one of the values: given here, or under a name when the statement runs."""

    name = "one_of"
    type = NullType()  # type: ignore[assignment]  # as a Boolean it would become `… = 1` in SQLite, for which no index is of use
    inherit_cache = True

    def __init__(self, column: Column[str] | Column[int], values: Iterable[str] | Iterable[int] | str) -> None:
        values_type = _Values(numbers=isinstance(column.type, Integer))
        if isinstance(values, str):
            super().__init__(column, bindparam(values, type_=values_type))
        else:
            super().__init__(column, bindparam(None, list(values), type_=values_type, unique=True))


@compiles(OneOf)
def _in_sqlite(element: OneOf, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401  SQLAlchemy's own form
    column, values = (compiler.process(part, **how) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  the values are a parameter


@compiles(OneOf, "postgresql")
def _in_postgres(element: OneOf, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401  SQLAlchemy's own form
    column, values = (compiler.process(part, **how) for part in element.clauses)
    return f"{column} = ANY ({values})"
