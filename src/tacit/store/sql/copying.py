"""All rows of a project from one database into another, of the same kind or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Boolean, Connection, Table, func, select

from tacit.store.media_folder import MediaFolder
from tacit.store.sql.bulk_rows import batches, insert_tuples, one_of
from tacit.store.sql.people_schema import audit
from tacit.store.sql.schema import judgment, media

TABLES = audit.metadata.sorted_tables  # all of them; what is pointed at comes first
BYTES_AT_ONCE = 64 * 2**20  # of media


def holds_rows(connection: Connection) -> bool:
    """Whether any table of the project has a row."""
    return any(connection.execute(select(1).select_from(table).limit(1)).first() for table in TABLES)


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    counted = {t.name: select(func.count()).select_from(t) for t in TABLES}
    return {name: int(connection.execute(count).scalar_one()) for name, count in counted.items()}


def copy_rows(
    source: tuple[Connection, MediaFolder], target: tuple[Connection, MediaFolder], progress: Callable[[float], None]
) -> tuple[int, int]:
    """Copy every table, and put media where the target keeps them.

    Args:
        source: reads one moment of the project; and its files.
        target: writes; its tables are empty.
        progress: told the share that has been copied.

    Returns:
        How many judgments were copied, and how many media became files.

    Raises:
        BadFile: a media file is missing or damaged. CannotWrite: there is no room.
    """
    counts = count_rows(source[0])
    n_rows, n_done, n_files = max(1, sum(counts.values())), 0, 0
    for table in TABLES:
        for rows in _media(source, target[1]) if table is media else _rows(source[0], table):
            insert_tuples(target[0], table, [column.name for column in table.columns], rows)
            n_files += sum(row[-1] is None for row in rows) if table is media else 0
            n_done += len(rows)
            progress(n_done / n_rows)
    return counts[judgment.name], n_files


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
    truths = [number for number, column in enumerate(table.columns) if isinstance(column.type, Boolean)]
    for rows in batches(connection, select(table).order_by(*table.primary_key), many=True):
        yield [_as_truths(row, truths) for row in rows] if truths else rows


def _as_truths(row: Sequence[Any], at: Sequence[int]) -> list[Any]:
    """Return a row with its truths as such; SQLite has numbers for them."""
    whole = list(row)
    for number in at:
        whole[number] = None if whole[number] is None else bool(whole[number])
    return whole


def _media(source: tuple[Connection, MediaFolder], folder: MediaFolder) -> Iterator[list[Sequence[Any]]]:
    """Give the rows of the media, not too many bytes at a time, having put those that become files into `folder`."""
    connection, from_folder = source
    for sequences in _groups(connection):
        chosen = select(media).where(one_of(media.c.sequence, sequences)).order_by(media.c.sequence)
        rows = []
        for sequence, media_id, n_bytes, kept in connection.execute(chosen):
            content = from_folder.read(media_id) if kept is None else kept
            rows.append((sequence, media_id, n_bytes, content))
        folder.add([(media_id, content) for _, media_id, _, content in rows])
        yield [(*row[:3], None if folder.takes(row[3]) else row[3]) for row in rows]


def _groups(connection: Connection) -> Iterator[list[int]]:
    group, n_bytes = list[int](), 0
    for rows in batches(connection, select(media.c.sequence, media.c.n_bytes).order_by(media.c.sequence)):
        for sequence, size in rows:
            if group and n_bytes + size > BYTES_AT_ONCE:
                yield group
                group, n_bytes = [], 0
            group.append(sequence)
            n_bytes += size
    if group:
        yield group
