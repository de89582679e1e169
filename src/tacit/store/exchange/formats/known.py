"""The formats there are, and which one a file is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import polars as pl

from tacit.errors import BadFile, BadValue, UnknownName
from tacit.store.exchange.formats import arena, argilla, crowd, doccano, hh_rlhf, label_studio, prodigy
from tacit.store.exchange.formats.judged import Judged, LeftOut, ReadOptions
from tacit.store.exchange.formats.records import container_of, read_records
from tacit.store.exchange.reading import FileFormat


class Written(Protocol):
    """A format that can be written: NAME, the CONTAINERS it comes in, and whether a record holds a GROUP of answers."""

    NAME: str
    CONTAINERS: tuple[str, ...]
    GROUPED: bool

    def write(self, group: Sequence[Judged]) -> dict[str, Any]:
        """Return the record of answers: of one, or, where GROUPED, of all to one question."""
        ...


class Read(Written, Protocol):
    """A format that can be read as well: FIELDS are those of a record that mean something."""

    FIELDS: set[str]

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """Whether a file whose first record is this is of this format."""
        ...

    def read(self, record: Mapping[str, Any], how: ReadOptions) -> Iterator[Judged | LeftOut]:
        """Give the answers of a record, and what tacit has no question for."""
        ...


READ: dict[str, Read] = {
    format_.NAME: cast(Read, format_) for format_ in (label_studio, argilla, doccano, prodigy, hh_rlhf, arena)
}
WRITTEN: dict[str, Written] = {**READ, crowd.NAME: cast(Written, crowd)}
NAMES = [*(str(own) for own in FileFormat), *WRITTEN]
"""What `--format` may say."""


def format_read(path: Path, named: str | None) -> Read | None:
    """Return the format of another tool that a file is of; None for an exchange file or a plain one.

    Args:
        path: the file.
        named: what the user says.

    Raises:
        UnknownName: there is no such format. BadFile: a file that no format recognises.
    """
    if named in set(FileFormat) or named == crowd.NAME:
        return None
    if named is not None:
        if named not in READ:
            raise UnknownName("format", named, NAMES)
        return READ[named]
    try:
        record = _first(path)
    except (BadFile, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        if path.suffix.lower() == ".json":
            raise
        return None  # who reads it says better what is wrong
    if {"kind", "item_ids"} <= set(record):
        return None
    found = next((format_ for format_ in READ.values() if format_.recognises(record)), None)
    if found is None and path.suffix.lower() == ".json":
        got, expected = f"records with the fields {', '.join(record) or 'none'}", f"those of {', '.join(READ)}"
        raise BadFile(path.name, got=got, expected=expected, do="Say which with --format")
    return found


def container_for(path: Path, format_: Written) -> str:
    """Return the container to write, by the ending of the file's name.

    Raises:
        BadValue: the format does not come in it.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in format_.CONTAINERS:
        endings = " or ".join(f".{container}" for container in format_.CONTAINERS)
        raise BadValue(path.name, got=f"the ending {path.suffix or 'none'}", expected=f"{endings} for {format_.NAME}")
    return ending


def _first(path: Path) -> dict[str, Any]:
    if container_of(path) == "parquet":
        return next(iter(pl.read_parquet(path, n_rows=1).to_dicts()), {})
    return next((numbered.record for numbered in read_records(path)), {})
