"""Files as tables, some rows at a time, so that a file of any size needs the same memory."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

import polars as pl

from tacit.errors import BadFile, UnknownName
from tacit.store.exchange.columns import ROW

ROWS_PER_BATCH = 50_000
LINES_PER_BATCH = 20_000  # a line of text is some ten times as large as the same row in Parquet
LONGEST_CELL_LINES = 200_000  # more lines than this within one pair of quotes: the closing quote is missing


class FileFormat(StrEnum):
    """The formats that judgments are exchanged in."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


SUFFIXES = {
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".parquet": FileFormat.PARQUET,
}


def format_of(path: Path, named: str | None = None) -> FileFormat:
    """Return the format that was named, or that a file's name says, before `.gz` if it ends in that.

    Raises:
        UnknownName: neither is known.
    """
    if named is not None:
        if named not in set(FileFormat):
            raise UnknownName("format", named, FileFormat)
        return FileFormat(named)
    plain = Path(path.stem) if is_compressed(path) else path
    if plain.suffix.lower() not in SUFFIXES:
        raise UnknownName(f"ending of {path.name}", plain.suffix, SUFFIXES, do="Or say --format jsonl, csv or parquet")
    return SUFFIXES[plain.suffix.lower()]


def is_compressed(path: Path) -> bool:
    """Return whether a file's name says that it is compressed with gzip."""
    return path.suffix.lower() == ".gz"


def read_batches(path: Path, file_format: FileFormat) -> Iterator[tuple[pl.DataFrame, float]]:
    """Give a file's rows in batches, each with the share of the file that has been read, from 0 to 1.

    A batch has the file's columns and `ROW`: the line where the row begins in JSON lines, the row as a spreadsheet
    counts (the header is row 1) in CSV, and 1, 2, 3 … in Parquet. In CSV an empty cell is null. What ends in `.gz` is
    decompressed on the way.

    Raises:
        BadFile: the file is absent or empty, or not what its format says; names the row.
    """
    reader = {FileFormat.JSONL: _read_jsonl, FileFormat.CSV: _read_csv, FileFormat.PARQUET: _read_parquet}[file_format]
    try:
        yield from reader(path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadFile(str(path), got=_first_line(error), expected="a whole file compressed with gzip") from None
    except OSError as error:
        raise BadFile(str(path), got=error.strerror or str(error), expected="a file that can be read") from None


def opened(path: Path) -> BinaryIO:
    """Return a file as a stream of its bytes, decompressed if its name ends in `.gz`."""
    return cast(BinaryIO, gzip.open(path, "rb")) if is_compressed(path) else path.open("rb")


def _share(path: Path, stream: BinaryIO, n_bytes: int) -> float:
    """Return how much of a file has been read; what is compressed says so only in its own bytes."""
    raw = getattr(stream, "fileobj", None) if is_compressed(path) else stream
    return min(1.0, raw.tell() / n_bytes) if raw is not None else 1.0


def _read_parquet(path: Path) -> Iterator[tuple[pl.DataFrame, float]]:
    path.open("rb").close()  # so that an absent file is told like any other
    source: Path | bytes = path
    if is_compressed(path):
        with opened(path) as stream:
            source = stream.read()
    try:
        n_rows = int(pl.scan_parquet(source, glob=False).select(pl.len()).collect().item())
        for start in range(0, max(n_rows, 1), ROWS_PER_BATCH):
            rows = pl.scan_parquet(source, glob=False).slice(start, ROWS_PER_BATCH).collect()
            yield _numbered(rows, start + 1), min(1.0, (start + ROWS_PER_BATCH) / max(n_rows, 1))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:  # the latter for damage within
        raise BadFile(str(path), got=_first_line(error), expected="a Parquet file") from None


def _read_jsonl(path: Path) -> Iterator[tuple[pl.DataFrame, float]]:
    n_bytes, line = path.stat().st_size, 1
    with opened(path) as stream:
        while lines := list(islice(stream, LINES_PER_BATCH)):
            kept = [n for n, text in enumerate(lines) if not text.isspace()]
            numbers = pl.Series(ROW, kept, dtype=pl.Int64) + line
            texts = [lines[n] for n in kept]
            try:
                table = pl.read_ndjson(b"".join(texts), infer_schema_length=None) if texts else pl.DataFrame()
            except pl.exceptions.PolarsError as error:
                _explain_jsonl(str(path), numbers, texts, error)
            yield table.with_columns(numbers), _share(path, stream, n_bytes)
            line += len(lines)


def _explain_jsonl(where: str, numbers: pl.Series, texts: list[bytes], error: Exception) -> NoReturn:
    """Find the line that Polars could not read."""
    kinds: dict[str, tuple[type, int]] = {}
    for number, text in zip(numbers, texts, strict=True):
        place, expected = f"{where}, row {number}", "one JSON object a line"
        try:
            values = json.loads(text)
        except ValueError as fault:
            raise BadFile(place, got=str(fault), expected=expected) from None
        if not isinstance(values, dict):
            raise BadFile(place, got=f"a JSON {type(values).__name__}", expected=expected)
        for name, value in values.items():
            kind = float if isinstance(value, int) else type(value)
            known, row = kinds.setdefault(name, (kind, number)) if value is not None else (kind, number)
            if kind is not known:
                got, expected = f"a {kind.__name__} {value!r}", f"a {known.__name__}, as in row {row}"
                raise BadFile(f"{place}, column {name!r}", got=got, expected=expected)
    raise BadFile(where, got=_first_line(error), expected="one JSON object a line")


def _read_csv(path: Path) -> Iterator[tuple[pl.DataFrame, float]]:
    n_bytes = path.stat().st_size
    with opened(path) as stream:
        header = _record(str(path), stream, 1, 1).removeprefix(b"\xef\xbb\xbf")
        if not header.strip():
            raise BadFile(str(path), got="no header", expected="a first row with the names of the columns")
        separator = max(b",", b";", b"\t", key=header.count)
        row = 2
        while records := _record(str(path), stream, LINES_PER_BATCH, row):
            table = _csv_table(str(path), header, records, separator.decode(), row)
            row += table.height
            blank = pl.all_horizontal(pl.exclude(ROW).is_null())
            yield table.filter(~blank), _share(path, stream, n_bytes)


def _record(where: str, stream: BinaryIO, n_lines: int, row: int) -> bytes:
    """Return some lines and as many more as finish the last record: quotes within it come in pairs."""
    lines = list(islice(stream, n_lines))
    quotes = sum(line.count(b'"') for line in lines)
    while quotes % 2:
        more = next(stream, None)
        if more is None or len(lines) > n_lines + LONGEST_CELL_LINES:
            got = "a quote that does not close"
            raise BadFile(f"{where}, row {row} or later", got=got, expected='quotes in pairs, "" for one within a cell')
        lines.append(more)
        quotes += more.count(b'"')
    return b"".join(lines)


def _csv_table(where: str, header: bytes, records: bytes, separator: str, row: int) -> pl.DataFrame:
    ended = header if header.endswith(b"\n") else header + b"\n"
    try:
        table = pl.read_csv(ended + records, separator=separator, infer_schema=False, raise_if_empty=False)
    except pl.exceptions.PolarsError as error:
        _explain_csv(where, ended, records, separator, row, error)
    names = [name.strip() for name in next(csv.reader([header.decode().strip("\r\n")], delimiter=separator))]
    if twice := [name for name in names if names.count(name) > 1]:
        raise BadFile(f"{where}, row 1", got=f"the column {twice[0]!r} twice", expected="every column once")
    table.columns = names
    return _numbered(table.select(pl.when(pl.all().str.len_bytes() > 0).then(pl.all())), row)


def _explain_csv(where: str, header: bytes, records: bytes, separator: str, row: int, error: Exception) -> NoReturn:
    """Find the row that Polars could not read."""
    try:
        text = (header + records).decode()
    except UnicodeDecodeError as fault:
        at = row + (header + records)[: fault.start].count(b"\n") - header.count(b"\n")
        raise BadFile(f"{where}, row {at}", got="bytes that are not UTF-8", expected="text in UTF-8") from None
    cells = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    n_columns = len(next(cells))
    for number, values in enumerate(cells, start=row):
        if len(values) > n_columns:
            raise BadFile(f"{where}, row {number}", got=f"{len(values)} cells", expected=f"{n_columns}, as in row 1")
    raise BadFile(where, got=_first_line(error), expected="a CSV file")


def _numbered(table: pl.DataFrame, first: int) -> pl.DataFrame:
    return table.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias(ROW))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
