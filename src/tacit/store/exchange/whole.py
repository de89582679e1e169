"""A file as one table: what fits in memory is read whole, in one go where it is plain, and else with care."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tacit.store.exchange.columns import ROW
from tacit.store.exchange.reading import FileFormat, format_of, is_compressed, opened, read_batches


def read_whole(path: Path) -> pl.DataFrame:
    """Return a file's columns and `ROW`, the number of each row: the header of CSV is row 1.

    Args:
        path: CSV, TSV, JSON lines or Parquet, each perhaps with `.gz` behind.

    Raises:
        BadFile: not such a file; names the row. UnknownName: an unknown format.
    """
    file_format = format_of(path)
    table = _quickly(path, file_format)
    if table is None:
        batches = [batch for batch, _ in read_batches(path, file_format) if batch.height]
        table = pl.concat(batches, how="diagonal_relaxed") if batches else pl.DataFrame()
    return table


def _quickly(path: Path, file_format: FileFormat) -> pl.DataFrame | None:
    """Return a plain CSV or Parquet file read whole; None where the careful reader must look, or explain."""
    if file_format is FileFormat.JSONL or (file_format is FileFormat.PARQUET and is_compressed(path)):
        return None
    try:
        if file_format is FileFormat.PARQUET:
            table = pl.read_parquet(path, glob=False)
            return table.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW))
        with opened(path) as stream:
            content = stream.read().removeprefix(b"\xef\xbb\xbf")
        header = content.partition(b"\n")[0]
        names = header.decode().strip("\r").split(separator := _separator(header))
        if b'"' in content or not header.strip() or len({name.strip() for name in names}) < len(names):
            return None
        table = pl.read_csv(content, separator=separator, infer_schema=False, raise_if_empty=False)
    except (OSError, EOFError, UnicodeDecodeError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    table.columns = [name.strip() for name in names]
    table = table.select(pl.when(pl.all().str.len_bytes() > 0).then(pl.all()))
    table = table.with_columns(pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias(ROW))
    return table.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))


def _separator(header: bytes) -> str:
    return max(b",", b";", b"\t", key=header.count).decode()
