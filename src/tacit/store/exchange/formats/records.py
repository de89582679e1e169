"""Records in and out of files, one at a time, so that a file of any size needs the same memory.

A list in JSON is read element by element, JSON lines line by line, both also compressed by gzip; Parquet and CSV some
rows at a time. A record is numbered by its line, its row in a spreadsheet, or its place in the list, from 1.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from tacit.errors import BadFile
from tacit.store.exchange.columns import ROW
from tacit.store.exchange.formats.judged import OURS
from tacit.store.exchange.reading import FileFormat, read_batches

CHUNK = 2**20  # characters
LONGEST_RECORD = 2**28  # characters: more than that is a bracket that never closes
LOOKS_LIKE_JSON = ("[", "{", '"')
IN_JSON = "tacit_json"  # among what a Parquet file says of itself: the columns whose cells may be JSON
Record = dict[str, Any]


class Numbered(NamedTuple):
    """A record, its number, and the share of the file that has been read by its end."""

    number: int
    record: Record
    share: float


def container_of(path: Path) -> str:
    """Return jsonl, json, csv or parquet, by what the file begins with."""
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
        if head.startswith(b"\x1f\x8b"):
            with gzip.open(path) as stream:
                head = stream.read(64)
    except (OSError, EOFError) as error:
        raise BadFile(
            str(path), got=getattr(error, "strerror", None) or str(error), expected="a file that can be read"
        ) from None
    if not head:
        return path.suffix.lower().removeprefix(".")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"PAR1"):
        return "parquet"
    return {b"[": "json", b"{": "jsonl"}.get(start[:1], "csv")


def read_records(path: Path) -> Iterator[Numbered]:
    """Give the records of a file.

    Raises:
        BadFile: it cannot be read, or one record is not what the file's container says; names the row.
    """
    container = container_of(path)
    if not path.stat().st_size:
        return
    if container in ("json", "jsonl"):
        n_bytes = max(1, path.stat().st_size)
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            with io.TextIOWrapper(gzip.open(raw) if packed else raw, encoding="utf-8-sig") as text:
                lines = _elements(text, path.name) if container == "json" else _lines(text, path.name)
                try:
                    yield from (Numbered(number, record, raw.tell() / n_bytes) for number, record in lines)
                except UnicodeDecodeError:
                    raise BadFile(path.name, got="bytes that are not UTF-8", expected="text in UTF-8") from None
                except (OSError, EOFError) as error:
                    raise BadFile(path.name, got=str(error), expected="a file that can be read to its end") from None
        return
    in_json = _columns_in_json(path) if container == "parquet" else None
    for table, share in read_batches(path, FileFormat(container)):
        for row in table.iter_rows(named=True):
            number = row.pop(ROW)
            yield Numbered(number, _as_values(row, in_json), share)


def write_records(records: Iterable[Mapping[str, Any]], path: Path, container: str) -> None:
    """Write records to a new file.

    Raises:
        OSError: there is no room.
    """
    if container == "parquet":
        lines, types = path.with_name(f"{path.name}.lines"), dict[str, set[type]]()
        try:
            write_records(_noting_types(records, types), lines, "jsonl")
            _write_parquet(lines, path, {name for name, seen in types.items() if len(seen) > 1} - {OURS})
        finally:
            lines.unlink(missing_ok=True)
        return
    with path.open("w", encoding="utf-8", newline="") as stream:
        if container == "csv":
            _write_csv(records, stream)
        elif container == "jsonl":
            stream.writelines(_dumped(record) + "\n" for record in records)
        else:
            between = "["
            for record in records:
                stream.write(f"{between}\n{_dumped(record)}")
                between = ","
            stream.write("[]\n" if between == "[" else "\n]\n")


def _elements(text: io.TextIOWrapper, where: str) -> Iterator[tuple[int, Record]]:
    """Give the elements of one list."""
    decoder, number, ended, buffer = json.JSONDecoder(), 0, False, ""
    while not buffer and (piece := text.read(CHUNK)):
        buffer = piece.lstrip()
    buffer = buffer[1:]  # without the bracket that told the container
    while True:
        buffer = buffer.lstrip().removeprefix(",") if number else buffer
        buffer = buffer.lstrip()
        if buffer.startswith("]"):
            return
        fault: ValueError | None = None
        try:
            record, end = decoder.raw_decode(buffer) if buffer else (None, 0)
        except ValueError as error:
            fault, record, end = error, None, 0
        if end and (end < len(buffer) or ended):  # a number may go on in the next chunk; an object may not
            number += 1
            yield number, _as_record(record, f"{where}, row {number}")
            buffer = buffer[end:]
            continue
        more = text.read(max(CHUNK, len(buffer)))
        if ended or len(buffer) > LONGEST_RECORD:
            got = "a list that is cut short" if fault is None or not more else str(fault)
            raise BadFile(f"{where}, row {number + 1}", got=got, expected="a list of JSON objects")
        ended = not more
        buffer += more


def _lines(text: io.TextIOWrapper, where: str) -> Iterator[tuple[int, Record]]:
    for number, line in enumerate(text, start=1):
        if not line.isspace():
            try:
                record = json.loads(line)
            except ValueError as error:
                raise BadFile(f"{where}, row {number}", got=str(error), expected="one JSON object a line") from None
            yield number, _as_record(record, f"{where}, row {number}")


def _as_record(record: object, where: str) -> Record:
    if not isinstance(record, dict):
        raise BadFile(where, got=f"a JSON {type(record).__name__}", expected="a JSON object")
    return record


def _as_values(row: Record, in_json: Collection[str] | None) -> Record:
    """Return a row without its empty cells, with what was written as JSON, in these columns or in any, read as such."""
    record = {name: value for name, value in row.items() if value is not None}
    for name, value in record.items():
        if isinstance(value, str) and (in_json is None or name in in_json) and value.startswith(LOOKS_LIKE_JSON):
            try:
                record[name] = json.loads(value)
            except ValueError:
                continue
    return record


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _write_csv(records: Iterable[Mapping[str, Any]], stream: io.TextIOWrapper) -> None:
    """Write rows with the columns of the first; what is no text, or looks like JSON, is written as JSON."""
    writer = None
    for record in records:
        if writer is None:
            writer = csv.DictWriter(stream, list(record), lineterminator="\n", extrasaction="raise")
            writer.writeheader()
        writer.writerow({name: _as_cell(value) for name, value in record.items()})


def _as_cell(value: object) -> object:
    in_json = isinstance(value, list | dict) or (isinstance(value, str) and value.startswith(LOOKS_LIKE_JSON))
    return _dumped(value) if in_json else value


def _noting_types(records: Iterable[Mapping[str, Any]], types: dict[str, set[type]]) -> Iterator[Mapping[str, Any]]:
    """Give the records, what is ours as JSON, and note the types of each column: text, a list, an object, a number."""
    for record in records:
        for name, value in record.items():
            if value is not None:
                types.setdefault(name, set()).add(float if isinstance(value, int | float) else type(value))
        yield {**record, OURS: _dumped(record[OURS])} if OURS in record else record


def _write_parquet(lines: Path, path: Path, mixed: Collection[str]) -> None:
    """Write lines as Parquet; a column that holds texts and lists alike is one of JSON, and the file says so."""
    if not lines.stat().st_size:
        pl.DataFrame().write_parquet(path)
        return
    if mixed:
        plain = lines.with_name(f"{lines.name}.plain")
        try:
            with lines.open(encoding="utf-8") as stream:
                write_records((_in_cells(json.loads(line), mixed) for line in stream), plain, "jsonl")
            plain.replace(lines)
        finally:
            plain.unlink(missing_ok=True)
    table = pl.scan_ndjson(lines, infer_schema_length=None)
    empty = [name for name, dtype in table.collect_schema().items() if dtype == pl.Null]
    told = {IN_JSON: _dumped(sorted(mixed))}
    table.with_columns(pl.col(name).cast(pl.String) for name in empty).sink_parquet(
        path, compression="zstd", metadata=told
    )


def _in_cells(record: Record, names: Collection[str]) -> Record:
    return {n: value if n not in names or value is None else str(_as_cell(value)) for n, value in record.items()}


def _columns_in_json(path: Path) -> set[str]:
    """Return the columns of a Parquet file that hold JSON: ours, and those that the file names."""
    try:
        named = json.loads(pl.read_parquet_metadata(path).get(IN_JSON, "[]"))
    except (OSError, ValueError, pl.exceptions.PolarsError):  # what is wrong with the file is told when it is read
        named = []
    return {OURS, *(name for name in named if isinstance(name, str))}
