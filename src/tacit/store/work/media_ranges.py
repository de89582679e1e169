"""Media by hash, a range at a time: a film is never held in memory as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, union_all

from tacit.errors import BadFile
from tacit.store.people.access import Access
from tacit.store.sql.schema import item, media, rendition


@dataclass(frozen=True)
class MediaFound:
    """What is known of some bytes.

    Args:
        media_id: their SHA-256.
        media_type: what they are, as the item or its rendition says.
        n_bytes: how many.
        path: their file; None when they are in the database.
    """

    media_id: str
    media_type: str
    n_bytes: int
    path: Path | None


class MediaRanges:
    """Media of items and of how items are shown."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def find(self, media_id: str) -> MediaFound | None:
        """Return what is known of the bytes with this hash, or None if nothing shows them."""
        types = union_all(
            select(rendition.c.media, rendition.c.media_type), select(item.c.media, item.c.media_type)
        ).subquery()
        chosen = (
            select(media.c.n_bytes, media.c.content.is_(None).label("filed"), types.c.media_type)
            .join(types, types.c.media == media.c.sequence)
            .where(media.c.media_id == media_id)
            .limit(1)
        )
        with self._access.reading() as connection:
            row = connection.execute(chosen).first()
        if row is None:
            return None
        return MediaFound(
            media_id, row.media_type, row.n_bytes, self._access.folder.place(media_id) if row.filed else None
        )

    def read(self, found: MediaFound, start: int, n_bytes: int) -> bytes:
        """Return `n_bytes` from `start` on, fewer at the end.

        Raises:
            BadFile: the file is missing.
        """
        if found.path is not None:
            try:
                with found.path.open("rb") as stream:
                    stream.seek(start)
                    return stream.read(n_bytes)
            except OSError as error:
                got, do = error.strerror or str(error), "Restore it from a backup"
                raise BadFile(str(found.path), got=got, expected="a media file of this project", do=do) from None
        part = select(func.substr(media.c.content, start + 1, n_bytes)).where(media.c.media_id == found.media_id)
        with self._access.reading() as connection:
            return bytes(connection.execute(part).scalar() or b"")
