"""Files of other tools, into a project and out of it, some records at a time."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import polars as pl

from tacit.errors import BadFile, CannotWrite
from tacit.judging import Item
from tacit.store.exchange.columns import ROW, exchange_schema
from tacit.store.exchange.formats.judged import COLUMNS, OURS, Judged, LeftOut, ReadOptions
from tacit.store.exchange.formats.known import READ, Read, Written, container_for
from tacit.store.exchange.formats.records import Numbered, read_records, write_records
from tacit.store.exchange.plain import MOST_LABELS

RECORDS_PER_BATCH = 2_000
BYTES_PER_BATCH = 32 * 2**20  # of items


@dataclass
class ExportCount:
    """What an export did.

    Args:
        rows: judgments written.
        left_out: what the format has no words for → how many judgments.
    """

    rows: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


class ForeignFile:
    """A file of another tool that is being read.

    Args:
        path: the file.
        format_: what it is.
        how: what the user says about it.
        options: the classes of its choices; those that occur, if none are given.
    """

    def __init__(self, path: Path, format_: Read, how: ReadOptions, options: Sequence[str]) -> None:
        self._path, self._format, self._how, self._options = path, format_, how, list(options)
        self._of_question: dict[str, str] = {}
        self.left_out: Counter[str] = Counter()
        self.ignored: dict[str, None] = {}

    def batches(self) -> Iterator[tuple[pl.DataFrame, list[Item], float]]:
        """Give rows of an exchange file with `ROW`, the items that they are about, and the share that has been read.

        Raises:
            BadFile: what is wrong, and in which row.
        """
        self._of_question = {} if self._options else self._labels()
        records = read_records(self._path)
        while batch := list(islice(records, RECORDS_PER_BATCH)):
            rows: list[dict[str, Any]] = []
            items: dict[str, Item] = {}
            for numbered in batch:
                self.ignored |= dict.fromkeys(self._ignored(numbered.record))
                for judged in self._answers(numbered):
                    if isinstance(judged, LeftOut):
                        self.left_out[str(judged)] += 1
                        continue
                    items |= {item.item_id: item for item in judged.items}
                    rows.append({ROW: numbered.number, **self._row(judged)})
            yield self._table(rows), list(items.values()), batch[-1].share

    def _ignored(self, record: Mapping[str, Any]) -> Iterable[str]:
        told = getattr(self._format, "ignored", None)
        return told(record) if told else (name for name in record if name not in self._format.FIELDS)

    def _answers(self, numbered: Numbered) -> Iterator[Judged | LeftOut]:
        try:
            yield from self._format.read(numbered.record, self._how)
        except LeftOut as reason:
            yield reason
        except BadFile as error:
            where = ", ".join(filter(None, (f"{self._path.name}, row {numbered.number}", error.where)))
            raise BadFile(where, got=error.got, expected=error.expected, do=error.do) from None

    def _row(self, judged: Judged) -> dict[str, Any]:
        settings = judged.get("settings")
        if settings is None:
            settings = self._of_question.get(judged.get("question_text")) or _as_settings(self._options)
        cells = {name: judged.get(name) for name in COLUMNS}
        return {**cells, "settings": settings, "item_ids": [item.item_id for item in judged.items]}

    def _labels(self) -> dict[str, str]:
        """Read the file once for the labels that occur in its choices; return the settings of each question."""
        found: dict[str, set[str]] = {}
        for numbered in read_records(self._path):
            for judged in self._answers(numbered):
                if isinstance(judged, Judged) and judged.get("settings") is None and judged.get("choice") is not None:
                    labels = found.setdefault(judged.get("question_text"), set())
                    labels.add(judged.get("choice"))
                    if len(labels) > MOST_LABELS:
                        got, do = f"over {MOST_LABELS:,} different labels", "If they are texts, say --kind text"
                        raise BadFile(self._path.name, got=got, expected="a few classes", do=do)
        for labels in found.values():
            if len(labels) < 2:
                do = "Give all with --options A,B"
                raise BadFile(self._path.name, got=f"the labels {sorted(labels)}", expected="two or more", do=do)
        return {words: _as_settings(sorted(labels)) for words, labels in found.items()}

    def _table(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        schema = {ROW: pl.Int64, **{name: t for name, t in exchange_schema().items() if name != "question_id"}}
        try:
            return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
        except (TypeError, OverflowError, pl.exceptions.PolarsError) as error:
            at = f"{self._path.name}, rows {rows[0][ROW]} to {rows[-1][ROW]}"
            raise BadFile(at, got=str(error).splitlines()[0], expected="answers of one type in each field") from None


def export_foreign(
    tables: Iterator[pl.DataFrame],
    items: Callable[[Sequence[str]], list[Item]],
    path: Path,
    format_: Written,
) -> ExportCount:
    """Write judgments as another tool's file, whole or not at all.

    Args:
        tables: rows of an exchange file; where the format is grouped, those of one question follow each other.
        items: returns the items with these ids.
        path: the file; an existing one is replaced.
        format_: what to write.

    Raises:
        BadValue: the format does not come in such a file. CannotWrite: there is no room; an existing file is kept.
    """
    container, count = container_for(path, format_), ExportCount()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_records(_records(_judged(tables, items), format_, container, count), unfinished, container)
        with unfinished.open("rb") as stream:
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        said = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise CannotWrite(str(path), got=said, expected="a disk with room to write") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _records(
    judged: Iterator[tuple[str, Judged]], format_: Written, container: str, count: ExportCount
) -> Iterator[dict[str, Any]]:
    flatten = getattr(format_, "flattened", None) if container != "json" else None
    columns: set[str] | None = None
    for _, together in groupby(judged, key=lambda one: one[0]):
        answers = [answer for _, answer in together]
        for group in [answers] if format_.GROUPED else [[answer] for answer in answers]:
            try:
                record = format_.write(group)
            except LeftOut as reason:
                count.left_out[str(reason)] = count.left_out.get(str(reason), 0) + len(group)
                continue
            record = flatten(record) if flatten else record
            if container == "csv" and format_.NAME in READ:
                record.setdefault(OURS, None)  # a table's first row names its columns
            columns = set(record) if columns is None else columns
            if container == "csv" and set(record) != columns:
                reason_of = f"a {group[0].get('kind')}, in a table of others"
                count.left_out[reason_of] = count.left_out.get(reason_of, 0) + len(group)
                continue
            count.rows += len(group)
            yield record


def _judged(
    tables: Iterator[pl.DataFrame], items: Callable[[Sequence[str]], list[Item]]
) -> Iterator[tuple[str, Judged]]:
    """Give each row as an answer with its items, and the question that it answers."""
    for table in tables:
        for start in range(0, table.height, RECORDS_PER_BATCH):
            rows = table.slice(start, RECORDS_PER_BATCH)
            ids = rows.get_column("item_ids").explode().drop_nulls().unique(maintain_order=True).to_list()
            found = dict(zip(ids, items(ids), strict=True))
            for row in rows.iter_rows(named=True):
                of_row = tuple(found[item_id] for item_id in row["item_ids"])
                yield row["question_id"], Judged(of_row, {name: row[name] for name in COLUMNS})


def _as_settings(options: Sequence[str]) -> str:
    return json.dumps({"options": list(options)}, separators=(",", ":"), ensure_ascii=False)
