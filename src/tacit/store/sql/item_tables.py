"""Items, media and renditions in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, select

from tacit.errors import UnknownName
from tacit.judging import Item, ItemKind, Media
from tacit.store.media_folder import MediaFolder
from tacit.store.sql.bulk_rows import insert_rows, one_of, sequences_of
from tacit.store.sql.schema import item, media, preview, rendition


def add_items(connection: Connection, items: Sequence[Item], folder: MediaFolder) -> int:
    """Add those items that are new and return how many; what becomes a file is in `folder` already."""
    known = sequences_of(connection, item.c.item_id, [i.item_id for i in items])
    new = {i.item_id: i for i in items if i.item_id not in known}
    places = _add_media(connection, [(i.item_id, i.content) for i in new.values()], folder)
    rows = [(i.item_id, str(i.kind), i.media_type, places[i.item_id]) for i in new.values()]
    return insert_rows(connection, item, rows)


def known_items(connection: Connection, item_ids: Iterable[str]) -> set[str]:
    """Return those of the ids that the project holds."""
    return set(sequences_of(connection, item.c.item_id, item_ids))


def add_rendition(connection: Connection, item_id: str, shown: Media, folder: MediaFolder) -> None:
    """Keep how an item is shown, in place of how it was shown before.

    Raises:
        UnknownName: no such item.
    """
    of_item = sequences_of(connection, item.c.item_id, [item_id]).get(item_id)
    if of_item is None:
        raise unknown_item(item_id)
    place = _add_media(connection, [(shown.media_id, shown.content)], folder)[shown.media_id]
    connection.execute(delete(rendition).where(rendition.c.item == of_item))
    insert_rows(connection, rendition, [(of_item, shown.media_type, place)])


def read_items(connection: Connection, item_ids: Sequence[str], folder: MediaFolder) -> list[Item]:
    """Return items in the order of their ids.

    Raises:
        UnknownName: no such item. BadFile: its content has been lost or changed on disk.
    """
    columns = select(item.c.item_id, item.c.kind, item.c.media_type, media.c.media_id, media.c.content)
    joined = columns.join_from(item, media, item.c.media == media.c.sequence)
    found: dict[str, Item] = {}
    for row in connection.execute(joined.where(one_of(item.c.item_id, dict.fromkeys(item_ids)))):
        content = folder.read(row.media_id) if row.content is None else row.content
        found[row.item_id] = Item(ItemKind(row.kind), content, row.media_type)
    if missing := next((item_id for item_id in item_ids if item_id not in found), None):
        raise unknown_item(missing)
    return [found[item_id] for item_id in item_ids]


def read_rendition(connection: Connection, item_id: str, folder: MediaFolder) -> Media | None:
    """Return how an item is shown, or None if nothing was kept."""
    columns = select(rendition.c.media_type, media.c.media_id, media.c.content)
    joined = columns.join_from(rendition, item, rendition.c.item == item.c.sequence)
    row = connection.execute(
        joined.join(media, rendition.c.media == media.c.sequence).where(one_of(item.c.item_id, [item_id]))
    ).one_or_none()
    if row is None:
        return None
    return Media(folder.read(row.media_id) if row.content is None else row.content, row.media_type)


def unknown_item(item_id: str) -> UnknownName:
    """Say that the project has no such item."""
    return UnknownName("item", item_id, (), do="Add the item before what speaks of it")


def add_previews(connection: Connection, item_id: str, previews: dict[str, Media], folder: MediaFolder) -> None:
    """Keep a first look at an item for each purpose, in place of what was there.

    Raises:
        UnknownName: no such item.
    """
    of_item = sequences_of(connection, item.c.item_id, [item_id]).get(item_id)
    if of_item is None:
        raise unknown_item(item_id)
    places = _add_media(connection, [(one.media_id, one.content) for one in previews.values()], folder)
    connection.execute(delete(preview).where(preview.c.item == of_item))
    rows = [(of_item, purpose, one.media_type, places[one.media_id]) for purpose, one in previews.items()]
    insert_rows(connection, preview, rows)


def _add_media(connection: Connection, contents: Sequence[tuple[str, bytes]], folder: MediaFolder) -> dict[str, int]:
    """Return media_id → sequence, having added what was missing."""
    rows = [(media_id, len(content), None if folder.takes(content) else content) for media_id, content in contents]
    insert_rows(connection, media, rows, unless_known="media_id")
    return sequences_of(connection, media.c.media_id, [media_id for media_id, _ in contents])
