"""Import of judgments from a file: all of it or nothing, in one transaction, and nothing twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import polars as pl
from sqlalchemy import Connection

from tacit.errors import BadFile, BadJudgment, InputError
from tacit.judging import Item, ItemKind, Outcome, QuestionKind, check_judgments, content_hash, judgments_schema
from tacit.store.exchange.asked import AskedQuestions
from tacit.store.exchange.columns import ROW, bad_cell, exchange_schema, typed
from tacit.store.exchange.foreign import ForeignFile
from tacit.store.exchange.formats.judged import ReadOptions
from tacit.store.exchange.formats.known import Read, format_read
from tacit.store.exchange.plain import (
    MOST_LABELS,
    PlainLayout,
    exchange_rows,
    recognised,
    refuse_empty_cells,
    renamed,
)
from tacit.store.exchange.reading import FileFormat, format_of, read_batches
from tacit.store.media_folder import MediaFolder
from tacit.store.question_ids import canonical_settings
from tacit.store.sql import item_tables, judgment_tables
from tacit.store.sql.bulk_rows import can_let_go_of_indexes
from tacit.store.storable import refuse_nul

DEFAULTS = {"outcome": str(Outcome.ANSWERED), "question_text": "", "settings": "{}", "occasion": ""}
ANSWER_PARTS = ("labeler_id", "question_id", "outcome", "choice", "comparison", "rating", "text", "probability")


@dataclass(frozen=True)
class ImportOptions:
    """How to read a file.

    Args:
        file_format: jsonl, csv or parquet, or a tool's: label-studio, argilla, doccano, prodigy, hh-rlhf, arena; None
            says what the file's name and its first record say.
        headers: our column → the file's, where they differ.
        options: the classes of a plain file of choices; those that occur, if none are given.
        labeler_id: who answered, if the file does not say.
        kind: choice or text, for a tool's labels that may be either.
    """

    file_format: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    options: Sequence[str] = ()
    labeler_id: str | None = None
    kind: str | None = None


@dataclass
class ImportCount:
    """What an import did.

    Args:
        rows: rows read.
        judgments_added: those that the project did not hold.
        questions_added: likewise.
        items_added: text items made from the names in a plain file, or the items of a tool's file.
        columns_ignored: columns or fields of the file that mean nothing to tacit.
        left_out: what a tool's file says and tacit has no question for → how often.
    """

    rows: int = 0
    judgments_added: int = 0
    questions_added: int = 0
    items_added: int = 0
    columns_ignored: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)


def import_judgments(
    connection: Connection,
    folder: MediaFolder,
    path: Path,
    how: ImportOptions,
    progress: Callable[[float], None] = lambda _: None,
) -> ImportCount:
    """Add the judgments of a file with their questions, within the transaction that `connection` is in.

    Raises:
        BadFile, BadJudgment, BadQuestion, NotFinite, UnknownName: what is wrong, and in which row.
    """
    before = judgment_tables.newest_judgment(connection)
    count = None
    if before == 0 and can_let_go_of_indexes(connection):
        # In an empty project, ids are held against each other once, at the end. If some are the same, begin anew.
        with connection.begin_nested() as attempt:
            judgment_tables.expect_no_repeats(connection)
            count = _import(connection, folder, path, how, progress, all_new=True)
            if not judgment_tables.expect_repeats(connection):
                attempt.rollback()
                count = None
    if count is None:
        count = _import(connection, folder, path, how, progress, all_new=False)
    judgment_tables.refuse_lost_predecessors(connection, after=before)
    return count


def _import(
    connection: Connection,
    folder: MediaFolder,
    path: Path,
    how: ImportOptions,
    progress: Callable[[float], None],
    *,
    all_new: bool,
) -> ImportCount:
    count, asked = ImportCount(), AskedQuestions(connection, path.name)
    for rows, share in _exchange_batches(connection, folder, path, how, count):
        questions, sequences = asked.keep(rows)
        judgments = _judgments(rows, questions.get_column("question_id"))
        _check(judgments, questions.unique("question_id"), rows, path.name)
        count.rows += rows.height
        count.judgments_added += judgment_tables.add_judgments(connection, judgments, sequences, all_new=all_new)
        progress(share)
    asked.finish()
    count.questions_added = asked.n_added
    return count


def _exchange_batches(
    connection: Connection, folder: MediaFolder, path: Path, how: ImportOptions, count: ImportCount
) -> Iterator[tuple[pl.DataFrame, float]]:
    """Give the file's rows as typed rows of an exchange file; in other files, make the items that it names."""
    format_ = format_read(path, how.file_format)
    if format_ is not None:
        yield from _foreign_batches(connection, folder, path, format_, how, count)
        return
    where, file_format = path.name, format_of(path, None if how.file_format == "crowd" else how.file_format)
    layout, options, columns = None, list(how.options), list[str]()
    for number, (table, share) in enumerate(_renamed_batches(path, file_format, how)):
        if number == 0:
            columns = table.columns
            layout = recognised(columns, labeler_id=how.labeler_id, where=where)
            used = set(exchange_schema()) if layout is None else layout.used
            count.columns_ignored = tuple(c for c in columns if c not in used and c != ROW)
            if layout is not None and layout.kind is QuestionKind.CHOICE and not options:
                options = _labels_in(path, file_format, how, layout)
        rows = table.with_columns(pl.lit(None).alias(c) for c in columns if c not in table.columns)
        if layout is not None:
            refuse_empty_cells(rows, layout, where=where)
            item_ids = _items_named(connection, folder, rows, layout, count)
            rows = exchange_rows(rows, layout, item_ids=item_ids, options=options, where=where)
        yield _complete(typed(rows, where=where), file_format, where), share


def _foreign_batches(
    connection: Connection, folder: MediaFolder, path: Path, format_: Read, how: ImportOptions, count: ImportCount
) -> Iterator[tuple[pl.DataFrame, float]]:
    """Give the answers in another tool's file as rows of an exchange file, having kept what they are about."""
    said = ReadOptions(labeler_id=how.labeler_id, kind=how.kind, headers=how.headers)
    file = ForeignFile(path, format_, said, how.options)
    for rows, items, share in file.batches():
        folder.add([(item.item_id, item.content) for item in items])
        count.items_added += item_tables.add_items(connection, items, folder)
        count.columns_ignored, count.left_out = tuple(file.ignored), dict(file.left_out)
        if rows.height:
            yield _complete(rows, FileFormat.JSONL, path.name), share


def _renamed_batches(path: Path, file_format: FileFormat, how: ImportOptions) -> Iterator[tuple[pl.DataFrame, float]]:
    for table, share in read_batches(path, file_format):
        if table.height:
            yield renamed(table, how.headers, where=path.name), share


def _labels_in(path: Path, file_format: FileFormat, how: ImportOptions, layout: PlainLayout) -> list[str]:
    """Read the file once for the labels that occur in it."""
    found: set[str] = set()
    for table, _ in _renamed_batches(path, file_format, how):
        found.update(table.get_column(layout.header_of["label"]).cast(pl.String).drop_nulls().unique())
        if len(found) > MOST_LABELS:
            got, do = f"over {MOST_LABELS:,} different labels", "Name the column of labels with --map label=COLUMN"
            raise BadFile(path.name, got=got, expected="a few classes", do=do)
    if len(found) < 2:
        raise BadFile(
            path.name, got=f"the labels {sorted(found)}", expected="two or more", do="Give all with --options A,B"
        )
    return sorted(found)


def _items_named(
    connection: Connection, folder: MediaFolder, rows: pl.DataFrame, layout: PlainLayout, count: ImportCount
) -> dict[str, str]:
    """Return name → item id, having made a text item of each name that is not the id of an item."""
    columns = [rows.get_column(layout.header_of[meaning]).cast(pl.String).alias("name") for meaning in layout.items]
    names = pl.concat(columns).unique(maintain_order=True).to_list()
    known = item_tables.known_items(connection, [name for name in names if re.fullmatch("[0-9a-f]{64}", name)])
    made = {name: Item(ItemKind.TEXT, name.encode(), "text/plain") for name in names if name not in known}
    folder.add([(item.item_id, item.content) for item in made.values()])
    count.items_added += item_tables.add_items(connection, list(made.values()), folder)
    return {name: made[name].item_id if name in made else name for name in names}


def _complete(rows: pl.DataFrame, file_format: FileFormat, where: str) -> pl.DataFrame:
    """Return `rows` with all columns of an exchange file, the absent ones as they are by default."""
    schema = exchange_schema()
    absent = [name for name in schema if name not in rows.columns]
    whole = rows.with_columns(pl.lit(None, dtype=schema[name]).alias(name) for name in absent)
    whole = whole.with_columns(pl.col(name).fill_null(default) for name, default in DEFAULTS.items())
    for name in ("labeler_id", "kind", "item_ids"):
        if (missing := whole.filter(pl.col(name).is_null())).height:
            raise bad_cell(where, missing[ROW][0], name, None, "a value")
    settings = canonical_settings(whole.get_column("settings"), where=where, rows=whole.get_column(ROW))
    whole = whole.with_columns(settings)
    if file_format is FileFormat.CSV:
        # In CSV nothing tells the empty text from no text; a question about a text that was answered has one.
        has_text = (pl.col("kind") == QuestionKind.TEXT) & (pl.col("outcome") == Outcome.ANSWERED)
        whole = whole.with_columns(pl.when(has_text).then(pl.col("text").fill_null("")).otherwise("text").alias("text"))
    return whole


def _judgments(rows: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Return the judgment of each row; one without an id is known by who answered what, and how."""
    judgments = rows.with_columns(ids)
    if judgments.get_column("judgment_id").null_count():
        # Written by Python, whose way of writing a number does not change from one release of a library to the next.
        parts = judgments.select(*ANSWER_PARTS, "ranking", "spans").iter_rows()
        hashed = [content_hash(json.dumps(row, ensure_ascii=False).encode()) for row in parts]
        made = pl.Series("judgment_id", hashed, dtype=pl.String)
        judgments = judgments.with_columns(pl.col("judgment_id").fill_null(made))
    return judgments.select(list(judgments_schema()))


def _check(judgments: pl.DataFrame, questions: pl.DataFrame, rows: pl.DataFrame, where: str) -> None:
    """Check a batch, and say the row of the file instead of the row of the batch."""
    try:
        check_judgments(judgments, questions, where=where)
        refuse_nul(judgments, where=where)
    except InputError as error:
        place = re.fullmatch(r".*, row (\d+), column '(\w+)'", error.where, re.DOTALL)
        if place is None:
            raise
        at, column = int(place[1]) - 1, place[2]
        expected, do = error.expected, error.do
        if column == "choice" and isinstance(error, BadJudgment):
            options = _options(questions, judgments["question_id"][at])
            near = get_close_matches(str(judgments["choice"][at]), options, n=1)
            expected, do = f"one of {', '.join(options)}", f"Did you mean {near[0]!r}" if near else do
        row = rows[ROW][at]
        raise type(error)(f"{where}, row {row}, column {column!r}", got=error.got, expected=expected, do=do) from None


def _options(questions: pl.DataFrame, question_id: str) -> list[str]:
    settings = questions.filter(pl.col("question_id") == question_id).get_column("settings")
    options = settings.str.json_path_match("$.options").str.json_decode(pl.List(pl.String)).explode()
    return [option for option in options.to_list() if option is not None]
