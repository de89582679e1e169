"""What is wrong with one row or file of what was brought."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tacit.errors import InputError

COLUMN = re.compile(r", column '(.+)'$")


@dataclass(frozen=True)
class Fault:
    """One row or file that cannot be kept.

    Args:
        file: its name as it was brought. row: as an editor or a spreadsheet counts; None for the whole file.
        column: the column at fault, empty for all of them.
        got: what was found. expected: what may stand there. do: what to do about it, empty where that is plain.
        stops: nothing after it in the same file could be read.
    """

    file: str
    row: int | None
    column: str
    got: str
    expected: str
    do: str = ""
    stops: bool = False

    @property
    def where(self) -> str:
        """The place, as a user would name it."""
        row = "" if self.row is None else f", row {self.row}"
        return self.file + row + (f", column {self.column!r}" if self.column else "")

    @classmethod
    def of(cls, error: InputError, *, file: str, row: int | None = None, column: str = "") -> Fault:
        """Return an error of one place as a fault of that place; it may name the column itself."""
        named = COLUMN.search(error.where)
        return cls(file, row, named[1] if named else column, str(error.got), error.expected, error.do)


def shortened(value: object, most: int = 60) -> str:
    """Return a value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= most else text[:most] + "…'"
