"""A first look at items: the outline of a sound, a picture of a film. Made once, when they are brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from tacit.judging import Media
from tacit.store.people.access import Access
from tacit.store.sql import item_tables
from tacit.store.sql.bulk_rows import one_of
from tacit.store.sql.schema import item, media, preview


class Previews:
    """What shows items at once."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def keep(self, item_id: str, previews: Mapping[str, Media]) -> None:
        """Keep what there is to see of an item, by purpose, in place of what was there.

        Raises:
            UnknownName: no such item. CannotWrite: nothing was changed.
        """
        folder = self._access.folder
        folder.add([(one.media_id, one.content) for one in previews.values()])
        self._access.write(lambda connection: item_tables.add_previews(connection, item_id, dict(previews), folder))

    def find(self, item_id: str, purpose: str) -> Media | None:
        """Return what was kept for a purpose, or None."""
        chosen = (
            select(preview.c.media_type, media.c.media_id, media.c.content)
            .join_from(preview, item, preview.c.item == item.c.sequence)
            .join(media, preview.c.media == media.c.sequence)
            .where(item.c.item_id == item_id, preview.c.purpose == purpose)
        )
        row = self._access.row(chosen)
        if row is None:
            return None
        content = self._access.folder.read(row.media_id) if row.content is None else row.content
        return Media(bytes(content), row.media_type)

    def having(self, item_ids: Sequence[str]) -> set[str]:
        """Return those of the items of which something has been kept."""
        chosen = select(item.c.item_id).join_from(preview, item, preview.c.item == item.c.sequence)
        return {row.item_id for row in self._access.rows(chosen.where(one_of(item.c.item_id, item_ids)).distinct())}
