"""Media as files named by the SHA-256 of their bytes: ``media/ab/cdef…``.

A file appears whole or not at all: it is written under another name, put on disk, then renamed. Only then does the
database speak of it, so that a crash leaves at worst a file that nothing mentions.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tacit.errors import BadFile, CannotWrite
from tacit.judging import content_hash

INLINE_BYTES = 32 * 1024
"""Up to this size bytes live in the database, where reading them is faster than opening a file.

Source: https://www.sqlite.org/intern-v-extern-blob.html."""


class MediaFolder:
    """A folder of media.

    Args:
        path: the folder; it is made when the first file comes. None for a project in memory, which has no files.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def takes(self, content: bytes) -> bool:
        """Whether these bytes become a file, rather than live in the database."""
        return self._path is not None and len(content) > INLINE_BYTES

    def place(self, media_id: str) -> Path:
        """Return where the bytes with this hash are kept."""
        return (self._path or Path()) / media_id[:2] / media_id[2:]

    def add(self, contents: Iterable[tuple[str, bytes]]) -> None:
        """Keep those contents that become files, on disk when this returns; each folder touched is flushed once.

        Args:
            contents: (media_id, bytes) of each.

        Raises:
            CannotWrite: the disk is full or read-only, or permission is missing.
        """
        touched: set[Path] = set()
        try:
            for media_id, content in contents:
                place = self.place(media_id)
                if self.takes(content) and not place.exists():
                    self._write(place, content, touched)
            for folder in touched:
                sync_folder(folder)
        except OSError as error:
            raise CannotWrite(
                str(self._path),
                got=error.strerror or str(error),
                expected="a disk with room to write",
                do="What was saved is intact",
            ) from None

    def read(self, media_id: str) -> bytes:
        """Return the bytes with this hash.

        Raises:
            BadFile: the file is missing, or its bytes have changed.
        """
        place = self.place(media_id)
        again = "Restore it from a backup"
        try:
            content = place.read_bytes()
        except OSError as error:
            raise BadFile(
                str(place), got=error.strerror or str(error), expected="a media file of this project", do=again
            ) from None
        if content_hash(content) != media_id:
            raise BadFile(str(place), got="bytes with another hash", expected="the bytes that were saved", do=again)
        return content

    @staticmethod
    def _write(place: Path, content: bytes, touched: set[Path]) -> None:
        for folder in (place.parent.parent, place.parent):
            if not folder.exists():
                folder.mkdir(parents=True, exist_ok=True)
                touched.add(folder.parent)
        handle, unfinished = tempfile.mkstemp(dir=place.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(unfinished).replace(place)
        except OSError:
            Path(unfinished).unlink(missing_ok=True)
            raise
        touched.add(place.parent)


def sync_folder(path: Path) -> None:
    """Put the names in a folder on disk; the bytes of its files have been synced before."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
