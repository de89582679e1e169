"""Export of judgments with their questions, streamed from one moment of the project to a file that appears whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source
from sqlalchemy import Connection

from tacit.errors import CannotWrite, UnknownName
from tacit.store.exchange.columns import exchange_schema
from tacit.store.exchange.foreign import ExportCount, export_foreign
from tacit.store.exchange.formats.known import NAMES, WRITTEN
from tacit.store.exchange.reading import FileFormat, format_of
from tacit.store.media_folder import MediaFolder
from tacit.store.sql import item_tables, judgment_tables, question_tables

ROWS_PER_GROUP = 50_000
MOST_QUESTIONS = 250_000  # about 100 MB


def export_judgments(
    connection: Connection,
    path: Path,
    file_format: str | None = None,
    progress: Callable[[float], None] = lambda _: None,
    *,
    project_id: str | None = None,
) -> int:
    """Write judgments with their questions in order of arrival, and return how many.

    Args:
        connection: reads from one moment.
        path: the file. file_format: None says what its name says. progress: told the share that has been written.
        project_id: only the judgments of this project of people at work; None for all.

    Raises:
        UnknownName: an unknown format. CannotWrite: the disk is full or read-only; an existing file is kept.
    """
    writer = {FileFormat.JSONL: _write_jsonl, FileFormat.CSV: _write_csv, FileFormat.PARQUET: _write_parquet}[
        format_of(path, file_format)
    ]
    n_rows = judgment_tables.count_judgments(connection, project_id)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        writer(_tables(connection, n_rows, progress, project_id), unfinished)
        with unfinished.open("rb") as stream:
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        said = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise CannotWrite(str(path), got=said, expected="a disk with room to write") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return n_rows


def export_as(
    connection: Connection,
    folder: MediaFolder,
    path: Path,
    named: str | None = None,
    progress: Callable[[float], None] = lambda _: None,
    *,
    project_id: str | None = None,
) -> ExportCount:
    """Write judgments as the file that a tool reads, or as one of ours, and return how many.

    Args:
        connection: reads from one moment of the project.
        folder: its media.
        path: the file; an existing one is replaced.
        named: one of `NAMES`; None says what the file's name says.
        progress: told the share that has been written.
        project_id: only the judgments of this project of people at work; None for all.

    Raises:
        UnknownName: an unknown format. BadValue: the format does not come in such a file.
        CannotWrite: the disk is full or read-only; an existing file is kept.
    """
    if named is None or named in set(FileFormat):
        return ExportCount(export_judgments(connection, path, named, progress, project_id=project_id))
    if named not in WRITTEN:
        raise UnknownName("format", named, NAMES)
    format_ = WRITTEN[named]
    n_rows = judgment_tables.count_judgments(connection, project_id)
    tables = _tables(connection, n_rows, progress, project_id, by_question=format_.GROUPED)
    return export_foreign(tables, lambda ids: item_tables.read_items(connection, ids, folder), path, format_)


def _tables(
    connection: Connection,
    n_rows: int,
    progress: Callable[[float], None],
    project_id: str | None,
    *,
    by_question: bool = False,
) -> Iterator[pl.DataFrame]:
    """Give judgments beside their questions, some at a time."""
    labelers = judgment_tables.labeler_table(connection)
    questions = KnownQuestions(connection)
    done = 0
    for judgments in judgment_tables.judgment_batches(connection, project_id, by_question=by_question):
        asked = questions.get(judgments.get_column("question").unique())
        yield (
            judgments.join(asked, left_on="question", right_on="sequence", how="left", maintain_order="left")
            .join(labelers, left_on="labeler", right_on="sequence", how="left", maintain_order="left")
            .select(list(exchange_schema()))
        )
        done += judgments.height
        progress(done / n_rows)


class KnownQuestions:
    """Questions that have been read, kept while they are not too many.

    Args:
        connection: reads from one moment of the project.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known = self._read(pl.Series(dtype=pl.Int64))

    def get(self, sequences: pl.Series) -> pl.DataFrame:
        """Return at least the questions with these sequences, their words as in an exchange file."""
        missing = sequences.filter(~sequences.is_in(self._known.get_column("sequence").implode()))
        if len(missing):
            kept = self._known
            if kept.height + len(missing) > MOST_QUESTIONS:
                kept = kept.filter(pl.col("sequence").is_in(sequences.implode()))
            self._known = pl.concat([kept, self._read(missing)])
        return self._known

    def _read(self, sequences: pl.Series) -> pl.DataFrame:
        return question_tables.read_questions_by_sequence(self._connection, sequences).rename({"text": "question_text"})


def _write_parquet(tables: Iterator[pl.DataFrame], path: Path) -> None:
    def source(*_: object) -> Iterator[pl.DataFrame]:
        return tables

    rows = register_io_source(source, schema=exchange_schema())
    # Level 1 takes a quarter of the time of the default, and a twentieth more room.
    rows.sink_parquet(path, compression="zstd", compression_level=1, row_group_size=ROWS_PER_GROUP)


def _write_jsonl(tables: Iterator[pl.DataFrame], path: Path) -> None:
    with path.open("wb") as stream:
        for table in tables:
            table.write_ndjson(stream)


def _write_csv(tables: Iterator[pl.DataFrame], path: Path) -> None:
    with path.open("wb") as stream:
        stream.write(",".join(exchange_schema()).encode() + b"\n")
        for table in tables:
            texts = judgment_tables.lists_as_text(table)
            items = pl.format('["{}"]', pl.col("item_ids").list.join('","')).alias("item_ids")
            texts.with_columns(items).write_csv(stream, include_header=False)
