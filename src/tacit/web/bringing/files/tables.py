"""Tables read row by row, so that one bad row is told and the others are kept.

Judgments come in by `tacit.store.exchange`, which refuses a file with a bad row. Items are brought by people who want
to know every row that is wrong, at once, and may go on without them; so this reader never stops where it can go on.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from tacit.web.bringing.faults import Fault, shortened
from tacit.web.bringing.files.sniffing import Form
from tacit.web.bringing.limits import BringingLimits, size

ROWS_PER_BATCH = 2_000
PARQUET_FOOTER_BYTES = 16 * 2**20  # a million columns make a footer of some 100 MB
NOT_UTF8 = ("bytes that are not UTF-8", "text in UTF-8", "Save the file again as UTF-8")


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Args:
        number: as an editor or a spreadsheet counts.
        columns: of the table; in JSON lines those of this row.
        cells: column → value; empty cells are left out.
    """

    number: int
    columns: tuple[str, ...]
    cells: dict[str, Any]


def read_rows(path: Path, name: str, form: Form, limits: BringingLimits) -> Iterator[Row | Fault]:
    """Give the rows of a table, and a fault for each that cannot be read.

    Args:
        path: where the bytes are. name: what the file was called, for messages.
        form: CSV, JSON lines or Parquet.
    """
    reader = {Form.CSV: _read_csv, Form.JSONL: _read_jsonl, Form.PARQUET: _read_parquet}[form]
    yield from reader(path, name, limits)


def _lines(stream: BinaryIO, most: int) -> Iterator[tuple[bytes, bool]]:
    """Give lines, and whether each is whole; of one that is too long only its beginning is kept."""
    while line := stream.readline(most + 1):
        whole = len(line) <= most
        rest = line
        while not rest.endswith(b"\n") and len(rest) > most:
            rest = stream.readline(most + 1)
        yield line, whole


def _read_csv(path: Path, name: str, limits: BringingLimits) -> Iterator[Row | Fault]:
    # A line holds at most all cells of a row; quoted cells may go over many lines.
    longest = 4 * limits.cell_bytes
    with path.open("rb") as stream:
        head = stream.readline(longest + 1).removeprefix(b"\xef\xbb\xbf")
        separator = max(b",", b";", b"\t", key=head.count)
        n_columns = head.count(separator) + 1
        if n_columns > limits.columns or len(head) > longest:
            got = f"{n_columns:,} columns" if n_columns > limits.columns else "a first row without an end"
            yield Fault(name, 1, "", got, f"at most {limits.columns:,} columns", stops=True)
            return
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head:
            yield Fault(name, 1, "", *NOT_UTF8, stops=True)
            return
        header = _header(head, separator, name)
        if isinstance(header, Fault):
            yield header
            return
        csv.field_size_limit(limits.cell_bytes)
        yield from _csv_rows(stream, name, separator.decode(), header, longest)


def _header(head: bytes, separator: bytes, name: str) -> tuple[str, ...] | Fault:
    try:
        header = tuple(cell.strip() for cell in next(csv.reader([head.decode()], delimiter=separator.decode()), []))
    except (UnicodeDecodeError, csv.Error):
        return Fault(name, 1, "", *NOT_UTF8, stops=True)
    if not any(header):
        return Fault(name, 1, "", "no header", "a first row with the names of the columns", stops=True)
    if twice := [column for column in header if column and header.count(column) > 1]:
        return Fault(name, 1, twice[0], "the same column twice", "every column once", stops=True)
    return header


def _csv_rows(
    stream: BinaryIO, name: str, separator: str, header: tuple[str, ...], longest: int
) -> Iterator[Row | Fault]:
    line_number = 1

    def decoded() -> Iterator[str]:
        nonlocal line_number
        for line, whole in _lines(stream, longest):
            line_number += 1
            # A byte that is no UTF-8 becomes a lone surrogate, found below in the cells of its row.
            yield line.decode("utf-8", "surrogateescape") if whole else "\udcff\n"

    cells = csv.reader(decoded(), delimiter=separator, strict=True)
    while True:
        number = line_number + 1
        try:
            values = next(cells, None)
        except csv.Error as error:
            lost = "limit" in str(error) or "unexpected end" in str(error)
            got = "a cell that is too long, or a quote that does not close" if lost else str(error)
            yield Fault(name, number, "", got, 'quotes in pairs, "" for one within a cell', stops=lost)
            if lost:
                return
            continue
        if values is None:
            return
        if not any(values):
            continue
        yield _csv_row(values, header, name, number)


def _csv_row(values: list[str], header: tuple[str, ...], name: str, number: int) -> Row | Fault:
    if len(values) > len(header):
        return Fault(name, number, "", f"{len(values)} cells", f"{len(header)}, as in row 1")
    for column, value in zip(header, values, strict=False):
        if fault := _bad_text(value):
            return Fault(name, number, column, *fault)
    return Row(number, header, {column: cell for column, cell in zip(header, values, strict=False) if column and cell})


def _bad_text(value: str) -> tuple[str, str, str] | None:
    if value.isascii():
        return ("a NUL character", "text", "") if "\0" in value else None
    try:
        value.encode()
    except UnicodeEncodeError:
        return NOT_UTF8
    return ("a NUL character", "text", "") if "\0" in value else None


def _read_jsonl(path: Path, name: str, limits: BringingLimits) -> Iterator[Row | Fault]:
    expected = "one JSON object a line"
    with path.open("rb") as stream:
        for number, (line, whole) in enumerate(_lines(stream, 16 * limits.cell_bytes), start=1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if not text:
                continue
            if not whole:
                yield Fault(name, number, "", "a line that is too long", f"at most {size(16 * limits.cell_bytes)}")
                continue
            if number == 1 and (text.startswith(b"[") or text == b"{"):
                do = "Write each element of the list on a line of its own"
                yield Fault(name, 1, "", "JSON over several lines, or a list", expected, do, stops=True)
                return
            yield _json_row(text, name, number, limits, expected)


def _json_row(text: bytes, name: str, number: int, limits: BringingLimits, expected: str) -> Row | Fault:
    try:
        decoded = text.decode()
        value = json.loads(decoded)
    except UnicodeDecodeError:
        return Fault(name, number, "", *NOT_UTF8)
    except (ValueError, RecursionError) as error:
        return Fault(name, number, "", str(error)[:120], expected)
    if not isinstance(value, dict):
        return Fault(name, number, "", f"a JSON {type(value).__name__}", expected)
    if len(value) > limits.columns:
        return Fault(name, number, "", f"{len(value):,} columns", f"at most {limits.columns:,}")
    for column, cell in value.items():
        if isinstance(cell, str) and (fault := _bad_text(cell)):
            return Fault(name, number, column, *fault)
    return Row(number, tuple(value), {column: cell for column, cell in value.items() if cell not in (None, "")})


def _read_parquet(path: Path, name: str, limits: BringingLimits) -> Iterator[Row | Fault]:
    refused = _refuse_parquet(path, name, limits)
    if refused is not None:
        yield refused
        return
    number = 0
    try:
        scanned = pl.scan_parquet(path, glob=False)
        n_rows = int(scanned.select(pl.len()).collect().item())
        for start in range(0, n_rows, ROWS_PER_BATCH):
            rows = scanned.slice(start, ROWS_PER_BATCH).collect()
            columns = tuple(rows.columns)
            for cells in rows.iter_rows(named=True):
                number += 1
                texts = ((column, cell) for column, cell in cells.items() if isinstance(cell, str))
                bad = next(((column, fault) for column, cell in texts if (fault := _bad_text(cell))), None)
                if bad:
                    yield Fault(name, number, bad[0], *bad[1])
                else:
                    yield Row(number, columns, {name: cell for name, cell in cells.items() if cell not in (None, "")})
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        said = shortened(str(error).splitlines()[0], 120)
        yield Fault(name, number + 1, "", said, "a whole Parquet file", stops=True)


def _refuse_parquet(path: Path, name: str, limits: BringingLimits) -> Fault | None:
    n_bytes = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, n_bytes - 8))
        end = stream.read(8)
    if n_bytes < 12 or end[4:] != b"PAR1":
        return Fault(name, None, "", "a Parquet file without its end", "a whole Parquet file", stops=True)
    if int.from_bytes(end[:4], "little") > min(PARQUET_FOOTER_BYTES, n_bytes):
        return Fault(name, None, "", "a description of columns without end", f"at most {limits.columns:,} columns")
    try:
        n_columns = len(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        return Fault(name, None, "", shortened(str(error).splitlines()[0], 120), "a whole Parquet file", stops=True)
    if n_columns > limits.columns:
        return Fault(name, None, "", f"{n_columns:,} columns", f"at most {limits.columns:,} columns", stops=True)
    return None
